//! Runs the `main()` of a user's module.

use std::path::Path;

use pyo3::exceptions::{PyKeyboardInterrupt, PySystemExit};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyInt;

use crate::application::{ImportError, Mode, import_module, prepare_imports};
use crate::exception::traceback_text;

/// The shell's code for a program that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Calls `main()` of `module` and gives the exit code. An exception that leaves it is printed as
/// Python would. `root` is where import names start; for [`Mode::Engine`] the application was
/// imported and a backend installed before.
///
/// # Errors
/// The module cannot be imported, or has no `main`.
pub fn run_main(root: &Path, module: &str, mode: Mode) -> Result<i32, ImportError> {
    Python::attach(|py| {
        prepare_imports(py, root, mode)
            .map_err(|error| ImportError::Mismatch(error.value(py).to_string()))?;
        let name = module;
        let module = import_module(py, name)?;
        let main = module.getattr(intern!(py, "main")).map_err(|_| {
            ImportError::Mismatch(format!(
                "{name} has no function main(); write one that drives the application:\n\n    \
                 def main():\n        ..."
            ))
        })?;
        let code = match main.call0() {
            Ok(_) => 0,
            Err(error) => exit_code(py, error),
        };
        Ok(flush(py).map_or_else(|error| exit_code(py, error), |()| code))
    })
}

/// What the process exits with after `error` left `main()`.
fn exit_code(py: Python<'_>, error: PyErr) -> i32 {
    if !error.is_instance_of::<PySystemExit>(py) {
        let raised = error.clone_ref(py).into_value(py).into_any();
        write_error(py, &traceback_text(raised.bind(py)));
        let interrupted = error.is_instance_of::<PyKeyboardInterrupt>(py);
        return if interrupted { INTERRUPTED } else { 1 };
    }
    let Ok(code) = error.value(py).getattr(intern!(py, "code")) else {
        return 1;
    };
    if code.is_none() {
        return 0;
    }
    if code.is_instance_of::<PyInt>() {
        return code.extract().unwrap_or(1);
    }
    // `sys.exit("message")` prints the message.
    write_error(py, &format!("{code}\n"));
    1
}

fn write_error(py: Python<'_>, text: &str) {
    let printed = py.import("sys").and_then(|sys| {
        let stderr = sys.getattr("stderr")?;
        stderr.call_method1("write", (text,))
    });
    if let Err(error) = printed {
        error.print(py);
    }
}

fn flush(py: Python<'_>) -> PyResult<()> {
    py.import("sys")?.getattr("stdout")?.call_method0("flush")?;
    Ok(())
}
