//! The engine as clients see it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use anabranch_ir::Program;
use anabranch_kernel::{Engine, Failure, Interpreter, Limits, OnReply, Request, TransactionDriver};
use crossbeam_channel::{Sender, TrySendError};

use crate::applier::{self, Applied, Applier};
use crate::classes::Classes;
use crate::clock::{Clock, Seeds};
use crate::committer::{self, Committer};
use crate::copy::{CopyError, copy_into};
use crate::directory;
use crate::effect_queue::{Bounds, effect_queue};
use crate::executor::{self, Executor, Submission};
use crate::health::Health;
use crate::lock::DirectoryLock;
use crate::metadata::StoreProgress;
use crate::options::MemoryShares;
use crate::overlay::Overlays;
use crate::pace::{Pace, PaceBounds};
use crate::recovery::{open_log, replay};
use crate::reply_to::ReplyTo;
use crate::retention::Retention;
use crate::schema_note;
use crate::statistics::{Counters, Statistics};
use crate::storage::Storage;
use crate::view::{Verification, View};
use crate::watchdog::Watchdog;
use crate::{Application, OpenError, Options};

/// The durable single-process engine: a reply leaves only after what it tells of is on disk.
///
/// Dropping it does what [`Embedded::close`] does, except for telling of a failure.
pub struct Embedded {
    program: Arc<Program>,
    health: Arc<Health>,
    clock: Clock,
    counters: Arc<Counters>,
    application: Option<Application>,
    /// `None` once the engine is closed.
    storage: Mutex<Option<Storage>>,
    /// `None` once the engine is closed.
    submissions: RwLock<Option<Sender<Submission>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Embedded {
    /// Opens the data folder `directory`, or creates it, and starts to take requests.
    ///
    /// # Errors
    /// Why the folder cannot be opened, and what to do.
    pub fn open<I: Interpreter>(
        directory: &Path,
        program: Arc<Program>,
        interpreter: I,
        options: &Options,
    ) -> Result<Self, OpenError> {
        let (storage, lock) = directory::open(directory, options)?;
        let started = Self::start(storage, Some(lock), program, interpreter, options);
        started.map_err(|error| error.in_directory(directory))
    }

    /// Starts an engine on a storage of the caller's, which was created once.
    ///
    /// # Errors
    /// The storage cannot be read, or the system gives no threads.
    pub fn with_storage<I: Interpreter>(
        storage: Storage,
        program: Arc<Program>,
        interpreter: I,
        options: &Options,
    ) -> Result<Self, OpenError> {
        Self::start(storage, None, program, interpreter, options)
    }

    fn start<I: Interpreter>(
        storage: Storage,
        lock: Option<DirectoryLock>,
        program: Arc<Program>,
        interpreter: I,
        options: &Options,
    ) -> Result<Self, OpenError> {
        // Each thread keeps the folder locked as long as it runs.
        let lock = Arc::new(lock);
        let stored = StoreProgress::read(storage.store.as_ref()).map_err(OpenError::Store)?;
        if let Some(schema) = &options.schema {
            let application = options.application.as_ref();
            let program_hash = application.map(|application| &*application.program_hash);
            schema_note::agree(storage.store.as_ref(), schema, program_hash)?;
        }
        let mut classes = Classes::of(&program);
        let mut recovery = open_log(&storage, stored.sequence).map_err(OpenError::Log)?;
        let replayed =
            replay(&mut recovery, stored.sequence, &mut classes, storage.store.as_ref())?;
        let log = recovery.finish().map_err(OpenError::Log)?;

        let shares = MemoryShares::of(options.memory_bytes);
        let classes = Arc::new(classes);
        let health = Arc::new(Health::default());
        let counters = Arc::new(Counters::default());
        counters.sequence.set(replayed.sequence);
        counters.log_bytes.set(log.bytes());
        counters.active_bytes.set(replayed.overlay.bytes() as u64);
        let log = Arc::new(Mutex::new(log));
        let applied = Arc::new(Applied::new(stored.sequence));
        let (submissions, submissions_receiver) =
            crossbeam_channel::bounded(options.queue_length_max);
        let (effects, effects_receiver) = effect_queue(Bounds {
            count: options.run_ahead_requests_max,
            bytes: options.run_ahead_bytes_max,
        });
        let (tasks, tasks_receiver) = crossbeam_channel::unbounded();

        let applier = Applier {
            classes: Arc::clone(&classes),
            store: Arc::clone(&storage.store),
            log: Arc::clone(&log),
            health: Arc::clone(&health),
            applied: Arc::clone(&applied),
            retention: Retention {
                time: options.reply_retention_time,
                count: options.reply_retention_count,
            },
            counters: Arc::clone(&counters),
        };
        let committer = Committer {
            classes: Arc::clone(&classes),
            log,
            health: Arc::clone(&health),
            applier: tasks.clone(),
            group_bounds: Bounds {
                count: options.group_requests_max,
                bytes: options.group_bytes_max,
            },
            counters: Arc::clone(&counters),
        };
        let bounds = PaceBounds {
            logged_bytes: options.checkpoint_bytes,
            overlay_bytes: shares.overlay_bytes,
            time: options.checkpoint_time,
        };
        let executor = Executor {
            classes,
            store: Arc::clone(&storage.store),
            health: Arc::clone(&health),
            overlays: Overlays::new(replayed.overlay),
            pace: Pace::new(bounds, replayed.bytes),
            applied,
            applier: tasks,
            sequence: replayed.sequence,
            clock: options.clock.clone(),
            seeds: Seeds::new(),
            queue_time_max: options.queue_time_max,
            checkpoint_on_close: options.checkpoint_on_close,
            counters: Arc::clone(&counters),
        };
        let limits = Limits { live_bytes: shares.live_bytes, ..Limits::default() };
        let driver = TransactionDriver::with_limits(interpreter, limits);
        let watchdog = options.transaction_timeout;
        let watchdog = watchdog.map(|it| Watchdog::start(&driver, Arc::clone(&program), it));
        let watchdog = watchdog.transpose().map_err(OpenError::Threads)?;
        // If a later thread does not start, those before end as their channels' other ends go.
        let applying = spawn("applier", STACK_BYTES, &health, &lock, move || {
            applier::run(&applier, &tasks_receiver);
        })?;
        let committing = spawn("committer", STACK_BYTES, &health, &lock, move || {
            committer::run(&committer, &effects_receiver);
            // Its end must go before that of the applier is waited for.
            drop((committer, effects_receiver));
        })?;
        let executing = spawn("executor", EXECUTOR_STACK_BYTES, &health, &lock, move || {
            executor::run(executor, driver, &submissions_receiver, &effects);
            drop(watchdog);
        })?;
        Ok(Self {
            program,
            health,
            clock: options.clock.clone(),
            counters,
            application: options.application.clone(),
            storage: Mutex::new(Some(storage)),
            submissions: RwLock::new(Some(submissions)),
            threads: Mutex::new(vec![executing, committing, applying]),
        })
    }

    /// Brings everything executed so far into the store, and waits for that.
    ///
    /// Must not be called by a reply, nor on a thread that holds the interpreter up.
    ///
    /// # Errors
    /// The engine has failed or is closed.
    pub fn checkpoint(&self) -> Result<(), Failure> {
        let (done, is_done) = crossbeam_channel::bounded(1);
        let submissions = self.submissions.read().unwrap_or_else(PoisonError::into_inner);
        let sender = submissions.as_ref().ok_or_else(shutting_down)?.clone();
        drop(submissions);
        sender.send(Submission::Checkpoint { done }).map_err(|_| shutting_down())?;
        drop(sender);
        is_done.recv().map_err(|_| self.health.failure().unwrap_or_else(shutting_down))
    }

    /// Everything as it is now, for tools. Waits for a checkpoint.
    ///
    /// # Errors
    /// As for [`Embedded::checkpoint`].
    pub fn view(&self) -> Result<View, Failure> {
        self.checkpoint()?;
        let storage = self.storage.lock().unwrap_or_else(PoisonError::into_inner);
        let storage = storage.as_ref().ok_or_else(shutting_down)?;
        Ok(View::new(storage.store.snapshot(), Vec::new()))
    }

    /// Copies everything as it is now into a new or empty folder, while the engine goes on. The
    /// copy is a data folder of its own, checked when this returns.
    ///
    /// # Errors
    /// As for [`Embedded::checkpoint`]; what is damaged, or why nothing can be written there.
    pub fn backup(&self, into: &Path) -> Result<Verification, CopyError> {
        let view = self.view().map_err(CopyError::Engine)?;
        copy_into(&view, into, self.application.clone())
    }

    /// How the engine is doing.
    pub fn statistics(&self) -> Statistics {
        let failure = self.health.failure();
        self.counters.statistics(failure.map(|failure| match failure {
            Failure::Unavailable(message) => message,
            other => format!("{other:?}"),
        }))
    }

    /// Takes no more requests, finishes those it has taken, and gives the data folder free. Does
    /// nothing the second time.
    ///
    /// On a thread that holds the interpreter up (for CPython: holds the interpreter lock), this
    /// would wait forever for the requests still to be executed; detach first.
    ///
    /// # Errors
    /// The engine has failed, now or earlier: some requests got no result.
    pub fn close(&self) -> Result<(), Failure> {
        drop(self.submissions.write().unwrap_or_else(PoisonError::into_inner).take());
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let threads = std::mem::take(&mut *threads);
        drop(self.storage.lock().unwrap_or_else(PoisonError::into_inner).take());
        // The last user of an engine may be a reply. It cannot wait for the thread it runs on.
        let own = thread::current().id();
        if threads.iter().all(|handle| handle.thread().id() != own) {
            for handle in threads {
                // A panic has been noted as a failure of the engine.
                let _ = handle.join();
            }
        }
        self.health.failure().map_or(Ok(()), Err)
    }
}

impl Engine for Embedded {
    fn program(&self) -> &Arc<Program> {
        &self.program
    }

    fn submit(&self, request: Request, on_reply: OnReply) {
        let reply_to = ReplyTo::new(on_reply);
        if let Some(failure) = self.health.failure() {
            return reply_to.send(Err(failure));
        }
        let submission = Submission::Request { request, reply_to, time: self.clock.now() };
        let submissions = self.submissions.read().unwrap_or_else(PoisonError::into_inner);
        let refused = match submissions.as_ref() {
            None => Some((submission, shutting_down())),
            Some(submissions) => match submissions.try_send(submission) {
                Ok(()) => None,
                Err(TrySendError::Full(submission)) => Some((submission, Failure::Overloaded)),
                Err(TrySendError::Disconnected(submission)) => Some((submission, shutting_down())),
            },
        };
        drop(submissions);
        if let Some((Submission::Request { reply_to, .. }, failure)) = refused {
            reply_to.send(Err(failure));
        }
    }

    fn ready(&self) -> Result<(), Failure> {
        if let Some(failure) = self.health.failure() {
            return Err(failure);
        }
        let submissions = self.submissions.read().unwrap_or_else(PoisonError::into_inner);
        if submissions.is_some() { Ok(()) } else { Err(shutting_down()) }
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        // Whoever wants to know of a failure calls `close`.
        let _ = self.close();
    }
}

fn shutting_down() -> Failure {
    Failure::Unavailable("the engine is shutting down".to_owned())
}

/// Room for the deepest recursion that an interpreter allows, where user code and native code call
/// each other. The system gives what is used of it.
const EXECUTOR_STACK_BYTES: usize = 64 << 20;
const STACK_BYTES: usize = 2 << 20;

fn spawn(
    name: &'static str,
    stack_bytes: usize,
    health: &Arc<Health>,
    lock: &Arc<Option<DirectoryLock>>,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, OpenError> {
    let guard = FailOnPanic { health: Arc::clone(health), thread: name };
    let lock = Arc::clone(lock);
    let work = move || {
        let _lock = lock;
        let _guard = guard;
        work();
    };
    let thread = thread::Builder::new().name(format!("anabranch-{name}")).stack_size(stack_bytes);
    thread.spawn(work).map_err(OpenError::Threads)
}

/// Notes that a thread of the engine died, so that nobody waits for it.
struct FailOnPanic {
    health: Arc<Health>,
    thread: &'static str,
}

impl Drop for FailOnPanic {
    fn drop(&mut self) {
        if thread::panicking() {
            self.health.fail(&format!("of a bug in Anabranch: its {} thread died", self.thread));
        }
    }
}
