//! The engine as clients see it.

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::{self, JoinHandle};

use anabranch_ir::Program;
use anabranch_kernel::{Engine, Failure, Interpreter, OnReply, Request, TransactionDriver};
use crossbeam_channel::{Sender, TrySendError};

use crate::committer::{self, Committer};
use crate::directory;
use crate::effect_queue::{Bounds, EffectReceiver, effect_queue};
use crate::executor::{self, Executor, Submission};
use crate::health::Health;
use crate::pending::Pending;
use crate::reply_to::ReplyTo;
use crate::store::{Store, read_sequence};
use crate::watchdog::Watchdog;
use crate::{OpenError, Options};

/// The durable single-process engine: a reply leaves only after what it tells of is on disk.
///
/// Dropping it does what [`Embedded::close`] does, except for telling of a failure.
pub struct Embedded {
    program: Arc<Program>,
    health: Arc<Health>,
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
        let store = directory::open(directory, options)?;
        Self::with_store(Arc::new(store), program, interpreter, options)
    }

    /// Starts an engine on a store of the caller's.
    ///
    /// # Errors
    /// The store cannot be read, or the system gives no threads.
    pub fn with_store<I: Interpreter>(
        store: Arc<dyn Store>,
        program: Arc<Program>,
        interpreter: I,
        options: &Options,
    ) -> Result<Self, OpenError> {
        let sequence = read_sequence(store.as_ref()).map_err(OpenError::Store)?;
        let health = Arc::new(Health::default());
        let durable = Arc::new(AtomicU64::new(sequence));
        let (submissions, submissions_receiver) =
            crossbeam_channel::bounded(options.queue_length_max);
        let (effects, effects_receiver) = effect_queue(Bounds {
            count: options.run_ahead_requests_max,
            bytes: options.run_ahead_bytes_max,
        });
        let committer = Committer {
            program: Arc::clone(&program),
            store: Arc::clone(&store),
            health: Arc::clone(&health),
            durable: Arc::clone(&durable),
            group_bounds: Bounds {
                count: options.group_requests_max,
                bytes: options.group_bytes_max,
            },
        };
        let executor = Executor {
            program: Arc::clone(&program),
            store,
            health: Arc::clone(&health),
            pending: Pending::default(),
            sequence,
            durable,
        };
        let driver = TransactionDriver::new(interpreter);
        let watchdog = options.transaction_timeout;
        let watchdog = watchdog.map(|it| Watchdog::start(&driver, Arc::clone(&program), it));
        let watchdog = watchdog.transpose().map_err(OpenError::Threads)?;
        // If the second thread does not start, the first ends as its channel's other end goes.
        let committing = spawn("anabranch-committer", move || {
            commit(&committer, effects_receiver);
        })?;
        let executing = spawn_with_stack("anabranch-executor", EXECUTOR_STACK_BYTES, move || {
            let _guard = FailOnPanic { health: Arc::clone(&executor.health), thread: "executor" };
            executor::run(executor, driver, &submissions_receiver, &effects);
            drop(watchdog);
        })?;
        Ok(Self {
            program,
            health,
            submissions: RwLock::new(Some(submissions)),
            threads: Mutex::new(vec![executing, committing]),
        })
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
        if let Err(failure) = self.ready() {
            return reply_to.send(Err(failure));
        }
        let submission = Submission { request, reply_to };
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
        if let Some((submission, failure)) = refused {
            submission.reply_to.send(Err(failure));
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

fn commit(committer: &Committer, effects: EffectReceiver) {
    let _guard = FailOnPanic { health: Arc::clone(&committer.health), thread: "committer" };
    committer::run(committer, &effects);
}

/// Room for the deepest recursion that an interpreter allows, where user code and native code call
/// each other. The system gives what is used of it.
const EXECUTOR_STACK_BYTES: usize = 64 << 20;
const STACK_BYTES: usize = 2 << 20;

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    spawn_with_stack(name, STACK_BYTES, work)
}

fn spawn_with_stack(
    name: &str,
    bytes: usize,
    work: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>, OpenError> {
    let thread = thread::Builder::new().name(name.to_owned()).stack_size(bytes);
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
