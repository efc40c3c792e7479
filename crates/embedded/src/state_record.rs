//! The state of an entity as a key and a value of [`Table::States`](crate::store::Table::States).
//!
//! Key: class name, a zero byte, the wire message of the entity's key. The class goes by its name
//! because the numbers of operators change with the application's code. Value: the
//! [`RECORD_VERSION`] byte and the state as the interpreter saved it.

use crate::store::KEY_BYTES_MAX;

/// First byte of every record. What has another one is refused.
const RECORD_VERSION: u8 = 2;

/// The key of the entity of `class` with this `key`, unless it is too long for the store.
pub(crate) fn state_key(class: &str, key: &[u8]) -> Result<Vec<u8>, KeyTooLong> {
    let length = class.len() + 1 + key.len();
    if length > KEY_BYTES_MAX {
        return Err(KeyTooLong { class: class.to_owned(), length });
    }
    let mut bytes = Vec::with_capacity(length);
    bytes.extend_from_slice(class.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(key);
    Ok(bytes)
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

/// The record of `state`.
pub(crate) fn encode_state(state: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(1 + state.len());
    record.push(RECORD_VERSION);
    record.extend_from_slice(state);
    record
}

/// The state in `record`.
pub(crate) fn decode_state(record: &[u8]) -> Result<&[u8], String> {
    match record {
        [RECORD_VERSION, state @ ..] => Ok(state),
        [version, ..] => Err(format!(
            "a stored state has record version {version}, this version of Anabranch knows \
             {RECORD_VERSION}; open the folder with the version of Anabranch that wrote it"
        )),
        [] => Err("a stored state is empty".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_different_classes_differ() {
        assert_eq!(state_key("Item", b"\x01pen").unwrap(), b"Item\0\x01pen");
        assert_ne!(state_key("Item", b"s\0x").unwrap(), state_key("Items", b"\0x").unwrap());
    }

    #[test]
    fn a_key_may_be_as_long_as_the_store_takes() {
        let longest = vec![b'x'; KEY_BYTES_MAX - "Item\0".len()];
        assert_eq!(state_key("Item", &longest).unwrap().len(), KEY_BYTES_MAX);
        let too_long = vec![b'x'; longest.len() + 1];
        let error = state_key("Item", &too_long).unwrap_err().to_string();
        assert_eq!(
            error,
            "the key of this Item is too long: 65536 bytes, at most 65535 can be stored"
        );
    }

    #[test]
    fn a_state_comes_back() {
        assert_eq!(decode_state(&encode_state(b"state")), Ok(&b"state"[..]));
        assert_eq!(decode_state(&encode_state(b"")), Ok(&b""[..]));
    }

    #[test]
    fn an_unknown_record_version_is_refused() {
        assert!(decode_state(&[9, 1, 2]).unwrap_err().contains("record version 9"));
        assert!(decode_state(&[]).is_err());
    }
}
