//! Rewrites entities of a folder that no engine uses: migrations.
//!
//! Everything that the log has beyond the store, the new states and the new schema are one change
//! of the store. It is atomic: a crash leaves the folder as it was, or as it shall be. The log's
//! records are then behind the store, and not read again. The change may be larger than memory: it
//! is sorted on the folder's disk.

use std::io;

use crate::data_folder::DataFolder;
use crate::error::OpenError;
use crate::schema_note::SchemaNote;
use crate::sorter::Sorter;
use crate::state_record::{StateRecord, encode_state};
use crate::store::{Change, StoreError};
use crate::store_key::{attribute_key, state_key};

/// How much is sorted in memory.
const SORTED_BYTES_MAX: usize = 32 << 20;

/// A new state for an entity; `None` deletes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rewritten {
    pub class: String,
    /// The wire message of its key.
    pub key: Vec<u8>,
    pub state: Option<Vec<u8>>,
}

impl DataFolder {
    /// Writes all of `entities`, each once, and the note, or nothing.
    ///
    /// # Errors
    /// The store cannot be read or written. A key is too long. That of `entities`, in words.
    pub fn rewrite(
        self,
        entities: impl Iterator<Item = Result<Rewritten, String>>,
        note: &SchemaNote,
    ) -> Result<(), OpenError> {
        let rewritten = self.changes(entities, note).and_then(|changes| {
            let changes = changes.sorted().map_err(unsorted)?;
            let mut changes = changes.map(|entry| match entry {
                Ok((key, value)) => Ok(Change { key, value }),
                Err(error) => Err(StoreError(format!("{UNSORTED}: {error}"))),
            });
            self.storage.store.try_apply(&mut changes).map_err(OpenError::Store)?;
            // Only what is due: the change is durable already.
            self.storage.store.maintain().map_err(OpenError::Store)
        });
        rewritten.map_err(|error| error.in_directory(self.directory()))
    }

    fn changes(
        &self,
        entities: impl Iterator<Item = Result<Rewritten, String>>,
        note: &SchemaNote,
    ) -> Result<Sorter, OpenError> {
        let mut changes = Sorter::new(self.directory(), SORTED_BYTES_MAX);
        let mut put = |key, value| changes.put(key, value).map_err(unsorted);
        for Change { key, value } in self.view.newer() {
            put(key.clone(), value.clone())?;
        }
        for entity in entities {
            let Rewritten { class, key, state } = entity.map_err(OpenError::Unusable)?;
            let too_long = |error| OpenError::Unusable(format!("{error}"));
            let state_key = state_key(&class, &key).map_err(too_long)?;
            if let Some(record) = self.view.read(&state_key).map_err(OpenError::Store)? {
                let unreadable = |problem| OpenError::Store(StoreError(problem));
                let record = StateRecord::new(&record).map_err(unreadable)?;
                for (name, _) in record.large() {
                    if let Some(key) = attribute_key(&class, &key, name) {
                        put(key, None)?;
                    }
                }
            }
            let encoded = state.as_deref().map(|state| encode_state(&class, &key, state));
            for large in encoded.iter().flat_map(|encoded| &encoded.large) {
                put(large.store_key.clone(), Some(large.message.to_vec()))?;
            }
            put(state_key, encoded.map(|encoded| encoded.record))?;
        }
        for Change { key, value } in note.changes() {
            put(key, value)?;
        }
        Ok(changes)
    }
}

const UNSORTED: &str = "the changes cannot be sorted on its disk";

fn unsorted(error: io::Error) -> OpenError {
    OpenError::Unusable(format!("{UNSORTED}: {error}"))
}
