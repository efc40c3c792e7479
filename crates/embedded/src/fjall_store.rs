//! The store on disk: fjall, a log-structured merge tree with a journal.
//!
//! A batch is one entry of the journal, with a checksum, over all tables; after a crash an entry
//! that is not complete is cut off. fjall's commit reaches the operating system only, hence
//! [`FjallStore::persist`].

use std::fs;
use std::io;
use std::panic::catch_unwind;
use std::path::Path;

use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};

use crate::lock::DirectoryLock;
use crate::panic_message::panic_message;
use crate::store::{Change, Store, StoreError, Table};

/// A store in a folder of its own.
pub(crate) struct FjallStore {
    states: Keyspace,
    replies: Keyspace,
    metadata: Keyspace,
    database: Database,
    /// Last, so that the folder is given free after the database has closed its files.
    _lock: DirectoryLock,
}

/// Why a store cannot be opened.
pub(crate) enum RefusedStore {
    InUse,
    Io(io::Error),
    /// In words.
    Damaged(String),
}

impl FjallStore {
    /// Opens the store in `folder`, or creates it. Keeps `lock` as long as it lives.
    pub(crate) fn open(
        folder: &Path,
        lock: DirectoryLock,
        cache_bytes: u64,
    ) -> Result<Self, RefusedStore> {
        // fjall panics on some kinds of damage.
        let opened = catch_unwind(|| -> fjall::Result<_> {
            let database = Database::builder(folder).cache_size(cache_bytes).open()?;
            let [states, replies, metadata] = ["states", "replies", "metadata"]
                .map(|name| database.keyspace(name, KeyspaceCreateOptions::default));
            Ok((states?, replies?, metadata?, database))
        });
        match opened {
            Ok(Ok((states, replies, metadata, database))) => {
                Ok(Self { states, replies, metadata, database, _lock: lock })
            }
            Ok(Err(error)) => Err(refused(error)),
            Err(panic) => Err(RefusedStore::Damaged(panic_message(panic.as_ref()))),
        }
    }

    /// What a store in `folder` should have and has not. fjall would make some of it anew, and so
    /// hide that it was lost.
    pub(crate) fn missing_part(folder: &Path) -> io::Result<Option<&'static str>> {
        let (mut version, mut keyspaces, mut journal) = (false, false, false);
        for entry in fs::read_dir(folder)? {
            let name = entry?.file_name();
            version |= name == "version";
            keyspaces |= name == "keyspaces";
            journal |= Path::new(&name).extension().is_some_and(|extension| extension == "jnl");
        }
        let parts = [(version, "version"), (keyspaces, "keyspaces"), (journal, "journal")];
        Ok(parts.into_iter().find(|(found, _)| !found).map(|(_, part)| part))
    }

    fn keyspace(&self, table: Table) -> &Keyspace {
        match table {
            Table::States => &self.states,
            Table::Replies => &self.replies,
            Table::Metadata => &self.metadata,
        }
    }
}

impl Store for FjallStore {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.keyspace(table).get(key).map_err(store_error)?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn write(&self, batch: Vec<Change>) -> Result<(), StoreError> {
        let mut items = fjall::OwnedWriteBatch::with_capacity(self.database.clone(), batch.len());
        for Change { table, key, value } in batch {
            let keyspace = self.keyspace(table);
            match value {
                Some(value) => items.insert(keyspace, key, value),
                None => items.remove(keyspace, key),
            }
        }
        items.commit().map_err(store_error)
    }

    fn persist(&self) -> Result<(), StoreError> {
        self.database.persist(PersistMode::SyncAll).map_err(store_error)
    }
}

fn refused(error: fjall::Error) -> RefusedStore {
    match error {
        fjall::Error::Locked => RefusedStore::InUse,
        fjall::Error::Io(error) if !is_wrong_data(&error) => RefusedStore::Io(error),
        error => RefusedStore::Damaged(describe(&error)),
    }
}

/// Whether the disk works but does not hold what should be there.
fn is_wrong_data(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound
            | io::ErrorKind::AlreadyExists
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::InvalidData
    )
}

fn store_error(error: fjall::Error) -> StoreError {
    StoreError(describe(&error))
}

fn describe(error: &fjall::Error) -> String {
    match error {
        fjall::Error::Io(error) => error.to_string(),
        fjall::Error::Poisoned => "an earlier write to the disk failed".to_owned(),
        error => error.to_string(),
    }
}
