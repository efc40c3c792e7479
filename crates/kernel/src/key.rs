//! Keys of entities.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

/// The wire message of an entity's key: equal keys have equal bytes.
///
/// A short one lies in the value itself, so that who compares it waits for no other memory.
#[derive(Clone)]
pub struct Key(Bytes);

/// As many as make the value no larger than a long one.
const SHORT_BYTES: usize = 22;

#[derive(Clone)]
enum Bytes {
    Short { length: u8, bytes: [u8; SHORT_BYTES] },
    Long(Arc<[u8]>),
}

impl Key {
    /// The key whose message is `start`, then `rest`.
    pub(crate) fn of_parts(start: &[u8], rest: &[u8]) -> Self {
        let length = start.len() + rest.len();
        if length > SHORT_BYTES {
            return Self(Bytes::Long([start, rest].concat().into()));
        }
        let mut bytes = [0; SHORT_BYTES];
        bytes[..start.len()].copy_from_slice(start);
        bytes[start.len()..length].copy_from_slice(rest);
        Self(Bytes::Short { length: length as u8, bytes })
    }

    fn as_slice(&self) -> &[u8] {
        match &self.0 {
            Bytes::Short { length, bytes } => &bytes[..usize::from(*length)],
            Bytes::Long(bytes) => bytes,
        }
    }

    /// What the key takes outside of the value itself.
    pub(crate) fn heap_bytes(&self) -> usize {
        match &self.0 {
            Bytes::Short { .. } => 0,
            // The counters are in front.
            Bytes::Long(bytes) => bytes.len() + 2 * size_of::<usize>(),
        }
    }
}

impl From<&[u8]> for Key {
    fn from(message: &[u8]) -> Self {
        Self::of_parts(message, &[])
    }
}

impl From<Vec<u8>> for Key {
    fn from(message: Vec<u8>) -> Self {
        message.as_slice().into()
    }
}

impl Deref for Key {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.as_slice()
    }
}

impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        self.as_slice()
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.as_slice() == other.as_slice()
    }
}

impl Eq for Key {}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_slice().cmp(other.as_slice())
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_slice().hash(state);
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_slice().fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher;

    use foldhash::fast::RandomState;

    use super::*;

    #[test]
    fn a_key_is_its_bytes_whatever_its_length() {
        let message: Vec<u8> = (0..60).collect();
        let hasher = RandomState::default();
        for length in 0..message.len() {
            let key = Key::from(&message[..length]);
            assert_eq!(*key, message[..length]);
            for cut in 0..=length {
                let parts = Key::of_parts(&message[..cut], &message[cut..length]);
                assert_eq!(parts, key);
                assert_eq!(hasher.hash_one(&parts), hasher.hash_one(&message[..length]));
            }
            assert_eq!(key.heap_bytes() > 0, length > SHORT_BYTES);
            assert!(key < Key::from(&message[..=length]));
        }
        assert_eq!(size_of::<Key>(), 24);
    }
}
