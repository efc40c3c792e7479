//! Whether the running thread executes entity code for an engine.

use std::cell::Cell;

use pyo3::prelude::*;
use pyo3::types::PyFrame;

thread_local! {
    static IN_ENTITY_CODE: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread executes entity code for an engine.
pub fn in_entity_code() -> bool {
    IN_ENTITY_CODE.get()
}

pub(crate) fn set_in_entity_code(inside: bool) {
    IN_ENTITY_CODE.set(inside);
}

/// The `RemoteAccessError` for `operation` in code that cannot suspend.
pub(crate) fn remote_access_error(py: Python<'_>, operation: &str) -> PyErr {
    let place = caller(py).unwrap_or_else(|_| "unknown place".to_owned());
    crate::exception::remote_access(
        py,
        format!(
            "{operation} cannot be used here ({place}), in code that cannot suspend; use it in a \
             method that can suspend, outside lambdas, sort keys, generators and library callbacks"
        ),
    )
}

/// File and line of the Python code that called into Rust.
fn caller(py: Python<'_>) -> PyResult<String> {
    let frame = py.import("sys")?.call_method0("_getframe")?;
    let frame = frame.cast_into::<PyFrame>()?;
    let file: String = frame.getattr("f_code")?.getattr("co_filename")?.extract()?;
    let line: u32 = frame.getattr("f_lineno")?.extract()?;
    Ok(format!("{file}:{line}"))
}
