//! Wire messages to Python objects.
//!
//! Containers are made before their elements and kept by number, so that a value may hold itself.

use anabranch_kernel::Arguments;
use anabranch_kernel::value::wire::{DEPTH_MAX, DecodeError, FORMAT_VERSION, Reader, Token};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyDict, PyFloat, PyFrozenSet, PyInt, PyList, PySet, PyString, PyTuple, PyType,
};

use crate::application::Application;
use crate::class::{Kind, Lookup, class_named};
use crate::exception_links::{LINKS, set_link};
use crate::reference::Reference;
use crate::{clock, scalar, well_known};

/// Where a message comes from, and so what is taken from it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// The application's own store.
    State,
    /// The same, for a migration: what has no class any more comes as a stand-in.
    Migration,
    /// A client or server in the application's own process.
    Request,
    /// Another process: no pickles, and only fields in dataclasses.
    Network,
}

/// Where entity classes are looked up.
#[derive(Clone, Copy)]
pub(crate) enum EntityClasses<'a> {
    /// The classes that this process registered.
    Registered,
    /// Those of one application.
    Of(&'a Application),
}

/// The value in `message`, with the entity classes that this process registered.
///
/// # Errors
/// The bytes are no message, or hold what is not taken from `source`, or name a class that cannot
/// be found.
pub fn decode<'py>(
    py: Python<'py>,
    message: &[u8],
    source: Source,
) -> Result<Bound<'py, PyAny>, DecodeError> {
    decode_with(py, message, source, EntityClasses::Registered)
}

pub(crate) fn decode_with<'py>(
    py: Python<'py>,
    message: &[u8],
    source: Source,
    entities: EntityClasses<'_>,
) -> Result<Bound<'py, PyAny>, DecodeError> {
    let mut decoder = Decoder::new(py, message, source, entities)?;
    let value = decoder.value(0)?;
    decoder.reader.finish()?;
    Ok(value)
}

/// The arguments of a request.
pub(crate) fn decode_arguments(
    py: Python<'_>,
    message: &[u8],
    entities: EntityClasses<'_>,
) -> Result<Arguments<Py<PyAny>>, DecodeError> {
    const INVALID: DecodeError = DecodeError::Invalid("it does not hold the arguments of a call");
    let mut decoder = Decoder::new(py, message, Source::Request, entities)?;
    if decoder.reader.token()? != Token::Tuple(2) {
        return Err(INVALID);
    }
    let positional = decoder.value(1)?.cast_into::<PyTuple>().map_err(|_| INVALID)?;
    let positional = positional.into_any().unbind();
    let mut ahead = decoder.reader.clone();
    if ahead.token()? == Token::Dict(0) {
        ahead.finish()?;
        return Ok(Arguments { positional, keywords: None });
    }
    let keywords = decoder.value(1)?.cast_into::<PyDict>().map_err(|_| INVALID)?;
    decoder.reader.finish()?;
    if !keywords.keys().iter().all(|name| name.is_instance_of::<PyString>()) {
        return Err(INVALID);
    }
    Ok(Arguments { positional, keywords: Some(keywords.into_any().unbind()) })
}

/// Gives a dataclass instance from a client the fields that were left out, as its `__init__` would.
/// `__post_init__` runs if fields that only it can set are missing.
fn complete_record(
    instance: &Bound<'_, PyAny>,
    fields: &Bound<'_, PyAny>,
    class: &str,
) -> Result<(), DecodeError> {
    let py = instance.py();
    let mut needs_post_init = false;
    for (name, field) in fill_in_defaults(instance, fields)? {
        if built(built(field.getattr(intern!(py, "init")))?.is_truthy())? {
            return Err(DecodeError::Unbuildable(format!("dataclass {class} needs {name}")));
        }
        needs_post_init = true;
    }
    if needs_post_init && built(instance.hasattr(intern!(py, "__post_init__")))? {
        built(instance.call_method0(intern!(py, "__post_init__")))?;
    }
    Ok(())
}

/// Gives a dataclass instance the fields that it lacks, where they have defaults; gives those without.
/// For a stored instance that is all: it may have lacked them when it was stored.
fn fill_in_defaults<'py>(
    instance: &Bound<'py, PyAny>,
    fields: &Bound<'py, PyAny>,
) -> Result<Vec<(String, Bound<'py, PyAny>)>, DecodeError> {
    let py = instance.py();
    let missing_value = built(well_known::dataclass_missing(py))?;
    let mut without_default = Vec::new();
    for field in built(built(fields.call_method0(intern!(py, "values")))?.try_iter())? {
        let field = built(field)?;
        let name: String = built(built(field.getattr(intern!(py, "name")))?.extract())?;
        let is_field = built(built(field.getattr(intern!(py, "_field_type")))?.repr())?;
        // A default of the class is enough, unless there are slots.
        if is_field.to_string_lossy() != "_FIELD" || built(instance.hasattr(name.as_str()))? {
            continue;
        }
        let default = built(field.getattr(intern!(py, "default")))?;
        let factory = built(field.getattr(intern!(py, "default_factory")))?;
        let value = if !default.is(missing_value) {
            default
        } else if !factory.is(missing_value) {
            built(factory.call0())?
        } else {
            without_default.push((name, field));
            continue;
        };
        set_attribute(instance, &name, &value)?;
    }
    Ok(without_default)
}

pub(crate) struct Decoder<'a, 'py> {
    py: Python<'py>,
    message: &'a [u8],
    pub(crate) reader: Reader<'a>,
    source: Source,
    entities: EntityClasses<'a>,
    /// By number.
    pub(crate) containers: Vec<Bound<'py, PyAny>>,
}

type Decoded<'py> = Result<Bound<'py, PyAny>, DecodeError>;

impl<'a, 'py> Decoder<'a, 'py> {
    pub(crate) fn new(
        py: Python<'py>,
        message: &'a [u8],
        source: Source,
        entities: EntityClasses<'a>,
    ) -> Result<Self, DecodeError> {
        let reader = Reader::new(message)?;
        Ok(Self { py, message, reader, source, entities, containers: Vec::new() })
    }

    pub(crate) fn value(&mut self, depth: usize) -> Decoded<'py> {
        let py = self.py;
        if depth > DEPTH_MAX {
            return Err(DecodeError::TooDeep);
        }
        let value = match self.reader.token()? {
            Token::None => py.None().into_bound(py),
            Token::Bool(value) => PyBool::new(py, value).to_owned().into_any(),
            Token::Int(value) => PyInt::new(py, value).into_any(),
            Token::BigInt(value) => built(scalar::new_int(py, &value))?,
            Token::Float(value) => PyFloat::new(py, value).into_any(),
            Token::Str(text) => PyString::new(py, text).into_any(),
            Token::SurrogateStr(bytes) => built(scalar::new_surrogate_str(py, bytes))?,
            Token::Bytes(bytes) => PyBytes::new(py, bytes).into_any(),
            Token::List(count) => self.list(count, depth + 1)?,
            Token::Tuple(count) => {
                let elements = self.elements(count, depth + 1)?;
                built(PyTuple::new(py, elements))?.into_any()
            }
            Token::Dict(count) => self.dict(count, depth + 1)?,
            Token::Set(count) => self.set(count, depth + 1)?,
            Token::FrozenSet(count) => {
                let elements = self.elements(count, depth + 1)?;
                built(PyFrozenSet::new(py, elements))?.into_any()
            }
            Token::Date(date) => built(clock::new_date(py, date))?,
            Token::Time(time) => built(clock::new_time(py, &time))?,
            Token::DateTime(date, time) => built(clock::new_date_time(py, date, &time))?,
            Token::TimeDelta(delta) => built(clock::new_time_delta(py, delta))?,
            Token::Decimal(text) => {
                built(well_known::decimal(py).and_then(|class| class.call1((text,))))?
            }
            Token::Uuid(bytes) => built(scalar::new_uuid(py, bytes))?,
            Token::EnumMember { class, member } => self.enum_member(class, member)?,
            Token::Record { class, count } => self.record(class, count, depth + 1)?,
            Token::Reference { class } => self.reference(class, depth + 1)?,
            Token::Exception { class, args, attributes } => {
                self.exception(class, args, attributes, depth + 1)?
            }
            Token::Opaque(pickle) => self.opaque(pickle)?,
            Token::Shared(number) => self.containers[number].clone(),
        };
        Ok(value)
    }

    fn elements(
        &mut self,
        count: usize,
        depth: usize,
    ) -> Result<Vec<Bound<'py, PyAny>>, DecodeError> {
        let mut elements = Vec::with_capacity(count);
        for _ in 0..count {
            elements.push(self.value(depth)?);
        }
        Ok(elements)
    }

    fn list(&mut self, count: usize, depth: usize) -> Decoded<'py> {
        let list = PyList::empty(self.py);
        self.containers.push(list.clone().into_any());
        for _ in 0..count {
            let element = self.value(depth)?;
            built(list.append(element))?;
        }
        Ok(list.into_any())
    }

    fn dict(&mut self, count: usize, depth: usize) -> Decoded<'py> {
        let dict = PyDict::new(self.py);
        self.containers.push(dict.clone().into_any());
        for _ in 0..count {
            let (key, value) = (self.value(depth)?, self.value(depth)?);
            built(dict.set_item(key, value))?;
        }
        Ok(dict.into_any())
    }

    fn set(&mut self, count: usize, depth: usize) -> Decoded<'py> {
        let set = built(PySet::empty(self.py))?;
        self.containers.push(set.clone().into_any());
        for _ in 0..count {
            let element = self.value(depth)?;
            built(set.add(element))?;
        }
        Ok(set.into_any())
    }

    fn class(&self, name: &str, kind: Kind) -> Result<Bound<'py, PyType>, DecodeError> {
        let lookup = match self.source {
            Source::State | Source::Migration => Lookup::Importing,
            Source::Request | Source::Network => Lookup::Loaded,
        };
        let class = built(class_named(self.py, name, lookup))?;
        match class {
            Some(class) if class.kind == kind => Ok(class.object.bind(self.py).clone()),
            Some(_) => Err(DecodeError::Unbuildable(format!(
                "class {name} is now of another kind than when the value was written"
            ))),
            None => Err(DecodeError::Unbuildable(format!(
                "class {name} cannot be found; import its module first"
            ))),
        }
    }

    fn enum_member(&self, class: &str, member: &str) -> Decoded<'py> {
        let find = || {
            let members = self.class(class, Kind::Enum)?;
            let members = built(members.getattr(intern!(self.py, "_member_map_")))?;
            members.get_item(member).map_err(|_| {
                DecodeError::Unbuildable(format!("enum {class} has no member called {member}"))
            })
        };
        self.or_stand_in(find(), || {
            let (stand_in, fields) = self.stand_in("enum", class)?;
            built(fields.set_item("name", member))?;
            Ok(stand_in)
        })
    }

    fn record(&mut self, name: &str, count: usize, depth: usize) -> Decoded<'py> {
        let class = match self.class(name, Kind::Record) {
            Ok(class) => class,
            Err(_) if self.source == Source::Migration => {
                let (stand_in, fields) = self.stand_in("dataclass", name)?;
                self.containers.push(stand_in.clone());
                for _ in 0..count {
                    let attribute = self.reader.name()?;
                    built(fields.set_item(attribute, self.value(depth)?))?;
                }
                return Ok(stand_in);
            }
            Err(error) => return Err(error),
        };
        let instance = new_instance(&class)?;
        self.containers.push(instance.clone());
        let fields = built(class.getattr(intern!(self.py, "__dataclass_fields__")))?;
        for _ in 0..count {
            let attribute = self.reader.name()?;
            if self.source == Source::Network && !built(fields.contains(attribute))? {
                return Err(DecodeError::Unbuildable(format!(
                    "dataclass {name} has no field called {attribute}"
                )));
            }
            let value = self.value(depth)?;
            let set = set_attribute(&instance, attribute, &value);
            // A class with slots has no place for a field that is gone.
            let is_gone = || Ok(!built(fields.contains(attribute))?);
            if set.is_err() && !(self.is_stored() && is_gone()?) {
                return set.map(|()| instance);
            }
        }
        if !self.is_stored() {
            complete_record(&instance, &fields, name)?;
        } else if count < built(fields.len())? {
            fill_in_defaults(&instance, &fields)?;
        }
        Ok(instance)
    }

    fn reference(&mut self, class: &str, depth: usize) -> Decoded<'py> {
        let name = class;
        let class = match self.entities {
            EntityClasses::Of(application) => application.entity_class(self.py, class),
            EntityClasses::Registered => None,
        };
        let class = match class.map_or_else(|| self.registered_class(name), Ok) {
            Ok(class) => class,
            Err(_) if self.source == Source::Migration => {
                let (stand_in, fields) = self.stand_in("reference", name)?;
                built(fields.set_item("key", self.value(depth)?))?;
                return Ok(stand_in);
            }
            Err(error) => return Err(error),
        };
        let start = self.message.len() - self.reader.remaining();
        let key = self.value(depth)?;
        let end = self.message.len() - self.reader.remaining();
        // The key's part of this message, as a message of its own.
        let mut encoded = Vec::with_capacity(end - start + 1);
        encoded.push(FORMAT_VERSION);
        encoded.extend_from_slice(&self.message[start..end]);
        if !is_key(&encoded) {
            return Err(DecodeError::Invalid("the key of a reference cannot be a key"));
        }
        let reference = Reference::from_parts(class.unbind(), key.unbind(), encoded.into());
        Ok(built(Bound::new(self.py, reference))?.into_any())
    }

    fn registered_class(&self, name: &str) -> Result<Bound<'py, PyType>, DecodeError> {
        let class = well_known::registered_entity_class(self.py);
        let class = built(class.and_then(|class| class.call1((name,))))?;
        class
            .cast_into()
            .map_err(|_| DecodeError::Unbuildable(format!("no entity class is called {name}")))
    }

    fn exception(
        &mut self,
        class: &str,
        args: usize,
        attributes: usize,
        depth: usize,
    ) -> Decoded<'py> {
        let py = self.py;
        let name = class;
        let class = self.class(class, Kind::Exception);
        let arguments = self.elements(args, depth)?;
        let arguments = built(PyTuple::new(py, arguments))?;
        let class = match class {
            Ok(class) => class,
            Err(_) if self.source == Source::Migration => {
                let (stand_in, fields) = self.stand_in("exception", name)?;
                built(fields.set_item("args", arguments))?;
                for _ in 0..attributes {
                    let attribute = self.reader.name()?;
                    built(fields.set_item(attribute, self.value(depth)?))?;
                }
                return Ok(stand_in);
            }
            Err(error) => return Err(error),
        };
        let exception = built(new_exception(&class, &arguments))?;
        for _ in 0..attributes {
            let name = PyString::intern(py, self.reader.name()?);
            let value = self.value(depth)?;
            if LINKS.contains(&built(name.to_str())?) {
                built(set_link(&exception, name.to_str().unwrap_or_default(), value))?;
                continue;
            }
            let attributes = built(exception.getattr(intern!(py, "__dict__")))?;
            built(attributes.set_item(name, value))?;
        }
        Ok(exception)
    }

    fn opaque(&self, pickle: &[u8]) -> Decoded<'py> {
        if self.source == Source::Network {
            return Err(DecodeError::Refused("a pickled object"));
        }
        let py = self.py;
        let pickle = PyBytes::new(py, pickle);
        let loads = built(well_known::pickle_loads(py))?;
        self.or_stand_in(built(loads.call1((&pickle,))), || {
            let (stand_in, fields) = self.stand_in("pickle", "")?;
            built(fields.set_item("pickle", &pickle))?;
            Ok(stand_in)
        })
    }

    /// Whether the message is of this application's own making.
    fn is_stored(&self) -> bool {
        matches!(self.source, Source::State | Source::Migration)
    }

    /// What a migration gets for a value that cannot be built.
    fn or_stand_in(
        &self,
        found: Decoded<'py>,
        stand_in: impl FnOnce() -> Decoded<'py>,
    ) -> Decoded<'py> {
        match found {
            Err(_) if self.source == Source::Migration => stand_in(),
            found => found,
        }
    }

    /// A stand-in, and the dict of its fields.
    fn stand_in(
        &self,
        kind: &str,
        class: &str,
    ) -> Result<(Bound<'py, PyAny>, Bound<'py, PyDict>), DecodeError> {
        let make = || {
            let stand_in = well_known::stored_stand_in(self.py)?.call1((kind, class))?;
            let fields = stand_in.getattr(intern!(self.py, "fields"))?.cast_into::<PyDict>()?;
            PyResult::Ok((stand_in, fields))
        };
        built(make())
    }
}

/// Whether the value in `message` may be a key.
fn is_key(message: &[u8]) -> bool {
    let Ok(mut reader) = Reader::new(message) else {
        return false;
    };
    let parts = match reader.token() {
        Ok(Token::Tuple(count)) => count,
        Ok(token) => return is_key_part(&token),
        Err(_) => return false,
    };
    parts > 0 && (0..parts).all(|_| reader.token().is_ok_and(|token| is_key_part(&token)))
}

fn is_key_part(token: &Token<'_>) -> bool {
    matches!(
        token,
        Token::Str(_)
            | Token::SurrogateStr(_)
            | Token::Int(_)
            | Token::BigInt(_)
            | Token::Bytes(_)
            | Token::Uuid(_)
    )
}

/// An instance of `class` on which `__init__` was not called.
pub(crate) fn new_instance<'py>(
    class: &Bound<'py, PyType>,
) -> Result<Bound<'py, PyAny>, DecodeError> {
    built(crate::instance::allocate(class))
}

pub(crate) fn set_attribute(
    instance: &Bound<'_, PyAny>,
    name: &str,
    value: &Bound<'_, PyAny>,
) -> Result<(), DecodeError> {
    let name = PyString::intern(instance.py(), name);
    built(crate::instance::set_attribute(instance, &name, value))
}

/// An exception made from its arguments alone. Only `__init__` of built-in classes runs: what a
/// class of the application does there is in the attributes.
pub(crate) fn new_exception<'py>(
    class: &Bound<'py, PyType>,
    arguments: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = class.py();
    let initialize = class.getattr(intern!(py, "__init__"))?;
    if initialize.get_type().is(well_known::wrapper_descriptor(py)?)
        && let Ok(exception) = class.call1(arguments)
    {
        return Ok(exception);
    }
    let mut with_class = vec![class.as_any().clone()];
    with_class.extend(arguments.iter());
    class.getattr(intern!(py, "__new__"))?.call1(PyTuple::new(py, with_class)?)
}

/// Says what Python raised while a value was built.
pub(crate) fn built<T, E: Into<PyErr>>(result: Result<T, E>) -> Result<T, DecodeError> {
    result.map_err(|error| {
        let error: PyErr = error.into();
        DecodeError::Unbuildable(format!("a value cannot be built: {error}"))
    })
}
