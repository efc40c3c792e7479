//! Asks for the memory of live entities before code runs on them.

use anabranch_kernel::prefetch::prefetch;
use pyo3::ffi;
use pyo3::prelude::*;

/// How many attributes of an entity are asked for.
const ATTRIBUTES: usize = 8;

/// What is in front of an object: where its attributes are, and what the collector has of it.
const IN_FRONT: usize = 4 * size_of::<usize>();

/// A short text ends within that many bytes behind its start.
const TEXT_BYTES: usize = 64;

/// Asks for the next part of an entity; see [`anabranch_kernel::Interpreter::prefetch`].
pub(crate) fn prefetch_object(object: &Bound<'_, PyAny>, step: usize) {
    let object = object.as_ptr();
    if step == 0 {
        prefetch(object.cast::<u8>().wrapping_sub(IN_FRONT));
        prefetch(object.wrapping_add(1).cast::<u8>().wrapping_sub(1));
        return;
    }
    // SAFETY: the object is alive and the interpreter lock is held; no code of the user runs.
    unsafe {
        let attributes = ffi::PyObject_GenericGetDict(object, std::ptr::null_mut());
        if attributes.is_null() {
            return ffi::PyErr_Clear();
        }
        // The entity keeps it.
        ffi::Py_DECREF(attributes);
        match step {
            1 => prefetch(attributes.cast::<ffi::PyDictObject>().wrapping_add(1).cast::<u8>()),
            2 => prefetch((*attributes.cast::<ffi::PyDictObject>()).ma_values),
            _ => prefetch_values(attributes),
        }
    }
}

/// # Safety
/// `attributes` is a live dict, and the interpreter lock is held.
unsafe fn prefetch_values(attributes: *mut ffi::PyObject) {
    let mut position = 0;
    let mut value = std::ptr::null_mut();
    for _ in 0..ATTRIBUTES {
        let name = std::ptr::null_mut();
        // SAFETY: as the caller says; a null pointer for what is not wanted.
        let found =
            unsafe { ffi::PyDict_Next(attributes, &raw mut position, name, &raw mut value) };
        if found == 0 {
            return;
        }
        prefetch(value);
        prefetch(value.cast::<u8>().wrapping_add(TEXT_BYTES));
    }
}
