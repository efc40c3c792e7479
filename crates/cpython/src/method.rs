//! Methods that were looked up before the arguments of their call were evaluated, and what is called
//! like a method but is none.

use pyo3::exceptions::{PyAttributeError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

use crate::class::{Kind, class_of};
use crate::exception;
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

/// The name of an attribute that entity code calls as a method, though the entity's class has none of
/// that name. It goes to the entity as an attribute to get, and what comes back is an exception.
#[pyclass(frozen, module = "anabranch._native")]
pub(crate) struct CalledAttribute {
    pub(crate) name: Py<PyString>,
}

#[pymethods]
impl CalledAttribute {
    #[new]
    fn new(name: Py<PyString>) -> Self {
        Self { name }
    }

    fn __reduce__<'py>(this: &Bound<'py, Self>) -> PyResult<Bound<'py, PyTuple>> {
        let py = this.py();
        (py.get_type::<Self>(), (this.get().name.clone_ref(py),)).into_pyobject(py)
    }
}

impl CalledAttribute {
    /// Why the attribute of `entity`, a live one, cannot be called.
    pub(crate) fn failure(&self, entity: &Bound<'_, PyAny>) -> PyErr {
        let name = self.name.bind(entity.py());
        self.try_to_fail(entity, name).unwrap_or_else(|error| error)
    }

    fn try_to_fail(
        &self,
        entity: &Bound<'_, PyAny>,
        name: &Bound<'_, PyString>,
    ) -> PyResult<PyErr> {
        let value = entity.getattr(name)?;
        if value.is_callable() && !value.is_instance_of::<Reference>() {
            let message = format!(
                "{}.{name} is not a method of the entity and cannot be called from outside; \
                 give {} a method that calls it",
                entity.repr()?,
                entity.get_type().name()?,
            );
            return Ok(exception::remote_access(entity.py(), message));
        }
        let class = match value.cast_exact::<Reference>() {
            Ok(reference) => reference.get().class().bind(entity.py()).clone(),
            Err(_) => value.get_type(),
        };
        Ok(PyTypeError::new_err(format!("'{}' object is not callable", class.name()?)))
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
    method_if_any(receiver, name)?.ok_or_else(|| match receiver.cast_exact::<Reference>() {
        Ok(reference) => no_attribute(reference.get().class().bind(receiver.py()), name),
        Err(_) => unreachable!("this is a bug in Anabranch: only references lack a method here"),
    })
}

/// Like [`method`]; nothing if the receiver is a reference whose class has no such method.
#[pyfunction]
pub(crate) fn method_if_any<'py>(
    receiver: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Option<Bound<'py, PyAny>>> {
    if let Ok(reference) = receiver.cast_exact::<Reference>() {
        let class = reference.get().class().bind(receiver.py());
        return Ok(class.getattr_opt(name)?.map(|_| receiver.clone()));
    }
    if class_of(receiver)?.kind == Kind::Entity && receiver.get_type().getattr_opt(name)?.is_some()
    {
        return Ok(Some(receiver.clone()));
    }
    let method = stand_in_for(name, receiver.getattr(name)?)?.unbind();
    Ok(Some(Bound::new(receiver.py(), LookedUp { method })?.into_any()))
}

fn no_attribute(class: &Bound<'_, PyType>, name: &Bound<'_, PyString>) -> PyErr {
    match class.name() {
        Ok(class) => {
            PyAttributeError::new_err(format!("'{class}' object has no attribute '{name}'"))
        }
        Err(error) => error,
    }
}
