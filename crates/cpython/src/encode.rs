//! Python objects to wire messages.
//!
//! Exact built-in types are written from their contents; what a class means otherwise says
//! [`crate::class`]. A container that occurs again is written as a number, from a memo by address.
//! Only objects that can occur again enter the memo: while an element is written it has one
//! reference from its container and one from here, so more than two mean that it may be shared. So
//! may all that is in a shared container which has no number itself, as a tuple.

use std::collections::HashMap;

use anabranch_kernel::value::wire::{DEPTH_MAX, Writer};
use pyo3::exceptions::{PyRecursionError, PyRuntimeError, PyTypeError};
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple,
};

use crate::class::{Class, Kind, class_of};
use crate::exception_links::links;
use crate::reference::Reference;
use crate::{clock, scalar, well_known};

/// What to do with an object that has no encoding of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OpaqueValues {
    /// Pickle it, for a reader in the application's own process.
    Pickled,
    /// Refuse it, for a reader elsewhere.
    Refused,
}

/// The wire message of `value`; live entities become references.
///
/// # Errors
/// `TypeError` for what has no encoding, with the place; `RecursionError` for what nests too
/// deeply.
pub fn encode(value: &Bound<'_, PyAny>, opaque: OpaqueValues) -> PyResult<Vec<u8>> {
    let mut writer = Writer::new();
    let mut memo = Memo::default();
    let mut encoder = Encoder::new(&mut writer, &mut memo, opaque);
    // The clone is the second reference that the memo's rule counts on.
    encoder.value(&value.clone(), 0).map_err(Refusal::into_error)?;
    Ok(writer.finish())
}

/// Writes values of one message after another, as attributes of a state are, or of a single one.
pub(crate) struct Encoder<'a> {
    writer: &'a mut Writer,
    memo: &'a mut Memo,
    opaque: OpaqueValues,
    causes: Causes,
    /// Whether the container under way may be written again in full.
    repeatable: bool,
}

/// What becomes of the exceptions that caused an exception.
#[derive(Clone, Copy)]
enum Causes {
    Written,
    LeftOut,
}

/// Whether an exception, apart from what caused it, can go everywhere.
fn is_portable(exception: &Bound<'_, PyAny>) -> bool {
    let mut writer = Writer::new();
    let mut memo = Memo::default();
    let mut encoder = Encoder::new(&mut writer, &mut memo, OpaqueValues::Refused);
    encoder.causes = Causes::LeftOut;
    encoder.value(exception, 0).is_ok()
}

/// The containers that may occur again, by address.
#[derive(Default)]
pub(crate) struct Memo {
    places: HashMap<usize, Place>,
    /// How many messages came before this one.
    message: usize,
}

/// Where a container was written.
#[derive(Clone, Copy)]
struct Place {
    message: usize,
    number: usize,
}

/// Why a value has no message.
pub(crate) enum Refusal {
    Raised(PyErr),
    /// A container was in an earlier message: only one message can keep it one container.
    InEarlierMessage,
    /// An object without an encoding.
    Unfit {
        message: String,
        /// Where the object is, innermost part first.
        path: Vec<String>,
    },
}

impl From<PyErr> for Refusal {
    fn from(error: PyErr) -> Self {
        Refusal::Raised(error)
    }
}

impl Refusal {
    pub(crate) fn inside(mut self, part: String) -> Self {
        if let Refusal::Unfit { path, .. } = &mut self {
            path.push(part);
        }
        self
    }

    pub(crate) fn into_error(self) -> PyErr {
        match self {
            Refusal::InEarlierMessage => {
                PyRuntimeError::new_err("a value changed while it was stored")
            }
            Refusal::Raised(error) => error,
            Refusal::Unfit { message, path } if path.is_empty() => PyTypeError::new_err(message),
            Refusal::Unfit { message, path } => {
                let place: String = path.into_iter().rev().collect();
                PyTypeError::new_err(format!("{message} (at {place})"))
            }
        }
    }
}

pub(crate) type Written = Result<(), Refusal>;

/// `object` as a `T`, if that is exactly its class.
fn exact<'a, 'py, T: pyo3::PyTypeInfo>(object: &'a Bound<'py, PyAny>) -> Option<&'a Bound<'py, T>> {
    // SAFETY: the class was just compared.
    object.is_exact_instance_of::<T>().then(|| unsafe { object.cast_unchecked() })
}

impl Memo {
    /// Whether no container was written that may be in a second place.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// The numbers of containers start again, for another message.
    pub(crate) fn next_message(&mut self) {
        self.message += 1;
    }
}

impl<'a> Encoder<'a> {
    /// An encoder that knows what was written before.
    pub(crate) fn new(writer: &'a mut Writer, memo: &'a mut Memo, opaque: OpaqueValues) -> Self {
        let causes = Causes::Written;
        Self { writer, memo, opaque, causes, repeatable: false }
    }

    /// Writes what is in a container that may be written again in full, or may not.
    fn within(&mut self, repeatable: bool, write: impl FnOnce(&mut Self) -> Written) -> Written {
        let outer = std::mem::replace(&mut self.repeatable, repeatable);
        let written = write(self);
        self.repeatable = outer;
        written
    }

    pub(crate) fn value(&mut self, object: &Bound<'_, PyAny>, depth: usize) -> Written {
        if object.is_none() {
            self.writer.none();
        } else if let Some(text) = exact::<PyString>(object) {
            scalar::write_str(self.writer, text)?;
        } else if let Some(number) = exact::<PyInt>(object) {
            scalar::write_int(self.writer, number)?;
        } else if let Some(number) = exact::<PyFloat>(object) {
            self.writer.float(number.value());
        } else if let Some(value) = exact::<PyBool>(object) {
            self.writer.bool(value.is_true());
        } else if let Some(bytes) = exact::<PyBytes>(object) {
            self.writer.bytes(bytes.as_bytes());
        } else if let Some(reference) = exact::<Reference>(object) {
            self.reference(reference)?;
        } else if depth > DEPTH_MAX {
            let message = format!("a value nests deeper than {DEPTH_MAX} levels");
            return Err(PyRecursionError::new_err(message).into());
        } else {
            return self.container(object, depth + 1);
        }
        Ok(())
    }

    fn container(&mut self, object: &Bound<'_, PyAny>, depth: usize) -> Written {
        let shared = self.repeatable || can_occur_again(object);
        if let Some(elements) = exact::<PyTuple>(object) {
            self.writer.tuple(elements.len());
            return self.within(shared, |encoder| encoder.elements(elements.iter(), depth));
        }
        if let Some(elements) = exact::<PyFrozenSet>(object) {
            self.writer.frozen_set(elements.len());
            let count = elements.len();
            return self.within(shared, |encoder| encoder.unordered(object, count, depth));
        }
        if shared && let Some(place) = self.memo.places.get(&(object.as_ptr() as usize)) {
            if place.message != self.memo.message {
                return Err(Refusal::InEarlierMessage);
            }
            self.writer.shared(place.number);
            return Ok(());
        }
        if let Some(elements) = exact::<PyList>(object) {
            let number = self.writer.list(elements.len());
            self.remember(object, shared, number);
            return self.within(false, |encoder| encoder.list(elements, depth));
        }
        if let Some(pairs) = exact::<PyDict>(object) {
            let number = self.writer.dict(pairs.len());
            self.remember(object, shared, number);
            return self.within(false, |encoder| encoder.dict(pairs, depth));
        }
        if let Some(elements) = exact::<PySet>(object) {
            let number = self.writer.set(elements.len());
            self.remember(object, shared, number);
            let count = elements.len();
            return self.within(false, |encoder| encoder.unordered(object, count, depth));
        }
        let class = class_of(object)?;
        self.instance(object, &class, shared, depth)
    }

    fn remember(&mut self, object: &Bound<'_, PyAny>, shared: bool, number: usize) {
        if shared {
            let place = Place { message: self.memo.message, number };
            self.memo.places.insert(object.as_ptr() as usize, place);
        }
    }

    fn instance(
        &mut self,
        object: &Bound<'_, PyAny>,
        class: &Class,
        shared: bool,
        depth: usize,
    ) -> Written {
        match class.kind {
            Kind::Entity => {
                let reference = Reference::of_live(object)?;
                self.reference(&reference)?;
            }
            Kind::Record => {
                let name = importable(class, object)?;
                let attributes = attributes(object)?;
                let number = self.writer.record(name, attributes.len());
                self.remember(object, shared, number);
                self.within(false, |encoder| encoder.named(&attributes, depth))?;
            }
            Kind::Exception => {
                let name = importable(class, object)?;
                self.within(true, |encoder| encoder.exception(object, name, depth))?;
            }
            Kind::Enum => self.enum_member(object, class)?,
            Kind::Date => self.writer.date(clock::date(object)?),
            Kind::TimeDelta => self.writer.time_delta(clock::time_delta(object)?),
            Kind::Time => match clock::time(object)? {
                Some(time) => self.writer.time(&time),
                None => self.opaque(object)?,
            },
            Kind::DateTime => match clock::time(object)? {
                Some(time) => self.writer.date_time(clock::date(object)?, &time),
                None => self.opaque(object)?,
            },
            Kind::Decimal => self.writer.decimal(object.str()?.to_str()?),
            Kind::Uuid => scalar::write_uuid(self.writer, object)?,
            Kind::Other => self.opaque(object)?,
        }
        Ok(())
    }

    fn reference(&mut self, reference: &Bound<'_, Reference>) -> PyResult<()> {
        let py = reference.py();
        let reference = reference.get();
        let name = reference.class().bind(py).getattr(intern!(py, "__name__"))?;
        self.writer.reference(name.cast::<PyString>()?.to_str()?);
        self.writer.embedded(reference.message());
        Ok(())
    }

    fn elements<'py>(
        &mut self,
        elements: impl Iterator<Item = Bound<'py, PyAny>>,
        depth: usize,
    ) -> Written {
        for (index, element) in elements.enumerate() {
            let written = self.value(&element, depth);
            written.map_err(|refusal| refusal.inside(format!("[{index}]")))?;
        }
        Ok(())
    }

    fn list(&mut self, elements: &Bound<'_, PyList>, depth: usize) -> Written {
        let count = elements.len();
        for index in 0..count {
            let element = elements.get_item(index)?;
            let written = self.value(&element, depth);
            written.map_err(|refusal| refusal.inside(format!("[{index}]")))?;
        }
        if elements.len() == count { Ok(()) } else { Err(changed("list").into()) }
    }

    /// The elements of a set.
    fn unordered(&mut self, set: &Bound<'_, PyAny>, count: usize, depth: usize) -> Written {
        let mut written = 0;
        for element in set.try_iter()? {
            let done = self.value(&element?, depth);
            done.map_err(|refusal| refusal.inside("{…}".to_owned()))?;
            written += 1;
        }
        if written == count { Ok(()) } else { Err(changed("set").into()) }
    }

    fn dict(&mut self, pairs: &Bound<'_, PyDict>, depth: usize) -> Written {
        for_each_pair(pairs, |key, value| {
            let written = self.value(key, depth);
            written.map_err(|refusal| refusal.inside(".keys()".to_owned()))?;
            self.value(value, depth).map_err(|refusal| {
                let key = key.repr().map_or_else(|_| "…".to_owned(), |key| key.to_string());
                refusal.inside(format!("[{key}]"))
            })
        })
    }

    /// Names and values of attributes.
    fn named(&mut self, attributes: &Bound<'_, PyDict>, depth: usize) -> Written {
        for_each_pair(attributes, |name, value| {
            let name = name.cast::<PyString>().map_err(PyErr::from)?.to_str()?;
            self.writer.name(name);
            self.value(value, depth).map_err(|refusal| refusal.inside(format!(".{name}")))
        })
    }

    fn exception(&mut self, object: &Bound<'_, PyAny>, class: &str, depth: usize) -> Written {
        let py = object.py();
        let arguments = object.getattr(intern!(py, "args"))?;
        let arguments = arguments.cast_into::<PyTuple>().map_err(PyErr::from)?;
        let attributes = attributes(object)?;
        let links = match self.causes {
            Causes::Written => links(object, is_portable)?,
            Causes::LeftOut => Vec::new(),
        };
        self.writer.exception(class, arguments.len(), attributes.len() + links.len());
        let written = self.elements(arguments.iter(), depth);
        written.map_err(|refusal| refusal.inside(".args".to_owned()))?;
        self.named(&attributes, depth)?;
        for (name, value) in links {
            self.writer.name(name);
            self.value(&value, depth)?;
        }
        Ok(())
    }

    fn enum_member(&mut self, object: &Bound<'_, PyAny>, class: &Class) -> Written {
        let py = object.py();
        let name = object.getattr(intern!(py, "_name_"))?;
        let members = class.object.bind(py).getattr(intern!(py, "_member_map_"))?;
        let member = members.cast::<PyDict>().map_err(PyErr::from)?.get_item(&name)?;
        // A combination of flags is no member by name.
        if !member.is_some_and(|member| member.is(object)) {
            return self.opaque(object);
        }
        let name = name.cast::<PyString>().map_err(PyErr::from)?;
        self.writer.enum_member(importable(class, object)?, name.to_str()?);
        Ok(())
    }

    fn opaque(&mut self, object: &Bound<'_, PyAny>) -> Written {
        let py = object.py();
        if self.opaque == OpaqueValues::Refused {
            return Err(unfit(object, "cannot be sent to another process; send its parts instead"));
        }
        let pickle = well_known::pickle_dumps(py)?.call1((object, 5));
        let pickle =
            pickle.map_err(|error| unfit(object, &format!("cannot be stored: {error}")))?;
        self.writer.opaque(pickle.cast::<PyBytes>().map_err(PyErr::from)?.as_bytes());
        Ok(())
    }
}

/// A copy of the attributes of an instance, those in slots included.
pub(crate) fn attributes<'py>(object: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let py = object.py();
    if let Some(attributes) = object.getattr_opt(intern!(py, "__dict__"))? {
        let fields = object.getattr_opt(intern!(py, "__slots__"))?;
        let attributes = attributes.cast_into::<PyDict>()?;
        if fields.is_none() {
            return Ok(attributes);
        }
        return slots(object, attributes.copy()?);
    }
    slots(object, PyDict::new(py))
}

/// Adds the fields of a dataclass that are not in `attributes` yet.
fn slots<'py>(
    object: &Bound<'py, PyAny>,
    attributes: Bound<'py, PyDict>,
) -> PyResult<Bound<'py, PyDict>> {
    let py = object.py();
    let fields = object.getattr_opt(intern!(py, "__dataclass_fields__"))?;
    let Some(fields) = fields else {
        return Ok(attributes);
    };
    for name in fields.try_iter()? {
        let name = name?;
        if !attributes.contains(&name)?
            && let Some(value) = object.getattr_opt(name.cast::<PyString>()?)?
        {
            attributes.set_item(name, value)?;
        }
    }
    Ok(attributes)
}

/// Visits the pairs of `dict`. User code may run in between, so a change is looked for each time.
pub(crate) fn for_each_pair<'py>(
    dict: &Bound<'py, PyDict>,
    mut visit: impl FnMut(&Bound<'py, PyAny>, &Bound<'py, PyAny>) -> Written,
) -> Written {
    let py = dict.py();
    let count = dict.len();
    let mut position = 0;
    let mut visited = 0;
    loop {
        let mut key = std::ptr::null_mut();
        let mut value = std::ptr::null_mut();
        // SAFETY: `dict` is a dict; the borrowed pointers become owned before anything else runs.
        let pair = unsafe {
            if ffi::PyDict_Next(dict.as_ptr(), &raw mut position, &raw mut key, &raw mut value) == 0
            {
                break;
            }
            (Bound::from_borrowed_ptr(py, key), Bound::from_borrowed_ptr(py, value))
        };
        visit(&pair.0, &pair.1)?;
        visited += 1;
        if dict.len() != count || visited > count {
            return Err(changed("dict").into());
        }
    }
    if visited == count { Ok(()) } else { Err(changed("dict").into()) }
}

/// Whether anything but one container and the caller refers to `object`.
pub(crate) fn can_occur_again(object: &Bound<'_, PyAny>) -> bool {
    // SAFETY: `object` is alive.
    unsafe { ffi::Py_REFCNT(object.as_ptr()) > 2 }
}

fn changed(container: &str) -> PyErr {
    PyRuntimeError::new_err(format!("a {container} changed while it was stored"))
}

fn importable<'a>(class: &'a Class, object: &Bound<'_, PyAny>) -> Result<&'a str, Refusal> {
    class.name.as_deref().ok_or_else(|| {
        unfit(object, "cannot be stored: its class cannot be imported; define it in a module")
    })
}

fn unfit(object: &Bound<'_, PyAny>, why: &str) -> Refusal {
    let class = object.get_type();
    let name = class.fully_qualified_name();
    let name = name.map_or_else(|_| "?".to_owned(), |name| name.to_string());
    Refusal::Unfit { message: format!("a value of type {name} {why}"), path: Vec::new() }
}
