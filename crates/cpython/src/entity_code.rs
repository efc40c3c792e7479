//! Whether the running thread executes entity code for an engine.

use std::cell::{Cell, RefCell};

use pyo3::prelude::*;
use pyo3::types::PyFrame;

thread_local! {
    static IN_ENTITY_CODE: Cell<bool> = const { Cell::new(false) };
    static OBJECTION: RefCell<Option<Py<PyAny>>> = const { RefCell::new(None) };
}

/// Whether this thread executes entity code for an engine.
pub fn in_entity_code() -> bool {
    IN_ENTITY_CODE.get()
}

pub(crate) fn set_in_entity_code(inside: bool) {
    IN_ENTITY_CODE.set(inside);
    OBJECTION.take();
}

/// Makes the transaction abort with `exception`, even if user code catches it: a remote access that
/// was taken for a local one must never pass unnoticed.
pub(crate) fn object_with(exception: Py<PyAny>) {
    OBJECTION.with_borrow_mut(|objection| {
        objection.get_or_insert(exception);
    });
}

/// The first exception that this transaction must abort with.
pub(crate) fn take_objection() -> Option<Py<PyAny>> {
    OBJECTION.take()
}

/// The `RemoteAccessError` for `operation` in code that cannot suspend.
pub(crate) fn remote_access_error(py: Python<'_>, operation: &str) -> PyErr {
    let place = caller(py).unwrap_or_else(|_| "unknown place".to_owned());
    let error = crate::exception::remote_access(
        py,
        format!(
            "{operation} cannot be used here ({place}), in code that cannot suspend; use it in a \
             method that can suspend, outside lambdas, sort keys, generators and library callbacks"
        ),
    );
    object_with(error.value(py).clone().into_any().unbind());
    error
}

/// File and line of the Python code that called into Rust.
fn caller(py: Python<'_>) -> PyResult<String> {
    let frame = py.import("sys")?.call_method0("_getframe")?;
    let frame = frame.cast_into::<PyFrame>()?;
    let file: String = frame.getattr("f_code")?.getattr("co_filename")?.extract()?;
    let line: u32 = frame.getattr("f_lineno")?.extract()?;
    Ok(format!("{file}:{line}"))
}
