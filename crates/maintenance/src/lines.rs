//! Entities as JSON lines.
//!
//! `{"class": "Item", "key": "pen", "state": {"item_id": "pen", "price": 3}}`, with key and attributes
//! in the exact form ([`anabranch_json::exact`]). Where a container can be reached from two
//! attributes, `"joined_state"` is there in place of `"state"`: one exact form for all attributes.

use std::io::{self, Write};

use anabranch_embedded::View;
use anabranch_embedded::store::StoreError;
use anabranch_json::{Json, JsonObject, exact, keys};
use anabranch_kernel::value::state::{Attribute, StateView, StateWriter};
use anabranch_kernel::value::wire::DecodeError;

const CLASS: &str = "class";
const KEY: &str = "key";
const STATE: &str = "state";
const JOINED_STATE: &str = "joined_state";

/// How deep brackets may nest in a line. A value of the deepest nesting there is stays below it,
/// and reading it needs a bounded stack.
const BRACKETS_MAX: usize = 1000;

/// An entity as it comes from a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entity {
    pub class: String,
    /// The wire message of its key.
    pub key: Vec<u8>,
    /// See [`anabranch_kernel::value::state`].
    pub state: Vec<u8>,
}

/// Writes all entities of `view`, one a line, in the order in which they are stored.
///
/// # Errors
/// The store is damaged, or nothing more can be written.
pub fn export(
    view: &View,
    target: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<u64, ExportError> {
    let mut count = 0;
    for entity in view.all_entities() {
        let entity = entity?;
        let state = view
            .state(&entity.class, &entity.key)?
            .ok_or_else(|| StoreError("an entity is listed, but has no state".to_owned()))?;
        let line = to_line(&entity.class, &entity.key, &state).map_err(|error| {
            StoreError(format!("an entity of class {} is not readable: {error}", entity.class))
        })?;
        target.write_all(line.as_bytes())?;
        count += 1;
        progress(count);
    }
    target.flush()?;
    Ok(count)
}

/// Why an export is not complete.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("the data folder is damaged: {0}")]
    Damaged(#[from] StoreError),
    #[error("cannot write the lines: {0}")]
    Io(#[from] io::Error),
}

/// The line of an entity, with its end.
fn to_line(class: &str, key: &[u8], state: &[u8]) -> Result<String, DecodeError> {
    let mut line = JsonObject::new();
    line.insert(CLASS.to_owned(), class.into());
    line.insert(KEY.to_owned(), exact::to_json(key)?);
    match StateView::new(state)? {
        StateView::Separate(attributes) => {
            let mut state = JsonObject::new();
            for attribute in attributes {
                let Attribute { name, message } = attribute?;
                state.insert(name.to_owned(), exact::to_json(message)?);
            }
            line.insert(STATE.to_owned(), state.into());
        }
        StateView::Joined(message) => {
            line.insert(JOINED_STATE.to_owned(), exact::to_json(message)?);
        }
    }
    Ok(format!("{}\n", Json::Object(line)))
}

/// The entity of a line.
///
/// # Errors
/// What is wrong with it.
pub fn from_line(line: &[u8]) -> Result<Entity, String> {
    let line = parse(line)?;
    let Json::Object(mut line) = line else {
        return Err("expected an object with class, key and state".to_owned());
    };
    let mut take = |name: &str| line.shift_remove(name);
    let (class, key) = (take(CLASS), take(KEY));
    let (state, joined) = (take(STATE), take(JOINED_STATE));
    if let Some(name) = line.keys().next() {
        return Err(format!("there is no member {name:?}; there are class, key and state"));
    }
    let Some(Json::String(class)) = class else {
        return Err("class: expected the name of an entity class".to_owned());
    };
    if class.is_empty() || class.contains('\0') {
        return Err("class: expected the name of an entity class".to_owned());
    }
    let key = key.ok_or("key: missing")?;
    let key = exact::to_message(&key).map_err(|error| format!("key: {error}"))?;
    keys::of_message(&key).map_err(|problem| format!("key: {problem}"))?;
    let state = match (state, joined) {
        (Some(Json::Object(state)), None) => separate(&state)?,
        (None, Some(joined)) => joined_state(&joined)?,
        (Some(_), None) => return Err("state: expected an object of attributes".to_owned()),
        (None, None) => return Err("state: missing".to_owned()),
        (Some(_), Some(_)) => return Err("there can be only one of state, joined_state".to_owned()),
    };
    Ok(Entity { class, key, state })
}

fn separate(state: &JsonObject) -> Result<Vec<u8>, String> {
    let mut writer = StateWriter::new();
    writer.separate(state.len());
    for (name, value) in state {
        let message = exact::to_message(value);
        let message = message.map_err(|error| format!("state.{name}: {error}"))?;
        writer.attribute_message(name, &message);
    }
    Ok(writer.bytes().to_vec())
}

fn joined_state(json: &Json) -> Result<Vec<u8>, String> {
    let is_dict = json
        .as_object()
        .is_some_and(|object| object.keys().next().is_none_or(|name| !name.starts_with('$')));
    if !is_dict {
        return Err("joined_state: expected an object of attributes".to_owned());
    }
    let message = exact::to_message(json).map_err(|error| format!("joined_state: {error}"))?;
    let mut writer = StateWriter::new();
    writer.joined_message(&message);
    Ok(writer.bytes().to_vec())
}

fn parse(line: &[u8]) -> Result<Json, String> {
    if nesting(line) > BRACKETS_MAX {
        return Err("brackets nest too deeply".to_owned());
    }
    let mut reader = serde_json::Deserializer::from_slice(line);
    reader.disable_recursion_limit();
    let mut values = reader.into_iter::<Json>();
    match (values.next(), values.next()) {
        (Some(Ok(json)), None) => Ok(json),
        (Some(Err(error)), _) => Err(format!("not JSON: {error}")),
        (None, _) => Err("not JSON: it is empty".to_owned()),
        (Some(Ok(_)), Some(_)) => Err("there is more behind the object".to_owned()),
    }
}

fn nesting(line: &[u8]) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    let (mut in_string, mut is_escaped) = (false, false);
    for byte in line {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'[' | b'{' if !in_string => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !in_string => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}
