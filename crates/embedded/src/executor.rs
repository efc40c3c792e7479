//! The thread that executes requests, one after another.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anabranch_ir::Program;
use anabranch_kernel::value::{ExceptionValue, wire};
use anabranch_kernel::{
    DriverSession, EntityId, Failure, IdempotencyKey, Interpreter, Operation, Raised, Reply,
    Request, StateReader, TransactionDriver, Transition, Value,
};
use crossbeam_channel::{Receiver, TryRecvError};

use crate::effect::{Effect, ReplyWrite};
use crate::effect_queue::EffectSender;
use crate::health::Health;
use crate::panic_message::panic_message;
use crate::pending::Pending;
use crate::reply_record::{StoredReply, decode_reply, encode_reply, reply_key};
use crate::reply_to::ReplyTo;
use crate::state_record::{KeyTooLong, decode_state, state_key};
use crate::store::{KEY_BYTES_MAX, Store, StoreError, Table};
use crate::transaction_context::transaction_context;

/// A request that waits to be executed.
pub(crate) struct Submission {
    pub(crate) request: Request,
    pub(crate) reply_to: ReplyTo,
}

/// What the executor works with.
pub(crate) struct Executor {
    pub(crate) program: Arc<Program>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) health: Arc<Health>,
    pub(crate) pending: Pending,
    /// The number of the last request with something to store.
    pub(crate) sequence: u64,
    /// How far the committer has come.
    pub(crate) durable: Arc<AtomicU64>,
}

/// Executes requests until their senders are gone, and then what is left in the queue.
pub(crate) fn run<I: Interpreter>(
    mut executor: Executor,
    mut driver: TransactionDriver<I>,
    submissions: &Receiver<Submission>,
    effects: &EffectSender,
) {
    driver.session(|session| {
        while let Some(submission) = next_submission(session.interpreter, submissions) {
            let effect = executor.process(session, submission);
            if let Err(effect) = effects.try_send(effect) {
                session.interpreter.wait(|| effects.send(*effect));
            }
        }
        // Live entities belong to the interpreter: they go while it is held.
        session.forget_all();
    });
}

fn next_submission<I: Interpreter>(
    interpreter: &mut I,
    submissions: &Receiver<Submission>,
) -> Option<Submission> {
    match submissions.try_recv() {
        Ok(submission) => Some(submission),
        Err(TryRecvError::Disconnected) => None,
        Err(TryRecvError::Empty) => interpreter.wait(|| submissions.recv()).ok(),
    }
}

impl Executor {
    fn process<I: Interpreter>(
        &mut self,
        session: &mut DriverSession<'_, I>,
        submission: Submission,
    ) -> Effect {
        let Submission { request, reply_to } = submission;
        if let Some(failure) = self.health.failure() {
            return self.effect_of_reply(Err(failure), reply_to);
        }
        self.pending.forget_durable(self.durable.load(Ordering::Acquire));
        let Some(key) = request.idempotency_key else {
            let transition = self.execute(session, &request.operation);
            return self.effect_of_transition(transition, None, reply_to);
        };
        match self.reply_for(&key) {
            Ok(Some(reply)) => self.effect_of_reply(reply, reply_to),
            Ok(None) => {
                let transition = self.execute(session, &request.operation);
                self.effect_of_transition(transition, Some(key), reply_to)
            }
            Err(failure) => self.effect_of_reply(Err(failure), reply_to),
        }
    }

    /// The reply of an earlier request of the same name, if there was one.
    fn reply_for(&mut self, name: &IdempotencyKey) -> Result<Option<Reply>, Failure> {
        let key = reply_key(&name.key);
        if key.len() > KEY_BYTES_MAX {
            let message = format!("an idempotency key has at most {} bytes", KEY_BYTES_MAX - 1);
            return Err(value_error(message));
        }
        let stored = match self.pending.reply(&name.key) {
            Some(record) => decode_reply(record),
            None => match self.store.read(Table::Replies, &key) {
                Ok(None) => return Ok(None),
                Ok(Some(record)) => decode_reply(&record),
                Err(error) => return Err(fail_after_read(&self.health, &error)),
            },
        };
        let StoredReply { fingerprint, reply, .. } = stored.map_err(Failure::Unavailable)?;
        if fingerprint != name.fingerprint {
            return Err(Failure::IdempotencyConflict);
        }
        Ok(Some(reply))
    }

    fn execute<I: Interpreter>(
        &self,
        session: &mut DriverSession<'_, I>,
        operation: &Operation,
    ) -> Transition {
        let mut states = States { executor: self, refusal: None };
        let context = transaction_context();
        let execute = || session.execute(operation, &context, &mut states);
        let executed = catch_unwind(AssertUnwindSafe(execute));
        let refusal = states.refusal;
        let mut transition = executed.unwrap_or_else(|panic| {
            let reply = Err(session.abandon(panic_message(panic.as_ref())));
            Transition { reply, writes: Vec::new() }
        });
        if let Some(failure) = refusal {
            transition = Transition { reply: Err(failure), writes: Vec::new() };
        }
        transition
    }

    fn effect_of_transition(
        &mut self,
        transition: Transition,
        name: Option<IdempotencyKey>,
        reply_to: ReplyTo,
    ) -> Effect {
        let Transition { reply, writes } = transition;
        let next = self.sequence + 1;
        let stored_reply = name.and_then(|IdempotencyKey { key, fingerprint }| {
            let record = encode_reply(next, &fingerprint, &reply)?.into();
            Some(ReplyWrite { key, record })
        });
        if !writes.is_empty() || stored_reply.is_some() {
            self.sequence = next;
            self.pending.insert(next, &writes, stored_reply.as_ref());
        }
        Effect { sequence: self.sequence, writes, stored_reply, reply, reply_to }
    }

    /// A reply that changes nothing. It still waits for the groups before it.
    fn effect_of_reply(&self, reply: Reply, reply_to: ReplyTo) -> Effect {
        let sequence = self.sequence;
        Effect { sequence, writes: Vec::new(), stored_reply: None, reply, reply_to }
    }
}

/// Committed states for one transaction: from the overlay, else from the store.
struct States<'a> {
    executor: &'a Executor,
    /// Why the transaction may not go on, where the kernel's own words for it would not do.
    refusal: Option<Failure>,
}

impl StateReader for States<'_> {
    fn read(&mut self, id: &EntityId) -> Result<Option<Arc<[u8]>>, String> {
        if let Some(state) = self.executor.pending.state(id) {
            return Ok(state);
        }
        let class = &self.executor.program.operator(id.operator).name;
        let key = state_key(class, &id.key).map_err(|error: KeyTooLong| {
            self.refusal = Some(value_error(error.to_string()));
            error.to_string()
        })?;
        let record = self.executor.store.read(Table::States, &key).map_err(|error| {
            self.refusal = Some(fail_after_read(&self.executor.health, &error));
            error.to_string()
        })?;
        record.as_deref().map(|record| decode_state(record).map(Arc::from)).transpose()
    }
}

fn fail_after_read(health: &Health, error: &StoreError) -> Failure {
    health.fail(&format!("it could not read its store: {error}"));
    health.failure().expect("it failed just now")
}

/// A mistake of the caller that the engine finds.
fn value_error(message: String) -> Failure {
    let class = "builtins:ValueError".to_owned();
    let args = vec![Value::Str(message.clone())];
    let exception = ExceptionValue { class: class.clone(), args, attributes: Vec::new() };
    Failure::Raised(Raised {
        exception: wire::encode(&Value::Exception(Box::new(exception))),
        class,
        traceback: format!("ValueError: {message}\n"),
        message,
        http_status: Some(422),
    })
}
