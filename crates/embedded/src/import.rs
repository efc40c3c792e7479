//! Brings entities into a data folder that no engine uses, past the log.
//!
//! Entities are collected in an overlay and brought into the store as a checkpoint does it, some at
//! a time, under the sequence number that the folder has already. A new folder is marked as partial
//! until the end. Of an existing one what is in its log goes into the store first, so that the log
//! has nothing to say about what is imported.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anabranch_ir::Program;
use anabranch_kernel::EntityId;

use crate::checkpoint::checkpoint;
use crate::classes::Classes;
use crate::directory;
use crate::error::OpenError;
use crate::lock::DirectoryLock;
use crate::metadata::StoreProgress;
use crate::options::Application;
use crate::overlay::{Frozen, Overlay};
use crate::recovery::{open_log, replay};
use crate::retention::Retention;
use crate::storage::Storage;
use crate::store_key::{KeyTooLong, state_key};

const CACHE_BYTES: u64 = 16 << 20;
/// How much is collected before it goes into the store.
const COLLECTED_BYTES_MAX: usize = 64 << 20;

/// A folder that entities are brought into. Without [`Import::finish`] some may be missing.
pub struct Import {
    directory: PathBuf,
    storage: Storage,
    classes: Classes,
    collected: Overlay,
    sequence: u64,
    is_new: bool,
    _lock: DirectoryLock,
}

/// Why an entity is not brought in.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{0}")]
    Folder(#[from] OpenError),
    #[error("{0}")]
    Key(String),
}

impl From<KeyTooLong> for ImportError {
    fn from(error: KeyTooLong) -> Self {
        Self::Key(error.to_string())
    }
}

impl Import {
    /// Into a new or empty folder, which belongs to `application` then.
    ///
    /// # Errors
    /// Why the folder cannot be made.
    pub fn into_new(directory: &Path, application: Option<Application>) -> Result<Self, OpenError> {
        let lock = directory::prepare_new(directory)?;
        directory::create(directory, CACHE_BYTES, application, |storage, identity| {
            storage.create(identity)
        })?;
        let (storage, _) = directory::open_complete(directory, CACHE_BYTES)?;
        Ok(Self {
            directory: directory.to_owned(),
            storage,
            classes: Classes::of(&Program::default()),
            collected: Overlay::new(),
            sequence: 0,
            is_new: true,
            _lock: lock,
        })
    }

    /// Into a data folder.
    ///
    /// # Errors
    /// Why the folder cannot be opened.
    pub fn into_existing(directory: &Path) -> Result<Self, OpenError> {
        directory::refuse_partial(directory)?;
        directory::read_manifest(directory)?;
        let lock = directory::lock(directory)?;
        let (storage, _) = directory::open_complete(directory, CACHE_BYTES)?;
        let in_directory = |error: OpenError| error.in_directory(directory);
        let mut classes = Classes::of(&Program::default());
        let store = storage.store.as_ref();
        let stored = StoreProgress::read(store).map_err(OpenError::Store).map_err(in_directory)?;
        let log = open_log(&storage, stored.sequence);
        let mut log = log.map_err(|error| in_directory(OpenError::Log(error)))?;
        let replayed =
            replay(&mut log, stored.sequence, &mut classes, store).map_err(in_directory)?;
        // What goes into the store must be durable in the log as well.
        log.finish().map_err(|error| in_directory(OpenError::Log(error)))?;
        let mut import = Self {
            directory: directory.to_owned(),
            storage,
            classes,
            collected: replayed.overlay,
            sequence: replayed.sequence,
            is_new: false,
            _lock: lock,
        };
        import.store()?;
        Ok(import)
    }

    /// Whether there is such an entity; `key` is the wire message of its key.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn exists(&mut self, class: &str, key: &[u8]) -> Result<bool, ImportError> {
        let id = EntityId { operator: self.classes.number(class), key: key.into() };
        if let Some(state) = self.collected.state(&id) {
            return Ok(state.is_some());
        }
        let read = self.storage.store.read(&state_key(class, key)?);
        Ok(read.map_err(|error| self.in_directory(OpenError::Store(error)))?.is_some())
    }

    /// Brings an entity in, in place of the one with this key if there is one.
    ///
    /// # Errors
    /// The store cannot be written, or the key is too long for it.
    pub fn put(&mut self, class: &str, key: &[u8], state: Vec<u8>) -> Result<(), ImportError> {
        let replaces = self.exists(class, key)?;
        let id = EntityId { operator: self.classes.number(class), key: key.into() };
        self.collected.write_state(&id, Some(Arc::from(state)), replaces);
        if self.collected.bytes() >= COLLECTED_BYTES_MAX {
            self.store()?;
        }
        Ok(())
    }

    /// Ends the import: everything is durable, and a new folder can be used.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn finish(mut self) -> Result<(), OpenError> {
        self.store()?;
        let maintained = self.storage.store.maintain();
        maintained.map_err(|error| self.in_directory(OpenError::Store(error)))?;
        if self.is_new { directory::complete(&self.directory) } else { Ok(()) }
    }

    fn store(&mut self) -> Result<(), OpenError> {
        let overlay = std::mem::replace(&mut self.collected, Overlay::new());
        if overlay.is_empty() {
            return Ok(());
        }
        let frozen = Frozen { overlay, sequence: self.sequence, time: 0 };
        let everything = Retention { time: Duration::MAX, count: u64::MAX };
        let store = self.storage.store.as_ref();
        let applied = checkpoint(&frozen, &self.classes, store, everything)
            .and_then(|checkpoint| store.apply(&mut checkpoint.into_changes()));
        applied.map_err(|error| self.in_directory(OpenError::Store(error)))
    }

    fn in_directory(&self, error: OpenError) -> OpenError {
        error.in_directory(&self.directory)
    }
}
