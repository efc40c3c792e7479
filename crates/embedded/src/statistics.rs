//! What an engine tells its operator about itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How an engine is doing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statistics {
    /// The number of the last request whose effects are durable.
    pub sequence: u64,
    /// The size of the log that is still needed.
    pub log_bytes: u64,
    /// An estimate of the memory held by what is not in the store yet.
    pub overlay_bytes: u64,
    /// An estimate of the memory that live entities take.
    pub live_bytes: u64,
    /// How many checkpoints were finished since the engine was opened.
    pub checkpoints: u64,
    /// How many groups were synced since then.
    pub groups: u64,
    /// How many requests wait to be executed.
    pub queue_length: u64,
    /// When the last group was synced, in nanoseconds since the start of 1970; 0 for never.
    pub last_sync_time: i64,
    /// How long the last group took to be written and synced.
    pub last_sync_duration: Duration,
    /// Why the engine stopped, if it did.
    pub last_error: Option<String>,
}

/// The numbers behind [`Statistics`], as the threads of the engine count them.
#[derive(Default)]
pub(crate) struct Counters {
    pub(crate) sequence: Counter,
    pub(crate) log_bytes: Counter,
    /// All records since the engine was opened, and those that were read then.
    pub(crate) logged_bytes: Counter,
    pub(crate) active_bytes: Counter,
    pub(crate) frozen_bytes: Counter,
    pub(crate) live_bytes: Counter,
    pub(crate) checkpoints: Counter,
    pub(crate) groups: Counter,
    /// In nanoseconds since the start of 1970.
    pub(crate) last_sync_time: Counter,
    /// In nanoseconds.
    pub(crate) last_sync_duration: Counter,
}

impl Counters {
    pub(crate) fn statistics(&self, queue_length: u64, last_error: Option<String>) -> Statistics {
        Statistics {
            sequence: self.sequence.get(),
            log_bytes: self.log_bytes.get(),
            overlay_bytes: self.active_bytes.get() + self.frozen_bytes.get(),
            live_bytes: self.live_bytes.get(),
            checkpoints: self.checkpoints.get(),
            groups: self.groups.get(),
            queue_length,
            last_sync_time: self.last_sync_time.get().cast_signed(),
            last_sync_duration: Duration::from_nanos(self.last_sync_duration.get()),
            last_error,
        }
    }
}

/// A number that one thread writes and others read.
#[derive(Default)]
pub(crate) struct Counter(AtomicU64);

impl Counter {
    pub(crate) fn set(&self, value: u64) {
        self.0.store(value, Ordering::Relaxed);
    }

    pub(crate) fn add(&self, value: u64) {
        self.0.fetch_add(value, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}
