//! Transactions that do not end although they were interrupted: their code is in C.
//!
//! As long as one keeps the executor, nothing else is executed. Requests that come meanwhile are
//! refused at once, rather than let wait for what may never end; and whoever runs the engine may
//! want to be told after a time, to end the process and start it again.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anabranch_kernel::{Failure, TransactionNumber};

/// What is done about a transaction that does not end.
#[derive(Clone)]
pub struct StuckLimit {
    /// How long after its timeout.
    pub time: Duration,
    /// Is told about it, once.
    pub exceeded: Arc<dyn Fn(&str) + Send + Sync>,
}

impl fmt::Debug for StuckLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StuckLimit").field("time", &self.time).finish_non_exhaustive()
    }
}

/// What the executor is stuck in, if it is. Written by the watchdog.
#[derive(Default)]
pub(crate) struct Stuck {
    /// Zero for none.
    transaction: AtomicU64,
    what: Mutex<String>,
}

impl Stuck {
    pub(crate) fn begin(&self, transaction: TransactionNumber, what: &str) {
        what.clone_into(&mut self.what.lock().unwrap_or_else(PoisonError::into_inner));
        self.transaction.store(transaction.get(), Ordering::Release);
    }

    /// Notes that `running` is what runs now.
    pub(crate) fn look(&self, running: Option<TransactionNumber>) {
        let running = running.map_or(0, TransactionNumber::get);
        if self.transaction.load(Ordering::Relaxed) != running {
            self.transaction.store(0, Ordering::Release);
        }
    }

    /// Why nothing can be executed now.
    pub(crate) fn failure(&self) -> Option<Failure> {
        if self.transaction.load(Ordering::Acquire) == 0 {
            return None;
        }
        let what = self.what.lock().unwrap_or_else(PoisonError::into_inner);
        Some(Failure::Unavailable(format!(
            "nothing is executed until {what} ends, or the server is started again"
        )))
    }
}
