//! Rewrites entities of a folder that no engine uses: migrations.
//!
//! Everything that the log has beyond the store, the new states and the new schema are one change
//! of the store. It is atomic: a crash leaves the folder as it was, or as it shall be. The log's
//! records are then behind the store, and not read again.

use std::collections::BTreeMap;

use crate::data_folder::DataFolder;
use crate::error::OpenError;
use crate::schema_note::SchemaNote;
use crate::state_record::{StateRecord, encode_state};
use crate::store::{Change, StoreError};
use crate::store_key::{attribute_key, state_key};

/// A new state for an entity; `None` deletes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rewritten {
    pub class: String,
    /// The wire message of its key.
    pub key: Vec<u8>,
    pub state: Option<Vec<u8>>,
}

impl DataFolder {
    /// Writes all of `entities` and the note, or nothing.
    ///
    /// # Errors
    /// The store cannot be read or written. A key is too long.
    pub fn rewrite(
        self,
        entities: impl Iterator<Item = Rewritten>,
        note: &SchemaNote,
    ) -> Result<(), OpenError> {
        let changes = self.changes(entities, note);
        let applied = changes.and_then(|changes| {
            let mut changes = changes.into_iter().map(|(key, value)| Change { key, value });
            self.storage.store.apply(&mut changes).map_err(OpenError::Store)?;
            // Only what is due: the change is durable already.
            self.storage.store.maintain().map_err(OpenError::Store)
        });
        applied.map_err(|error| error.in_directory(self.directory()))
    }

    fn changes(
        &self,
        entities: impl Iterator<Item = Rewritten>,
        note: &SchemaNote,
    ) -> Result<BTreeMap<Vec<u8>, Option<Vec<u8>>>, OpenError> {
        let newer = self.view.newer().iter();
        let mut changes: BTreeMap<_, _> =
            newer.map(|change| (change.key.clone(), change.value.clone())).collect();
        for Rewritten { class, key, state } in entities {
            let too_long = |error| OpenError::Unusable(format!("{error}"));
            let state_key = state_key(&class, &key).map_err(too_long)?;
            if let Some(record) = self.view.read(&state_key).map_err(OpenError::Store)? {
                let unreadable = |problem| OpenError::Store(StoreError(problem));
                let record = StateRecord::new(&record).map_err(unreadable)?;
                for (name, _) in record.large() {
                    if let Some(key) = attribute_key(&class, &key, name) {
                        changes.insert(key, None);
                    }
                }
            }
            let encoded = state.as_deref().map(|state| encode_state(&class, &key, state));
            for large in encoded.iter().flat_map(|encoded| &encoded.large) {
                changes.insert(large.store_key.clone(), Some(large.message.to_vec()));
            }
            changes.insert(state_key, encoded.map(|encoded| encoded.record));
        }
        changes.extend(note.changes().map(|change| (change.key, change.value)));
        Ok(changes)
    }
}
