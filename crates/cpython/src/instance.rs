//! Instances of Python classes, past their own `__new__`, `__init__` and `__setattr__`.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyString, PyTuple, PyType};

/// What `object.__new__(class)` makes.
///
/// `class` must not derive from a built-in class other than `object`; see [`check_layout`].
pub(crate) fn allocate<'py>(class: &Bound<'py, PyType>) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let nothing = PyTuple::empty(py);
    // SAFETY: `object` has a `tp_new`, which takes a class, a tuple and no keywords; the layout of
    // `class` is that of `object` plus attributes, as the caller made sure.
    unsafe {
        let new = ffi::PyBaseObject_Type.tp_new.expect("object has __new__");
        let instance = new(class.as_type_ptr(), nothing.as_ptr(), std::ptr::null_mut());
        Bound::from_owned_ptr_or_err(py, instance)
    }
}

/// Makes sure that [`allocate`] can make instances of `class`.
///
/// # Errors
/// What `object.__new__` raises about it.
pub(crate) fn check_layout(class: &Bound<'_, PyType>) -> PyResult<()> {
    class.py().get_type::<PyAny>().call_method1("__new__", (class,))?;
    Ok(())
}

/// What `object.__setattr__(instance, name, value)` does, also for a frozen dataclass.
pub(crate) fn set_attribute(
    instance: &Bound<'_, PyAny>,
    name: &Bound<'_, PyString>,
    value: &Bound<'_, PyAny>,
) -> PyResult<()> {
    // SAFETY: all three are live objects.
    let status =
        unsafe { ffi::PyObject_GenericSetAttr(instance.as_ptr(), name.as_ptr(), value.as_ptr()) };
    if status == 0 { Ok(()) } else { Err(PyErr::fetch(instance.py())) }
}
