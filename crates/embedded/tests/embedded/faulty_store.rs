//! A store that fails where it is told to.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anabranch_embedded::store::{Changes, Scan, Snapshot, Store, StoreError};

use crate::memory_store::MemoryStore;

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum StoreFault {
    /// The operation does nothing, and says so.
    Fail,
    /// The operation is done, and yet reported as failed: its caller cannot know.
    FailAfterwards,
    /// The thread dies in the middle of it.
    Panic,
}

/// Counts the operations of a store, and lets one of them fail. Reads count, because they fail too.
#[derive(Clone)]
pub(crate) struct FaultyStore {
    inner: Arc<MemoryStore>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    operations: AtomicU64,
    plan: Mutex<Option<(u64, StoreFault)>>,
}

impl FaultyStore {
    pub(crate) fn new(inner: Arc<MemoryStore>) -> Self {
        Self { inner, shared: Arc::default() }
    }

    /// Lets the operation with this number fail, counted from now.
    pub(crate) fn plan(&self, operation: u64, fault: StoreFault) {
        let operation = self.shared.operations.load(Ordering::SeqCst) + operation;
        *self.shared.plan.lock().unwrap() = Some((operation, fault));
    }

    fn attempt<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let operation = self.shared.operations.fetch_add(1, Ordering::SeqCst);
        let plan = *self.shared.plan.lock().unwrap();
        let fault = plan.filter(|(planned, _)| *planned == operation).map(|(_, fault)| fault);
        let failure = Err(StoreError("the disk burns".to_owned()));
        match fault {
            None => work(),
            Some(StoreFault::Fail) => failure,
            Some(StoreFault::FailAfterwards) => work().and(failure),
            Some(StoreFault::Panic) => panic!("a panic for a test"),
        }
    }
}

impl Store for FaultyStore {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.attempt(|| self.inner.read(key))
    }

    fn try_apply(&self, changes: &mut Changes<'_>) -> Result<(), StoreError> {
        self.attempt(|| self.inner.try_apply(changes))
    }

    fn maintain(&self) -> Result<(), StoreError> {
        self.attempt(|| self.inner.maintain())
    }

    fn stop_maintaining(&self) {
        self.inner.stop_maintaining();
    }

    fn snapshot(&self) -> Box<dyn Snapshot> {
        Box::new(FaultySnapshot { store: self.clone(), inner: self.inner.snapshot() })
    }
}

struct FaultySnapshot {
    store: FaultyStore,
    inner: Box<dyn Snapshot>,
}

impl Snapshot for FaultySnapshot {
    fn read(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.attempt(|| self.inner.read(key))
    }

    fn scan<'a>(&'a self, from: &[u8]) -> Scan<'a> {
        match self.store.attempt(|| Ok(())) {
            Ok(()) => self.inner.scan(from),
            Err(error) => Box::new(std::iter::once(Err(error))),
        }
    }
}
