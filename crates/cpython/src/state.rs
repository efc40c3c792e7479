//! Live entities to the bytes of their states and back.
//!
//! Attributes are written apart from each other with one memo for all of them. A container that
//! occurs in a second attribute shows there, and the state is written again in the joined form.
//!
//! # Large attributes
//! An attribute that turned out large and unchanged gets a [`Trace`]. As long as that holds, its
//! bytes are taken from the state before. What is in it is then not in the memo, so if another
//! attribute has a container that may be in a second place, everything is written as if there were
//! no traces.

use anabranch_ir::OperatorId;
use anabranch_kernel::value::state::{Attributes, StateView, StateWriter};
use anabranch_kernel::value::wire::{DecodeError, Token};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use crate::application::Application;
use crate::decode::{Decoder, EntityClasses, Source, built, new_instance, set_attribute};
use crate::encode::{Encoder, Memo, OpaqueValues, Refusal, Written, for_each_pair};
use crate::trace::Trace;

/// Attributes of fewer bytes are written each time.
const LARGE_BYTES_MIN: usize = 4096;

/// Traces of the large attributes of one entity, by name; `None`: the attribute can have none.
#[derive(Default, Debug)]
pub(crate) struct Traces(Vec<(String, Option<Trace>)>);

impl Traces {
    pub(crate) fn bytes(&self) -> usize {
        self.0.iter().filter_map(|(_, trace)| Some(trace.as_ref()?.bytes())).sum()
    }

    /// Whether the trace of the attribute holds. If it has one that does not, that goes.
    fn hold(&mut self, name: &str, value: &Bound<'_, PyAny>) -> PyResult<bool> {
        let Some(position) = self.0.iter().position(|(known, _)| known == name) else {
            return Ok(false);
        };
        let Some(trace) = &self.0[position].1 else { return Ok(false) };
        let holds = trace.holds(value)?;
        if !holds {
            // Before the value is written: to that, the trace's references would look like others.
            self.0.swap_remove(position);
        }
        Ok(holds)
    }

    /// Drops the traces of other attributes: what is not in the state just written, or was written
    /// anew, may be something else in it.
    fn keep(&mut self, names: &[String]) {
        self.0.retain(|(name, trace)| trace.is_none() || names.contains(name));
    }

    fn knows(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }
}

/// Writes the attributes of `live`. Its large ones are compared with `traces`, which agree with the
/// state `before`, and may get new ones.
///
/// # Errors
/// As [`crate::encode::encode`].
pub(crate) fn save(
    live: &Bound<'_, PyAny>,
    traces: &mut Option<Box<Traces>>,
    before: Option<&[u8]>,
    state: &mut StateWriter,
) -> PyResult<()> {
    let attributes = live.getattr(intern!(live.py(), "__dict__"))?;
    let attributes = attributes.cast_exact::<PyDict>()?;
    let written = match before.map(StateView::new) {
        Some(Ok(StateView::Separate(before))) if before.bytes() >= LARGE_BYTES_MIN => {
            write_comparing(attributes, traces, &before, state)
        }
        _ => {
            *traces = None;
            write(attributes, state)
        }
    };
    written.map_err(|refusal| {
        let entity = live.repr().map_or_else(|_| "…".to_owned(), |repr| repr.to_string());
        refusal.inside(entity).into_error()
    })
}

/// Writes attributes, with the bytes in `before` for those whose traces hold.
fn write_comparing(
    attributes: &Bound<'_, PyDict>,
    traces: &mut Option<Box<Traces>>,
    before: &Attributes<'_>,
    state: &mut StateWriter,
) -> Written {
    let mut memo = Memo::default();
    let mut taken = Vec::new();
    let mut unchanged = Vec::new();
    state.separate(attributes.len());
    let written = for_each_pair(attributes, |name, value| {
        let (text, message) = (attribute_name(name)?, message_of(before, name)?);
        if let (Some(message), Some(traces)) = (message, traces.as_mut())
            && traces.hold(text, value)?
        {
            taken.push(text.to_owned());
            state.attribute_message(text, message);
            return Ok(());
        }
        let length = write_attribute(text, value, &mut memo, state)?;
        let end = state.bytes().len();
        if length >= LARGE_BYTES_MIN && message == Some(&state.bytes()[end - length..]) {
            unchanged.push((text.to_owned(), value.clone()));
        }
        Ok(())
    });
    let is_apart = !matches!(written, Err(Refusal::InEarlierMessage));
    if is_apart && (taken.is_empty() || memo.is_empty()) {
        written?;
        if let Some(traces) = traces.as_mut() {
            traces.keep(&taken);
        }
        if memo.is_empty() {
            add_traces(traces, unchanged)?;
        }
        return Ok(());
    }
    // The traces' own references would make all in them look as if it were in a second place.
    *traces = None;
    write(attributes, state)
}

/// The message of an attribute in a state.
fn message_of<'a>(state: &Attributes<'a>, name: &Bound<'_, PyAny>) -> PyResult<Option<&'a [u8]>> {
    let name = attribute_name(name)?;
    let mut known = state.clone().map_while(Result::ok);
    Ok(known.find(|attribute| attribute.name == name).map(|attribute| attribute.message))
}

fn add_traces(
    traces: &mut Option<Box<Traces>>,
    unchanged: Vec<(String, Bound<'_, PyAny>)>,
) -> PyResult<()> {
    for (name, value) in unchanged {
        let traces = traces.get_or_insert_default();
        if !traces.knows(&name) {
            let trace = Trace::of(&value)?;
            traces.0.push((name, trace));
        }
    }
    Ok(())
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
        write_attribute(attribute_name(name)?, value, &mut memo, state)?;
        Ok(())
    })
}

/// Writes an attribute; gives the length of its value's message.
fn write_attribute(
    name: &str,
    value: &Bound<'_, PyAny>,
    memo: &mut Memo,
    state: &mut StateWriter,
) -> Result<usize, Refusal> {
    let length = state.attribute(name, |message| {
        let mut encoder = Encoder::new(message, memo, OpaqueValues::Pickled);
        encoder.value(value, 1).map_err(|refusal| refusal.inside(format!(".{name}")))
    })?;
    memo.next_message();
    Ok(length)
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
