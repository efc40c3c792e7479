//! Stopping a transaction from outside.
//!
//! Whoever watches a driver (an engine's watchdog: the kernel has no clock) sees in its
//! [`RunningTransaction`] what runs, and asks there that it be stopped. The driver looks between
//! segments and before it commits; a transaction that was to be stopped never commits, whatever
//! user code made of it. To get user code itself to an end is up to the interpreter's
//! [`Interrupter`].

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use anabranch_ir::FunctionId;

/// The number of a transaction: none is used twice by one driver.
pub type TransactionNumber = NonZeroU64;

/// What a driver runs now. Shared by the driver and those who watch it.
#[derive(Debug, Default)]
pub struct RunningTransaction {
    /// Zero between transactions.
    number: AtomicU64,
    /// The root method's function, plus one; zero if the root call is no call of a method.
    method: AtomicU32,
    /// The last transaction that was to be stopped.
    stopped: AtomicU64,
}

impl RunningTransaction {
    /// The transaction that runs now.
    pub fn number(&self) -> Option<TransactionNumber> {
        NonZeroU64::new(self.number.load(Ordering::Acquire))
    }

    /// The root method of the transaction that runs now, if the root call is one of a method.
    pub fn method(&self) -> Option<FunctionId> {
        self.method.load(Ordering::Relaxed).checked_sub(1).map(FunctionId)
    }

    /// Lets the driver undo `transaction` as soon as it looks, if it still runs then.
    pub fn stop(&self, transaction: TransactionNumber) {
        self.stopped.store(transaction.get(), Ordering::Release);
    }

    pub(crate) fn begin(&self, number: u64, method: Option<FunctionId>) {
        self.method.store(method.map_or(0, |method| method.0 + 1), Ordering::Relaxed);
        self.number.store(number, Ordering::Release);
    }

    pub(crate) fn end(&self) {
        self.number.store(0, Ordering::Release);
    }

    /// Whether the transaction that runs now is to be stopped.
    pub(crate) fn is_stopped(&self) -> bool {
        // The driver's own thread writes the number.
        self.stopped.load(Ordering::Acquire) == self.number.load(Ordering::Relaxed)
    }
}

/// How hard user code is asked to end.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Manner {
    /// As by an exception: `finally` and `with` get the chance to tidy up.
    Ask,
    /// So that no handler of exceptions can go on.
    Insist,
}

/// Ends user code that runs on another thread.
pub trait Interrupter: Send + Sync {
    /// Ends the user code of `transaction`, if it is still what `running` shows. May wait until the
    /// interpreter can be reached; comes back as soon as the transaction is over.
    fn interrupt(
        &self,
        running: &RunningTransaction,
        transaction: TransactionNumber,
        manner: Manner,
    );

    /// Where the user code of `transaction` is, in words. Waits as [`Interrupter::interrupt`] does.
    fn place(&self, running: &RunningTransaction, transaction: TransactionNumber)
    -> Option<String>;
}
