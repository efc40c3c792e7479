//! References: what a variable of an entity type holds outside that entity's own methods.

use std::hash::{DefaultHasher, Hash, Hasher};

use anabranch_kernel::Key;
use pyo3::exceptions::PyAttributeError;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

use crate::entity_code::{in_entity_code, remote_access_error};
use crate::key::encode_key;
use crate::well_known;

/// Entity class and key.
///
/// To users it looks like the entity: `isinstance` says so, attributes are read and written through
/// it. All names of its own are dunder names that no user would use.
#[pyclass(frozen, module = "anabranch._native")]
pub struct Reference {
    class: Py<PyType>,
    key: Py<PyAny>,
    /// The wire message of the key.
    message: Key,
}

impl Reference {
    /// A reference whose key is encoded already.
    pub(crate) fn from_parts(class: Py<PyType>, key: Py<PyAny>, message: Key) -> Self {
        Self { class, key, message }
    }

    /// The reference to a live entity.
    pub(crate) fn of_live<'py>(live: &Bound<'py, PyAny>) -> PyResult<Bound<'py, Self>> {
        let key = live.call_method0(intern!(live.py(), "__key__"))?;
        Bound::new(live.py(), Self::new(live.get_type(), key)?)
    }

    pub(crate) fn class(&self) -> &Py<PyType> {
        &self.class
    }

    /// The wire message of the key.
    pub(crate) fn message(&self) -> &Key {
        &self.message
    }
}

#[pymethods]
impl Reference {
    #[new]
    fn new(entity_class: Bound<'_, PyType>, key: Bound<'_, PyAny>) -> PyResult<Self> {
        let message = encode_key(&key)?.into();
        Ok(Self { class: entity_class.unbind(), key: key.unbind(), message })
    }

    #[getter]
    fn __anabranch_class__(&self, py: Python<'_>) -> Py<PyType> {
        self.class.clone_ref(py)
    }

    #[getter]
    fn __anabranch_key__(&self, py: Python<'_>) -> Py<PyAny> {
        self.key.clone_ref(py)
    }

    /// Every entity has it; that of a reference is known without asking.
    fn __key__(&self, py: Python<'_>) -> Py<PyAny> {
        self.key.clone_ref(py)
    }

    #[getter]
    fn __class__(&self, py: Python<'_>) -> Py<PyType> {
        self.class.clone_ref(py)
    }

    fn __eq__(&self, other: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
        let py = other.py();
        let equal = if let Ok(other) = other.cast_exact::<Self>() {
            let other = other.get();
            self.class.is(&other.class) && self.message == other.message
        } else if other.get_type().is(&self.class) {
            let other = Self::of_live(other)?;
            self.message == other.get().message
        } else {
            return Ok(py.NotImplemented());
        };
        Ok(equal.into_pyobject(py)?.to_owned().into_any().unbind())
    }

    fn __hash__(&self) -> u64 {
        // The same in each process, so that a replay iterates over sets in the same order.
        let mut hasher = DefaultHasher::new();
        self.message.hash(&mut hasher);
        hasher.finish()
    }

    fn __repr__(&self, py: Python<'_>) -> PyResult<String> {
        let key = self.key.bind(py).repr()?;
        Ok(format!("{}({key})", self.class.bind(py).name()?))
    }

    fn __bool__(&self) -> bool {
        true
    }

    fn __copy__(this: Bound<'_, Self>) -> Bound<'_, Self> {
        this
    }

    fn __deepcopy__<'py>(this: Bound<'py, Self>, _memo: &Bound<'py, PyAny>) -> Bound<'py, Self> {
        this
    }

    pub(crate) fn __reduce__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyTuple>> {
        let arguments = (self.class.clone_ref(py), self.key.clone_ref(py));
        (py.get_type::<Self>(), arguments).into_pyobject(py)
    }

    fn __getattr__<'py>(
        this: &Bound<'py, Self>,
        name: &Bound<'py, PyString>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = this.py();
        let text = name.to_str()?;
        if text.starts_with("__") && text.ends_with("__") {
            // Python itself asks for these; they are never state.
            let class = this.get().class.bind(py).name()?;
            return Err(PyAttributeError::new_err(format!(
                "'{class}' object has no attribute '{text}'"
            )));
        }
        if in_entity_code() {
            return Err(remote_access_error(py, &format!("{}.{text}", this.repr()?)));
        }
        well_known::driver_read(py)?.call1((this, name))
    }

    fn __setattr__(
        this: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = this.py();
        if in_entity_code() {
            return Err(remote_access_error(py, &format!("{}.{name} = …", this.repr()?)));
        }
        well_known::driver_write(py)?.call1((this, name, value))?;
        Ok(())
    }

    fn __delattr__(this: &Bound<'_, Self>, name: &Bound<'_, PyString>) -> PyResult<()> {
        Err(PyAttributeError::new_err(format!(
            "cannot delete {name} of {}: only the entity's own methods can delete its attributes",
            this.repr()?
        )))
    }
}
