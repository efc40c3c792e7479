//! A data folder that no engine uses.

use std::io::Write;
use std::path::Path;

use anabranch_embedded::{DataFolder, Verification, View};
use anabranch_ir::Program;
use anabranch_json::{Json, keys, write};
use anabranch_kernel::Value;
use anabranch_kernel::value::{state, wire};
use anabranch_server::maintenance::KeysRequest;
use serde_json::json;

use crate::source::WantedKeys;
use crate::{Error, lines, summary};

/// How many keys are read at once.
const PAGE_KEYS: usize = 10_000;

pub(crate) fn summary(directory: &Path) -> Result<Json, Error> {
    let folder = DataFolder::open_read_only(directory)?;
    let bytes: u64 = folder.log.segments.iter().map(|segment| segment.bytes).sum();
    let log = json!({ "bytes": bytes, "segments": folder.log.segments.len() });
    let mut document = summary::document(&folder.view, folder.application.as_ref(), log)?;
    document["created_by"] = folder.created_by.into();
    Ok(document)
}

pub(crate) fn get(directory: &Path, class: &str, key: &str) -> Result<Vec<Json>, Error> {
    let folder = DataFolder::open_read_only(directory)?;
    let readings = keys::readings(key);
    if readings.is_empty() {
        return Err(Error::Mistake(format!("{key:?} has too many parts to be a key")));
    }
    let mut found = Vec::new();
    for key in &readings {
        if let Some(state) = folder.view.state(class, &wire::encode(key))? {
            found.push(document(class, key, &state)?);
        }
    }
    if found.is_empty() {
        require_class(&folder.view, class)?;
        return Err(Error::Mistake(format!("there is no {class} with the key {key}")));
    }
    Ok(found)
}

/// As a server shows it. There is no program, so a member of an enum goes by its name.
fn document(class: &str, key: &Value, state: &[u8]) -> Result<Json, Error> {
    let program = Program::default();
    let attributes = state::decode(state)
        .map_err(|error| Error::Damaged(format!("a {class} is not readable: {error}")))?;
    let attributes =
        attributes.iter().map(|(name, value)| (name.clone(), write::natural(&program, value)));
    let state: anabranch_json::JsonObject = attributes.collect();
    Ok(json!({ "key": write::natural(&program, key), "state": state }))
}

pub(crate) fn keys(
    directory: &Path,
    wanted: &WantedKeys,
    each: &mut dyn FnMut(&Value) -> Result<(), Error>,
) -> Result<(), Error> {
    let folder = DataFolder::open_read_only(directory)?;
    require_class(&folder.view, &wanted.class)?;
    let mut left = wanted.limit.unwrap_or(u64::MAX);
    let mut after = None;
    while left > 0 {
        let page = crate::keys::page(
            &folder.view,
            &KeysRequest {
                class: wanted.class.clone(),
                prefix: wanted.prefix.clone(),
                after,
                limit: usize::try_from(left).unwrap_or(PAGE_KEYS).min(PAGE_KEYS),
            },
        )?;
        for key in &page.keys {
            each(&crate::keys::decode(key)?)?;
            left -= 1;
        }
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    Ok(())
}

pub(crate) fn copy(directory: &Path, into: &Path) -> Result<Verification, Error> {
    Ok(DataFolder::open_read_only(directory)?.copy(into)?)
}

pub(crate) fn export(
    directory: &Path,
    target: &mut dyn Write,
    progress: &mut dyn FnMut(u64),
) -> Result<u64, Error> {
    let folder = DataFolder::open_read_only(directory)?;
    Ok(lines::export(&folder.view, target, progress)?)
}

fn require_class(view: &View, class: &str) -> Result<(), Error> {
    let names = view.class_names()?;
    if names.iter().any(|name| name == class) {
        return Ok(());
    }
    let known = match names.len() {
        0 => "it has no entities at all".to_owned(),
        _ => format!("it has {}", names.join(", ")),
    };
    Err(Error::Mistake(format!("the data folder has no entities of a class {class}; {known}")))
}
