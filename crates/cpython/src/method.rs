//! Methods that were looked up before the arguments of their call were evaluated.

use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple};

use crate::class::{Kind, class_of};
use crate::reference::Reference;
use crate::run::stand_in_for;

/// The method of an object that is no entity, ready to be called.
#[pyclass(frozen, module = "anabranch._native")]
pub(crate) struct LookedUp {
    pub(crate) method: Py<PyAny>,
}

#[pymethods]
impl LookedUp {
    #[new]
    fn new(method: Py<PyAny>) -> Self {
        Self { method }
    }

    fn __reduce__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = this.py();
        (py.get_type::<Self>(), (this.get().method.clone_ref(py),)).into_pyobject(py)
    }
}

/// What a segment calls the method `name` of: an entity as it is, which the kernel or the run looks
/// at when the call is made, if its class has such a method; for any other receiver the method,
/// which Python looks up before it evaluates the arguments.
#[pyfunction]
pub(crate) fn method<'py>(
    receiver: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    if let Ok(reference) = receiver.cast_exact::<Reference>() {
        let class = reference.get().class().bind(receiver.py());
        if class.getattr_opt(name)?.is_some() {
            return Ok(receiver.clone());
        }
        let message = format!("'{}' object has no attribute '{name}'", class.name()?);
        return Err(PyAttributeError::new_err(message));
    }
    if class_of(receiver)?.kind == Kind::Entity && receiver.get_type().getattr_opt(name)?.is_some()
    {
        return Ok(receiver.clone());
    }
    let method = stand_in_for(name, receiver.getattr(name)?)?.unbind();
    Ok(Bound::new(receiver.py(), LookedUp { method })?.into_any())
}
