//! What says why an exception was raised: its cause and its context.
//!
//! In a message they go with the attributes of the exception, under the names that they have in
//! Python; a reader that does not know them keeps them as attributes. Where context and cause are
//! one exception, which `raise … from` in its `except` clause makes them, the context is `True`.

use pyo3::prelude::*;
use pyo3::types::PyBool;

/// The names of links; the cause comes first.
pub(crate) const LINKS: [&str; 3] = [CAUSE, CONTEXT, SUPPRESS];

const CAUSE: &str = "__cause__";
const CONTEXT: &str = "__context__";
const SUPPRESS: &str = "__suppress_context__";

/// How many exceptions that caused each other are written at most.
const EXCEPTIONS_MAX: usize = 64;

/// The links of `exception` to write. A linked exception is left out if it is not `portable`: no
/// exception must be lost for what happened before it.
pub(crate) fn links<'py>(
    exception: &Bound<'py, PyAny>,
    portable: impl Fn(&Bound<'py, PyAny>) -> bool,
) -> PyResult<Vec<(&'static str, Bound<'py, PyAny>)>> {
    let py = exception.py();
    let mut found = Vec::new();
    let (cause, context) = (exception.getattr(CAUSE)?, exception.getattr(CONTEXT)?);
    if cause.is_none() && context.is_none() {
        if exception.getattr(SUPPRESS)?.is_truthy()? {
            found.push((SUPPRESS, PyBool::new(py, true).to_owned().into_any()));
        }
        return Ok(found);
    }
    let writable = |linked: &Bound<'py, PyAny>| -> PyResult<bool> {
        Ok(portable(linked) && is_short(linked)?)
    };
    let has_cause = !cause.is_none() && writable(&cause)?;
    if !context.is_none() {
        if has_cause && context.is(&cause) {
            found.push((CONTEXT, PyBool::new(py, true).to_owned().into_any()));
        } else if writable(&context)? {
            found.push((CONTEXT, context));
        }
    }
    if has_cause {
        found.insert(0, (CAUSE, cause));
    } else if exception.getattr(SUPPRESS)?.is_truthy()? {
        found.push((SUPPRESS, PyBool::new(py, true).to_owned().into_any()));
    }
    Ok(found)
}

/// Gives `exception` one of its links.
pub(crate) fn set_link<'py>(
    exception: &Bound<'py, PyAny>,
    name: &str,
    value: Bound<'py, PyAny>,
) -> PyResult<()> {
    let is_cause = name == CONTEXT && value.is_instance_of::<PyBool>();
    let value = if is_cause { exception.getattr(CAUSE)? } else { value };
    exception.setattr(name, value)
}

/// Whether few enough exceptions hang on this one, counting again what is reached again.
fn is_short(exception: &Bound<'_, PyAny>) -> PyResult<bool> {
    let mut pending = vec![exception.clone()];
    for _ in 0..EXCEPTIONS_MAX {
        let Some(next) = pending.pop() else { return Ok(true) };
        let (cause, context) = (next.getattr(CAUSE)?, next.getattr(CONTEXT)?);
        if !context.is_none() && !context.is(&cause) {
            pending.push(context);
        }
        if !cause.is_none() {
            pending.push(cause);
        }
    }
    Ok(pending.is_empty())
}
