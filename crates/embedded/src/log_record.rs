//! What one request changed, as a record of the log.
//!
//! | | |
//! | --- | --- |
//! | head | [`RECORD_VERSION`], number of changes |
//! | each change | kind, plus [`REPLACES_LARGE`]; class, the entity's key, and by kind: |
//! | ... whole | the state |
//! | ... patch | number of attributes; for each its name and its message |
//! | ... delete | nothing |
//! | reply | `0`, or `1`, the idempotency key, the reply (`reply_record.rs`) |
//!
//! See `fields.rs`. A patch has only the attributes that changed; it is for states that are large.

use anabranch_kernel::Write;
use anabranch_kernel::value::state::{Attribute, Difference, StateView, StateWriter, difference};

use crate::classes::Classes;
use crate::fields::{Fields, write_bytes, write_number};
use crate::overlay::{ReplyWrite, replaces_large};
use crate::state_record::LARGE_BYTES_MIN;

/// First byte of every record. What has another one is refused.
const RECORD_VERSION: u8 = 1;

const WHOLE: u8 = 0;
const PATCH: u8 = 1;
const DELETE: u8 = 2;

/// The state before may have had large attributes, which have to go from the store.
const REPLACES_LARGE: u8 = 0x80;

/// Appends the record of `writes` and `reply` to `record`.
pub(crate) fn encode(
    record: &mut Vec<u8>,
    classes: &Classes,
    writes: &[Write],
    reply: Option<&ReplyWrite>,
) {
    record.push(RECORD_VERSION);
    write_number(record, writes.len());
    for write in writes {
        encode_change(record, classes, write);
    }
    match reply {
        None => record.push(0),
        Some(reply) => {
            record.push(1);
            write_bytes(record, reply.key.as_bytes());
            write_bytes(record, &reply.record);
        }
    }
}

fn encode_change(record: &mut Vec<u8>, classes: &Classes, write: &Write) {
    let Write { id, before, state } = write;
    let patch = match (before, state) {
        (Some(before), Some(after)) if after.len() >= LARGE_BYTES_MIN => patch(before, after),
        _ => None,
    };
    let kind = match (state, &patch) {
        (None, _) => DELETE,
        (Some(_), Some(_)) => PATCH,
        (Some(_), None) => WHOLE,
    };
    let flag = if replaces_large(write) { REPLACES_LARGE } else { 0 };
    record.push(kind | flag);
    write_bytes(record, classes.name(id.operator).as_bytes());
    write_bytes(record, &id.key);
    match (state, patch) {
        (None, _) => {}
        (Some(_), Some(attributes)) => {
            write_number(record, attributes.len());
            for attribute in attributes {
                write_bytes(record, attribute.name.as_bytes());
                write_bytes(record, attribute.message);
            }
        }
        (Some(state), None) => write_bytes(record, state),
    }
}

/// The attributes that changed, if there is telling.
fn patch<'a>(before: &[u8], after: &'a [u8]) -> Option<Vec<Attribute<'a>>> {
    let Difference::Attributes(indices) = difference(before, after) else { return None };
    let Ok(StateView::Separate(attributes)) = StateView::new(after) else { return None };
    let attributes = attributes.collect::<Result<Vec<_>, _>>().ok()?;
    Some(indices.into_iter().map(|index| attributes[index]).collect())
}

/// A record, looked at.
#[derive(PartialEq, Debug)]
pub(crate) struct LogRecord<'a> {
    pub(crate) changes: Vec<LoggedChange<'a>>,
    /// Idempotency key and reply.
    pub(crate) reply: Option<(&'a str, &'a [u8])>,
}

/// How one entity changed.
#[derive(PartialEq, Debug)]
pub(crate) struct LoggedChange<'a> {
    pub(crate) class: &'a str,
    pub(crate) key: &'a [u8],
    pub(crate) change: StateChange<'a>,
    /// See [`crate::overlay::Entry`].
    pub(crate) replaces_large: bool,
}

#[derive(PartialEq, Debug)]
pub(crate) enum StateChange<'a> {
    Whole(&'a [u8]),
    Patch(Vec<(&'a str, &'a [u8])>),
    Delete,
}

/// Looks at `record`.
pub(crate) fn decode(record: &[u8]) -> Result<LogRecord<'_>, String> {
    match record.first() {
        Some(&RECORD_VERSION) => {}
        Some(version) => {
            return Err(format!(
                "a record of the log has version {version}, this version of Anabranch knows \
                 {RECORD_VERSION}"
            ));
        }
        None => return Err("a record of the log is empty".to_owned()),
    }
    let record = read_record(&mut Fields::new(&record[1..]));
    record.ok_or_else(|| "a record of the log is not readable".to_owned())
}

fn read_record<'a>(fields: &mut Fields<'a>) -> Option<LogRecord<'a>> {
    let count = fields.number()?;
    let mut changes = Vec::new();
    for _ in 0..count {
        let kind = fields.byte()?;
        let class = fields.text()?;
        let key = fields.bytes()?;
        let change = match kind & !REPLACES_LARGE {
            WHOLE => StateChange::Whole(fields.bytes()?),
            PATCH => {
                let mut attributes = Vec::new();
                for _ in 0..fields.number()? {
                    attributes.push((fields.text()?, fields.bytes()?));
                }
                StateChange::Patch(attributes)
            }
            DELETE => StateChange::Delete,
            _ => return None,
        };
        let replaces_large = kind & REPLACES_LARGE != 0;
        changes.push(LoggedChange { class, key, change, replaces_large });
    }
    let reply = match fields.byte()? {
        0 => None,
        1 => Some((fields.text()?, fields.bytes()?)),
        _ => return None,
    };
    fields.is_empty().then_some(LogRecord { changes, reply })
}

/// `state` with the attributes of a patch in place; `None` if they do not fit.
pub(crate) fn apply_patch(state: &[u8], patch: &[(&str, &[u8])]) -> Option<Vec<u8>> {
    let Ok(StateView::Separate(attributes)) = StateView::new(state) else { return None };
    let attributes = attributes.collect::<Result<Vec<_>, _>>().ok()?;
    let mut writer = StateWriter::new();
    writer.separate(attributes.len());
    let mut patched = 0;
    for Attribute { name, message } in attributes {
        let new = patch.iter().find(|(patched, _)| *patched == name);
        patched += usize::from(new.is_some());
        writer.attribute_message(name, new.map_or(message, |(_, message)| message));
    }
    (patched == patch.len()).then(|| writer.bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use anabranch_ir::{OperatorId, Program};
    use anabranch_kernel::EntityId;

    use super::*;

    fn classes() -> Classes {
        let mut classes = Classes::of(&Program::default());
        classes.number("Item");
        classes
    }

    fn write(before: Option<Vec<u8>>, state: Option<Vec<u8>>) -> Write {
        let id = EntityId { operator: OperatorId(0), key: b"pen"[..].into() };
        Write { id, before: before.map(Arc::from), state: state.map(Arc::from) }
    }

    fn state(price: u8, tags: usize) -> Vec<u8> {
        let mut writer = StateWriter::new();
        writer.separate(2);
        writer.attribute_message("price", &[price]);
        writer.attribute_message("tags", &vec![7; tags]);
        writer.bytes().to_vec()
    }

    fn encoded(writes: &[Write], reply: Option<&ReplyWrite>) -> Vec<u8> {
        let mut record = Vec::new();
        encode(&mut record, &classes(), writes, reply);
        record
    }

    #[test]
    fn a_record_comes_back() {
        let writes = [write(None, Some(b"state".to_vec())), write(Some(b"state".to_vec()), None)];
        let reply = ReplyWrite { key: "k".to_owned(), record: Arc::from(&b"reply"[..]) };
        let change =
            |change| LoggedChange { class: "Item", key: b"pen", change, replaces_large: false };
        let changes = || vec![change(StateChange::Whole(b"state")), change(StateChange::Delete)];
        let with_reply = encoded(&writes, Some(&reply));
        let reply = Some(("k", &b"reply"[..]));
        assert_eq!(decode(&with_reply), Ok(LogRecord { changes: changes(), reply }));
        let without = encoded(&writes, None);
        assert_eq!(decode(&without), Ok(LogRecord { changes: changes(), reply: None }));
        for length in 0..with_reply.len() {
            assert!(decode(&with_reply[..length]).is_err(), "cut to {length} bytes");
        }
        assert!(decode(&[&with_reply[..], &[0]].concat()).is_err());
    }

    #[test]
    fn of_a_large_state_only_what_changed_is_logged() {
        let (before, after) = (state(1, 1_000_000), state(2, 1_000_000));
        let record = encoded(&[write(Some(before.clone()), Some(after.clone()))], None);
        assert!(record.len() < 100, "{} bytes", record.len());
        let record = decode(&record).unwrap();
        let StateChange::Patch(patch) = &record.changes[0].change else { panic!("{record:?}") };
        assert_eq!(apply_patch(&before, patch), Some(after));
        assert!(record.changes[0].replaces_large);
    }

    #[test]
    fn what_is_small_or_new_is_logged_whole() {
        for (before, after) in [
            (Some(state(1, 10)), state(2, 10)),
            (None, state(1, 10_000)),
            (Some(b"\x11joined".to_vec()), state(1, 10_000)),
        ] {
            let record = encoded(&[write(before, Some(after.clone()))], None);
            assert_eq!(decode(&record).unwrap().changes[0].change, StateChange::Whole(&after));
        }
    }

    #[test]
    fn a_patch_for_another_state_does_not_fit() {
        assert_eq!(apply_patch(&state(1, 1), &[("owner", b"x")]), None);
        assert_eq!(apply_patch(b"\x11joined", &[("price", b"x")]), None);
    }

    #[test]
    fn an_unknown_record_version_is_refused() {
        assert!(decode(&[9, 0, 0]).unwrap_err().contains("version 9"));
    }
}
