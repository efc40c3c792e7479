//! A Python interpreter with the `anabranch` package, as the console script has it.

use std::ffi::CString;
use std::path::Path;

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Runs `test` with the package importable.
pub(crate) fn python<R>(test: impl FnOnce(Python<'_>) -> R) -> R {
    Python::initialize();
    Python::attach(|py| {
        prepare(py).expect("the anabranch package can be imported");
        test(py)
    })
}

fn prepare(py: Python<'_>) -> PyResult<()> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../python").canonicalize()?;
    let sys = py.import("sys")?;
    let path = sys.getattr("path")?;
    if path.contains(package.as_os_str())? {
        return Ok(());
    }
    path.call_method1("insert", (0, package.as_os_str()))?;
    let native = PyModule::new(py, "anabranch._native")?;
    anabranch_cpython::add_to_module(&native)?;
    sys.getattr("modules")?.set_item("anabranch._native", &native)?;
    py.import("anabranch")?.setattr("_native", native)
}

/// Runs Python statements in a module called `name`, which other code can import.
#[allow(dead_code, reason = "not every test file uses it")]
pub(crate) fn module<'py>(py: Python<'py>, name: &str, code: &str) -> Bound<'py, PyModule> {
    let text = |text: &str| CString::new(text).expect("Python text has no zero bytes");
    let module = PyModule::from_code(py, &text(code), &text("test.py"), &text(name));
    let module = module.unwrap_or_else(|error| {
        error.print(py);
        panic!("the module raises")
    });
    let modules = py.import("sys").expect("sys").getattr("modules").expect("sys.modules");
    modules.set_item(name, &module).expect("sys.modules is a dict");
    module
}

/// The value of a Python expression in `module`.
#[allow(dead_code, reason = "not every test file uses it")]
pub(crate) fn eval<'py>(module: &Bound<'py, PyModule>, expression: &str) -> Bound<'py, PyAny> {
    let text = CString::new(expression).expect("Python text has no zero bytes");
    let scope: Bound<'py, PyDict> = module.dict();
    module.py().eval(&text, Some(&scope), None).unwrap_or_else(|error| {
        error.print(module.py());
        panic!("{expression} raises")
    })
}
