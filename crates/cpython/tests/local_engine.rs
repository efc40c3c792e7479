//! Driver code on the local engine.

mod harness;
mod shop;

use std::sync::Arc;
use std::sync::mpsc::channel;

use anabranch_cpython::{Application, CPython, EngineBackend, ImportError, Mode, run_main};
use anabranch_ir::{Module, Program};
use anabranch_kernel::{Engine, Operation, Request};
use anabranch_local::LocalEngine;
use harness::{eval, module, python};
use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyTuple};

fn engine() -> Arc<dyn Engine> {
    let application = shop::application();
    Arc::new(LocalEngine::new(application.program().clone(), CPython::new(application)))
}

/// Evaluates each expression in driver code.
fn driver(code: &str, expressions: &[&str]) {
    python(|py| {
        EngineBackend::install(py, engine()).expect("a backend can be installed");
        let imports =
            "from shop import *\nfrom shop import OutOfMoney\nimport anabranch, traceback\n";
        let module = module(py, "driver", &format!("{imports}{RAISED}{code}"));
        for expression in expressions {
            assert!(eval(&module, expression).is_truthy().unwrap(), "{expression}");
        }
    });
}

const RAISED: &str = "
def raised(function):
    try: function()
    except Exception as error: return error
    return None
";

#[test]
fn the_driver_of_the_design_runs() {
    driver(
        "alice, pen = User('alice'), Item('pen', 3)\npen.update_stock(10)\nalice.balance = 100\n",
        &["(alice.buy_item(2, pen), alice.balance, pen.stock) == (True, 94, 8)"],
    );
}

#[test]
fn the_driver_gets_the_applications_own_exceptions() {
    driver(
        "alice, pen = User('alice'), Item('pen', 3)\nerror = raised(lambda: alice.fail(pen, amount=4))\n",
        &[
            "type(error) is OutOfMoney and error.args == (4,) and error.missing == 4",
            "error.__cause__ is None",
            "[it.name for it in traceback.extract_tb(error.__traceback__)][-1] == 'fail'",
            "pen.stock == 0 and alice.balance == 0",
            "type(raised(lambda: User('alice'))) is anabranch.EntityExists",
            "type(raised(lambda: anabranch.ref(User, 'bob').balance)) is anabranch.EntityNotFound",
            "type(raised(lambda: alice.buy_item())) is TypeError",
            "type(raised(lambda: alice.nothing)) is AttributeError",
        ],
    );
}

#[test]
fn entities_can_be_asked_for_and_deleted() {
    driver(
        "pen = Item('pen')\n",
        &[
            "anabranch.exists(Item, 'pen') and not anabranch.exists(Item, 'cup')",
            "anabranch.delete(pen) is None and not anabranch.exists(Item, 'pen')",
        ],
    );
}

#[test]
fn several_threads_wait_for_each_other() {
    driver(
        "
import threading
pen = Item('pen')
def work():
    for _ in range(50): pen.update_stock(1)
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads: thread.start()
for thread in threads: thread.join()
",
        &["pen.stock == 200"],
    );
}

#[test]
fn entity_code_cannot_make_root_calls() {
    let create = "anabranch._backend.active().create(Item, ('cup',), {})";
    driver(
        &format!("import shop\npen = Item('pen')\nshop.hook = lambda: {create}\n"),
        &["type(raised(lambda: pen.run_hook())) is anabranch.RemoteAccessError"],
    );
}

#[test]
fn the_engine_refuses_a_request_from_within_a_request() {
    python(|py| {
        let engine = engine();
        EngineBackend::install(py, engine.clone()).expect("a backend can be installed");
        let submit = move |_: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
            let target = shop::id(shop::ITEM, "pen");
            let request =
                Request { operation: Operation::Exists { target }, idempotency_key: None };
            let (sender, receiver) = channel();
            engine.submit(request, Box::new(move |reply| sender.send(reply).unwrap()));
            format!("{:?}", receiver.recv().unwrap())
        };
        let hook = PyCFunction::new_closure(py, None, None, submit).unwrap();
        py.import("shop").unwrap().setattr("hook", hook).unwrap();
        let module = module(py, "driver", "from shop import Item\npen = Item('pen')\n");
        let reply: String = eval(&module, "pen.run_hook()").extract().unwrap();
        assert!(reply.starts_with("Err(Unavailable(\"entity code made a root call"), "{reply}");
        assert!(eval(&module, "pen.stock == 0").is_truthy().unwrap());
    });
}

#[test]
fn main_runs_on_an_engine() {
    python(|py| {
        EngineBackend::install(py, engine()).expect("a backend can be installed");
        let output = captured(py, || run_main(&shop::root(), "shop", Mode::Engine).unwrap());
        assert_eq!(output, (0, "True 94 8\n".to_owned()));
    });
}

#[test]
fn main_runs_in_plain_mode() {
    python(|py| {
        let output = captured(py, || run_main(&shop::root(), "shop", Mode::Plain).unwrap());
        assert_eq!(output, (0, "True 94 8\n".to_owned()));
    });
}

/// The exit code of `run`, and what it printed.
fn captured(py: Python<'_>, run: impl FnOnce() -> i32) -> (i32, String) {
    let buffer = py.import("io").unwrap().call_method0("StringIO").unwrap();
    let sys = py.import("sys").unwrap();
    for stream in ["stdout", "stderr"] {
        sys.setattr(stream, &buffer).unwrap();
    }
    let code = run();
    (code, buffer.call_method0("getvalue").unwrap().extract().unwrap())
}

/// Runs `main()` of a module with this text in plain mode.
fn main_of(py: Python<'_>, text: &str) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("app.py"), text).unwrap();
    captured(py, || run_main(folder.path(), "app", Mode::Plain).unwrap())
}

#[test]
fn an_uncaught_exception_is_printed_as_python_does() {
    python(|py| {
        let (code, output) = main_of(py, "def main():\n    print('before')\n    1 / 0\n");
        assert_eq!(code, 1);
        assert!(output.starts_with("before\nTraceback (most recent call last):\n"), "{output}");
        assert!(output.contains("line 3, in main") && output.contains("ZeroDivisionError"));
    });
}

#[test]
fn sys_exit_gives_the_exit_code() {
    for (argument, code, output) in [("", 0, ""), ("3", 3, ""), ("'stop'", 1, "stop\n")] {
        python(|py| {
            py.import("sys")
                .unwrap()
                .getattr("modules")
                .unwrap()
                .call_method1("pop", ("app", py.None()))
                .unwrap();
            let ended =
                main_of(py, &format!("import sys\ndef main():\n    sys.exit({argument})\n"));
            assert_eq!(ended, (code, output.to_owned()));
        });
    }
}

#[test]
fn a_module_that_raises_shows_the_users_traceback() {
    python(|_| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("broken.py"), "x = 1\nraise ValueError('here')\n")
            .unwrap();
        let modules = vec![Module { name: "broken".to_owned(), path: "broken.py".to_owned() }];
        let program = Arc::new(Program { modules, ..Program::default() });
        let Err(ImportError::Raised { module, traceback }) =
            Application::import(folder.path(), program)
        else {
            panic!("the module was imported")
        };
        assert_eq!(module, "broken");
        assert!(traceback.contains("broken.py\", line 2, in <module>"), "{traceback}");
        assert!(traceback.ends_with("ValueError: here\n"), "{traceback}");
    });
}

#[test]
fn a_malformed_program_is_refused_before_anything_is_imported() {
    let path = "../shop.py".to_owned();
    let modules = vec![Module { name: "shop".to_owned(), path }];
    let program = Arc::new(Program { modules, ..Program::default() });
    let Err(ImportError::Mismatch(message)) = Application::import(&shop::root(), program) else {
        panic!("the program was loaded")
    };
    assert_eq!(
        message,
        "this is a bug in Anabranch: the program is malformed\n  \
         module0: the file \"../shop.py\" is not inside the import root"
    );
}

#[test]
fn a_module_without_main_is_a_clear_error() {
    python(|_| {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("empty.py"), "").unwrap();
        let error = run_main(folder.path(), "empty", Mode::Plain).unwrap_err();
        assert!(error.to_string().starts_with("empty has no function main()"), "{error}");
    });
}
