//! The store on disk: one log-structured merge tree.
//!
//! The changes of a checkpoint come sorted, so they are written straight into a new table of the
//! tree, which becomes valid, durably, together with the list of all tables: atomic, without a log
//! and without a table in memory. From time to time tables are merged, by whoever calls
//! [`Store::maintain`]. Large values lie apart from the tables, so that merging does not copy them.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use lsm_tree::compaction::Leveled;
use lsm_tree::compaction::filter::{CompactionFilter, Context, Factory, ItemAccessor, Verdict};
use lsm_tree::{
    AbstractTree, AnyTree, Cache, Config, Guard, KvSeparationOptions, SeqNo, SequenceNumberCounter,
};

use crate::background::breathe;
use crate::early_sync::EarlySync;
use crate::panic_message::panic_message;
use crate::state_record::LARGE_BYTES_MIN;
use crate::store::{Change, Changes, Scan, Snapshot, Store, StoreError};
use crate::{archive_contents, table_list};

/// A store in a folder of its own. Who opens it must hold the lock of the data folder.
#[derive(Clone)]
pub(crate) struct LsmStore(Arc<Tree>);

struct Tree {
    tree: AnyTree,
    folder: PathBuf,
    /// What was written before this number is to be seen.
    visible: SequenceNumberCounter,
    /// The moments of the snapshots that are open, and how many each has.
    snapshots: Mutex<BTreeMap<SeqNo, usize>>,
    /// Whether maintenance shall end.
    is_stopped: Arc<AtomicBool>,
}

/// Why a store cannot be opened.
pub(crate) enum RefusedStore {
    Io(io::Error),
    /// In words.
    Damaged(String),
}

impl LsmStore {
    /// Opens the store in `folder`, or creates it.
    pub(crate) fn open(folder: &Path, cache_bytes: u64) -> Result<Self, RefusedStore> {
        if let Some(problem) = table_list::damage(folder).map_err(RefusedStore::Io)? {
            return Err(RefusedStore::Damaged(problem));
        }
        if let Some(problem) = archive_contents::damage(folder).map_err(RefusedStore::Io)? {
            return Err(RefusedStore::Damaged(problem));
        }
        let next = SequenceNumberCounter::default();
        let visible = SequenceNumberCounter::default();
        let threshold = u32::try_from(LARGE_BYTES_MIN).expect("a constant");
        let large_values = KvSeparationOptions::default().separation_threshold(threshold);
        let is_stopped = Arc::new(AtomicBool::new(false));
        let config = Config::new(folder, next.clone(), visible.clone())
            .use_cache(Arc::new(Cache::with_capacity_bytes(cache_bytes)))
            .with_kv_separation(Some(large_values))
            .with_compaction_filter_factory(Some(Arc::new(Merging {
                folder: folder.to_owned(),
                is_stopped: Arc::clone(&is_stopped),
            })));
        // The library panics on some kinds of damage.
        match catch_unwind(AssertUnwindSafe(|| config.open())) {
            Ok(Ok(tree)) => {
                let first_free = tree.get_highest_seqno().map_or(0, |highest| highest + 1);
                next.fetch_max(first_free);
                visible.fetch_max(first_free);
                let (folder, snapshots) = (folder.to_owned(), Mutex::default());
                Ok(Self(Arc::new(Tree { tree, folder, visible, snapshots, is_stopped })))
            }
            Ok(Err(lsm_tree::Error::Io(error))) if !is_wrong_data(&error) => {
                Err(RefusedStore::Io(error))
            }
            Ok(Err(error)) => Err(RefusedStore::Damaged(describe(&error))),
            Err(panic) => Err(RefusedStore::Damaged(panic_message(panic.as_ref()))),
        }
    }

    /// Whether `folder` has what every store has. The library would make it anew, and so hide that
    /// it was lost.
    pub(crate) fn is_present(folder: &Path) -> io::Result<bool> {
        folder.join(table_list::CURRENT).try_exists()
    }
}

impl Tree {
    fn read_at(&self, key: &[u8], moment: SeqNo) -> Result<Option<Vec<u8>>, StoreError> {
        let value = guarded(|| self.tree.get(key, moment))?;
        Ok(value.map(|value| value.to_vec()))
    }

    /// Before this moment nothing needs to be kept for the sake of a snapshot.
    fn oldest_moment(&self) -> SeqNo {
        let snapshots = self.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        let visible = self.visible.get();
        snapshots.keys().next().map_or(visible, |oldest| visible.min(*oldest))
    }
}

impl Store for LsmStore {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.read_at(key, SeqNo::MAX)
    }

    fn try_apply(&self, changes: &mut Changes<'_>) -> Result<(), StoreError> {
        let mut failure = None;
        let applied = guarded(|| {
            let mut table = self.0.tree.ingestion()?;
            let mut early_sync = EarlySync::new(&self.0.folder);
            for change in changes {
                let Change { key, value } = match change {
                    Ok(change) => change,
                    Err(error) => {
                        // The tables written so far are in no list.
                        failure = Some(error);
                        return Ok(());
                    }
                };
                early_sync.wrote(key.len() + value.as_ref().map_or(0, Vec::len));
                match value {
                    Some(value) => table.write(key, value)?,
                    None => table.write_tombstone(key)?,
                }
            }
            table.finish()
        });
        failure.map_or(applied, Err)
    }

    fn maintain(&self) -> Result<(), StoreError> {
        let strategy = Arc::new(Leveled::default());
        while !self.0.is_stopped.load(Ordering::Relaxed) {
            let before = self.0.tree.next_table_id();
            let merged = guarded(|| self.0.tree.compact(strategy.clone(), self.0.oldest_moment()));
            if merged.is_err() && self.0.is_stopped.load(Ordering::Relaxed) {
                break;
            }
            merged?;
            if self.0.tree.next_table_id() == before {
                break;
            }
        }
        Ok(())
    }

    fn stop_maintaining(&self) {
        self.0.is_stopped.store(true, Ordering::Relaxed);
    }

    fn snapshot(&self) -> Box<dyn Snapshot> {
        let mut snapshots = self.0.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        let moment = self.0.visible.get();
        *snapshots.entry(moment).or_default() += 1;
        Box::new(LsmSnapshot { tree: Arc::clone(&self.0), moment })
    }
}

/// Merges of tables. They pause, and end at the next entry once told so: what was written of new tables
/// is in no list then, and goes when the store is opened again.
struct Merging {
    folder: PathBuf,
    is_stopped: Arc<AtomicBool>,
}

impl Factory for Merging {
    fn name(&self) -> &'static str {
        "merging"
    }

    fn make_filter(&self, _: &Context) -> Box<dyn CompactionFilter> {
        let early_sync = EarlySync::new(&self.folder);
        Box::new(Merge { early_sync, is_stopped: Arc::clone(&self.is_stopped) })
    }
}

/// One merge.
struct Merge {
    early_sync: EarlySync,
    is_stopped: Arc<AtomicBool>,
}

impl CompactionFilter for Merge {
    fn filter_item(&mut self, item: ItemAccessor<'_>, _: &Context) -> lsm_tree::Result<Verdict> {
        if self.is_stopped.load(Ordering::Relaxed) {
            return Err(io::Error::from(io::ErrorKind::Interrupted).into());
        }
        breathe();
        // A large value stays where it is.
        let value_bytes = if item.is_indirection() { 0 } else { item.value()?.len() };
        self.early_sync.wrote(item.key().len() + value_bytes);
        Ok(Verdict::Keep)
    }
}

struct LsmSnapshot {
    tree: Arc<Tree>,
    moment: SeqNo,
}

impl Snapshot for LsmSnapshot {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.tree.read_at(key, self.moment)
    }

    fn scan<'a>(&'a self, from: &[u8]) -> Scan<'a> {
        let mut entries = self.tree.tree.range(from.to_vec().., self.moment, None);
        let mut failed = false;
        Box::new(std::iter::from_fn(move || {
            if failed {
                return None;
            }
            let entry = guarded(|| entries.next().map(Guard::into_inner).transpose());
            failed = entry.is_err();
            let entry = entry.map(|entry| entry.map(|(key, value)| (key.to_vec(), value.to_vec())));
            entry.transpose()
        }))
    }
}

impl Drop for LsmSnapshot {
    fn drop(&mut self) {
        let mut snapshots = self.tree.snapshots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = snapshots.get_mut(&self.moment) {
            *count -= 1;
            if *count == 0 {
                snapshots.remove(&self.moment);
            }
        }
    }
}

/// The library panics on some kinds of damage.
fn guarded<T>(work: impl FnOnce() -> lsm_tree::Result<T>) -> Result<T, StoreError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => result.map_err(|error| StoreError(describe(&error))),
        Err(panic) => Err(StoreError(panic_message(panic.as_ref()))),
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
            // The library goes to a place that a damaged file names, before its beginning.
            | io::ErrorKind::InvalidInput
    )
}

fn describe(error: &lsm_tree::Error) -> String {
    match error {
        lsm_tree::Error::Io(error) if is_wrong_data(error) => {
            format!("a file of the store is missing or too short ({error})")
        }
        lsm_tree::Error::Io(error) => error.to_string(),
        lsm_tree::Error::ChecksumMismatch { .. } => {
            "a block of the store has a wrong checksum".to_owned()
        }
        lsm_tree::Error::Unrecoverable => "a file of the store is missing".to_owned(),
        error => format!("the store is not readable ({error:?})"),
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    fn open(folder: &Path) -> LsmStore {
        let opened = LsmStore::open(folder, 1 << 20);
        opened.unwrap_or_else(|_| panic!("a store that cannot be opened"))
    }

    fn entries(snapshot: &dyn Snapshot) -> BTreeMap<Vec<u8>, Vec<u8>> {
        snapshot.scan(&[]).map(Result::unwrap).collect()
    }

    #[test]
    fn snapshots_stay_what_they_were_while_the_store_changes_and_is_maintained() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let is_done = AtomicBool::new(false);
        let mut model = BTreeMap::new();
        let mut snapshots = Vec::new();
        thread::scope(|scope| {
            scope.spawn(|| {
                while !is_done.load(Ordering::Relaxed) {
                    store.maintain().unwrap();
                }
            });
            for round in 0..40_u32 {
                let changes: Vec<_> = (0..200_u32)
                    .filter(|number| number % 7 != round % 7)
                    .map(|number| Change {
                        key: number.to_be_bytes().to_vec(),
                        value: (!(number + round).is_multiple_of(5)).then(|| {
                            let length = if number % 10 == 0 { 10_000 } else { 10 };
                            vec![round as u8; length]
                        }),
                    })
                    .collect();
                for Change { key, value } in changes.clone() {
                    match value {
                        Some(value) => model.insert(key, value),
                        None => model.remove(&key),
                    };
                }
                store.apply(&mut changes.into_iter()).unwrap();
                snapshots.push((store.snapshot(), model.clone()));
                if round % 8 == 7 {
                    for (snapshot, expected) in snapshots.drain(..) {
                        assert_eq!(entries(snapshot.as_ref()), expected);
                    }
                }
            }
            is_done.store(true, Ordering::Relaxed);
        });
        drop(store);
        let store = open(folder.path());
        assert_eq!(entries(store.snapshot().as_ref()), model);
        let key = 8_u32.to_be_bytes();
        assert_eq!(store.read(&key).unwrap().as_ref(), model.get(&key[..]));
    }
    #[test]
    fn a_merge_that_is_broken_off_leaves_the_store_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        for round in 0..8_u8 {
            let mut changes = (0..100_u32).map(|number| Change {
                key: number.to_be_bytes().to_vec(),
                value: Some(vec![round; if number % 10 == 0 { 10_000 } else { 10 }]),
            });
            store.apply(&mut changes).unwrap();
        }
        let before = entries(store.snapshot().as_ref());
        let tables = || store.0.tree.table_count();
        assert_eq!(tables(), 8);
        store.stop_maintaining();
        // As if it had been told in the middle.
        let merged = guarded(|| store.0.tree.compact(Arc::new(Leveled::default()), SeqNo::MAX));
        assert!(merged.is_err());
        store.maintain().unwrap();
        assert_eq!(tables(), 8);
        assert_eq!(entries(store.snapshot().as_ref()), before);
        drop(store);
        let store = open(folder.path());
        assert_eq!(entries(store.snapshot().as_ref()), before);
        store.maintain().unwrap();
        assert!(store.0.tree.table_count() < 8);
        assert_eq!(entries(store.snapshot().as_ref()), before);
    }
}
