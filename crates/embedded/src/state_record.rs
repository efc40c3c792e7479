//! The state of an entity as it lies in the store.
//!
//! A small state is one record. Attributes of [`LARGE_BYTES_MIN`] bytes or more are records of
//! their own, so that changing another attribute does not write them again; in their place the
//! state's record has length and digest of each, by which a checkpoint sees what has changed
//! without reading it.
//!
//! | | |
//! | --- | --- |
//! | whole | [`RECORD_VERSION`], `0`, the state |
//! | in parts | [`RECORD_VERSION`], `1`, number of attributes; for each the length of its name, its name, and `0`, length, message, or `1`, length, digest |
//!
//! Numbers are little-endian `u32`. What a state is made of says `kernel::value::state`.

use anabranch_kernel::value::state::{StateView, StateWriter};

use crate::fields::{Fields, write_bytes, write_number};
use crate::store::StoreError;
use crate::store_key::attribute_key;

/// From how many bytes on an attribute is large.
pub(crate) const LARGE_BYTES_MIN: usize = 4096;

/// First byte of every record. What has another one is refused.
const RECORD_VERSION: u8 = 1;

const WHOLE: u8 = 0;
const IN_PARTS: u8 = 1;

const INLINE: u8 = 0;
const APART: u8 = 1;

/// Of the message of a large attribute.
pub(crate) type Digest = [u8; 16];

/// A state, ready to be stored.
#[derive(Debug)]
pub(crate) struct EncodedState<'a> {
    pub(crate) record: Vec<u8>,
    pub(crate) large: Vec<LargeAttribute<'a>>,
}

/// A record of its own.
#[derive(Debug)]
pub(crate) struct LargeAttribute<'a> {
    pub(crate) name: &'a str,
    pub(crate) store_key: Vec<u8>,
    pub(crate) message: &'a [u8],
    pub(crate) digest: Digest,
}

/// The record of `state`, and what is apart from it.
pub(crate) fn encode_state<'a>(class: &str, key: &[u8], state: &'a [u8]) -> EncodedState<'a> {
    if state.len() >= LARGE_BYTES_MIN
        && let Some(encoded) = encode_in_parts(class, key, state)
    {
        return encoded;
    }
    let mut record = Vec::with_capacity(2 + state.len());
    record.extend_from_slice(&[RECORD_VERSION, WHOLE]);
    record.extend_from_slice(state);
    EncodedState { record, large: Vec::new() }
}

/// `None` if no attribute of the state can be apart.
fn encode_in_parts<'a>(class: &str, key: &[u8], state: &'a [u8]) -> Option<EncodedState<'a>> {
    let Ok(StateView::Separate(attributes)) = StateView::new(state) else { return None };
    let attributes = attributes.collect::<Result<Vec<_>, _>>().ok()?;
    let mut record = vec![RECORD_VERSION, IN_PARTS];
    let mut large = Vec::new();
    write_number(&mut record, attributes.len());
    for attribute in attributes {
        write_bytes(&mut record, attribute.name.as_bytes());
        let message = attribute.message;
        let is_large = message.len() >= LARGE_BYTES_MIN;
        let store_key = is_large.then(|| attribute_key(class, key, attribute.name)).flatten();
        if let Some(store_key) = store_key {
            let digest = digest_of(message);
            record.push(APART);
            write_number(&mut record, message.len());
            record.extend_from_slice(&digest);
            large.push(LargeAttribute { name: attribute.name, store_key, message, digest });
        } else {
            record.push(INLINE);
            write_bytes(&mut record, message);
        }
    }
    (!large.is_empty()).then_some(EncodedState { record, large })
}

/// A record, looked at.
#[derive(Debug)]
pub(crate) enum StateRecord<'a> {
    Whole(&'a [u8]),
    InParts(Vec<Part<'a>>),
}

/// An attribute in a record.
#[derive(Debug)]
pub(crate) enum Part<'a> {
    Inline { name: &'a str, message: &'a [u8] },
    Apart { name: &'a str, length: usize, digest: Digest },
}

impl<'a> StateRecord<'a> {
    /// Looks at `record`.
    pub(crate) fn new(record: &'a [u8]) -> Result<Self, String> {
        match record {
            [RECORD_VERSION, WHOLE, state @ ..] => Ok(Self::Whole(state)),
            [RECORD_VERSION, IN_PARTS, parts @ ..] => {
                let parts = read_parts(&mut Fields::new(parts));
                parts.map(Self::InParts).ok_or_else(|| "a stored state is not readable".to_owned())
            }
            [RECORD_VERSION, ..] => Err("a stored state is not readable".to_owned()),
            [version, ..] => Err(format!(
                "a stored state has record version {version}, this version of Anabranch knows \
                 {RECORD_VERSION}"
            )),
            [] => Err("a stored state is empty".to_owned()),
        }
    }

    /// The attributes that are apart, with their digests.
    pub(crate) fn large(&self) -> impl Iterator<Item = (&'a str, Digest)> {
        let parts = if let Self::InParts(parts) = self { &parts[..] } else { &[] };
        parts.iter().filter_map(|part| match *part {
            Part::Apart { name, digest, .. } => Some((name, digest)),
            Part::Inline { .. } => None,
        })
    }

    /// How long the state is, large attributes included, give or take a few bytes.
    pub(crate) fn state_length(&self) -> usize {
        match self {
            Self::Whole(state) => state.len(),
            Self::InParts(parts) => parts
                .iter()
                .map(|part| match part {
                    Part::Inline { name, message } => name.len() + message.len(),
                    Part::Apart { name, length, .. } => name.len() + length,
                })
                .sum(),
        }
    }

    /// The state; `read` gives the message of a large attribute by its name.
    pub(crate) fn assemble(
        &self,
        mut read: impl FnMut(&str) -> Result<Option<Vec<u8>>, StoreError>,
    ) -> Result<Vec<u8>, StoreError> {
        let parts = match self {
            Self::Whole(state) => return Ok(state.to_vec()),
            Self::InParts(parts) => parts,
        };
        let mut writer = StateWriter::new();
        writer.separate(parts.len());
        for part in parts {
            match part {
                Part::Inline { name, message } => writer.attribute_message(name, message),
                Part::Apart { name, digest, .. } => {
                    let message = read(name)?;
                    let message = message.filter(|message| digest_of(message) == *digest);
                    let message = message.ok_or_else(|| {
                        let problem = "of a stored state is missing or damaged";
                        StoreError(format!("the attribute {name:?} {problem}"))
                    })?;
                    writer.attribute_message(name, &message);
                }
            }
        }
        Ok(writer.bytes().to_vec())
    }
}

fn read_parts<'a>(fields: &mut Fields<'a>) -> Option<Vec<Part<'a>>> {
    let count = fields.number()?;
    let mut parts = Vec::new();
    for _ in 0..count {
        let name = fields.text()?;
        parts.push(match fields.byte()? {
            INLINE => Part::Inline { name, message: fields.bytes()? },
            APART => Part::Apart { name, length: fields.number()?, digest: fields.array()? },
            _ => return None,
        });
    }
    fields.is_empty().then_some(parts)
}

fn digest_of(message: &[u8]) -> Digest {
    let digest = blake3::hash(message);
    *digest.as_bytes().first_chunk().expect("a digest has 32 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(attributes: &[(&str, usize)]) -> Vec<u8> {
        let mut writer = StateWriter::new();
        writer.separate(attributes.len());
        for (name, length) in attributes {
            writer.attribute_message(name, &vec![name.as_bytes()[0]; *length]);
        }
        writer.bytes().to_vec()
    }

    fn round_trip(state: &[u8]) -> usize {
        let encoded = encode_state("Item", b"pen", state);
        let record = StateRecord::new(&encoded.record).unwrap();
        let read = |name: &str| {
            let large = encoded.large.iter().find(|large| large.name == name);
            Ok(large.map(|large| large.message.to_vec()))
        };
        assert_eq!(record.assemble(read).unwrap(), state);
        assert!(record.large().eq(encoded.large.iter().map(|large| (large.name, large.digest))));
        encoded.large.len()
    }

    #[test]
    fn a_state_comes_back() {
        assert_eq!(round_trip(b""), 0);
        assert_eq!(round_trip(&state(&[("price", 3)])), 0);
        assert_eq!(round_trip(&state(&[("price", 3), ("tags", 5000), ("x", 0)])), 1);
        assert_eq!(round_trip(&state(&[("a", LARGE_BYTES_MIN), ("b", LARGE_BYTES_MIN - 1)])), 1);
        assert_eq!(round_trip(&[0x11; 10_000]), 0, "a joined state stays in one piece");
    }

    #[test]
    fn a_large_attribute_that_is_missing_or_another_is_noticed() {
        let state = state(&[("tags", 5000)]);
        let encoded = encode_state("Item", b"pen", &state);
        let record = StateRecord::new(&encoded.record).unwrap();
        for found in [None, Some(vec![7; 5002])] {
            let error = record.assemble(|_| Ok(found.clone())).unwrap_err();
            assert!(error.0.contains("\"tags\""), "{error}");
        }
    }

    #[test]
    fn a_record_that_was_cut_or_prolonged_is_refused() {
        let state = state(&[("price", 3), ("tags", 5000)]);
        let record = encode_state("Item", b"pen", &state).record;
        for length in 0..record.len() {
            assert!(StateRecord::new(&record[..length]).is_err(), "cut to {length} bytes");
        }
        assert!(StateRecord::new(&[&record[..], &[0]].concat()).is_err());
        assert!(StateRecord::new(&[9, 1, 2]).unwrap_err().contains("record version 9"));
    }
}
