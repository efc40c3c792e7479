//! Actions that are handed over together, as an engine sees them that performs all of them, whatever
//! comes of the others.

mod harness;

use std::sync::Arc;

use anabranch_compiler::{SourceText, Sources, compile};
use anabranch_cpython::{Application, CPython};
use anabranch_ir::Program;
use anabranch_kernel::value::wire::{decode, encode};
use anabranch_kernel::value::{Reference, Value};
use anabranch_kernel::{
    Action, Arguments, EntityId, Entry, Interpreter, Outcome, TransactionContext,
};
use harness::python;
use pyo3::prelude::*;

const SOURCE: &str = r#"
from anabranch import entity


@entity
class Item:
    def __init__(self, name: str):
        self.name = name
        self.value = 1

    def __key__(self) -> str:
        return self.name

    def cost(self, amount: int) -> int:
        return self.value * amount


@entity
class User:
    def __init__(self, name: str):
        self.name = name
        self.items: list[Item] = []
        self.factor = 1

    def __key__(self) -> str:
        return self.name

    def divide(self, a: Item, b: Item, c: Item):
        return 10 // a.cost(1) + 10 // b.cost(2) + 10 // c.value

    def caught(self, a: Item, b: Item, c: Item):
        try:
            return a.cost(1), b.cost(2), c.value
        except ValueError as error:
            return str(error), c.cost(7)

    def change(self, value: int) -> int:
        self.factor += 1
        return value

    def changed(self, a: Item, b: Item):
        return self.change(a.value) + b.cost(self.factor)

    def each(self, items: list[Item]):
        return sum(10 // item.value for item in items)
"#;

/// The application, and a user that can run.
struct Shop {
    program: Arc<Program>,
    interpreter: CPython,
    id: EntityId,
    user: <CPython as Interpreter>::Entity,
}

type Handle = <CPython as Interpreter>::Value;
type Given = Result<Value, &'static str>;

fn in_shop(test: impl FnOnce(&mut Shop)) {
    python(|_| {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("joint_shop.py"), SOURCE).expect("a file");
        let mut read = |name: &str| {
            let source =
                SourceText { path: format!("{name}.py"), bytes: SOURCE.as_bytes().to_vec() };
            (name == "joint_shop").then_some(source)
        };
        let mut sources = Sources { read: &mut read, is_reserved: &|_| false };
        let program = compile("joint_shop", &mut sources).program.expect("it compiles");
        let program = Arc::new(program);
        let application = Application::import(folder.path(), Arc::clone(&program));
        let mut interpreter = CPython::new(Arc::new(application.expect("it can be imported")));
        interpreter.hand_over_together(true);
        interpreter
            .begin_transaction(&TransactionContext { start_time_nanoseconds: 0, seed: [0; 32] });
        let operator = program.operator_named("User").expect("a class");
        let arguments = decoded(&mut interpreter, vec![text("u")]);
        let (id, user) = interpreter.construct(operator, arguments).expect("a user");
        let mut shop = Shop { program, interpreter, id, user };
        test(&mut shop);
        shop.interpreter.end_transaction();
    });
}

fn text(text: &str) -> Value {
    Value::Str(text.to_owned())
}

fn item(name: &str) -> Value {
    Value::Reference(Reference { class: "Item".to_owned(), key: Box::new(text(name)) })
}

fn items(names: &[&str]) -> Vec<Value> {
    names.iter().map(|name| item(name)).collect()
}

fn decoded(interpreter: &mut CPython, positional: Vec<Value>) -> Arguments<Handle> {
    let both = Value::Tuple(vec![Value::Tuple(positional), Value::Dict(Vec::new())]);
    interpreter.decode_arguments(&encode(&both)).expect("arguments")
}

impl Shop {
    fn start(&mut self, method: &str, arguments: Vec<Value>) -> Outcome<Handle> {
        let function = self.program.method_named(self.id.operator, method).expect("a method");
        let arguments = decoded(&mut self.interpreter, arguments);
        let entry = Entry::Start { function, arguments };
        self.interpreter.run(Some((&self.id, &self.user)), entry)
    }

    /// Starts `method`, which hands over so many actions, and goes on with their outcomes.
    fn joined(
        &mut self,
        method: &str,
        arguments: Vec<Value>,
        (count, given): (usize, Vec<Given>),
    ) -> Outcome<Handle> {
        let function = self.program.method_named(self.id.operator, method).expect("a method");
        let outcome = self.start(method, arguments);
        let Outcome::Suspend { segment, live, action: Action::Together(actions) } = outcome else {
            panic!("nothing was handed over together, but {outcome:?}")
        };
        assert_eq!(actions.len(), count);
        // It is written down, and goes on in another process.
        let live = copied(&live);
        let outcomes = given.into_iter().map(|outcome| match outcome {
            Ok(value) => Ok(self.interpreter.decode(&encode(&value)).expect("a value")),
            Err(message) => Err(exception(message)),
        });
        let outcomes = outcomes.collect();
        let input = Ok(self.interpreter.outcomes(outcomes));
        let entry = Entry::Resume { function, segment, live, input };
        self.interpreter.run(Some((&self.id, &self.user)), entry)
    }

    fn returned(&mut self, outcome: Outcome<Handle>) -> Value {
        let Outcome::Return(value) = outcome else { panic!("no result, but {outcome:?}") };
        decode(&self.interpreter.encode(&value).expect("it has a form")).expect("a value")
    }

    fn raised(&mut self, outcome: Outcome<Handle>) -> String {
        let Outcome::Raise(exception) = outcome else { panic!("no exception, but {outcome:?}") };
        self.interpreter.describe(&exception).message
    }
}

fn exception(message: &str) -> Handle {
    Python::attach(|py| {
        let message = message.to_owned();
        pyo3::exceptions::PyValueError::new_err(message).into_value(py).into_any()
    })
}

fn copied(value: &Handle) -> Handle {
    Python::attach(|py| {
        let pickle = py.import("pickle").expect("pickle");
        let bytes = pickle.call_method1("dumps", (value,)).expect("it can be pickled");
        pickle.call_method1("loads", (bytes,)).expect("and back").unbind()
    })
}

fn ints<const N: usize>(values: [i64; N]) -> Vec<Given> {
    values.into_iter().map(|value| Ok(Value::Int(value))).collect()
}

#[test]
fn outcomes_are_taken_in_their_order() {
    in_shop(|shop| {
        let outcome = shop.joined("divide", items(&["a", "b", "c"]), (3, ints([1, 2, 5])));
        assert_eq!(shop.returned(outcome), Value::Int(10 + 5 + 2));
        let each = vec![Value::List(items(&["a", "b"]))];
        let outcome = shop.joined("each", each, (2, ints([2, 5])));
        assert_eq!(shop.returned(outcome), Value::Int(5 + 2));
    });
}

#[test]
fn the_first_exception_counts_wherever_it_comes_from() {
    in_shop(|shop| {
        // Between the second and the third call, whose exception nobody sees.
        let given = vec![Ok(Value::Int(1)), Ok(Value::Int(0)), Err("third")];
        let outcome = shop.joined("divide", items(&["a", "b", "c"]), (3, given));
        assert_eq!(shop.raised(outcome), "integer division or modulo by zero");
        let given = vec![Ok(Value::Int(1)), Err("second"), Ok(Value::Int(0))];
        let outcome = shop.joined("divide", items(&["a", "b", "c"]), (3, given));
        assert_eq!(shop.raised(outcome), "second");
        // None is there of those behind it.
        let given = vec![Err("first")];
        let outcome = shop.joined("divide", items(&["a", "b", "c"]), (3, given));
        assert_eq!(shop.raised(outcome), "first");
        let each = vec![Value::List(items(&["a", "b", "c"]))];
        let given = vec![Ok(Value::Int(0)), Err("second"), Err("third")];
        let outcome = shop.joined("each", each, (3, given));
        assert_eq!(shop.raised(outcome), "integer division or modulo by zero");
    });
}

#[test]
fn a_handler_goes_on_alone() {
    in_shop(|shop| {
        let given = vec![Ok(Value::Int(1)), Err("second"), Ok(Value::Int(3))];
        let outcome = shop.joined("caught", items(&["a", "b", "c"]), (3, given));
        let Outcome::Suspend { action: Action::Call { .. }, .. } = outcome else {
            panic!("the call in the handler was answered with the outcome of another one")
        };
        let outcome = shop.joined("caught", items(&["a", "b", "c"]), (3, ints([1, 2, 3])));
        let tuple = Value::Tuple([1, 2, 3].map(Value::Int).into());
        assert_eq!(shop.returned(outcome), tuple);
    });
}

#[test]
fn an_argument_that_changed_is_asked_for_anew() {
    in_shop(|shop| {
        let outcome = shop.joined("changed", items(&["a", "b"]), (2, ints([1, 2])));
        let Outcome::Suspend { action: Action::Call { arguments, .. }, .. } = outcome else {
            panic!("the call was answered with the outcome of one with another argument")
        };
        Python::attach(|py| assert_eq!(arguments.positional.bind(py).to_string(), "(2,)"));
    });
}

#[test]
fn an_interpreter_that_was_not_told_hands_over_one_by_one() {
    in_shop(|shop| {
        shop.interpreter.hand_over_together(false);
        let outcome = shop.start("divide", items(&["a", "b", "c"]));
        let Outcome::Suspend { action: Action::Call { .. }, .. } = outcome else {
            panic!("no call, but {outcome:?}")
        };
    });
}
