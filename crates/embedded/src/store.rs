//! What the engine needs of a store, and what it keeps in it.
//!
//! A store keeps bytes by key, in the order of the keys. It takes changes only at checkpoints, as
//! one atomic and durable set, so it needs no log of its own: until then the changes are in the
//! engine's log. The trait is the seam for tests; `lsm_store.rs` is the real one. `store_key.rs`
//! says which keys there are.

use std::fmt;

/// How long a key may be.
pub const KEY_BYTES_MAX: usize = u16::MAX as usize;

/// Keeps bytes by key. Anybody may read while one thread applies changes and
/// another one maintains it.
pub trait Store: Send + Sync + 'static {
    /// The value of `key`, as the last finished [`Store::apply`] left it.
    ///
    /// # Errors
    /// The store cannot be read.
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Applies `changes`, atomically and durably. They come in ascending order of their keys, each
    /// key once.
    ///
    /// # Errors
    /// Whether the changes were applied is unknown.
    fn apply(&self, changes: &mut dyn Iterator<Item = Change>) -> Result<(), StoreError> {
        self.try_apply(&mut changes.map(Ok))
    }

    /// As [`Store::apply`], of changes that may fail to come. Then none is applied.
    ///
    /// # Errors
    /// As for [`Store::apply`], and that of the changes.
    fn try_apply(&self, changes: &mut Changes<'_>) -> Result<(), StoreError>;

    /// Does the work that keeps reads fast and space bounded, as far as it is due. May take long;
    /// meanwhile changes are applied.
    ///
    /// # Errors
    /// The store cannot be read or written; what it holds is as it was.
    fn maintain(&self) -> Result<(), StoreError>;

    /// Lets a [`Store::maintain`] that is under way end soon, its work undone or done in part;
    /// further ones do nothing. For good: for an engine that closes.
    fn stop_maintaining(&self);

    /// What the store holds now, whatever is applied later.
    fn snapshot(&self) -> Box<dyn Snapshot>;
}

/// What a store held at one moment.
pub trait Snapshot: Send {
    /// # Errors
    /// The store cannot be read.
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// All entries from the key `from` on, in ascending order.
    fn scan<'a>(&'a self, from: &[u8]) -> Scan<'a>;
}

/// Key and value, one after another. Ends after the first error.
pub type Scan<'a> = Box<dyn Iterator<Item = Result<(Vec<u8>, Vec<u8>), StoreError>> + 'a>;

/// Changes that may fail to come.
pub type Changes<'a> = dyn Iterator<Item = Result<Change, StoreError>> + 'a;

/// One change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
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
