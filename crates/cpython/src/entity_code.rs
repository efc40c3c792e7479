//! Whether the running thread executes entity code for an engine, and what its transaction has.

use std::cell::{Cell, RefCell};

use anabranch_kernel::TransactionContext;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyFrame};

use crate::{handled_exception, well_known};

thread_local! {
    static CONTEXT: RefCell<Option<TransactionContext>> = const { RefCell::new(None) };
    /// Made of the context when entity code asks for it.
    static VALUES: RefCell<Option<Py<PyAny>>> = const { RefCell::new(None) };
    static IN_ENTITY_CODE: Cell<bool> = const { Cell::new(false) };
    static OBJECTION: RefCell<Option<Py<PyAny>>> = const { RefCell::new(None) };
    /// What the driver handles whose thread this is.
    static HANDLED: RefCell<Option<Py<PyAny>>> = const { RefCell::new(None) };
}

/// Whether this thread executes entity code for an engine.
pub fn in_entity_code() -> bool {
    IN_ENTITY_CODE.get()
}

/// From now on this thread executes entity code, with this context.
pub(crate) fn enter_entity_code(context: &TransactionContext) {
    leave_entity_code();
    HANDLED.set(Python::attach(handled_exception::set_aside));
    CONTEXT.set(Some(context.clone()));
    IN_ENTITY_CODE.set(true);
}

/// This thread executes entity code no longer.
pub(crate) fn leave_entity_code() {
    IN_ENTITY_CODE.set(false);
    CONTEXT.take();
    VALUES.take();
    OBJECTION.take();
    if let Some(handled) = HANDLED.take() {
        Python::attach(|py| handled_exception::restore(py, &handled));
    }
}

/// The `TransactionValues` of the transaction that this thread runs, if it runs one.
///
/// # Errors
/// Python is out of memory.
pub(crate) fn transaction_values(py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
    if let Some(values) = VALUES.with_borrow(|values| values.as_ref().map(|it| it.clone_ref(py))) {
        return Ok(Some(values));
    }
    let Some(context) = CONTEXT.with_borrow(Clone::clone) else { return Ok(None) };
    let seed = PyBytes::new(py, &context.seed);
    let arguments = (context.start_time_nanoseconds, seed);
    let values = well_known::transaction_values(py)?.call1(arguments)?.unbind();
    VALUES.set(Some(values.clone_ref(py)));
    Ok(Some(values))
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
