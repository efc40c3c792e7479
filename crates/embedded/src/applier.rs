//! The thread that brings frozen overlays into the store, in the background.
//!
//! A checkpoint reaches it after the log has everything in it, so a crash while it is applied loses
//! nothing: the log still has it, and applying is atomic. Once it is in the store, the log is cut.
//!
//! What a store does to stay fast may take longer than the next checkpoint can wait, so it has a
//! thread of its own, the maintainer. It may be a few checkpoints late.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use anabranch_kernel::Failure;
use anabranch_log::Log;
use crossbeam_channel::{Receiver, Sender};

use crate::background::Haste;
use crate::checkpoint::checkpoint;
use crate::classes::Classes;
use crate::health::Health;
use crate::overlay::{Frozen, Spare};
use crate::retention::Retention;
use crate::statistics::Counters;
use crate::store::{Store, StoreError};

/// An overlay to apply, and whom to tell.
pub(crate) struct CheckpointOrder {
    pub(crate) frozen: Arc<Frozen>,
    /// Who asked for the checkpoint, if it was not the engine itself. Dropped if it fails.
    pub(crate) done: Option<Sender<()>>,
}

/// What the applier is to do.
pub(crate) enum Task {
    Apply(CheckpointOrder),
    /// To empty an overlay that nobody reads any more. It may have a million states, for which no
    /// request should wait.
    Recycle(Arc<Frozen>),
}

/// What the applier works with.
pub(crate) struct Applier {
    pub(crate) classes: Arc<Classes>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) log: Arc<Mutex<Log>>,
    pub(crate) health: Arc<Health>,
    pub(crate) haste: Arc<Haste>,
    pub(crate) applied: Arc<Applied>,
    pub(crate) spare: Arc<Spare>,
    pub(crate) retention: Retention,
    pub(crate) counters: Arc<Counters>,
    /// To the maintainer: a checkpoint was applied.
    pub(crate) maintainer: Sender<()>,
}

/// How many checkpoints the maintainer may be late.
pub(crate) const MAINTENANCE_DELAY: usize = 4;

/// Applies checkpoints until nobody can ask for one any more.
pub(crate) fn run(applier: &Applier, tasks: &Receiver<Task>) {
    for task in tasks {
        match task {
            Task::Recycle(frozen) => applier.spare.recycle(frozen),
            Task::Apply(order) if applier.health.failure().is_none() => apply(applier, order),
            Task::Apply(order) => drop(order),
        }
    }
}

fn apply(applier: &Applier, order: CheckpointOrder) {
    let CheckpointOrder { frozen, done } = order;
    let apply = || apply_to_store(applier, &frozen);
    let applied = if done.is_some() { applier.haste.while_waiting(apply) } else { apply() };
    if let Err(error) = applied {
        return applier.health.fail(&format!("it could not write its store: {error}"));
    }
    let sequence = frozen.sequence;
    drop(frozen);
    applier.applied.advance(sequence);
    let mut log = applier.log.lock().unwrap_or_else(PoisonError::into_inner);
    let cut = log.cut(sequence);
    applier.counters.log_bytes.set(log.bytes());
    drop(log);
    if let Err(error) = cut {
        return applier.health.fail(&format!("it could not cut its log: {error}"));
    }
    applier.counters.checkpoints.add(1);
    if let Some(done) = done {
        // Who asked may have gone.
        let _ = done.send(());
    }
    if applier.maintainer.try_send(()).is_err() {
        // Without a maintainer the engine has failed.
        let _ = applier.haste.while_waiting(|| applier.maintainer.send(()));
    }
}

/// Maintains `store` after checkpoints, until there will be none any more.
pub(crate) fn maintain(store: &dyn Store, health: &Health, applied: &Receiver<()>) {
    while applied.recv().is_ok() {
        // One run does for all that were applied meanwhile.
        applied.try_iter().for_each(drop);
        if health.failure().is_some() {
            continue;
        }
        if let Err(error) = store.maintain() {
            health.fail(&format!("it could not maintain its store: {error}"));
        }
    }
}

fn apply_to_store(applier: &Applier, frozen: &Frozen) -> Result<(), StoreError> {
    let Applier { classes, store, retention, .. } = applier;
    let checkpoint = checkpoint(frozen, classes, store.as_ref(), *retention)?;
    store.apply(&mut checkpoint.into_changes())
}

/// How far the store has come.
pub(crate) struct Applied {
    sequence: Mutex<u64>,
    advanced: Condvar,
}

impl Applied {
    pub(crate) fn new(sequence: u64) -> Self {
        Self { sequence: Mutex::new(sequence), advanced: Condvar::new() }
    }

    fn advance(&self, sequence: u64) {
        *self.sequence.lock().unwrap_or_else(PoisonError::into_inner) = sequence;
        self.advanced.notify_all();
    }

    pub(crate) fn has_reached(&self, sequence: u64) -> bool {
        *self.sequence.lock().unwrap_or_else(PoisonError::into_inner) >= sequence
    }

    /// Waits until the store has come to `sequence`, or never will.
    pub(crate) fn wait_for(&self, sequence: u64, health: &Health) -> Result<(), Failure> {
        /// How long a failure may stay unnoticed.
        const PATIENCE: Duration = Duration::from_millis(50);
        let mut reached = self.sequence.lock().unwrap_or_else(PoisonError::into_inner);
        while *reached < sequence {
            if let Some(failure) = health.failure() {
                return Err(failure);
            }
            let waited = self.advanced.wait_timeout(reached, PATIENCE);
            reached = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        Ok(())
    }
}
