//! The exception that the running thread handles: Python makes it the context of every exception that
//! is raised meanwhile, and a bare `raise` raises it again.
//!
//! A driver may call entities in an `except` clause. Their code must not see that, wherever it runs;
//! what it raises gets the driver's exception as its context when it comes back, as in plain Python.

use pyo3::ffi;
use pyo3::prelude::*;

/// How long a chain of contexts is followed.
const CONTEXTS_MAX: usize = 1000;

/// The exception that the running thread handles.
fn handled(py: Python<'_>) -> Option<Bound<'_, PyAny>> {
    // SAFETY: gives a new reference or null, and raises nothing.
    let handled = unsafe { Bound::from_owned_ptr_or_opt(py, ffi::PyErr_GetHandledException()) };
    handled.filter(|handled| !handled.is_none())
}

/// From now on the running thread handles no exception. What it gives is for [`restore`].
///
/// A generator that runs while the function that uses it handles an exception sees that one all the same.
pub(crate) fn set_aside(py: Python<'_>) -> Option<Py<PyAny>> {
    let before = handled(py)?;
    // SAFETY: null stands for no exception.
    unsafe { ffi::PyErr_SetHandledException(std::ptr::null_mut()) };
    // Else it was not the running function's own, and stays.
    handled(py).is_none().then(|| before.unbind())
}

/// The running thread handles again what was set aside.
pub(crate) fn restore(py: Python<'_>, exception: &Py<PyAny>) {
    // SAFETY: an exception, of which the function takes a reference of its own.
    unsafe { ffi::PyErr_SetHandledException(exception.bind(py).as_ptr()) };
}

/// Makes what the running thread handles the first context of `raised`.
///
/// # Errors
/// A class of exceptions refuses to say its context.
pub(crate) fn become_context_of(raised: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = raised.py();
    let Some(handled) = handled(py) else { return Ok(()) };
    let context = pyo3::intern!(py, "__context__");
    let mut first = raised.clone();
    for _ in 0..CONTEXTS_MAX {
        if first.is(&handled) {
            return Ok(());
        }
        let before = first.getattr(context)?;
        if before.is_none() {
            return first.setattr(context, handled);
        }
        first = before;
    }
    Ok(())
}
