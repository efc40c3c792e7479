//! The wire form of events and states.
//!
//! A message is the [`FORMAT_VERSION`] byte, the program's fingerprint (8 bytes) and the data as
//! [postcard](https://postcard.jamesmunns.com/wire-format) writes it: fields in order, the number of the
//! variant in front of an enum's, lengths and numbers as varints. Frames and class numbers mean nothing in another
//! program, so a message of one is refused.
//!
//! The state of an entity of which no transaction holds anything is its committed state behind
//! the byte [`COMMITTED`] only. It outlives a program.
//!
//! # A new version
//! `tests/golden/step_v1.hex` holds a message of each event and state. A change of the format makes its test
//! fail. Then raise [`FORMAT_VERSION`], and write a new file with `UPDATE_EXPECT=1 cargo nextest
//! run -p anabranch-kernel`. Never change the file of a version that has been released.

#[cfg(test)]
mod tests;

use anabranch_ir::{FunctionId, OperatorId, SegmentId};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::StepError;
use crate::{EntityId, Key};

/// First byte of every message. A reader refuses what it does not know.
pub const FORMAT_VERSION: u8 = 1;

/// First byte of a committed state that stands alone.
pub(crate) const COMMITTED: u8 = 0xc0;

/// A program's fingerprint, as it stands in messages.
pub(crate) type Fingerprint = [u8; 8];

pub(crate) fn encode(fingerprint: Fingerprint, data: &impl Serialize) -> Vec<u8> {
    let mut message = Vec::with_capacity(128);
    message.push(FORMAT_VERSION);
    message.extend_from_slice(&fingerprint);
    let message = postcard::to_extend(data, message);
    message.expect("this is a bug in Anabranch: an event has no wire form")
}

pub(crate) fn decode<T: DeserializeOwned>(
    fingerprint: Fingerprint,
    message: &[u8],
) -> Result<T, StepError> {
    match message.split_first() {
        Some((&FORMAT_VERSION, rest)) => {
            let (program, data) = rest.split_at_checked(fingerprint.len()).ok_or_else(truncated)?;
            if program != fingerprint {
                return Err(StepError::OtherProgram);
            }
            let (data, rest) = postcard::take_from_bytes(data)
                .map_err(|error| StepError::Unreadable(error.to_string()))?;
            if rest.is_empty() {
                return Ok(data);
            }
            Err(StepError::Unreadable("bytes follow its end".to_owned()))
        }
        Some((version, _)) => Err(StepError::Version(*version)),
        None => Err(truncated()),
    }
}

fn truncated() -> StepError {
    StepError::Unreadable("it ends too early".to_owned())
}

macro_rules! number_of {
    ($module:ident, $id:ident) => {
        /// As its number.
        pub(crate) mod $module {
            use super::*;

            pub(crate) fn serialize<S: Serializer>(id: &$id, to: S) -> Result<S::Ok, S::Error> {
                id.0.serialize(to)
            }

            pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<$id, D::Error> {
                u32::deserialize(from).map($id)
            }
        }
    };
}

number_of!(function_id, FunctionId);
number_of!(segment_id, SegmentId);
number_of!(operator_id, OperatorId);

impl Serialize for EntityId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (self.operator.0, serde_bytes::Bytes::new(&self.key)).serialize(to)
    }
}

impl<'de> Deserialize<'de> for EntityId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (operator, key) = <(u32, &serde_bytes::Bytes)>::deserialize(from)?;
        Ok(Self { operator: OperatorId(operator), key: Key::from(&key[..]) })
    }
}
