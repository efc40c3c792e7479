//! Calls into Python with as few detours as possible.

use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};

/// How many arguments a call can have before they are put on the heap.
const INLINE: usize = 15;

/// Calls `callable(receiver, *positional, **keywords)`.
pub(crate) fn call_function<'py>(
    callable: &Bound<'py, PyAny>,
    receiver: Option<&Bound<'py, PyAny>>,
    positional: &Bound<'py, PyTuple>,
    keywords: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    call(callable, receiver, positional, &[], keywords)
}

/// Calls `segment(receiver, *live, *last)`.
pub(crate) fn call_segment<'py>(
    segment: &Bound<'py, PyAny>,
    receiver: Option<&Bound<'py, PyAny>>,
    live: &Bound<'py, PyTuple>,
    last: &[&Bound<'py, PyAny>],
) -> PyResult<Bound<'py, PyAny>> {
    call(segment, receiver, live, last, None)
}

fn call<'py>(
    callable: &Bound<'py, PyAny>,
    first: Option<&Bound<'py, PyAny>>,
    middle: &Bound<'py, PyTuple>,
    last: &[&Bound<'py, PyAny>],
    keywords: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let arguments = first.map(|argument| argument.as_ptr()).into_iter();
    let arguments = arguments.chain(middle.iter_borrowed().map(|argument| argument.as_ptr()));
    let arguments = arguments.chain(last.iter().map(|argument| argument.as_ptr()));
    // The slot before the arguments is the callee's to use.
    let mut inline = [std::ptr::null_mut(); INLINE + 1];
    if middle.len() + last.len() < INLINE {
        let mut count = 0;
        for argument in arguments {
            count += 1;
            inline[count] = argument;
        }
        vectorcall(callable, &mut inline[..=count], keywords)
    } else {
        let mut slots = vec![std::ptr::null_mut()];
        slots.extend(arguments);
        vectorcall(callable, &mut slots, keywords)
    }
}

/// Calls with the arguments in `slots[1..]`, all of which the caller keeps alive.
fn vectorcall<'py>(
    callable: &Bound<'py, PyAny>,
    slots: &mut [*mut ffi::PyObject],
    keywords: Option<&Bound<'py, PyDict>>,
) -> PyResult<Bound<'py, PyAny>> {
    let count = (slots.len() - 1) | ffi::PY_VECTORCALL_ARGUMENTS_OFFSET;
    let keywords = keywords.map_or(std::ptr::null_mut(), |keywords| keywords.as_ptr());
    // SAFETY: the slots after the first hold live objects, and the first may be written to.
    unsafe {
        let arguments = slots.as_mut_ptr().add(1);
        let result = if keywords.is_null() {
            ffi::PyObject_Vectorcall(callable.as_ptr(), arguments, count, std::ptr::null_mut())
        } else {
            ffi::PyObject_VectorcallDict(callable.as_ptr(), arguments, count, keywords)
        };
        Bound::from_owned_ptr_or_err(callable.py(), result)
    }
}
