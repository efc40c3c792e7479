//! The engine as clients see it.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, RwLock, Weak};
use std::thread::{self, JoinHandle};

use anabranch_ir::Program;
use anabranch_kernel::{Engine, Failure, Interpreter, OnReply, Request, RunningTransaction};
use crossbeam_channel::{Sender, TrySendError};

use crate::background::Haste;
use crate::clock::Clock;
use crate::copy::{CopyError, copy_into};
use crate::directory;
use crate::executor::Submission;
use crate::health::Health;
use crate::lock::DirectoryLock;
use crate::recovery::recover;
use crate::reply_to::ReplyTo;
use crate::roles::{Role, RolesAtWork};
use crate::schema_note;
use crate::statistics::{Counters, Statistics};
use crate::storage::Storage;
use crate::stuck::Stuck;
use crate::threads::{Shared, start_threads};
use crate::view::{Verification, View};
use crate::watchdog::method_name;
use crate::{Application, OpenError, Options};

/// The durable single-process engine: a reply leaves only after what it tells of is on disk.
///
/// Dropping it does what [`Embedded::close`] does, except for telling of a failure.
pub struct Embedded {
    program: Arc<Program>,
    health: Arc<Health>,
    haste: Arc<Haste>,
    clock: Clock,
    counters: Arc<Counters>,
    application: Option<Application>,
    /// Gone once the engine's threads have ended.
    lock: Weak<Option<DirectoryLock>>,
    /// `None` once the engine is closed.
    storage: Mutex<Option<Storage>>,
    /// `None` once the engine is closed.
    submissions: RwLock<Option<Sender<Submission>>>,
    running: Arc<RunningTransaction>,
    stuck: Arc<Stuck>,
    at_work: Arc<RolesAtWork>,
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
        if let Some(schema) = &options.schema {
            let application = options.application.as_ref();
            let program_hash = application.map(|application| &*application.program_hash);
            schema_note::agree(storage.store.as_ref(), schema, program_hash)?;
        }
        let recovered = recover(&storage, &program)?;
        let (shared, overlay) = Shared::new(recovered, &storage);
        let threads = start_threads(&shared, overlay, &lock, &program, interpreter, options)?;
        let Shared { health, haste, counters, at_work, stuck, .. } = shared;
        Ok(Self {
            program,
            health,
            haste,
            clock: options.clock.clone(),
            counters,
            application: options.application.clone(),
            lock: Arc::downgrade(&lock),
            storage: Mutex::new(Some(storage)),
            submissions: RwLock::new(Some(threads.submissions)),
            running: threads.running,
            at_work,
            stuck,
            threads: Mutex::new(threads.handles),
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

    /// Everything as it is now, for tools. Waits for a checkpoint. Can be read as long as the engine
    /// is open.
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

    /// The application whose requests the engine executes, as far as it was told.
    pub fn application(&self) -> Option<&Application> {
        self.application.as_ref()
    }

    /// Notes in the data folder under which address the engine can be reached, for those who find
    /// the folder in use.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub fn note_address(&self, address: &str) -> std::io::Result<()> {
        match self.lock.upgrade().as_deref() {
            Some(Some(lock)) => lock.note_address(address),
            _ => Ok(()),
        }
    }

    /// How the engine is doing.
    pub fn statistics(&self) -> Statistics {
        let failure = self.health.failure();
        let submissions = self.submissions.read().unwrap_or_else(PoisonError::into_inner);
        let queue_length = submissions.as_ref().map_or(0, Sender::len) as u64;
        self.counters.statistics(
            queue_length,
            failure.map(|failure| match failure {
                Failure::Unavailable(message) => message,
                other => format!("{other:?}"),
            }),
        )
    }

    /// Takes no more requests, finishes those it has taken, and gives the data folder free. What is
    /// done only to keep the store fast is broken off. Does nothing the second time.
    ///
    /// On a thread that holds the interpreter up (for CPython: holds the interpreter lock), this
    /// would wait forever for the requests still to be executed; detach first.
    ///
    /// # Errors
    /// The engine has failed, now or earlier: some requests got no result.
    pub fn close(&self) -> Result<(), Failure> {
        drop(self.submissions.write().unwrap_or_else(PoisonError::into_inner).take());
        self.haste.begin_for_good();
        let mut threads = self.threads.lock().unwrap_or_else(PoisonError::into_inner);
        let threads = std::mem::take(&mut *threads);
        let storage = self.storage.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(storage) = storage {
            storage.store.stop_maintaining();
        }
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

    /// What [`Embedded::close`] waits for now, in words; `None` if nothing is at work any more.
    pub fn waits_for(&self) -> Option<String> {
        let waits_for = match self.at_work.first()? {
            Role::Executor if self.running.number().is_some() => {
                let method = method_name(&self.program, &self.running);
                format!("a transaction is still running (method: {method})")
            }
            Role::Executor => "the executor has not ended".to_owned(),
            Role::Committer => "the log is still being written".to_owned(),
            Role::Applier | Role::Maintainer => "the store is still being written".to_owned(),
        };
        Some(waits_for)
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
        if self.stuck.failure().is_some() {
            // Nothing of it is applied, and it may be repeated: the same as for a full queue.
            return reply_to.send(Err(Failure::Overloaded));
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
        if let Some(failure) = self.health.failure().or_else(|| self.stuck.failure()) {
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
