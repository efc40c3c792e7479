//! The local transaction driver: runs a root call to completion where all entities are at hand.
//!
//! Root calls run one after another, so they are serializable by construction. The driver keeps a
//! stack of [`Frame`]s, the suspended calls; a remote call pushes a frame, a return pops one, and
//! an exception unwinds.
//!
//! Entities stay live between transactions. A transaction that commits yields the states that
//! changed as [`Write`]s; one that aborts drops the entities it touched, so that the next use loads
//! their committed state again: undoing is forgetting.

use std::collections::HashMap;
use std::collections::hash_map::Entry as MapEntry;
use std::sync::Arc;

use anabranch_ir::{FunctionId, SegmentId};

use crate::value::state::StateWriter;
use crate::value::wire::{self, DecodeError};
use crate::value::{ExceptionValue, Value};
use crate::{
    Action, Arguments, EntityId, Entry, Failure, Fault, Interpreter, Operation, Outcome, Raised,
    Reply, TransactionContext,
};

/// How deep calls may nest before the kernel raises `RecursionError`.
pub const FRAMES_MAX: usize = 1000;

/// A larger buffer for states is not kept.
const STATE_BUFFER_MAX: usize = 1 << 20;

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
}

/// A driver within a session of its interpreter: where root calls run.
pub struct DriverSession<'a, I: Interpreter> {
    pub interpreter: &'a mut I,
    live: &'a mut LiveEntities<I::Entity>,
}

/// What outlives a transaction.
struct LiveEntities<E> {
    entities: HashMap<EntityId, Slot<E>>,
    /// Numbers the transactions, so that a slot can tell who touched it last.
    transaction: u64,
    /// Where states are written before it is known whether they changed.
    state: StateWriter,
}

/// An entity that the driver knows about. Between transactions `live` and `committed` agree, and
/// only entities that exist have a slot.
struct Slot<E> {
    live: Option<E>,
    /// The entity that this transaction deleted: methods of it that are under way go on with it.
    deleted: Option<E>,
    committed: Option<Arc<[u8]>>,
    touched_by: u64,
}

/// A suspended call.
struct Frame<V> {
    function: FunctionId,
    segment: SegmentId,
    live: V,
    /// On whose behalf the function runs.
    entity: Option<EntityId>,
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
        let state = StateWriter::new();
        let live = LiveEntities { entities: HashMap::new(), transaction: 0, state };
        Self { interpreter, live }
    }

    /// Runs `work` inside [`Interpreter::session`].
    pub fn session<R>(&mut self, work: impl FnOnce(&mut DriverSession<'_, I>) -> R) -> R {
        let Self { interpreter, live } = self;
        interpreter.session(|interpreter| work(&mut DriverSession { interpreter, live }))
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
    /// Drops every live entity, so that each is read again when it is used next. Also the way back
    /// to a sound state after a panic during [`DriverSession::execute`].
    pub fn forget_all(&mut self) {
        self.live.entities.clear();
    }

    /// Runs one root call.
    pub fn execute(
        &mut self,
        operation: &Operation,
        context: &TransactionContext,
        states: &mut dyn StateReader,
    ) -> Transition {
        self.interpreter.begin_transaction(context);
        self.live.transaction += 1;
        let mut transaction = Transaction { driver: self, states, touched: Vec::new() };
        let result = transaction.root(operation).and_then(|value| {
            transaction.driver.interpreter.encode(&value).map_err(Stop::Exception)
        });
        let result = result.and_then(|reply| match transaction.driver.interpreter.objection() {
            Some(exception) => Err(Stop::Exception(exception)),
            None => Ok((reply, transaction.changes()?)),
        });
        let touched = transaction.touched;
        let transition = match result {
            Ok((reply, writes)) => {
                self.remember(&touched, &writes);
                Transition { reply: Ok(reply), writes }
            }
            Err(stop) => {
                for id in &touched {
                    self.live.entities.remove(id);
                }
                let failure = match stop {
                    Stop::Exception(exception) => {
                        Failure::Raised(self.interpreter.describe(&exception))
                    }
                    Stop::Failure(failure) => failure,
                };
                Transition { reply: Err(failure), writes: Vec::new() }
            }
        };
        self.interpreter.end_transaction();
        transition
    }

    fn remember(&mut self, touched: &[EntityId], writes: &[Write]) {
        for write in writes {
            let slot = self.live.entities.get_mut(&write.id);
            let slot = slot.expect("this is a bug in Anabranch: a write to an entity not touched");
            assert_eq!(slot.live.is_some(), write.state.is_some(), "this is a bug in Anabranch");
            slot.committed.clone_from(&write.state);
            slot.deleted = None;
        }
        for id in touched {
            if self.live.entities[id].live.is_none() {
                self.live.entities.remove(id);
            }
        }
    }
}

/// One root call under way.
struct Transaction<'a, 'session, I: Interpreter> {
    driver: &'a mut DriverSession<'session, I>,
    states: &'a mut dyn StateReader,
    /// In order of first touch, without repetition.
    touched: Vec<EntityId>,
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
                self.load(target)?;
                let slot = &self.driver.live.entities[target];
                let live = slot.live.as_ref().expect("loaded above");
                return Ok(self.driver.interpreter.state(live));
            }
        };
        self.run_to_completion(action)
    }

    /// Performs `action` and everything that comes of it.
    fn run_to_completion(&mut self, action: Action<I::Value>) -> Step<I, I::Value> {
        let mut frames: Vec<Frame<I::Value>> = Vec::new();
        let mut running = caught(self.begin(None, action))?;
        loop {
            match running {
                Running::Started { function, entity, outcome } => match outcome {
                    Outcome::Suspend { segment, live, action } => {
                        frames.push(Frame { function, segment, live, entity: entity.clone() });
                        running = if frames.len() > FRAMES_MAX {
                            let fault = Fault::Recursion { depth_max: FRAMES_MAX };
                            Running::Finished(Err(self.driver.interpreter.exception(fault)))
                        } else {
                            caught(self.begin(entity.as_ref(), action))?
                        };
                    }
                    // Exceptions are not copied: handlers look at the object that was raised.
                    Outcome::Raise(exception) => running = Running::Finished(Err(exception)),
                    Outcome::Return(value) => {
                        let caller = frames.last().map(|frame| &frame.entity);
                        let crosses = caller.is_some_and(|caller| *caller != entity);
                        let value = if crosses { self.copy(&value) } else { Ok(value) };
                        running = caught(value.map(|value| Running::Finished(Ok(value))))?;
                    }
                },
                Running::Finished(input) => match frames.pop() {
                    None => return input.map_err(Stop::Exception),
                    Some(Frame { function, segment, live, entity }) => {
                        let entry = Entry::Resume { function, segment, live, input };
                        running = self.run(function, entity, entry);
                    }
                },
            }
        }
    }

    /// Begins `action` on behalf of `caller`.
    fn begin(
        &mut self,
        caller: Option<&EntityId>,
        action: Action<I::Value>,
    ) -> Step<I, Running<I::Value>> {
        let value = match action {
            Action::Call { target, method, mut arguments } => {
                self.load(&target)?;
                if caller.is_some_and(|caller| *caller != target) {
                    arguments = self.copy_arguments(&arguments)?;
                }
                let entry = Entry::Start { function: method, arguments };
                return Ok(self.run(method, Some(target), entry));
            }
            Action::Function { function, arguments } => {
                let entry = Entry::Start { function, arguments };
                return Ok(self.run(function, caller.cloned(), entry));
            }
            Action::Get { target, attribute } => {
                self.load(&target)?;
                let live = self.driver.live.entities[&target].live.as_ref().expect("loaded above");
                let value = self.driver.interpreter.get_attribute(live, &attribute);
                let value = value.map_err(Stop::Exception)?;
                let crosses = caller.is_some_and(|caller| *caller != target);
                if crosses { self.copy(&value)? } else { value }
            }
            Action::Set { target, attribute, mut value } => {
                self.load(&target)?;
                if caller.is_some_and(|caller| *caller != target) {
                    value = self.copy(&value)?;
                }
                let live = self.driver.live.entities[&target].live.as_ref().expect("loaded above");
                let done = self.driver.interpreter.set_attribute(live, &attribute, &value);
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
                let exists = self.touch(&target)?.live.is_some();
                self.driver.interpreter.bool(exists)
            }
            Action::Delete { target } => {
                self.load(&target)?;
                let slot = self.touch(&target)?;
                slot.deleted = slot.live.take();
                self.driver.interpreter.none()
            }
        };
        Ok(Running::Finished(Ok(value)))
    }

    fn run(
        &mut self,
        function: FunctionId,
        entity: Option<EntityId>,
        entry: Entry<I::Value>,
    ) -> Running<I::Value> {
        let live = entity.as_ref().map(|id| {
            let slot = &self.driver.live.entities[id];
            let live = slot.live.as_ref().or(slot.deleted.as_ref());
            live.expect("this is a bug in Anabranch: a method runs without its entity")
        });
        let outcome = self.driver.interpreter.run(live, entry);
        Running::Started { function, entity, outcome }
    }

    fn insert(&mut self, id: EntityId, live: I::Entity) -> Step<I, I::Value> {
        if self.touch(&id)?.live.is_some() {
            return Err(self.fault(Fault::EntityExists(&id)));
        }
        self.touch(&id)?.live = Some(live);
        Ok(self.driver.interpreter.reference(&id))
    }

    /// Makes sure that `id` is live.
    fn load(&mut self, id: &EntityId) -> Step<I, ()> {
        if self.touch(id)?.live.is_some() {
            return Ok(());
        }
        Err(self.fault(Fault::EntityNotFound(id)))
    }

    /// The slot of `id`, read from the store on first use.
    fn touch(&mut self, id: &EntityId) -> Step<I, &mut Slot<I::Entity>> {
        let DriverSession { interpreter, live } = &mut *self.driver;
        let LiveEntities { entities, transaction, .. } = &mut **live;
        let slot = match entities.entry(id.clone()) {
            MapEntry::Occupied(slot) => slot.into_mut(),
            MapEntry::Vacant(vacant) => {
                let committed = self.states.read(id).map_err(Failure::Unavailable)?;
                let live = committed.as_deref().map(|state| interpreter.load(id, state));
                let live = live.transpose().map_err(undecodable)?;
                vacant.insert(Slot { live, deleted: None, committed, touched_by: 0 })
            }
        };
        if slot.touched_by != *transaction {
            slot.touched_by = *transaction;
            self.touched.push(id.clone());
        }
        Ok(slot)
    }

    /// The states that differ from the committed ones.
    fn changes(&mut self) -> Step<I, Vec<Write>> {
        let mut writes = Vec::new();
        for id in &self.touched {
            let DriverSession { interpreter, live } = &mut *self.driver;
            let LiveEntities { entities, state, .. } = &mut **live;
            let slot = &entities[id];
            let after = match &slot.live {
                None => None,
                Some(live) => {
                    interpreter.save(live, state).map_err(Stop::Exception)?;
                    Some(state.bytes())
                }
            };
            if after == slot.committed.as_deref() {
                continue;
            }
            if let Some(live) = &slot.live {
                interpreter.check_key(live).map_err(Stop::Exception)?;
            }
            let (id, before) = (id.clone(), slot.committed.clone());
            writes.push(Write { id, before, state: after.map(Arc::from) });
        }
        self.driver.live.state.shrink_to(STATE_BUFFER_MAX);
        Ok(writes)
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
    Started { function: FunctionId, entity: Option<EntityId>, outcome: Outcome<V> },
    /// An action has its result or exception, which the frame on top waits for.
    Finished(Result<V, V>),
}

fn undecodable(error: DecodeError) -> Failure {
    Failure::Unavailable(format!("cannot read a stored state: {error}"))
}

/// A request whose values cannot be read is the client's mistake, not the engine's.
fn unfit(error: DecodeError) -> Failure {
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
