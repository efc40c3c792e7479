//! The little that the engine needs of a store.
//!
//! The trait is the seam for tests and fault injection; `fjall_store.rs` is the real one.

use std::fmt;

/// How long a key may be.
pub const KEY_BYTES_MAX: usize = u16::MAX as usize;

/// Keeps bytes by key, in a few tables. The executor reads while the committer writes.
pub trait Store: Send + Sync + 'static {
    /// The value of `key`, as the last finished [`Store::write`] left it.
    ///
    /// # Errors
    /// The store cannot be read.
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Applies `batch` atomically. It need not survive a crash yet, but a crash leaves all of it or
    /// nothing.
    ///
    /// # Errors
    /// Whether the batch was applied is unknown.
    fn write(&self, batch: Vec<Change>) -> Result<(), StoreError>;

    /// Makes everything written so far durable.
    ///
    /// # Errors
    /// What is durable is unknown.
    fn persist(&self) -> Result<(), StoreError>;
}

/// What a key belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Table {
    /// States of entities, see `state_record.rs`.
    States,
    /// Replies of requests with an idempotency key, see `reply_record.rs`.
    Replies,
    /// What the engine notes about the store itself.
    Metadata,
}

/// One change of a batch. No two changes of a batch have the same table and key.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    pub table: Table,
    /// Between 1 and [`KEY_BYTES_MAX`] bytes.
    pub key: Vec<u8>,
    /// `None`: the key is removed.
    pub value: Option<Vec<u8>>,
}

/// Why a store cannot do what it should, in words.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoreError(pub String);

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for StoreError {}

/// In [`Table::Metadata`]: the sequence number of the last request with effects, eight bytes,
/// little-endian.
pub(crate) const SEQUENCE_KEY: &[u8] = b"sequence";

/// In [`Table::Metadata`]: the identity that the manifest has as well.
pub(crate) const IDENTITY_KEY: &[u8] = b"identity";

/// The sequence number that a store has come to; 0 for a new one.
pub(crate) fn read_sequence(store: &dyn Store) -> Result<u64, StoreError> {
    let Some(bytes) = store.read(Table::Metadata, SEQUENCE_KEY)? else {
        return Ok(0);
    };
    let bytes = <[u8; 8]>::try_from(bytes);
    let bytes = bytes.map_err(|_| StoreError("its sequence number is not readable".to_owned()))?;
    Ok(u64::from_le_bytes(bytes))
}
