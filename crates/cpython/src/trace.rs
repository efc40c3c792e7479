//! Whether a large value is still what it was, without writing its bytes again.
//!
//! # Algorithm
//! A [`Trace`] is all that the bytes of a value depend on: each container in it that can change,
//! and what is in that, object by object. An object that cannot change and is the same object has
//! the same bytes, and so has a container with the same objects in it, the containers among them
//! likewise. The trace keeps all of them alive, so that no other object gets an address that it
//! compares.
//!
//! To look whether a trace holds is to compare addresses, a hundredth of the time that writing
//! takes. It relies on nothing that is said of the program.
//!
//! What shares a container with another value is not seen here: see [`crate::state`].

use std::collections::HashSet;
use std::ptr;

use anabranch_kernel::value::wire::DEPTH_MAX;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple,
};

use crate::class::{Kind, class_of};
use crate::clock;
use crate::reference::Reference;

/// What a value was.
#[derive(Debug)]
pub(crate) struct Trace {
    value: Py<PyAny>,
    containers: Vec<Container>,
    /// What is in the containers, of one after another.
    parts: Vec<Py<PyAny>>,
}

/// A container that can change. It is the value or among the parts, or in a tuple there, so it is
/// alive.
#[derive(Debug)]
struct Container {
    object: *mut ffi::PyObject,
    kind: ContainerKind,
    /// How many parts it had.
    count: usize,
}

// SAFETY: the addresses are used with the interpreter lock held.
unsafe impl Send for Trace {}

#[derive(Clone, Copy, Debug)]
enum ContainerKind {
    List,
    /// Its parts are keys and values by turns.
    Dict,
    Set,
    /// A dataclass; its parts are its class and its `__dict__`.
    Record,
}

impl Trace {
    /// The trace of `value`; `None` if there is something in it that this does not know.
    pub(crate) fn of(value: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let trace =
            Self { value: value.clone().unbind(), containers: Vec::new(), parts: Vec::new() };
        let mut tracer = Tracer { trace, seen: HashSet::new() };
        Ok(tracer.value(value, 0)?.then_some(tracer.trace))
    }

    /// Whether `value` is the same object, with the same in it.
    pub(crate) fn holds(&self, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        if !value.is(&self.value) {
            return Ok(false);
        }
        let mut parts = &self.parts[..];
        for container in &self.containers {
            let (own, others) = parts.split_at(container.count);
            if !container.has(value.py(), own)? {
                return Ok(false);
            }
            parts = others;
        }
        Ok(true)
    }

    /// The memory that the trace takes.
    pub(crate) fn bytes(&self) -> usize {
        self.parts.capacity() * size_of::<Py<PyAny>>()
            + self.containers.capacity() * size_of::<Container>()
    }
}

impl Container {
    /// Whether these are its parts. Their own memory is not touched: that would take longer than
    /// everything else.
    fn has(&self, py: Python<'_>, parts: &[Py<PyAny>]) -> PyResult<bool> {
        let mut left = parts.iter();
        let mut is_next = |part| left.next().is_some_and(|known| known.as_ptr() == part);
        // SAFETY: the trace keeps the container alive and its kind never changes; parts are only
        // compared; the interpreter lock is held, and no code of the user runs before they are.
        let same = unsafe {
            match self.kind {
                ContainerKind::List => {
                    let list = self.object;
                    let count = ffi::PyList_GET_SIZE(list);
                    count as usize == parts.len()
                        && (0..count).all(|index| is_next(ffi::PyList_GET_ITEM(list, index)))
                }
                ContainerKind::Dict => {
                    let (mut position, mut pairs) = (0, 0);
                    let (mut key, mut value) = (ptr::null_mut(), ptr::null_mut());
                    while ffi::PyDict_Next(
                        self.object,
                        &raw mut position,
                        &raw mut key,
                        &raw mut value,
                    ) != 0
                    {
                        if !is_next(key) || !is_next(value) {
                            return Ok(false);
                        }
                        pairs += 1;
                    }
                    2 * pairs == parts.len()
                }
                ContainerKind::Set => {
                    let set = Bound::from_borrowed_ptr(py, self.object).cast_into::<PySet>()?;
                    set.len() == parts.len() && set.iter().all(|part| is_next(part.as_ptr()))
                }
                ContainerKind::Record => {
                    let record = Bound::from_borrowed_ptr(py, self.object);
                    is_next(record.get_type_ptr().cast())
                        && is_next(record.getattr(intern!(py, "__dict__"))?.as_ptr())
                }
            }
        };
        Ok(same)
    }
}

struct Tracer {
    trace: Trace,
    /// Addresses of containers.
    seen: HashSet<usize>,
}

impl Tracer {
    /// Adds what is in `object`; `false` if it has to be written to be compared.
    fn value(&mut self, object: &Bound<'_, PyAny>, depth: usize) -> PyResult<bool> {
        if is_scalar(object) {
            return Ok(true);
        }
        if depth > DEPTH_MAX {
            return Ok(false);
        }
        let is_new = self.seen.insert(object.as_ptr() as usize);
        if !is_new {
            return Ok(true);
        }
        if let Ok(tuple) = object.cast_exact::<PyTuple>() {
            return self.all(tuple.iter(), depth);
        }
        if let Ok(set) = object.cast_exact::<PyFrozenSet>() {
            return self.all(set.iter(), depth);
        }
        let (kind, parts) = if let Ok(list) = object.cast_exact::<PyList>() {
            (ContainerKind::List, list.iter().collect())
        } else if let Ok(dict) = object.cast_exact::<PyDict>() {
            (ContainerKind::Dict, dict.iter().flat_map(|(key, value)| [key, value]).collect())
        } else if let Ok(set) = object.cast_exact::<PySet>() {
            (ContainerKind::Set, set.iter().collect())
        } else {
            match instance(object)? {
                Instance::Constant => return Ok(true),
                Instance::Unknown => return Ok(false),
                Instance::Record { class, attributes } => {
                    (ContainerKind::Record, vec![class, attributes])
                }
            }
        };
        self.container(object, kind, parts, depth)
    }

    fn container(
        &mut self,
        object: &Bound<'_, PyAny>,
        kind: ContainerKind,
        parts: Vec<Bound<'_, PyAny>>,
        depth: usize,
    ) -> PyResult<bool> {
        let count = parts.len();
        self.trace.containers.push(Container { object: object.as_ptr(), kind, count });
        self.trace.parts.extend(parts.iter().map(|part| part.clone().unbind()));
        // The class of a record is no value.
        let values = if matches!(kind, ContainerKind::Record) { &parts[1..] } else { &parts[..] };
        self.all(values.iter().cloned(), depth)
    }

    fn all<'py>(
        &mut self,
        mut values: impl Iterator<Item = Bound<'py, PyAny>>,
        depth: usize,
    ) -> PyResult<bool> {
        values.try_fold(true, |known, value| Ok(known && self.value(&value, depth + 1)?))
    }
}

/// Whether `object` cannot change and holds nothing.
fn is_scalar(object: &Bound<'_, PyAny>) -> bool {
    object.is_none()
        || object.is_exact_instance_of::<PyString>()
        || object.is_exact_instance_of::<PyInt>()
        || object.is_exact_instance_of::<PyFloat>()
        || object.is_exact_instance_of::<PyBool>()
        || object.is_exact_instance_of::<PyBytes>()
        || object.is_exact_instance_of::<Reference>()
}

enum Instance<'py> {
    Constant,
    Record { class: Bound<'py, PyAny>, attributes: Bound<'py, PyAny> },
    Unknown,
}

fn instance<'py>(object: &Bound<'py, PyAny>) -> PyResult<Instance<'py>> {
    let py = object.py();
    match class_of(object)?.kind {
        Kind::Enum | Kind::Date | Kind::TimeDelta | Kind::Decimal | Kind::Uuid => {
            Ok(Instance::Constant)
        }
        // Those in zones of their own kind are pickled.
        Kind::Time | Kind::DateTime if clock::time(object)?.is_some() => Ok(Instance::Constant),
        Kind::Record => {
            let class = object.get_type().into_any();
            let attributes = object.getattr_opt(intern!(py, "__dict__"))?;
            let has_slots = class.getattr_opt(intern!(py, "__slots__"))?.is_some();
            Ok(match attributes {
                Some(attributes) if !has_slots && attributes.is_exact_instance_of::<PyDict>() => {
                    Instance::Record { class, attributes }
                }
                _ => Instance::Unknown,
            })
        }
        Kind::Time | Kind::DateTime | Kind::Entity | Kind::Exception | Kind::Other => {
            Ok(Instance::Unknown)
        }
    }
}
