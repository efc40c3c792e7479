//! The thread that executes requests, one after another.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::Duration;

use anabranch_kernel::mentioned::mentioned;
use anabranch_kernel::value::{ExceptionValue, wire};
use anabranch_kernel::{
    DriverSession, EntityId, Failure, IdempotencyKey, Interpreter, Operation, Raised, Reply,
    Request, StateReader, TransactionDriver, Transition, Value,
};
use crossbeam_channel::{Receiver, Sender};

use crate::applier::{Applied, CheckpointOrder, Task};
use crate::background::Haste;
use crate::classes::Classes;
use crate::clock::{Clock, Seeds};
use crate::effect::Effect;
use crate::effect_queue::EffectSender;
use crate::health::Health;
use crate::log_record;
use crate::overlay::{Overlays, ReplyWrite};
use crate::pace::Pace;
use crate::panic_message::panic_message;
use crate::reply_record::{StoredReply, decode_reply, encode_reply};
use crate::reply_to::ReplyTo;
use crate::state_record::StateRecord;
use crate::statistics::Counters;
use crate::store::{KEY_BYTES_MAX, Store, StoreError};
use crate::store_key::{KeyTooLong, attribute_key, reply_key, state_key};

/// How many requests are taken together. Their entities are asked for from memory at once, which
/// has to be in the caches still when the last of them runs.
const BATCH: usize = 16;

/// A larger buffer for records is not kept.
const RECORD_BYTES_KEPT: usize = 1 << 20;

/// What waits for the executor.
pub(crate) enum Submission {
    Request {
        request: Request,
        reply_to: ReplyTo,
        /// When it was submitted, by the engine's clock.
        time: i64,
    },
    /// Everything executed so far shall come into the store. Dropped if it does not.
    Checkpoint { done: Sender<()> },
}

/// What the executor works with.
pub(crate) struct Executor {
    pub(crate) classes: Arc<Classes>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) health: Arc<Health>,
    pub(crate) haste: Arc<Haste>,
    pub(crate) overlays: Overlays,
    pub(crate) pace: Pace,
    pub(crate) applied: Arc<Applied>,
    pub(crate) applier: Sender<Task>,
    /// The number of the last request with something to store.
    pub(crate) sequence: u64,
    pub(crate) clock: Clock,
    pub(crate) seeds: Seeds,
    pub(crate) queue_time_max: Duration,
    pub(crate) checkpoint_on_close: bool,
    pub(crate) counters: Arc<Counters>,
    /// The entities of a batch; kept for its memory.
    pub(crate) mentioned: Vec<EntityId>,
    /// Where records are written before their length is known.
    pub(crate) record: Vec<u8>,
}

/// Executes requests until their senders are gone, and then what is left in the queue. If it cannot
/// go on because of a bug of ours, it refuses them instead.
pub(crate) fn run<I: Interpreter>(
    executor: Executor,
    driver: TransactionDriver<I>,
    submissions: &Receiver<Submission>,
    effects: &EffectSender,
) {
    let health = Arc::clone(&executor.health);
    let execute = || execute_all(executor, driver, submissions, effects);
    if let Err(panic) = catch_unwind(AssertUnwindSafe(execute)) {
        health.fail("of a bug in Anabranch: its executor thread died");
        // What is in the queue would stay there unanswered until the engine is closed.
        submissions.iter().for_each(drop);
        resume_unwind(panic);
    }
}

fn execute_all<I: Interpreter>(
    mut executor: Executor,
    mut driver: TransactionDriver<I>,
    submissions: &Receiver<Submission>,
    effects: &EffectSender,
) {
    driver.session(|session| {
        let mut batch = Vec::with_capacity(BATCH);
        while receive_batch(session.interpreter, submissions, &mut batch) {
            executor.prefetch(session, &batch);
            for submission in batch.drain(..) {
                let effect = match submission {
                    Submission::Request { request, reply_to, time } => {
                        executor.process(session, request, reply_to, time)
                    }
                    Submission::Checkpoint { done } => executor.checkpoint(session, Some(done)),
                };
                if let Some(effect) = effect {
                    send(session, effects, effect);
                }
            }
        }
        if executor.checkpoint_on_close
            && !executor.overlays.active.is_empty()
            && let Some(effect) = executor.checkpoint(session, None)
        {
            send(session, effects, effect);
        }
        // Live entities belong to the interpreter: they go while it is held.
        session.forget_all();
    });
}

/// Takes what waits, up to [`BATCH`]; waits for at least one. `false` once there will be none.
fn receive_batch<I: Interpreter>(
    interpreter: &mut I,
    submissions: &Receiver<Submission>,
    batch: &mut Vec<Submission>,
) -> bool {
    batch.extend(submissions.try_iter().take(BATCH));
    if batch.is_empty() {
        batch.extend(interpreter.wait(|| submissions.recv()).ok());
    }
    !batch.is_empty()
}

fn send<I: Interpreter>(
    session: &mut DriverSession<'_, I>,
    effects: &EffectSender,
    effect: Effect,
) {
    if let Err(effect) = effects.try_send(effect) {
        session.interpreter.wait(|| effects.send(*effect));
    }
}

impl Executor {
    /// Asks for the memory that these requests will need, as far as can be seen.
    fn prefetch<I: Interpreter>(
        &mut self,
        session: &mut DriverSession<'_, I>,
        batch: &[Submission],
    ) {
        if !session.waits_for_memory() {
            return;
        }
        self.mentioned.clear();
        for submission in batch {
            if let Submission::Request { request, .. } = submission {
                let number = |class: &str| self.classes.known(class);
                mentioned(&request.operation, number, &mut self.mentioned);
            }
        }
        session.prefetch(&self.mentioned);
        self.mentioned.iter().for_each(|id| self.overlays.active.touch(id));
    }

    fn process<I: Interpreter>(
        &mut self,
        session: &mut DriverSession<'_, I>,
        request: Request,
        reply_to: ReplyTo,
        submitted: i64,
    ) -> Option<Effect> {
        if let Some(failure) = self.health.failure() {
            return Some(effect_of_reply(Err(failure), reply_to));
        }
        let now = self.clock.now();
        let waited = Duration::from_nanos(u64::try_from(now - submitted).unwrap_or(0));
        if waited > self.queue_time_max {
            // It changes nothing and tells of nothing, so it need not wait for the disk.
            reply_to.send(Err(Failure::Overloaded));
            return None;
        }
        self.retire_frozen();
        let effect = match request.idempotency_key {
            None => {
                let transition = self.execute(session, &request.operation, now);
                self.effect_of_transition(transition, None, now, reply_to)
            }
            Some(key) => match self.reply_for(&key) {
                Ok(Some(reply)) => effect_of_reply(reply, reply_to),
                Ok(None) => {
                    let transition = self.execute(session, &request.operation, now);
                    self.effect_of_transition(transition, Some(key), now, reply_to)
                }
                Err(failure) => effect_of_reply(Err(failure), reply_to),
            },
        };
        Some(self.keep_pace(session, effect, now))
    }

    /// Freezes the overlay if a checkpoint is due, and waits for the last one if it must.
    fn keep_pace<I: Interpreter>(
        &mut self,
        session: &mut DriverSession<'_, I>,
        mut effect: Effect,
        now: i64,
    ) -> Effect {
        self.counters.active_bytes.set(self.overlays.active.bytes() as u64);
        self.counters.live_bytes.set(session.live_bytes() as u64);
        let logged = self.counters.logged_bytes.get();
        if !self.pace.is_due(&self.overlays.active, logged, now) {
            return effect;
        }
        if let Some(frozen) = self.overlays.frozen() {
            if !self.pace.is_overdue(&self.overlays.active, &frozen.overlay, logged) {
                return effect;
            }
            if self.wait_for_frozen(session).is_err() {
                return effect;
            }
        }
        effect.checkpoint = Some(self.freeze(now, None));
        effect
    }

    /// A checkpoint that does not wait until it is due.
    fn checkpoint<I: Interpreter>(
        &mut self,
        session: &mut DriverSession<'_, I>,
        done: Option<Sender<()>>,
    ) -> Option<Effect> {
        self.wait_for_frozen(session).ok()?;
        let nobody = ReplyTo::new(Box::new(|_| {}));
        let mut effect = effect_of_reply(Ok(Vec::new()), nobody);
        effect.checkpoint = Some(self.freeze(self.clock.now(), done));
        Some(effect)
    }

    fn wait_for_frozen<I: Interpreter>(
        &mut self,
        session: &mut DriverSession<'_, I>,
    ) -> Result<(), Failure> {
        if let Some(frozen) = self.overlays.frozen() {
            let sequence = frozen.sequence;
            let Self { applied, health, haste, .. } = self;
            let wait = || haste.while_waiting(|| applied.wait_for(sequence, health));
            session.interpreter.wait(wait)?;
            self.retire_frozen();
        }
        Ok(())
    }

    fn freeze(&mut self, now: i64, done: Option<Sender<()>>) -> CheckpointOrder {
        let frozen = self.overlays.freeze(self.sequence, now);
        self.pace.start_anew(self.counters.logged_bytes.get());
        self.counters.frozen_bytes.set(frozen.overlay.bytes() as u64);
        self.counters.active_bytes.set(0);
        CheckpointOrder { frozen, done }
    }

    /// Lets go of the frozen overlay if the store has it.
    fn retire_frozen(&mut self) {
        let frozen = self.overlays.frozen();
        if frozen.is_some_and(|frozen| self.applied.has_reached(frozen.sequence)) {
            let frozen = self.overlays.take_frozen().expect("there is one");
            self.counters.frozen_bytes.set(0);
            // Without an applier the engine has failed.
            let _ = self.applier.send(Task::Recycle(frozen));
        }
    }

    /// The reply of an earlier request of the same name, if there was one.
    fn reply_for(&mut self, name: &IdempotencyKey) -> Result<Option<Reply>, Failure> {
        let Some(key) = reply_key(&name.key) else {
            let message = format!("an idempotency key has at most {} bytes", KEY_BYTES_MAX - 1);
            return Err(value_error(message));
        };
        let stored = match self.overlays.reply(&name.key) {
            Some(record) => decode_reply(record),
            None => match self.store.read(&key) {
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
        &mut self,
        session: &mut DriverSession<'_, I>,
        operation: &Operation,
        now: i64,
    ) -> Transition {
        let context = self.seeds.context(now);
        let mut states = States { executor: self, refusal: None };
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
        now: i64,
        reply_to: ReplyTo,
    ) -> Effect {
        let Transition { reply, writes } = transition;
        let next = self.sequence + 1;
        let stored_reply = name.and_then(|IdempotencyKey { key, fingerprint }| {
            let record = encode_reply(next, now, &fingerprint, &reply)?.into();
            Some(ReplyWrite { key, record })
        });
        if writes.is_empty() && stored_reply.is_none() {
            return Effect { record: Vec::new(), reply, reply_to, checkpoint: None };
        }
        self.sequence = next;
        self.record.clear();
        self.record.shrink_to(RECORD_BYTES_KEPT);
        log_record::encode(&mut self.record, &self.classes, &writes, stored_reply.as_ref());
        for write in writes {
            self.overlays.active.write(write);
        }
        if let Some(reply) = &stored_reply {
            self.overlays.active.write_reply(reply);
        }
        self.pace.change(now);
        Effect { record: self.record.clone(), reply, reply_to, checkpoint: None }
    }
}

/// A reply that changes nothing. It still waits for the groups before it.
fn effect_of_reply(reply: Reply, reply_to: ReplyTo) -> Effect {
    Effect { record: Vec::new(), reply, reply_to, checkpoint: None }
}

/// Committed states for one transaction: from the overlays, else from the store.
struct States<'a> {
    executor: &'a Executor,
    /// Why the transaction may not go on, where the kernel's own words for it would not do.
    refusal: Option<Failure>,
}

impl StateReader for States<'_> {
    fn read(&mut self, id: &EntityId) -> Result<Option<Arc<[u8]>>, String> {
        if let Some(state) = self.executor.overlays.state(id) {
            return Ok(state);
        }
        let class = self.executor.classes.name(id.operator);
        let key = state_key(class, &id.key).map_err(|error: KeyTooLong| {
            self.refusal = Some(value_error(error.to_string()));
            error.to_string()
        })?;
        read_state(self.executor.store.as_ref(), class, &id.key, &key).map_err(|error| {
            self.refusal = Some(fail_after_read(&self.executor.health, &error));
            error.to_string()
        })
    }
}

/// The state of an entity in the store; `state_key` is where it is.
pub(crate) fn read_state(
    store: &dyn Store,
    class: &str,
    key: &[u8],
    state_key: &[u8],
) -> Result<Option<Arc<[u8]>>, StoreError> {
    let Some(record) = store.read(state_key)? else { return Ok(None) };
    let record = StateRecord::new(&record).map_err(StoreError)?;
    let state = record.assemble(|attribute| match attribute_key(class, key, attribute) {
        Some(key) => store.read(&key),
        None => Ok(None),
    })?;
    Ok(Some(state.into()))
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
