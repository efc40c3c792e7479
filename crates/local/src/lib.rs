//! The in-process engine for tests and debugging.
//!
//! Each request runs at once, on the thread that submits it, so breakpoints in entity code stop
//! that thread. Requests of several threads wait for each other. Nothing is durable.
//!
//! On demand it compares what each request touched and changed with what the program says of the
//! method (its effects and access set): engines that lock by it would be wrong where it says too
//! little. The effects believe type hints, which need not be right, so this is for tests.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{SystemTime, UNIX_EPOCH};

use anabranch_ir::{AccessMode, Program};
use anabranch_kernel::access::excess;
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
    /// What requests are compared with, if they are.
    compared_with: Option<Arc<Program>>,
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
            compared_with: None,
            driver: TransactionDriver::new(interpreter),
            states: States::default(),
            replies: HashMap::new(),
        };
        Self { program, running: Mutex::new(None), executor: Mutex::new(executor) }
    }

    /// An engine in which requests fail that touch or change more than the program says of them.
    pub fn comparing(program: Arc<Program>, interpreter: I) -> Self {
        let mut engine = Self::new(Arc::clone(&program), interpreter);
        let executor = engine.executor.get_mut().unwrap_or_else(PoisonError::into_inner);
        executor.compared_with = Some(program);
        engine
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
        let Self { compared_with, driver, states, .. } = self;
        let context = transaction_context();
        let (Transition { reply, writes }, touched) = driver.session(|session| {
            let execute = || match compared_with {
                Some(_) => session.execute_recording_touched(operation, &context, states),
                None => (session.execute(operation, &context, states), Vec::new()),
            };
            catch_unwind(AssertUnwindSafe(execute)).unwrap_or_else(|panic| {
                let message = panic.downcast_ref::<String>().map(String::as_str);
                let message = message.or_else(|| panic.downcast_ref::<&str>().copied());
                let message = message.unwrap_or("a panic without a message").to_owned();
                let reply = Err(session.abandon(message));
                (Transition { reply, writes: Vec::new() }, Vec::new())
            })
        });
        if let Some(program) = compared_with
            && let Some(excess) = compared(program, operation, states, &touched, &writes)
        {
            driver.session(|session| session.forget_all());
            return Err(Failure::Bug(excess));
        }
        for Write { id, state, .. } in writes {
            match state {
                Some(state) => states.0.insert(id, state),
                None => states.0.remove(&id),
            };
        }
        reply
    }
}

/// How a request went beyond what the program says of it.
fn compared(
    program: &Program,
    operation: &Operation,
    states: &States,
    touched: &[EntityId],
    writes: &[Write],
) -> Option<String> {
    let changed = writes.iter().map(|write| {
        let is_update = write.state.is_some() && states.0.contains_key(&write.id);
        let mode = if is_update { AccessMode::Write } else { AccessMode::CreateOrDelete };
        (write.id.clone(), mode)
    });
    let excess = excess(program, operation, touched, &changed.collect())?;
    let what = match operation {
        Operation::Call { method, .. } => program.qualified_name(*method),
        _ => "the request".to_owned(),
    };
    Some(format!(
        "{what} {excess}; unless a type hint is wrong, this is a bug in Anabranch: see \
         `anabranch check --explain`"
    ))
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
