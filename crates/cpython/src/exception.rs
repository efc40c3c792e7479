//! Exceptions: those that the kernel and the engine cause, and how a client learns of any.

use anabranch_kernel::value::{ExceptionValue, Value, wire};
use anabranch_kernel::{Failure, Raised};
use pyo3::call::PyCallArgs;
use pyo3::exceptions::{PyBaseException, PyRecursionError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyString, PyTuple, PyType};

use crate::class::class_of;
use crate::decode::{Source, decode};
use crate::encode::{OpaqueValues, encode};
use crate::well_known;

pub(crate) fn entity_not_found(py: Python<'_>, class: &str, key: &Bound<'_, PyAny>) -> PyErr {
    anabranch_error(py, "EntityNotFound", (class, key))
}

pub(crate) fn entity_exists(py: Python<'_>, class: &str, key: &Bound<'_, PyAny>) -> PyErr {
    anabranch_error(py, "EntityExists", (class, key))
}

pub(crate) fn remote_access(py: Python<'_>, message: String) -> PyErr {
    anabranch_error(py, "RemoteAccessError", (message,))
}

pub(crate) fn anabranch(py: Python<'_>, message: String) -> PyErr {
    anabranch_error(py, "AnabranchError", (message,))
}

pub(crate) fn recursion(depth_max: usize) -> PyErr {
    PyRecursionError::new_err(format!(
        "maximum recursion depth exceeded: calls of entities nest deeper than {depth_max} levels"
    ))
}

pub(crate) fn too_many_entities(py: Python<'_>, entities_max: usize) -> PyErr {
    let message = format!(
        "the transaction touched more than {entities_max} entities; do the work in several requests"
    );
    anabranch_error(py, "TransactionTooLarge", (message,))
}

pub(crate) fn effects_too_large(py: Python<'_>, bytes_max: usize) -> PyErr {
    let message = format!(
        "the states that the transaction changed and its result take more than {bytes_max} bytes; \
         do the work in several requests"
    );
    anabranch_error(py, "TransactionTooLarge", (message,))
}

fn anabranch_error<'py>(py: Python<'py>, class: &str, arguments: impl PyCallArgs<'py>) -> PyErr {
    let exception = py
        .import("anabranch.errors")
        .and_then(|errors| errors.getattr(class))
        .and_then(|class| class.call1(arguments));
    exception.map_or_else(|error| error, PyErr::from_value)
}

/// Whether `except classes` catches `exception`.
#[pyfunction]
pub(crate) fn matches(exception: &Bound<'_, PyAny>, classes: &Bound<'_, PyAny>) -> PyResult<bool> {
    check_catchable(classes)?;
    Ok(PyErr::from_value(exception.clone()).matches(exception.py(), classes)?)
}

/// What Python says about `except` with something else than exception classes.
fn check_catchable(classes: &Bound<'_, PyAny>) -> PyResult<()> {
    if let Ok(classes) = classes.cast::<PyTuple>() {
        return classes.iter().try_for_each(|class| check_catchable(&class));
    }
    let is_exception = classes
        .cast::<PyType>()
        .is_ok_and(|class| class.is_subclass_of::<PyBaseException>().unwrap_or(false));
    if is_exception {
        return Ok(());
    }
    Err(PyTypeError::new_err(
        "catching classes that do not inherit from BaseException is not allowed",
    ))
}

/// Describes an exception that left a root method.
pub(crate) fn describe(exception: &Bound<'_, PyAny>) -> Raised {
    let message = exception.str().map_or_else(|_| String::new(), |text| text.to_string());
    let class = class_name(exception);
    let encoded = encode(exception, OpaqueValues::Pickled).unwrap_or_else(|_| {
        // Something in it has no encoding: the client gets its class and text.
        wire::encode(&Value::Exception(Box::new(ExceptionValue {
            class: class.clone(),
            args: vec![Value::Str(message.clone())],
            attributes: Vec::new(),
        })))
    });
    Raised {
        exception: encoded,
        class,
        message,
        http_status: http_status(exception),
        traceback: traceback_text(exception),
    }
}

fn class_name(exception: &Bound<'_, PyAny>) -> String {
    if let Some(name) = class_of(exception).ok().and_then(|class| class.name.clone()) {
        return name;
    }
    let class = exception.get_type();
    let part = |name: PyResult<Bound<'_, PyString>>| {
        name.map_or_else(|_| "?".to_owned(), |name| name.to_string())
    };
    format!("{}:{}", part(class.module()), part(class.qualname()))
}

fn http_status(exception: &Bound<'_, PyAny>) -> Option<u16> {
    let status = exception.get_type().getattr_opt(intern!(exception.py(), "http_status"));
    let status = status.ok()??;
    if status.is_instance_of::<PyBool>() {
        return None;
    }
    status.extract().ok()
}

/// File and line of the user's code that raised, if any of it did.
pub(crate) fn place(exception: &Bound<'_, PyAny>) -> Option<String> {
    let find = || -> PyResult<Option<String>> {
        let py = exception.py();
        let traceback = exception.getattr(intern!(py, "__traceback__"))?;
        let frames = well_known::extract_traceback(py)?.call1((traceback,))?;
        let mut place = None;
        for frame in frames.try_iter()? {
            let frame = frame?;
            let file: String = frame.getattr(intern!(py, "filename"))?.extract()?;
            if !file.starts_with("<frozen ") {
                place = Some(format!("{file}:{}", frame.getattr(intern!(py, "lineno"))?));
            }
        }
        Ok(place)
    };
    find().ok().flatten()
}

/// How the lines of a traceback start that are in our own Python code.
fn package_folder(py: Python<'_>) -> Option<String> {
    let file: String = py.import("anabranch").ok()?.getattr("__file__").ok()?.extract().ok()?;
    Some(format!("  File \"{}", file.strip_suffix("__init__.py")?))
}

/// The traceback as Python prints it, without the inside of the import machinery and our own.
pub(crate) fn traceback_text(exception: &Bound<'_, PyAny>) -> String {
    let lines = || -> PyResult<Vec<String>> {
        let format = || -> PyResult<Vec<String>> {
            well_known::format_exception(exception.py())?.call1((exception,))?.extract()
        };
        let mut lines = format()?;
        if lines.iter().any(|line| line.starts_with("UnboundLocalError")) {
            well_known::correct_traceback(exception.py())?.call1((exception,))?;
            lines = format()?;
        }
        let package = package_folder(exception.py());
        let is_shown = |line: &String| {
            let in_package = package.as_ref().is_some_and(|folder| line.starts_with(folder));
            !line.starts_with("  File \"<frozen importlib") && !in_package
        };
        Ok(lines.into_iter().filter(is_shown).collect())
    };
    lines().map_or_else(|error| error.to_string(), |lines| lines.concat())
}

/// The exception for the driver whose root call failed: the application's own where there is one.
pub(crate) fn from_failure(py: Python<'_>, failure: Failure) -> PyErr {
    match failure {
        Failure::Raised(raised) => from_raised(py, &raised),
        Failure::Interrupted => {
            let message = "the transaction ran too long and was stopped; nothing of it was applied";
            anabranch_error(py, "Interrupted", (message,))
        }
        Failure::IdempotencyConflict => {
            let message = "the idempotency key was used before, for another request";
            anabranch_error(py, "IdempotencyConflict", (message,))
        }
        Failure::Overloaded => {
            let message = "too many requests are waiting; try again later";
            anabranch_error(py, "Overloaded", (message,))
        }
        Failure::Unavailable(why) => anabranch_error(py, "Unavailable", (why,)),
        Failure::Bug(what) => anabranch(py, format!("this is a bug in Anabranch: {what}")),
    }
}

pub(crate) fn from_raised(py: Python<'_>, raised: &Raised) -> PyErr {
    let rebuilt = decode(py, &raised.exception, Source::Request);
    let error = match rebuilt {
        Ok(exception) => PyErr::from_value(exception),
        Err(_) => {
            let arguments = (raised.message.as_str(),);
            anabranch_error(py, "RemoteError", (raised.class.as_str(), arguments))
        }
    };
    if !raised.traceback.is_empty() {
        let arguments = (error.value(py), raised.traceback.as_str());
        let restored = well_known::restore_traceback(py).and_then(|it| it.call1(arguments));
        if let Err(failure) = restored {
            return failure;
        }
        // With the traceback that it has now.
        return PyErr::from_value(error.into_value(py).into_bound(py).into_any());
    }
    error
}
