//! Ends Python code that runs on another thread.
//!
//! # Algorithm
//! Python raises an exception in another thread at the next jump backward or call of Python code.
//! 1. The first one is an ordinary exception, under `BaseException`: `finally` and `with` tidy up.
//! 2. Code that catches it and goes on gets another kind. When that one is caught, and so made an
//!    object, it sets a trace function that raises at every further line and call of the thread. So
//!    every handler fails on its first line, and the stack unwinds.
//!
//! What is meant for one transaction never reaches the next one or our own code between them: it is
//! raised while the interpreter lock is held and the transaction is the one that runs, and cleared
//! with the lock held before the transaction ends.
//!
//! Code in C looks for neither. It is interrupted when it comes back to Python.

use std::cell::Cell;
use std::ffi::{c_int, c_long};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use anabranch_kernel::{Interrupter, Manner, RunningTransaction, TransactionNumber};
use pyo3::exceptions::PyBaseException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PyTuple;
use pyo3::{PyTypeInfo, ffi};

thread_local! {
    /// Whether every line of Python on this thread raises.
    static EVERY_LINE_RAISES: Cell<bool> = const { Cell::new(false) };
}

/// Ends the Python code of the transactions of one interpreter.
#[derive(Default)]
pub(crate) struct PythonInterrupter {
    /// Python's number of the thread that runs the transaction.
    thread: AtomicI64,
    /// Whether something was raised that the transaction may leave behind.
    has_raised: AtomicBool,
}

impl PythonInterrupter {
    /// A transaction begins on this thread.
    pub(crate) fn enter(&self) {
        // SAFETY: it asks the operating system.
        let thread = unsafe { ffi::PyThread_get_thread_ident() };
        self.thread.store(thread.cast_signed(), Ordering::Relaxed);
    }

    /// The transaction of this thread ends: takes back what has not been raised yet.
    pub(crate) fn leave(&self) {
        if !self.has_raised.swap(false, Ordering::Relaxed) {
            return;
        }
        Python::attach(|_| {
            // SAFETY: the interpreter lock is held; a null pointer takes an exception back.
            unsafe { ffi::PyThreadState_SetAsyncExc(self.thread(), ptr::null_mut()) };
            if EVERY_LINE_RAISES.replace(false) {
                // SAFETY: the interpreter lock is held.
                unsafe { ffi::PyEval_SetTrace(None, ptr::null_mut()) };
            }
        });
    }

    fn thread(&self) -> c_long {
        self.thread.load(Ordering::Relaxed)
    }
}

impl Interrupter for PythonInterrupter {
    fn interrupt(
        &self,
        running: &RunningTransaction,
        transaction: TransactionNumber,
        manner: Manner,
    ) {
        Python::attach(|py| {
            let class = match manner {
                Manner::Ask => TransactionInterrupted::type_object(py),
                Manner::Insist => InsistentInterrupt::type_object(py),
            };
            // Transactions begin and end with the lock held, so from here on this one stays.
            if running.number() != Some(transaction) {
                return;
            }
            self.has_raised.store(true, Ordering::Relaxed);
            // SAFETY: the interpreter lock is held, and the class is an exception class.
            unsafe { ffi::PyThreadState_SetAsyncExc(self.thread(), class.as_ptr()) };
        });
    }

    fn place(
        &self,
        running: &RunningTransaction,
        transaction: TransactionNumber,
    ) -> Option<String> {
        Python::attach(|py| {
            let frames = py.import("sys").and_then(|sys| sys.call_method0("_current_frames"));
            if running.number() != Some(transaction) {
                return None;
            }
            let frame = frames.and_then(|frames| frames.get_item(self.thread())).ok()?;
            let code = frame.getattr(intern!(py, "f_code")).ok()?;
            let function = code.getattr(intern!(py, "co_qualname")).ok()?;
            let file = code.getattr(intern!(py, "co_filename")).ok()?;
            let line = frame.getattr(intern!(py, "f_lineno")).ok()?;
            Some(format!("{function} ({file}:{line})"))
        })
    }
}

/// What is raised in entity code that ran too long. It is no `Exception`, so that code which goes on
/// after errors does not go on after this.
#[pyclass(frozen, extends = PyBaseException, module = "anabranch._native")]
pub(crate) struct TransactionInterrupted;

#[pymethods]
impl TransactionInterrupted {
    #[new]
    #[pyo3(signature = (*_arguments))]
    fn new(_arguments: &Bound<'_, PyTuple>) -> Self {
        Self
    }
}

/// The same for code that caught that. Python makes an object of it where it is caught.
#[pyclass(
    frozen,
    extends = PyBaseException,
    module = "anabranch._native",
    name = "TransactionInterrupted"
)]
struct InsistentInterrupt;

#[pymethods]
impl InsistentInterrupt {
    #[new]
    #[pyo3(signature = (*_arguments))]
    fn new(_arguments: &Bound<'_, PyTuple>) -> Self {
        if crate::in_entity_code() && !EVERY_LINE_RAISES.replace(true) {
            // SAFETY: the interpreter lock is held, and the function needs no object.
            unsafe { ffi::PyEval_SetTrace(Some(raise), ptr::null_mut()) };
        }
        Self
    }
}

/// A trace function that raises at every line and every call.
extern "C" fn raise(
    _: *mut ffi::PyObject,
    _: *mut ffi::PyFrameObject,
    event: c_int,
    _: *mut ffi::PyObject,
) -> c_int {
    if event != ffi::PyTrace_LINE && event != ffi::PyTrace_CALL {
        return 0;
    }
    // SAFETY: Python calls trace functions with the interpreter lock held.
    let py = unsafe { Python::assume_attached() };
    let class = TransactionInterrupted::type_object(py);
    // SAFETY: the lock is held, and the class is an exception class.
    unsafe { ffi::PyErr_SetNone(class.as_ptr()) };
    -1
}
