//! The local transaction driver: runs a root call to completion where all entities are at hand.
//!
//! Root calls run one after another, so they are serializable by construction. The driver keeps a
//! stack of [`Frame`]s, the suspended calls; a remote call pushes a frame, a return pops one, and
//! an exception unwinds.
//!
//! Entities stay live between transactions. A transaction that commits yields the states that
//! changed as [`Write`]s; one that aborts drops the entities it touched, so that the next use loads
//! their committed state again: undoing is forgetting.

use std::collections::VecDeque;
use std::sync::Arc;

use anabranch_ir::{FunctionId, SegmentId};

use crate::interpreter::PREFETCH_STEPS;
use crate::live_entities::{LiveEntities, Presence, SlotIndex};
use crate::prefetch::prefetch;
use crate::value::state::StateWriter;
use crate::value::wire::{self, DecodeError};
use crate::value::{ExceptionValue, Value};
use crate::{
    Action, Arguments, EntityId, Entry, Failure, Fault, Interpreter, Limits, Operation, Outcome,
    Raised, Reply, RunningTransaction, TransactionContext, TransactionNumber,
};

/// How deep calls may nest before the kernel raises `RecursionError`.
pub const FRAMES_MAX: usize = 1000;

/// With less than that live, all of it is in the processor's caches anyway.
const PREFETCH_BYTES_MIN: usize = 8 << 20;

/// A larger buffer for states is not kept.
const STATE_BUFFER_MAX: usize = 4 << 20;

/// Committed states, as the engine stores them.
pub trait StateReader {
    /// The committed state of `id`, including writes of transactions that are not durable yet;
    /// `None` if the entity does not exist.
    ///
    /// # Errors
    /// What the operator of the engine should know, in words.
    fn read(&mut self, id: &EntityId) -> Result<Option<Arc<[u8]>>, String>;
}

/// What a transaction did.
#[derive(Debug)]
pub struct Transition {
    pub reply: Reply,
    /// One for each entity whose state changed; empty unless the reply is a result.
    pub writes: Vec<Write>,
}

/// The new state of an entity.
#[derive(Clone, Debug)]
pub struct Write {
    pub id: EntityId,
    /// The committed state until now; `None`: the entity did not exist.
    pub before: Option<Arc<[u8]>>,
    /// `None`: the entity was deleted.
    pub state: Option<Arc<[u8]>>,
}

/// Runs root calls on live entities, one at a time.
pub struct TransactionDriver<I: Interpreter> {
    pub interpreter: I,
    live: LiveEntities<I::Entity>,
    /// Where states are written before it is known whether they changed.
    state: StateWriter,
    /// Kept for its memory.
    foreseen: Vec<SlotIndex>,
    limits: Limits,
    running: Arc<RunningTransaction>,
}

/// A driver within a session of its interpreter: where root calls run.
pub struct DriverSession<'a, I: Interpreter> {
    pub interpreter: &'a mut I,
    live: &'a mut LiveEntities<I::Entity>,
    state: &'a mut StateWriter,
    foreseen: &'a mut Vec<SlotIndex>,
    limits: Limits,
    running: &'a RunningTransaction,
}

/// A suspended call.
struct Frame<V> {
    function: FunctionId,
    segment: SegmentId,
    live: V,
    /// On whose behalf the function runs.
    entity: Option<SlotIndex>,
    /// If it waits for several actions: those to come, and the outcomes so far.
    joint: Option<Box<Joint<V>>>,
}

/// Actions that were handed over together. With all entities at hand there is nothing to be won by
/// starting them at once.
struct Joint<V> {
    to_come: VecDeque<Action<V>>,
    outcomes: Vec<Result<V, V>>,
}

/// Why a transaction cannot go on.
enum Stop<V> {
    /// An exception, which user code up the stack may catch.
    Exception(V),
    /// Something no user code may see.
    Failure(Failure),
}

impl<V> From<Failure> for Stop<V> {
    fn from(failure: Failure) -> Self {
        Stop::Failure(failure)
    }
}

impl<I: Interpreter> TransactionDriver<I> {
    pub fn new(interpreter: I) -> Self {
        Self::with_limits(interpreter, Limits::default())
    }

    pub fn with_limits(interpreter: I, limits: Limits) -> Self {
        let live = LiveEntities::new(limits.live_bytes);
        let (state, foreseen) = (StateWriter::new(), Vec::new());
        Self { interpreter, live, state, foreseen, limits, running: Arc::default() }
    }

    /// What this driver runs, for those who watch it.
    pub fn running(&self) -> &Arc<RunningTransaction> {
        &self.running
    }

    /// Runs `work` inside [`Interpreter::session`].
    pub fn session<R>(&mut self, work: impl FnOnce(&mut DriverSession<'_, I>) -> R) -> R {
        let Self { interpreter, live, state, foreseen, limits, running } = self;
        let limits = *limits;
        interpreter.session(|interpreter| {
            work(&mut DriverSession { interpreter, live, state, foreseen, limits, running })
        })
    }

    /// Runs one root call in a session of its own.
    pub fn execute(
        &mut self,
        operation: &Operation,
        context: &TransactionContext,
        states: &mut dyn StateReader,
    ) -> Transition {
        self.session(|session| session.execute(operation, context, states))
    }
}

impl<I: Interpreter> DriverSession<'_, I> {
    /// Drops every live entity, so that each is read again when it is used next.
    pub fn forget_all(&mut self) {
        self.live.clear();
    }

    /// An estimate of the memory that live entities take.
    pub fn live_bytes(&self) -> usize {
        self.live.bytes()
    }

    /// The way back to a sound state after a panic during [`DriverSession::execute`]; gives what to
    /// reply. `message` is what the panic says.
    pub fn abandon(&mut self, message: String) -> Failure {
        // Undoing is forgetting: what the panic left half done is read again.
        self.forget_all();
        self.interpreter.abort_transaction();
        // An interrupt comes at any instant, also where nothing else would fail.
        let is_stopped = self.running.is_stopped();
        self.end();
        if is_stopped { Failure::Interrupted } else { Failure::Bug(message) }
    }

    /// Whether there is so much live that [`DriverSession::prefetch`] is worth its time.
    pub fn waits_for_memory(&self) -> bool {
        self.live.bytes() >= PREFETCH_BYTES_MIN
    }

    /// Asks for the memory of the live ones among these entities, which transactions will use
    /// soon.
    ///
    /// What belongs to an entity is behind a chain of pointers, each a wait for memory. Taken step
    /// by step for all entities, the waits for one and for another overlap.
    pub fn prefetch(&mut self, ids: &[EntityId]) {
        self.foreseen.clear();
        self.foreseen.extend(ids.iter().filter_map(|id| self.live.foresee(id)));
        for index in self.foreseen.iter() {
            if let Some(committed) = &self.live.slot(*index).committed {
                // The counters in front, and the end.
                prefetch(committed.as_ptr().wrapping_sub(2 * size_of::<usize>()));
                prefetch(committed.as_ptr().wrapping_add(committed.len()));
            }
        }
        for step in 0..PREFETCH_STEPS {
            for index in self.foreseen.iter() {
                if let Some(entity) = self.live.slot(*index).live() {
                    self.interpreter.prefetch(entity, step);
                }
            }
        }
    }

    fn begin(&mut self, operation: &Operation, context: &TransactionContext) {
        let number = self.live.begin_transaction();
        let named = TransactionNumber::new(number).expect("this is a bug in Anabranch: overflow");
        self.interpreter.number_transaction(named);
        self.interpreter.begin_transaction(context);
        let method = match operation {
            Operation::Call { method, .. } => Some(*method),
            _ => None,
        };
        self.running.begin(number, method);
    }

    fn end(&mut self) {
        // The interpreter is held from here to there, so that no interrupt comes between.
        self.interpreter.end_transaction();
        self.running.end();
    }

    /// Runs one root call.
    pub fn execute(
        &mut self,
        operation: &Operation,
        context: &TransactionContext,
        states: &mut dyn StateReader,
    ) -> Transition {
        self.execute_observed(operation, context, states, |_, _| {})
    }

    /// Runs one root call, and also gives the entities that it touched, in order of first touch; but not
    /// those of which it only asked for an attribute in vain, which no effect lists.
    pub fn execute_recording_touched(
        &mut self,
        operation: &Operation,
        context: &TransactionContext,
        states: &mut dyn StateReader,
    ) -> (Transition, Vec<EntityId>) {
        let mut touched = Vec::new();
        let transition =
            self.execute_observed(operation, context, states, |live, asked_in_vain| {
                let used = live.touched().iter().filter(|index| !asked_in_vain.contains(index));
                touched.extend(used.map(|index| live.slot(*index).id.clone()));
            });
        (transition, touched)
    }

    /// Runs one root call; `observe` looks at the live entities before it is committed or undone.
    fn execute_observed(
        &mut self,
        operation: &Operation,
        context: &TransactionContext,
        states: &mut dyn StateReader,
        observe: impl FnOnce(&LiveEntities<I::Entity>, &[SlotIndex]),
    ) -> Transition {
        self.begin(operation, context);
        let mut transaction = Transaction { driver: self, states, asked_in_vain: Vec::new() };
        let result = transaction.root(operation).and_then(|value| {
            transaction.driver.interpreter.encode(&value).map_err(Stop::Exception)
        });
        let result = result.and_then(|reply| match transaction.driver.interpreter.objection() {
            Some(exception) => Err(Stop::Exception(exception)),
            None => Ok((transaction.changes(reply.len())?, reply)),
        });
        let asked_in_vain = transaction.asked_in_vain;
        observe(self.live, &asked_in_vain);
        let mut result = result.map_err(|stop| self.failure(stop));
        // Whatever else came of it may be what the interrupt made of it.
        if self.running.is_stopped() {
            result = Err(Failure::Interrupted);
        }
        let transition = match result {
            Ok((changes, reply)) => {
                let writes = self.remember(changes);
                Transition { reply: Ok(reply), writes }
            }
            Err(failure) => {
                self.forget_touched();
                self.interpreter.abort_transaction();
                Transition { reply: Err(failure), writes: Vec::new() }
            }
        };
        self.live.evict();
        self.end();
        transition
    }

    fn failure(&mut self, stop: Stop<I::Value>) -> Failure {
        match stop {
            // User code runs to describe an exception, and is not waited for a second time.
            Stop::Exception(_) if self.running.is_stopped() => Failure::Interrupted,
            Stop::Exception(exception) => Failure::Raised(self.interpreter.describe(&exception)),
            Stop::Failure(failure) => failure,
        }
    }

    /// Makes what was written the committed states.
    fn remember(&mut self, changes: Vec<(SlotIndex, Write)>) -> Vec<Write> {
        let remember = |(index, write): (SlotIndex, Write)| {
            self.live.slot_mut(index).committed.clone_from(&write.state);
            estimate(self.interpreter, self.live, index);
            write
        };
        let writes = changes.into_iter().map(remember).collect();
        for position in 0..self.live.touched().len() {
            let index = self.live.touched()[position];
            if self.live.slot(index).live().is_none() {
                self.live.remove(index);
            }
        }
        writes
    }

    fn forget_touched(&mut self) {
        for position in 0..self.live.touched().len() {
            self.live.remove(self.live.touched()[position]);
        }
    }
}

/// Estimates what the entity in a slot takes.
fn estimate<I: Interpreter>(interpreter: &I, live: &mut LiveEntities<I::Entity>, index: SlotIndex) {
    let slot = live.slot(index);
    let state_bytes = slot.committed.as_ref().map_or(0, |state| state.len());
    let entity_bytes = slot.live().map_or(0, |entity| interpreter.live_bytes(entity, state_bytes));
    live.set_entity_bytes(index, entity_bytes);
}

/// One root call under way.
struct Transaction<'a, 'session, I: Interpreter> {
    driver: &'a mut DriverSession<'session, I>,
    /// Entities first touched by asking for an attribute that they do not have.
    asked_in_vain: Vec<SlotIndex>,
    states: &'a mut dyn StateReader,
}

type Step<I, T> = Result<T, Stop<<I as Interpreter>::Value>>;

impl<I: Interpreter> Transaction<'_, '_, I> {
    fn root(&mut self, operation: &Operation) -> Step<I, I::Value> {
        let action = match operation {
            Operation::Create { operator, arguments } => {
                Action::Create { operator: *operator, arguments: self.arguments(arguments)? }
            }
            Operation::Call { target, method, arguments } => Action::Call {
                target: target.clone(),
                method: *method,
                arguments: self.arguments(arguments)?,
            },
            Operation::GetAttribute { target, attribute } => Action::Get {
                target: target.clone(),
                attribute: self.driver.interpreter.attribute_name(attribute),
            },
            Operation::SetAttribute { target, attribute, value } => Action::Set {
                target: target.clone(),
                attribute: self.driver.interpreter.attribute_name(attribute),
                value: self.driver.interpreter.decode(value).map_err(unfit)?,
            },
            Operation::Exists { target } => Action::Exists { target: target.clone() },
            Operation::Delete { target } => Action::Delete { target: target.clone() },
            Operation::GetState { target } => {
                let index = self.load(target)?;
                let DriverSession { interpreter, live, .. } = &mut *self.driver;
                return Ok(interpreter.state(live.slot(index).live().expect("loaded above")));
            }
        };
        self.run_to_completion(action)
    }

    /// Performs `action` and everything that comes of it.
    fn run_to_completion(&mut self, action: Action<I::Value>) -> Step<I, I::Value> {
        let mut frames: Vec<Frame<I::Value>> = Vec::new();
        let mut running = caught(self.begin(None, action))?;
        loop {
            if self.driver.running.is_stopped() {
                return Err(Stop::Failure(Failure::Interrupted));
            }
            match running {
                Running::Started { function, entity, outcome } => match outcome {
                    Outcome::Suspend { segment, live, action } => {
                        let (action, joint) = first_of(action);
                        frames.push(Frame { function, segment, live, entity, joint });
                        running = if frames.len() > FRAMES_MAX {
                            let fault = Fault::Recursion { depth_max: FRAMES_MAX };
                            Running::Finished(Err(self.driver.interpreter.exception(fault)))
                        } else {
                            caught(self.begin(entity, action))?
                        };
                    }
                    // Exceptions are not copied: handlers look at the object that was raised.
                    Outcome::Raise(exception) => running = Running::Finished(Err(exception)),
                    Outcome::Return(value) => {
                        let caller = frames.last().map(|frame| frame.entity);
                        let crosses = caller.is_some_and(|caller| caller != entity);
                        let value = if crosses { self.copy(&value) } else { Ok(value) };
                        running = caught(value.map(|value| Running::Finished(Ok(value))))?;
                    }
                },
                Running::Finished(input) => match frames.pop() {
                    None => return input.map_err(Stop::Exception),
                    Some(mut frame) => {
                        let entity = frame.entity;
                        running = match self.joined(&mut frame, input) {
                            Joined::Next(action) => {
                                frames.push(frame);
                                caught(self.begin(entity, action))?
                            }
                            Joined::All(input) => {
                                let Frame { function, segment, live, .. } = frame;
                                let entry = Entry::Resume { function, segment, live, input };
                                self.run(function, entity, entry)
                            }
                        };
                    }
                },
            }
        }
    }

    /// What comes after an action of `frame` had this outcome.
    fn joined(
        &mut self,
        frame: &mut Frame<I::Value>,
        outcome: Result<I::Value, I::Value>,
    ) -> Joined<I::Value> {
        let Some(joint) = &mut frame.joint else { return Joined::All(outcome) };
        let failed = outcome.is_err();
        joint.outcomes.push(outcome);
        if !failed && let Some(next) = joint.to_come.pop_front() {
            return Joined::Next(next);
        }
        let outcomes = std::mem::take(&mut joint.outcomes);
        Joined::All(Ok(self.driver.interpreter.outcomes(outcomes)))
    }

    /// Begins `action` on behalf of `caller`.
    fn begin(
        &mut self,
        caller: Option<SlotIndex>,
        action: Action<I::Value>,
    ) -> Step<I, Running<I::Value>> {
        let value = match action {
            Action::Call { target, method, mut arguments } => {
                let target = self.load(&target)?;
                if caller.is_some_and(|caller| caller != target) {
                    arguments = self.copy_arguments(&arguments)?;
                }
                let entry = Entry::Start { function: method, arguments };
                return Ok(self.run(method, Some(target), entry));
            }
            Action::Function { function, arguments } => {
                let entry = Entry::Start { function, arguments };
                return Ok(self.run(function, caller, entry));
            }
            Action::Get { target, attribute } => {
                let touched_before = self.driver.live.touched().len();
                let value = self.get_attribute(&target, &attribute);
                if value.is_err()
                    && let Some(index) = self.driver.live.touched().get(touched_before)
                {
                    self.asked_in_vain.push(*index);
                }
                let (target, value) = value?;
                let crosses = caller.is_some_and(|caller| caller != target);
                if crosses { self.copy(&value)? } else { value }
            }
            Action::Set { target, attribute, mut value } => {
                let target = self.load(&target)?;
                if caller.is_some_and(|caller| caller != target) {
                    value = self.copy(&value)?;
                }
                let DriverSession { interpreter, live, .. } = &mut *self.driver;
                let live = live.slot(target).live().expect("loaded above");
                let done = interpreter.set_attribute(live, &attribute, &value);
                done.map_err(Stop::Exception)?;
                self.driver.interpreter.none()
            }
            Action::Create { operator, mut arguments } => {
                if caller.is_some() {
                    arguments = self.copy_arguments(&arguments)?;
                }
                let created = self.driver.interpreter.construct(operator, arguments);
                let (id, live) = created.map_err(Stop::Exception)?;
                self.insert(id, live)?
            }
            Action::Exists { target } => {
                let index = self.touch(&target)?;
                let exists = self.driver.live.slot(index).live().is_some();
                self.driver.interpreter.bool(exists)
            }
            Action::Delete { target } => {
                let index = self.load(&target)?;
                let slot = self.driver.live.slot_mut(index);
                let presence = std::mem::replace(&mut slot.presence, Presence::Absent);
                let Presence::Live(live) = presence else { unreachable!("loaded above") };
                slot.presence = Presence::Deleted(live);
                self.driver.interpreter.none()
            }
            Action::Together(_) => panic!("this is a bug in Anabranch: actions within an action"),
        };
        Ok(Running::Finished(Ok(value)))
    }

    fn run(
        &mut self,
        function: FunctionId,
        entity: Option<SlotIndex>,
        entry: Entry<I::Value>,
    ) -> Running<I::Value> {
        let DriverSession { interpreter, live, .. } = &mut *self.driver;
        let entity_of = |index| match &live.slot(index).presence {
            Presence::Live(entity) | Presence::Deleted(entity) => entity,
            Presence::Absent => panic!("this is a bug in Anabranch: a method without an entity"),
        };
        let entity_of = |index| (&live.slot(index).id, entity_of(index));
        let outcome = interpreter.run(entity.map(entity_of), entry);
        Running::Started { function, entity, outcome }
    }

    fn insert(&mut self, id: EntityId, live: I::Entity) -> Step<I, I::Value> {
        let index = self.touch(&id)?;
        if self.driver.live.slot(index).live().is_some() {
            return Err(self.fault(Fault::EntityExists(&id)));
        }
        self.driver.live.slot_mut(index).presence = Presence::Live(live);
        Ok(self.driver.interpreter.reference(&id))
    }

    fn get_attribute(
        &mut self,
        target: &EntityId,
        attribute: &I::Value,
    ) -> Step<I, (SlotIndex, I::Value)> {
        let target = self.load(target)?;
        let DriverSession { interpreter, live, .. } = &mut *self.driver;
        let live = live.slot(target).live().expect("loaded above");
        let value = interpreter.get_attribute(live, attribute).map_err(Stop::Exception)?;
        Ok((target, value))
    }

    /// Makes sure that `id` is live.
    fn load(&mut self, id: &EntityId) -> Step<I, SlotIndex> {
        let index = self.touch(id)?;
        if self.driver.live.slot(index).live().is_some() {
            return Ok(index);
        }
        Err(self.fault(Fault::EntityNotFound(id)))
    }

    /// The slot of `id`, read from the store on first use.
    fn touch(&mut self, id: &EntityId) -> Step<I, SlotIndex> {
        let DriverSession { interpreter, live, limits, .. } = &mut *self.driver;
        let index = match live.find(id) {
            Some(index) => index,
            None => {
                let committed = self.states.read(id).map_err(Failure::Unavailable)?;
                let entity = committed.as_deref().map(|state| interpreter.load(id, state));
                let entity = entity.transpose().map_err(undecodable)?;
                let presence = entity.map_or(Presence::Absent, Presence::Live);
                let index = live.insert(id, presence, committed);
                estimate(&**interpreter, live, index);
                index
            }
        };
        live.touch(index);
        let entities_max = limits.touched_entities;
        if live.touched().len() > entities_max {
            return Err(self.too_large(Fault::TooManyEntities { entities_max }));
        }
        Ok(index)
    }

    /// The states that differ from the committed ones, with the reply within the limit.
    fn changes(&mut self, reply_bytes: usize) -> Step<I, Vec<(SlotIndex, Write)>> {
        let bytes_max = self.driver.limits.effect_bytes;
        let mut bytes = reply_bytes;
        let mut changes = Vec::new();
        for position in 0..self.driver.live.touched().len() {
            let DriverSession { interpreter, live, state, .. } = &mut *self.driver;
            let index = live.touched()[position];
            let slot = live.slot_mut(index);
            let after = match &mut slot.presence {
                Presence::Absent | Presence::Deleted(_) => None,
                Presence::Live(live) => {
                    let saved = interpreter.save(live, slot.committed.as_deref(), state);
                    saved.map_err(Stop::Exception)?;
                    Some(state.bytes())
                }
            };
            if after == slot.committed.as_deref() {
                continue;
            }
            if let (Some(live), Some(after)) = (slot.live(), after) {
                let checked =
                    interpreter.check_key(&slot.id, live, slot.committed.as_deref(), after);
                checked.map_err(Stop::Exception)?;
            }
            bytes += after.map_or(0, <[u8]>::len);
            if bytes > bytes_max {
                break;
            }
            let (id, before) = (slot.id.clone(), slot.committed.clone());
            changes.push((index, Write { id, before, state: after.map(Arc::from) }));
        }
        self.driver.state.shrink_to(STATE_BUFFER_MAX);
        if bytes > bytes_max {
            return Err(self.too_large(Fault::EffectsTooLarge { bytes_max }));
        }
        Ok(changes)
    }

    /// Aborts: unlike other exceptions this one reaches the caller past all user code.
    fn too_large(&mut self, fault: Fault<'_>) -> Stop<I::Value> {
        let exception = self.driver.interpreter.exception(fault);
        Stop::Failure(Failure::Raised(self.driver.interpreter.describe(&exception)))
    }

    fn arguments(&mut self, message: &[u8]) -> Step<I, Arguments<I::Value>> {
        Ok(self.driver.interpreter.decode_arguments(message).map_err(unfit)?)
    }

    fn copy_arguments(&mut self, arguments: &Arguments<I::Value>) -> Step<I, Arguments<I::Value>> {
        self.driver.interpreter.copy_arguments(arguments).map_err(Stop::Exception)
    }

    fn copy(&mut self, value: &I::Value) -> Step<I, I::Value> {
        self.driver.interpreter.copy(value).map_err(Stop::Exception)
    }

    fn fault(&mut self, fault: Fault<'_>) -> Stop<I::Value> {
        Stop::Exception(self.driver.interpreter.exception(fault))
    }
}

/// Where a transaction stands between two runs.
enum Running<V> {
    /// A function ran, on behalf of `entity`.
    Started { function: FunctionId, entity: Option<SlotIndex>, outcome: Outcome<V> },
    /// An action has its result or exception, which the frame on top waits for.
    Finished(Result<V, V>),
}

/// What a frame goes on with.
enum Joined<V> {
    Next(Action<V>),
    All(Result<V, V>),
}

/// The action to begin with, and what is left to do after it, if there are several.
fn first_of<V>(action: Action<V>) -> (Action<V>, Option<Box<Joint<V>>>) {
    let Action::Together(actions) = action else { return (action, None) };
    let mut to_come = VecDeque::from(actions);
    let first = to_come.pop_front().expect("this is a bug in Anabranch: no action together");
    (first, Some(Box::new(Joint { to_come, outcomes: Vec::new() })))
}

pub(crate) fn undecodable(error: DecodeError) -> Failure {
    Failure::Unavailable(format!("cannot read a stored state: {error}"))
}

/// A request whose values cannot be read is the client's mistake, not the engine's.
pub(crate) fn unfit(error: DecodeError) -> Failure {
    let class = "builtins:TypeError".to_owned();
    let message = format!("cannot read the values of the request: {error}");
    let exception = Value::Exception(Box::new(ExceptionValue {
        class: class.clone(),
        args: vec![Value::Str(message.clone())],
        attributes: Vec::new(),
    }));
    Failure::Raised(Raised {
        exception: wire::encode(&exception),
        class,
        message,
        http_status: Some(422),
        traceback: String::new(),
    })
}

/// An exception goes to the frame on top; only what no user code may see stops the transaction.
fn caught<V>(result: Result<Running<V>, Stop<V>>) -> Result<Running<V>, Stop<V>> {
    match result {
        Err(Stop::Exception(exception)) => Ok(Running::Finished(Err(exception))),
        other => other,
    }
}
