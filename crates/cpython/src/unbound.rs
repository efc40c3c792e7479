//! The value of a local variable that may have none when its function is suspended.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Stands for no value in the live variables of a segment.
#[pyclass(frozen, module = "anabranch._native")]
pub(crate) struct Unbound;

impl Unbound {
    /// The one instance; segments compare with `is`.
    pub(crate) fn instance(py: Python<'_>) -> PyResult<&Py<Self>> {
        static INSTANCE: PyOnceLock<Py<Unbound>> = PyOnceLock::new();
        INSTANCE.get_or_try_init(py, || Py::new(py, Unbound))
    }
}

#[pymethods]
impl Unbound {
    fn __repr__(&self) -> &'static str {
        "<no value>"
    }
}
