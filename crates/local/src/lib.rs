//! The in-process engine for tests and debugging.
//!
//! Each request runs at once, on the thread that submits it, so breakpoints in entity code stop
//! that thread. Requests of several threads wait for each other. Nothing is durable.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{SystemTime, UNIX_EPOCH};

use anabranch_ir::Program;
use anabranch_kernel::{
    Engine, EntityId, Failure, IdempotencyKey, Interpreter, OnReply, Operation, Reply, Request,
    StateReader, TransactionContext, TransactionDriver, Transition, Write,
};

/// The engine.
///
/// [`Engine::submit`] must be called with the interpreter's lock released: it may wait for the
/// request of another thread, which needs that lock.
pub struct LocalEngine<I: Interpreter> {
    program: Arc<Program>,
    /// The thread whose request is running.
    running: Mutex<Option<ThreadId>>,
    executor: Mutex<Executor<I>>,
}

struct Executor<I: Interpreter> {
    driver: TransactionDriver<I>,
    states: States,
    /// The replies to named requests, with the fingerprints of what was asked.
    replies: HashMap<String, ([u8; 16], Reply)>,
}

/// The committed state of each entity.
#[derive(Default)]
struct States(HashMap<EntityId, Arc<[u8]>>);

impl StateReader for States {
    fn read(&mut self, id: &EntityId) -> Result<Option<Arc<[u8]>>, String> {
        Ok(self.0.get(id).cloned())
    }
}

impl<I: Interpreter> LocalEngine<I> {
    /// An engine without entities. `interpreter` runs the segments of `program`.
    pub fn new(program: Arc<Program>, interpreter: I) -> Self {
        let executor = Executor {
            driver: TransactionDriver::new(interpreter),
            states: States::default(),
            replies: HashMap::new(),
        };
        Self { program, running: Mutex::new(None), executor: Mutex::new(executor) }
    }

    fn run(&self, request: Request) -> Reply {
        let this_thread = Some(thread::current().id());
        if *self.running() == this_thread {
            return Err(Failure::Unavailable(
                "entity code made a root call; call the entity's method from a method that can \
                 suspend instead"
                    .to_owned(),
            ));
        }
        let mut executor = self.executor.lock().unwrap_or_else(PoisonError::into_inner);
        *self.running() = this_thread;
        let reply = executor.reply(request);
        *self.running() = None;
        reply
    }

    fn running(&self) -> MutexGuard<'_, Option<ThreadId>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I: Interpreter> Executor<I> {
    fn reply(&mut self, request: Request) -> Reply {
        let Some(IdempotencyKey { key, fingerprint }) = request.idempotency_key else {
            return self.execute(&request.operation);
        };
        if let Some((asked, reply)) = self.replies.get(&key) {
            let same = *asked == fingerprint;
            return if same { reply.clone() } else { Err(Failure::IdempotencyConflict) };
        }
        let reply = self.execute(&request.operation);
        self.replies.insert(key, (fingerprint, reply.clone()));
        reply
    }

    fn execute(&mut self, operation: &Operation) -> Reply {
        let Self { driver, states, .. } = self;
        let context = transaction_context();
        let Transition { reply, writes } = driver.session(|session| {
            let execute = || session.execute(operation, &context, states);
            catch_unwind(AssertUnwindSafe(execute)).unwrap_or_else(|panic| {
                // Undoing is forgetting: what the panic left half done is read again.
                session.forget_all();
                session.interpreter.end_transaction();
                let message = panic.downcast_ref::<String>().map(String::as_str);
                let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
                let message = message.unwrap_or("a panic without a message").to_owned();
                Transition { reply: Err(Failure::Bug(message)), writes: Vec::new() }
            })
        });
        for Write { id, state, .. } in writes {
            match state {
                Some(state) => states.0.insert(id, state),
                None => states.0.remove(&id),
            };
        }
        reply
    }
}

/// The time of this machine and a seed of the operating system.
fn transaction_context() -> TransactionContext {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("this machine's clock is before 1970").as_nanos();
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the operating system has no randomness");
    let start_time_nanoseconds = i64::try_from(now).expect("this machine's clock is after 2262");
    TransactionContext { start_time_nanoseconds, seed }
}

impl<I: Interpreter> Engine for LocalEngine<I> {
    fn program(&self) -> &Arc<Program> {
        &self.program
    }

    fn submit(&self, request: Request, on_reply: OnReply) {
        on_reply(self.run(request));
    }

    fn ready(&self) -> Result<(), Failure> {
        Ok(())
    }
}
