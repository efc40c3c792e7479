//! The threads of an engine and what they share.

use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use anabranch_ir::Program;
use anabranch_kernel::{Interpreter, Limits, RunningTransaction, TransactionDriver};
use anabranch_log::Log;
use crossbeam_channel::Sender;

use crate::applier::{self, Applied, Applier, MAINTENANCE_DELAY, Task};
use crate::background::{self, Haste};
use crate::classes::Classes;
use crate::clock::Seeds;
use crate::committer::{self, Committer};
use crate::effect_queue::{Bounds, effect_queue};
use crate::executor::{self, Executor, Submission};
use crate::health::Health;
use crate::lock::DirectoryLock;
use crate::memory::MemoryShares;
use crate::overlay::{Overlay, Overlays, Spare};
use crate::pace::{Pace, PaceBounds};
use crate::recovery::Recovered;
use crate::retention::Retention;
use crate::roles::{Role, RolesAtWork};
use crate::statistics::Counters;
use crate::storage::Storage;
use crate::store::Store;
use crate::stuck::Stuck;
use crate::watchdog::{self, Watchdog};
use crate::{OpenError, Options};

/// What more than one thread of an engine works with.
pub(crate) struct Shared {
    classes: Arc<Classes>,
    store: Arc<dyn Store>,
    log: Arc<Mutex<Log>>,
    applied: Arc<Applied>,
    spare: Arc<Spare>,
    pub(crate) health: Arc<Health>,
    pub(crate) haste: Arc<Haste>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) at_work: Arc<RolesAtWork>,
    pub(crate) stuck: Arc<Stuck>,
}

impl Shared {
    /// The state of an engine that has just been opened, and its first overlay.
    pub(crate) fn new(recovered: Recovered, storage: &Storage) -> (Self, Overlay) {
        let Recovered { stored, classes, replayed, log } = recovered;
        let counters = Counters::default();
        counters.sequence.set(replayed.sequence);
        counters.log_bytes.set(log.bytes());
        counters.logged_bytes.set(replayed.bytes);
        counters.active_bytes.set(replayed.overlay.bytes() as u64);
        let shared = Self {
            classes: Arc::new(classes),
            store: Arc::clone(&storage.store),
            log: Arc::new(Mutex::new(log)),
            applied: Arc::new(Applied::new(stored)),
            spare: Arc::default(),
            health: Arc::default(),
            haste: Arc::default(),
            counters: Arc::new(counters),
            at_work: Arc::default(),
            stuck: Arc::default(),
        };
        (shared, replayed.overlay)
    }

    fn applier(&self, options: &Options, maintainer: Sender<()>) -> Applier {
        Applier {
            classes: Arc::clone(&self.classes),
            store: Arc::clone(&self.store),
            log: Arc::clone(&self.log),
            health: Arc::clone(&self.health),
            applied: Arc::clone(&self.applied),
            spare: Arc::clone(&self.spare),
            haste: Arc::clone(&self.haste),
            retention: Retention {
                time: options.reply_retention_time,
                count: options.reply_retention_count,
            },
            counters: Arc::clone(&self.counters),
            maintainer,
        }
    }

    fn committer(&self, options: &Options, applier: Sender<Task>) -> Committer {
        let shares = MemoryShares::of(options.memory_bytes);
        Committer {
            log: Arc::clone(&self.log),
            health: Arc::clone(&self.health),
            applier,
            group_bounds: Bounds {
                count: options.group_requests_max,
                bytes: options.group_bytes_max.min(shares.group_bytes),
            },
            counters: Arc::clone(&self.counters),
            clock: options.clock.clone(),
        }
    }

    fn executor(&self, options: &Options, overlay: Overlay, applier: Sender<Task>) -> Executor {
        let shares = MemoryShares::of(options.memory_bytes);
        let bounds = PaceBounds {
            logged_bytes: options.checkpoint_bytes,
            overlay_bytes: shares.overlay_bytes,
            overlays_bytes_max: shares.overlays_bytes_max,
            time: options.checkpoint_time,
        };
        Executor {
            classes: Arc::clone(&self.classes),
            store: Arc::clone(&self.store),
            health: Arc::clone(&self.health),
            haste: Arc::clone(&self.haste),
            overlays: Overlays::new(overlay, Arc::clone(&self.spare)),
            pace: Pace::new(bounds),
            applied: Arc::clone(&self.applied),
            applier,
            sequence: self.counters.sequence.get(),
            clock: options.clock.clone(),
            seeds: Seeds::new(),
            queue_time_max: options.queue_time_max,
            checkpoint_on_close: options.checkpoint_on_close,
            counters: Arc::clone(&self.counters),
            mentioned: Vec::new(),
            record: Vec::new(),
        }
    }
}

/// The threads of an engine, and what they look at.
pub(crate) struct Threads {
    /// Once it is gone, the threads end.
    pub(crate) submissions: Sender<Submission>,
    /// What the executor runs.
    pub(crate) running: Arc<RunningTransaction>,
    pub(crate) handles: Vec<JoinHandle<()>>,
}

/// Starts the threads. Each keeps the folder locked as long as it runs.
pub(crate) fn start_threads<I: Interpreter>(
    shared: &Shared,
    overlay: Overlay,
    lock: &Arc<Option<DirectoryLock>>,
    program: &Arc<Program>,
    interpreter: I,
    options: &Options,
) -> Result<Threads, OpenError> {
    let shares = MemoryShares::of(options.memory_bytes);
    let (submissions, submissions_receiver) = crossbeam_channel::bounded(options.queue_length_max);
    let (effects, effects_receiver) = effect_queue(Bounds {
        count: options.run_ahead_requests_max,
        bytes: options.run_ahead_bytes_max.min(shares.run_ahead_bytes),
    });
    let (tasks, tasks_receiver) = crossbeam_channel::unbounded();
    let (applied, applied_receiver) = crossbeam_channel::bounded(MAINTENANCE_DELAY);
    let applier = shared.applier(options, applied);
    let committer = shared.committer(options, tasks.clone());
    let executor = shared.executor(options, overlay, tasks);
    let limits = Limits { live_bytes: shares.live_bytes, ..Limits::default() };
    let driver = TransactionDriver::with_limits(interpreter, limits);
    let running = Arc::clone(driver.running());
    let watchdog = options.transaction_timeout.map(|timeout| {
        let limit = options.stuck_limit.clone();
        let bounds = watchdog::Bounds { timeout, limit };
        Watchdog::start(&driver, Arc::clone(program), bounds, Arc::clone(&shared.stuck))
    });
    let watchdog = watchdog.transpose().map_err(OpenError::Threads)?;
    // If a later thread does not start, those before end as their channels' other ends go.
    let (store, health) = (Arc::clone(&shared.store), Arc::clone(&shared.health));
    let maintaining = spawn(Role::Maintainer, shared, lock, move || {
        applier::maintain(store.as_ref(), &health, &applied_receiver);
    })?;
    let applying = spawn(Role::Applier, shared, lock, move || {
        applier::run(&applier, &tasks_receiver);
    })?;
    let committing = spawn(Role::Committer, shared, lock, move || {
        committer::run(&committer, &effects_receiver);
    })?;
    let executing = spawn(Role::Executor, shared, lock, move || {
        executor::run(executor, driver, &submissions_receiver, &effects);
        drop(watchdog);
    })?;
    let handles = vec![executing, committing, applying, maintaining];
    Ok(Threads { submissions, running, handles })
}

/// Room for the deepest recursion that an interpreter allows, where user code and native code call
/// each other. The system gives what is used of it.
const EXECUTOR_STACK_BYTES: usize = 64 << 20;
const STACK_BYTES: usize = 2 << 20;

fn spawn(
    role: Role,
    shared: &Shared,
    lock: &Arc<Option<DirectoryLock>>,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, OpenError> {
    let at_work = Arc::clone(&shared.at_work);
    let guard = End { health: Arc::clone(&shared.health), at_work, role };
    let lock = Arc::clone(lock);
    let haste = Arc::clone(&shared.haste);
    let work = move || {
        let _lock = lock;
        let _guard = guard;
        if role.is_in_background() {
            background::lower_priority();
            background::enter(haste);
        }
        work();
    };
    let stack_bytes = if role == Role::Executor { EXECUTOR_STACK_BYTES } else { STACK_BYTES };
    let thread = thread::Builder::new().name(format!("anabranch-{}", role.name()));
    shared.at_work.begin(role);
    // Without a thread `work` is dropped, and the guard with it.
    thread.stack_size(stack_bytes).spawn(work).map_err(OpenError::Threads)
}

/// Notes that a thread of the engine has ended, and if it died, so that nobody waits for it.
struct End {
    health: Arc<Health>,
    at_work: Arc<RolesAtWork>,
    role: Role,
}

impl Drop for End {
    fn drop(&mut self) {
        if thread::panicking() {
            let name = self.role.name();
            self.health.fail(&format!("of a bug in Anabranch: its {name} thread died"));
        }
        self.at_work.end(self.role);
    }
}
