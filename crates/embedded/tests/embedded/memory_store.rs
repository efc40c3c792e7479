//! A store in memory that a test holds up and lets fail.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, Mutex};

use anabranch_embedded::store::{Change, Changes, Scan, Snapshot, Store, StoreError};

use crate::gate::Gate;

type Entries = BTreeMap<Vec<u8>, Vec<u8>>;

#[derive(Default)]
pub(crate) struct MemoryStore {
    content: Mutex<Content>,
    gate: Gate,
}

#[derive(Default)]
struct Content {
    entries: Arc<Entries>,
    /// What was applied at each checkpoint.
    applied: Vec<Vec<Change>>,
    read_failure: Option<StoreError>,
    write_failure: Option<StoreError>,
}

impl MemoryStore {
    /// Where `apply` waits.
    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(crate) fn take_applied(&self) -> Vec<Vec<Change>> {
        std::mem::take(&mut self.content.lock().unwrap().applied)
    }

    /// The keys that begin with `prefix`.
    pub(crate) fn keys(&self, prefix: &[u8]) -> Vec<Vec<u8>> {
        let entries = Arc::clone(&self.content.lock().unwrap().entries);
        entries.keys().filter(|key| key.starts_with(prefix)).cloned().collect()
    }

    pub(crate) fn fail_reads(&self, problem: &str) {
        self.content.lock().unwrap().read_failure = Some(StoreError(problem.to_owned()));
    }

    pub(crate) fn fail_writes(&self, problem: &str) {
        self.content.lock().unwrap().write_failure = Some(StoreError(problem.to_owned()));
    }

    pub(crate) fn mend(&self) {
        let mut content = self.content.lock().unwrap();
        content.read_failure = None;
        content.write_failure = None;
    }
}

impl Store for MemoryStore {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let content = self.content.lock().unwrap();
        match &content.read_failure {
            Some(error) => Err(error.clone()),
            None => Ok(content.entries.get(key).cloned()),
        }
    }

    fn try_apply(&self, changes: &mut Changes<'_>) -> Result<(), StoreError> {
        let changes = changes.collect::<Result<Vec<_>, _>>()?;
        self.gate.pass().map_err(StoreError)?;
        let mut content = self.content.lock().unwrap();
        if let Some(error) = &content.write_failure {
            return Err(error.clone());
        }
        assert!(changes.is_sorted_by(|one, other| one.key < other.key), "not sorted: {changes:?}");
        let entries = Arc::make_mut(&mut content.entries);
        for Change { key, value } in &changes {
            match value {
                Some(value) => entries.insert(key.clone(), value.clone()),
                None => entries.remove(key),
            };
        }
        content.applied.push(changes);
        Ok(())
    }

    fn maintain(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn stop_maintaining(&self) {}

    fn snapshot(&self) -> Box<dyn Snapshot> {
        Box::new(MemorySnapshot(Arc::clone(&self.content.lock().unwrap().entries)))
    }
}

struct MemorySnapshot(Arc<Entries>);

impl Snapshot for MemorySnapshot {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(key).cloned())
    }

    fn scan<'a>(&'a self, from: &[u8]) -> Scan<'a> {
        let range = self.0.range::<[u8], _>((Bound::Included(from), Bound::Unbounded));
        Box::new(range.map(|(key, value)| Ok((key.clone(), value.clone()))))
    }
}
