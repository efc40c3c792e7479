//! What a data folder holds at one moment, for tools: of a running engine or of a folder that
//! nobody uses.
//!
//! Of a folder, the log may have changes that the store has not. They lie over the store here as a
//! sorted list, the same that the next checkpoint would bring into it.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use crate::metadata::StoreProgress;
use crate::reply_record::decode_reply;
use crate::schema_note::SchemaNote;
use crate::state_record::StateRecord;
use crate::store::{Change, Scan, Snapshot, StoreError};
use crate::store_key::{
    REPLY, REPLY_ORDER, STATE, attribute_key, split_state_key, state_key, state_prefix,
};

/// Everything as it was after one request. Does not change.
pub struct View {
    snapshot: Box<dyn Snapshot>,
    /// Over the snapshot, sorted by key.
    newer: Vec<Change>,
}

/// The entities of one class.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ClassSummary {
    pub entities: u64,
    /// Of their keys.
    pub key_bytes: u64,
    /// Of their states, large attributes included.
    pub state_bytes: u64,
}

/// An entity without its state.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredEntity {
    pub class: String,
    /// The wire message of its key.
    pub key: Vec<u8>,
    /// How long its state is, give or take a few bytes.
    pub state_bytes: u64,
}

/// What a view was found to hold when all of it was read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Verification {
    /// The number of the last request in it.
    pub sequence: u64,
    pub entities: u64,
    pub state_bytes: u64,
    /// Stored replies of requests with idempotency keys.
    pub replies: u64,
}

impl View {
    pub(crate) fn new(snapshot: Box<dyn Snapshot>, newer: Vec<Change>) -> Self {
        Self { snapshot, newer }
    }

    /// The number of the last request with effects.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn sequence(&self) -> Result<u64, StoreError> {
        Ok(self.progress()?.sequence)
    }

    /// How many replies of requests with idempotency keys are stored.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn replies(&self) -> Result<u64, StoreError> {
        Ok(self.progress()?.replies)
    }

    /// The schema that the entities were written with, if there is a note of it.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn schema(&self) -> Result<Option<SchemaNote>, StoreError> {
        SchemaNote::read(|key| self.read(key))
    }

    pub(crate) fn progress(&self) -> Result<StoreProgress, StoreError> {
        StoreProgress::from_value(self.read(&StoreProgress::key())?)
    }

    /// All classes with entities, by name. Reads every state.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn classes(&self) -> Result<BTreeMap<String, ClassSummary>, StoreError> {
        let mut classes = BTreeMap::new();
        for entity in self.all_entities() {
            let StoredEntity { class, key, state_bytes } = entity?;
            let summary: &mut ClassSummary = classes.entry(class).or_default();
            summary.entities += 1;
            summary.key_bytes += key.len() as u64;
            summary.state_bytes += state_bytes;
        }
        Ok(classes)
    }

    /// The names of all classes with entities. Reads little.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn class_names(&self) -> Result<Vec<String>, StoreError> {
        let mut names = Vec::new();
        let mut from = vec![STATE];
        while let Some(entry) = self.scan(&from).next() {
            let (key, _) = entry?;
            if key.first() != Some(&STATE) {
                break;
            }
            let (class, _) = split(&key)?;
            // Behind all keys of this class: its name ends with a zero byte.
            from = [&[STATE], class.as_bytes(), &[1]].concat();
            names.push(class.to_owned());
        }
        Ok(names)
    }

    /// The entities of `class`, in the order of their keys' messages.
    pub fn entities(&self, class: &str) -> impl Iterator<Item = Result<StoredEntity, StoreError>> {
        self.entities_from(state_prefix(class))
    }

    /// The entities of `class` that come after the one with this key, in the same order.
    pub fn entities_after(
        &self,
        class: &str,
        key: &[u8],
    ) -> impl Iterator<Item = Result<StoredEntity, StoreError>> {
        let mut from = state_prefix(class);
        from.extend_from_slice(key);
        let prefix = state_prefix(class);
        let key = key.to_vec();
        self.entities_of(prefix, &from)
            .skip_while(move |entity| entity.as_ref().is_ok_and(|entity| entity.key == key))
    }

    /// All entities, by class and then in the order of their keys' messages.
    pub fn all_entities(&self) -> impl Iterator<Item = Result<StoredEntity, StoreError>> {
        self.entities_from(vec![STATE])
    }

    /// Whether there is such an entity.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn exists(&self, class: &str, key: &[u8]) -> Result<bool, StoreError> {
        let Ok(state_key) = state_key(class, key) else { return Ok(false) };
        Ok(self.read(&state_key)?.is_some())
    }

    /// The state of an entity; `key` is the wire message of its key.
    ///
    /// # Errors
    /// The store is damaged.
    pub fn state(&self, class: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        // No entity has a key that is too long.
        let Ok(state_key) = state_key(class, key) else { return Ok(None) };
        let Some(record) = self.read(&state_key)? else { return Ok(None) };
        self.assemble(class, key, &record).map(Some)
    }

    /// Reads everything and checks that it fits together.
    ///
    /// # Errors
    /// What is damaged.
    pub fn verify(&self) -> Result<Verification, StoreError> {
        let progress = self.progress()?;
        let mut verification =
            Verification { sequence: progress.sequence, entities: 0, state_bytes: 0, replies: 0 };
        let mut ordered = 0;
        for entry in self.scan(&[]) {
            let (key, value) = entry?;
            match key.first() {
                Some(&STATE) => {
                    let (class, entity_key) = split(&key)?;
                    let state = self.assemble(class, entity_key, &value)?;
                    verification.entities += 1;
                    verification.state_bytes += state.len() as u64;
                }
                Some(&REPLY) => {
                    decode_reply(&value).map_err(StoreError)?;
                    verification.replies += 1;
                }
                Some(&REPLY_ORDER) => ordered += 1,
                _ => {}
            }
        }
        if (verification.replies, ordered) != (progress.replies, progress.replies) {
            return Err(StoreError(format!(
                "it has {} replies, {ordered} of them in order, where there should be {}",
                verification.replies, progress.replies
            )));
        }
        Ok(verification)
    }

    /// All entries, as they lie in a store, in the order of their keys.
    pub(crate) fn entries(&self) -> Scan<'_> {
        self.scan(&[])
    }

    fn entities_from(
        &self,
        prefix: Vec<u8>,
    ) -> impl Iterator<Item = Result<StoredEntity, StoreError>> {
        let from = prefix.clone();
        self.entities_of(prefix, &from)
    }

    fn entities_of(
        &self,
        prefix: Vec<u8>,
        from: &[u8],
    ) -> impl Iterator<Item = Result<StoredEntity, StoreError>> + use<'_> {
        let entries = self.scan(from).take_while(move |entry| {
            entry.as_ref().map_or(true, |(key, _)| key.starts_with(&prefix))
        });
        entries.map(|entry| {
            let (key, record) = entry?;
            let (class, key) = split(&key)?;
            let record = StateRecord::new(&record).map_err(StoreError)?;
            let state_bytes = record.state_length() as u64;
            Ok(StoredEntity { class: class.to_owned(), key: key.to_vec(), state_bytes })
        })
    }

    fn assemble(&self, class: &str, key: &[u8], record: &[u8]) -> Result<Vec<u8>, StoreError> {
        let record = StateRecord::new(record).map_err(StoreError)?;
        record.assemble(|attribute| match attribute_key(class, key, attribute) {
            Some(key) => self.read(&key),
            None => Ok(None),
        })
    }

    /// What the snapshot does not have, sorted by key.
    pub(crate) fn newer(&self) -> &[Change] {
        &self.newer
    }

    pub(crate) fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        match self.newer.binary_search_by(|change| change.key[..].cmp(key)) {
            Ok(position) => Ok(self.newer[position].value.clone()),
            Err(_) => self.snapshot.read(key),
        }
    }

    /// The entries from the key `from` on, the newer ones in place of those in the store.
    fn scan(&self, from: &[u8]) -> Scan<'_> {
        let mut stored = self.snapshot.scan(from).peekable();
        let start = self.newer.partition_point(|change| change.key[..] < *from);
        let mut newer = self.newer[start..].iter().peekable();
        Box::new(std::iter::from_fn(move || {
            loop {
                let order = match (stored.peek(), newer.peek()) {
                    (None, None) | (Some(Err(_)), _) => return stored.next(),
                    (None, _) => Ordering::Greater,
                    (Some(Ok(_)), None) => Ordering::Less,
                    (Some(Ok((key, _))), Some(change)) => key.cmp(&change.key),
                };
                if order == Ordering::Less {
                    return stored.next();
                }
                if order == Ordering::Equal {
                    stored.next();
                }
                let Change { key, value } = newer.next()?;
                if let Some(value) = value {
                    return Some(Ok((key.clone(), value.clone())));
                }
            }
        }))
    }
}

fn split(key: &[u8]) -> Result<(&str, &[u8]), StoreError> {
    split_state_key(key).ok_or_else(|| StoreError("a key of a state is not readable".to_owned()))
}
