//! Live entities to the bytes of their states and back.
//!
//! Attributes are written apart from each other with one memo for all of them. A container that
//! occurs in a second attribute shows there, and the state is written again in the joined form.

use anabranch_kernel::value::state::{StateView, StateWriter};
use anabranch_kernel::value::wire::{DecodeError, Token};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyType};

use crate::application::Application;
use crate::decode::{Decoder, EntityClasses, Source, new_instance, set_attribute};
use crate::encode::{Encoder, Memo, OpaqueValues, Refusal, Written, for_each_pair};

/// Writes the attributes of `live`.
///
/// # Errors
/// As [`crate::encode::encode`].
pub(crate) fn save(live: &Bound<'_, PyAny>, state: &mut StateWriter) -> PyResult<()> {
    let attributes = live.getattr(intern!(live.py(), "__dict__"))?;
    let attributes = attributes.cast_exact::<PyDict>()?;
    let written = match separate(attributes, state) {
        Err(Refusal::InEarlierMessage) => joined(attributes, state),
        written => written,
    };
    written.map_err(|refusal| {
        let entity = live.repr().map_or_else(|_| "…".to_owned(), |repr| repr.to_string());
        refusal.inside(entity).into_error()
    })
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

/// A live entity of `class` with the attributes in `state`.
pub(crate) fn load<'py>(
    class: &Bound<'py, PyType>,
    state: &[u8],
    application: &Application,
) -> Result<Bound<'py, PyAny>, DecodeError> {
    let py = class.py();
    let decoder =
        |message| Decoder::new(py, message, Source::State, EntityClasses::Of(application));
    let live = new_instance(class)?;
    match StateView::new(state)? {
        StateView::Separate(attributes) => {
            for attribute in attributes {
                let attribute = attribute?;
                let mut decoder = decoder(attribute.message)?;
                let value = decoder.value(1)?;
                decoder.reader.finish()?;
                set_attribute(&live, attribute.name, &value)?;
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
                set_attribute(&live, name, &value)?;
            }
            decoder.reader.finish()?;
        }
    }
    Ok(live)
}
