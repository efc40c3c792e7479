//! What the Python module `anabranch._native` offers, apart from the command line.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::backend::EngineBackend;
use crate::decode::Source;
use crate::encode::OpaqueValues;
use crate::method::{CalledAttribute, LookedUp};
use crate::reference::Reference;
use crate::suspension::{live_entity, new_exception, reduce_suspended, take_attributes, unbound};

/// The wire message of a value, for another process.
#[pyfunction]
fn encode<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let message = crate::encode(value, OpaqueValues::Refused)?;
    Ok(PyBytes::new(value.py(), &message))
}

/// The value of a wire message from another process; pickles are refused.
#[pyfunction]
fn decode<'py>(py: Python<'py>, message: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    crate::decode(py, message, Source::Network)
        .map_err(|error| PyValueError::new_err(error.to_string()))
}

/// Whether this thread runs entity code for an engine.
#[pyfunction]
fn in_entity_code() -> bool {
    crate::in_entity_code()
}

/// Makes the transaction under way abort with `exception`, even if user code catches it.
#[pyfunction]
fn object_with(exception: Py<PyAny>) {
    crate::entity_code::object_with(exception);
}

/// What the transaction of this thread has of the outside; `None` outside of entity code.
#[pyfunction]
fn transaction_values(py: Python<'_>) -> PyResult<Option<Py<PyAny>>> {
    crate::entity_code::transaction_values(py)
}

/// Adds functions and classes to the module.
///
/// # Errors
/// Python is out of memory.
pub fn add_to_module(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(encode, module)?)?;
    module.add_function(wrap_pyfunction!(decode, module)?)?;
    module.add_function(wrap_pyfunction!(in_entity_code, module)?)?;
    module.add_function(wrap_pyfunction!(object_with, module)?)?;
    module.add_function(wrap_pyfunction!(transaction_values, module)?)?;
    module.add_function(wrap_pyfunction!(crate::output::log_record, module)?)?;
    module.add_function(wrap_pyfunction!(reduce_suspended, module)?)?;
    module.add_function(wrap_pyfunction!(live_entity, module)?)?;
    module.add_function(wrap_pyfunction!(take_attributes, module)?)?;
    module.add_function(wrap_pyfunction!(unbound, module)?)?;
    module.add_function(wrap_pyfunction!(new_exception, module)?)?;
    module.add_class::<LookedUp>()?;
    module.add_class::<CalledAttribute>()?;
    module.add_class::<Reference>()?;
    module.add_class::<EngineBackend>()
}
