//! What the engine notes about the store itself, under keys of their own.

use crate::fields::Fields;
use crate::store::{Change, Store, StoreError};
use crate::store_key::metadata_key;

const IDENTITY: &str = "identity";
const PROGRESS: &str = "progress";

/// How far a store has come.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct StoreProgress {
    /// The number of the last request whose effects are in the store; 0 for a new one.
    pub(crate) sequence: u64,
    /// How many replies are in the store.
    pub(crate) replies: u64,
    /// No reply of a request with a smaller number is.
    pub(crate) replies_from: u64,
}

/// The identity that the manifest has as well.
pub(crate) fn identity_change(identity: &str) -> Change {
    Change { key: metadata_key(IDENTITY), value: Some(identity.as_bytes().to_vec()) }
}

/// Whether this is the key of the identity.
pub(crate) fn is_identity(key: &[u8]) -> bool {
    key == metadata_key(IDENTITY)
}

pub(crate) fn read_identity(store: &dyn Store) -> Result<Option<Vec<u8>>, StoreError> {
    store.read(&metadata_key(IDENTITY))
}

impl StoreProgress {
    pub(crate) fn key() -> Vec<u8> {
        metadata_key(PROGRESS)
    }

    pub(crate) fn change(&self) -> Change {
        let numbers = [self.sequence, self.replies, self.replies_from];
        let value = numbers.map(u64::to_le_bytes).concat();
        Change { key: Self::key(), value: Some(value) }
    }

    /// How far `store` has come.
    pub(crate) fn read(store: &dyn Store) -> Result<Self, StoreError> {
        Self::from_value(store.read(&Self::key())?)
    }

    /// What the value of its key says.
    pub(crate) fn from_value(value: Option<Vec<u8>>) -> Result<Self, StoreError> {
        let progress = value.and_then(|value| Self::from_bytes(&value));
        progress.ok_or_else(|| StoreError("its sequence number is not readable".to_owned()))
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields::new(bytes);
        let mut number = || Some(u64::from_le_bytes(fields.array()?));
        let progress = Self { sequence: number()?, replies: number()?, replies_from: number()? };
        fields.is_empty().then_some(progress)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_comes_back() {
        let progress = StoreProgress { sequence: 7, replies: 3, replies_from: 2 };
        let bytes = progress.change().value.unwrap();
        assert_eq!(StoreProgress::from_bytes(&bytes), Some(progress));
        assert_eq!(StoreProgress::from_bytes(&bytes[1..]), None);
    }
}
