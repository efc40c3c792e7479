//! Live entities to the bytes of their states and back.
//!
//! Attributes are written apart from each other with one memo for all of them. A container that
//! occurs in a second attribute shows there, and the state is written again in the joined form.

use anabranch_ir::OperatorId;
use anabranch_kernel::value::state::{StateView, StateWriter};
use anabranch_kernel::value::wire::{DecodeError, Token};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::application::Application;
use crate::decode::{Decoder, EntityClasses, Source, built, new_instance, set_attribute};
use crate::encode::{Encoder, Memo, OpaqueValues, Refusal, Written, for_each_pair};

/// Writes the attributes of `live`.
///
/// # Errors
/// As [`crate::encode::encode`].
pub(crate) fn save(live: &Bound<'_, PyAny>, state: &mut StateWriter) -> PyResult<()> {
    let attributes = live.getattr(intern!(live.py(), "__dict__"))?;
    let attributes = attributes.cast_exact::<PyDict>()?;
    write(attributes, state).map_err(|refusal| {
        let entity = live.repr().map_or_else(|_| "…".to_owned(), |repr| repr.to_string());
        refusal.inside(entity).into_error()
    })
}

/// Writes attributes.
pub(crate) fn write(attributes: &Bound<'_, PyDict>, state: &mut StateWriter) -> Written {
    match separate(attributes, state) {
        Err(Refusal::InEarlierMessage) => joined(attributes, state),
        written => written,
    }
}

fn separate(attributes: &Bound<'_, PyDict>, state: &mut StateWriter) -> Written {
    state.separate(attributes.len());
    let mut memo = Memo::default();
    for_each_pair(attributes, |name, value| {
        let name = attribute_name(name)?;
        state.attribute(name, |message| {
            let mut encoder = Encoder::new(message, &mut memo, OpaqueValues::Pickled);
            encoder.value(value, 1).map_err(|refusal| refusal.inside(format!(".{name}")))
        })?;
        memo.next_message();
        Ok(())
    })
}

fn joined(attributes: &Bound<'_, PyDict>, state: &mut StateWriter) -> Written {
    state.joined(|message| {
        message.dict(attributes.len());
        let mut memo = Memo::default();
        for_each_pair(attributes, |name, value| {
            message.str(attribute_name(name)?);
            let mut encoder = Encoder::new(message, &mut memo, OpaqueValues::Pickled);
            let written = encoder.value(value, 1);
            written.map_err(|refusal| refusal.inside(format!(".{name}")))
        })
    })
}

fn attribute_name<'a>(name: &'a Bound<'_, PyAny>) -> PyResult<&'a str> {
    name.cast::<PyString>()?.to_str()
}

/// A live entity of the class `operator` with the attributes in `state`, and those that it lacks.
pub(crate) fn load<'py>(
    py: Python<'py>,
    operator: OperatorId,
    state: &[u8],
    application: &Application,
) -> Result<Bound<'py, PyAny>, DecodeError> {
    let live = new_instance(application.class(py, operator))?;
    let initial = application.initial_values(operator);
    let mut found = 0;
    read(py, state, Source::State, application, |name, value| {
        found += initial.count(name);
        set_attribute(&live, name, &value)
    })?;
    if found < initial.len() {
        let attributes = built(live.getattr(intern!(py, "__dict__")))?;
        initial.complete(built(attributes.cast::<PyDict>())?)?;
    }
    Ok(live)
}

/// Reads the attributes in `state`, one after another.
pub(crate) fn read<'py>(
    py: Python<'py>,
    state: &[u8],
    source: Source,
    application: &Application,
    mut set: impl FnMut(&str, Bound<'py, PyAny>) -> Result<(), DecodeError>,
) -> Result<(), DecodeError> {
    let decoder = |message| Decoder::new(py, message, source, EntityClasses::Of(application));
    match StateView::new(state)? {
        StateView::Separate(attributes) => {
            for attribute in attributes {
                let attribute = attribute?;
                let mut decoder = decoder(attribute.message)?;
                let value = decoder.value(1)?;
                decoder.reader.finish()?;
                set(attribute.name, value)?;
            }
        }
        StateView::Joined(message) => {
            let mut decoder = decoder(message)?;
            let Token::Dict(count) = decoder.reader.token()? else {
                return Err(DecodeError::Invalid("it does not hold the state of an entity"));
            };
            // The dict has a number, though nothing refers to it.
            decoder.containers.push(py.None().into_bound(py));
            for _ in 0..count {
                let Token::Str(name) = decoder.reader.token()? else {
                    return Err(DecodeError::Invalid("the name of an attribute is no string"));
                };
                let value = decoder.value(1)?;
                set(name, value)?;
            }
            decoder.reader.finish()?;
        }
    }
    Ok(())
}
