//! Brings entities from JSON lines into a data folder.
//!
//! A new folder counts as complete only at the end. For one that exists all lines are checked before
//! the first is brought in, so that a mistake changes nothing; the lines are read twice then.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;

use anabranch_embedded::{Application, DataFolder, Import, is_data_folder};
use anabranch_ir::{Hint, Program};
use anabranch_json::keys;
use anabranch_kernel::value::wire;

use crate::Error;
use crate::lines::{Entity, from_line};

/// Longer lines are none; they would be taken into memory.
const LINE_BYTES_MAX: u64 = 4 << 30;

/// What is to be brought in, and how.
pub struct Plan<'a> {
    pub directory: &'a Path,
    /// The application whose entities these are, if it is named.
    pub application: Option<(&'a Program, Application)>,
    pub existing: Existing,
}

/// What happens to entities that are there already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Existing {
    Refused,
    Replaced,
}

/// Brings in the entities of `lines`; tells `progress` how many bytes were read. Gives how many
/// entities there were.
///
/// # Errors
/// The first line with a mistake, or why the folder cannot be written.
pub fn import(
    plan: &Plan<'_>,
    lines: &mut dyn Read,
    progress: &mut dyn FnMut(u64),
) -> Result<u64, Error> {
    let application = plan.application.as_ref();
    if !is_data_folder(plan.directory) {
        let application = application.map(|(_, application)| application.clone());
        let mut import = Import::into_new(plan.directory, application)?;
        let count = bring_in(plan, &mut import, lines, progress)?;
        import.finish()?;
        return Ok(count);
    }
    let mut spool = tempfile::tempfile().map_err(Error::File)?;
    io::copy(lines, &mut spool).map_err(Error::File)?;
    spool.rewind().map_err(Error::File)?;
    check(plan, &mut spool)?;
    spool.rewind().map_err(Error::File)?;
    let mut import = Import::into_existing(plan.directory)?;
    let count = bring_in(plan, &mut import, &mut spool, progress)?;
    import.finish()?;
    Ok(count)
}

fn bring_in(
    plan: &Plan<'_>,
    import: &mut Import,
    lines: &mut dyn Read,
    progress: &mut dyn FnMut(u64),
) -> Result<u64, Error> {
    each_entity(lines, progress, |entity| {
        let Entity { class, key, state } = entity;
        require_application(plan, &class, &key)?;
        let exists = import.exists(&class, &key).map_err(|error| error.to_string())?;
        if exists && plan.existing == Existing::Refused {
            return Err(exists_already(&class, &key));
        }
        import.put(&class, &key, state).map_err(|error| error.to_string())
    })
}

/// Reads all lines and changes nothing.
fn check(plan: &Plan<'_>, lines: &mut dyn Read) -> Result<(), Error> {
    let folder = DataFolder::open_read_only(plan.directory)?;
    let known: HashSet<String> = folder.view.class_names()?.into_iter().collect();
    let hashers = [RandomState::new(), RandomState::new()];
    let mut seen = HashSet::new();
    each_entity(lines, &mut |_| {}, |Entity { class, key, .. }| {
        require_application(plan, &class, &key)?;
        if plan.application.is_none() && !known.contains(&class) {
            return Err(format!(
                "the data folder has no entities of a class {class}; to bring in the first, name \
                 the application with --application"
            ));
        }
        // Two hashes of 64 bits that nobody can foresee: no two keys of a file have both the same.
        let is_first =
            seen.insert(hashers.each_ref().map(|hasher| hasher.hash_one((&class, &key))));
        let exists = folder.view.exists(&class, &key).map_err(|error| error.to_string())?;
        if plan.existing == Existing::Refused && (exists || !is_first) {
            return Err(exists_already(&class, &key));
        }
        Ok(())
    })?;
    Ok(())
}

fn exists_already(class: &str, key: &[u8]) -> String {
    format!("the {class} {} exists already; to replace it, add --replace", shown(key))
}

fn shown(key: &[u8]) -> String {
    let key = wire::decode(key).ok().and_then(|key| keys::written(&key));
    key.unwrap_or_else(|| "with this key".to_owned())
}

/// Refuses what the application does not have, if that is known.
fn require_application(plan: &Plan<'_>, class: &str, key: &[u8]) -> Result<(), String> {
    let Some((program, _)) = &plan.application else { return Ok(()) };
    let operator = program.operator_named(class).ok_or_else(|| {
        let known: Vec<_> = program.operators.iter().map(|it| it.name.as_str()).collect();
        format!("the application has no entity class {class:?}; it has {}", known.join(", "))
    })?;
    let hint = &program.operator(operator).key;
    let key = keys::of_message(key)?;
    match hint {
        Hint::Any => Ok(()),
        hint if keys::segment(hint, &key).is_some() => Ok(()),
        hint => Err(format!("key: a key of {class} is a {hint}")),
    }
}

fn each_entity(
    lines: &mut dyn Read,
    progress: &mut dyn FnMut(u64),
    mut take: impl FnMut(Entity) -> Result<(), String>,
) -> Result<u64, Error> {
    let mut lines = BufReader::with_capacity(1 << 20, lines);
    let mut line = Vec::new();
    let (mut number, mut bytes, mut count) = (0_u64, 0, 0);
    loop {
        line.clear();
        let read = (&mut lines).take(LINE_BYTES_MAX).read_until(b'\n', &mut line);
        let read = read.map_err(Error::File)? as u64;
        if read == 0 {
            return Ok(count);
        }
        number += 1;
        bytes += read;
        progress(bytes);
        if line.trim_ascii().is_empty() {
            continue;
        }
        let taken = from_line(&line).and_then(&mut take);
        taken.map_err(|problem| Error::Mistake(format!("line {number}: {problem}")))?;
        count += 1;
    }
}
