//! The keys of the store. The first byte says what a key is for:
//!
//! | | key | value |
//! | --- | --- | --- |
//! | `a` | class, zero byte, length of the entity's key as `u32`, the entity's key, attribute | the message of a large attribute |
//! | `k` | idempotency key | a reply, see `reply_record.rs` |
//! | `m` | a name | what the engine notes about the store itself, see `metadata.rs` |
//! | `o` | sequence number as `u64` | the reply with this number: its time and its idempotency key |
//! | `s` | class, zero byte, the entity's key | a state, see `state_record.rs` |
//!
//! Numbers in keys are big-endian, so that they sort. A class goes by its name because the numbers
//! of operators change with the application's code.

use crate::store::KEY_BYTES_MAX;

pub(crate) const ATTRIBUTE: u8 = b'a';
pub(crate) const REPLY: u8 = b'k';
pub(crate) const METADATA: u8 = b'm';
pub(crate) const REPLY_ORDER: u8 = b'o';
pub(crate) const STATE: u8 = b's';

/// The state of the entity of `class` with this `key`, unless that is too long for the store.
pub(crate) fn state_key(class: &str, key: &[u8]) -> Result<Vec<u8>, KeyTooLong> {
    let length = 1 + class.len() + 1 + key.len();
    if length > KEY_BYTES_MAX {
        return Err(KeyTooLong { class: class.to_owned(), length });
    }
    let mut bytes = Vec::with_capacity(length);
    bytes.push(STATE);
    bytes.extend_from_slice(class.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(key);
    Ok(bytes)
}

/// What the keys of all states of `class` begin with.
pub(crate) fn state_prefix(class: &str) -> Vec<u8> {
    [&[STATE], class.as_bytes(), &[0]].concat()
}

/// The class and the key of an entity in the key of its state.
pub(crate) fn split_state_key(key: &[u8]) -> Option<(&str, &[u8])> {
    let rest = key.strip_prefix(&[STATE])?;
    let end = rest.iter().position(|byte| *byte == 0)?;
    Some((str::from_utf8(&rest[..end]).ok()?, &rest[end + 1..]))
}

/// A large attribute of an entity; `None` if it must stay in the state because its name is too
/// long.
pub(crate) fn attribute_key(class: &str, key: &[u8], attribute: &str) -> Option<Vec<u8>> {
    let length = u32::try_from(key.len()).ok()?.to_be_bytes();
    let parts = [&[ATTRIBUTE], class.as_bytes(), &[0], &length, key, attribute.as_bytes()];
    let bytes = parts.concat();
    (bytes.len() <= KEY_BYTES_MAX).then_some(bytes)
}

/// The reply of the request with the client's `key`, unless that is too long.
pub(crate) fn reply_key(key: &str) -> Option<Vec<u8>> {
    let bytes = [&[REPLY], key.as_bytes()].concat();
    (bytes.len() <= KEY_BYTES_MAX).then_some(bytes)
}

/// The place of a reply in the order of all.
pub(crate) fn reply_order_key(sequence: u64) -> Vec<u8> {
    [&[REPLY_ORDER][..], &sequence.to_be_bytes()].concat()
}

/// The sequence number in a key of the order of replies.
pub(crate) fn split_reply_order_key(key: &[u8]) -> Option<u64> {
    let number = key.strip_prefix(&[REPLY_ORDER])?;
    Some(u64::from_be_bytes(number.try_into().ok()?))
}

pub(crate) fn metadata_key(name: &str) -> Vec<u8> {
    [&[METADATA], name.as_bytes()].concat()
}

/// An entity's key does not fit into a key of the store.
#[derive(PartialEq, Eq, Debug, thiserror::Error)]
#[error(
    "the key of this {class} is too long: {length} bytes, at most {KEY_BYTES_MAX} can be stored"
)]
pub(crate) struct KeyTooLong {
    class: String,
    length: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_different_classes_differ() {
        assert_eq!(state_key("Item", b"\x01pen").unwrap(), b"sItem\0\x01pen");
        assert_ne!(state_key("Item", b"s\0x").unwrap(), state_key("Items", b"\0x").unwrap());
        assert_eq!(split_state_key(b"sItem\0\0pen"), Some(("Item", &b"\0pen"[..])));
    }

    #[test]
    fn a_key_may_be_as_long_as_the_store_takes() {
        let longest = vec![b'x'; KEY_BYTES_MAX - "sItem\0".len()];
        assert_eq!(state_key("Item", &longest).unwrap().len(), KEY_BYTES_MAX);
        let too_long = vec![b'x'; longest.len() + 1];
        let error = state_key("Item", &too_long).unwrap_err().to_string();
        assert_eq!(
            error,
            "the key of this Item is too long: 65536 bytes, at most 65535 can be stored"
        );
        assert_eq!(attribute_key("Item", &longest, "tags"), None);
    }

    #[test]
    fn an_attribute_is_not_taken_for_a_part_of_the_key() {
        assert_ne!(attribute_key("Item", b"a", "bc"), attribute_key("Item", b"ab", "c"));
    }

    #[test]
    fn replies_sort_by_sequence_number() {
        assert!(reply_order_key(255) < reply_order_key(256));
        assert_eq!(split_reply_order_key(&reply_order_key(77)), Some(77));
    }
}
