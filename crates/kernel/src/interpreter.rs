//! What runs a segment: CPython now, a native interpreter later. The kernel does not know which.

use std::sync::Arc;

use anabranch_ir::{FunctionId, OperatorId, SegmentId};

use crate::value::state::StateWriter;
use crate::value::wire::DecodeError;
use crate::{EntityId, Interrupter, Raised, TransactionContext, TransactionNumber};

/// In how many steps an entity is asked for from memory.
pub const PREFETCH_STEPS: usize = 4;

/// Runs segments on live entities.
///
/// Every fallible method gives an exception of the user's program as the error, as a value: user
/// code can catch what the kernel raises and the other way round.
pub trait Interpreter: Send + 'static {
    /// A handle on a value in the interpreter's own form. Cloning shares the value.
    type Value: Clone + Send;
    /// A live entity: its state in the interpreter's own form.
    type Entity: Send;

    /// Runs `work` with whatever the thread needs for the interpreter held (for CPython the
    /// interpreter lock), so that the calls inside do not acquire it one by one.
    fn session<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R;

    /// Inside a session: runs `wait`, which may block, without holding up other threads.
    fn wait<R: Send>(&mut self, wait: impl FnOnce() -> R + Send) -> R;

    /// Called before each transaction; user code runs only between this and the next call. Time,
    /// randomness and fresh ids that it asks for come from `context`.
    fn begin_transaction(&mut self, context: &TransactionContext);

    /// Called before [`Interpreter::begin_transaction`] with the number of the transaction, for
    /// whatever the interpreter says of it elsewhere.
    fn number_transaction(&mut self, _number: TransactionNumber) {}

    /// Called before [`Interpreter::end_transaction`] if the transaction was undone.
    fn abort_transaction(&mut self) {}

    /// Called after each transaction. No interrupt that was meant for it comes later.
    fn end_transaction(&mut self);

    /// What ends user code that this interpreter runs; `None` if it cannot run for long.
    fn interrupter(&self) -> Option<Arc<dyn Interrupter>> {
        None
    }

    /// An exception of this transaction that user code must not swallow, if there was one: the
    /// transaction aborts with it even if its root method returned.
    fn objection(&mut self) -> Option<Self::Value>;

    /// The arguments of a request.
    ///
    /// # Errors
    /// The bytes are not arguments, or name a class that cannot be found.
    fn decode_arguments(&mut self, message: &[u8]) -> Result<Arguments<Self::Value>, DecodeError>;

    /// The value in `message`.
    ///
    /// # Errors
    /// The bytes are not a value, or name a class that cannot be found.
    fn decode(&mut self, message: &[u8]) -> Result<Self::Value, DecodeError>;

    /// The wire message of `value`; live entities inside become references.
    ///
    /// # Errors
    /// A `TypeError` for what has no encoding.
    fn encode(&mut self, value: &Self::Value) -> Result<Vec<u8>, Self::Value>;

    /// A deep copy, as for a value that crosses from one entity to another: references are
    /// shared, live entities become references.
    ///
    /// # Errors
    /// What a copying hook of the value raises.
    fn copy(&mut self, value: &Self::Value) -> Result<Self::Value, Self::Value>;

    /// Copies of the arguments of one call. A value that occurs in both the positional and the
    /// keyword arguments should stay one value.
    ///
    /// # Errors
    /// What a copying hook of a value raises.
    fn copy_arguments(
        &mut self,
        arguments: &Arguments<Self::Value>,
    ) -> Result<Arguments<Self::Value>, Self::Value> {
        let positional = self.copy(&arguments.positional)?;
        let keywords = arguments.keywords.as_ref();
        let keywords = keywords.map(|keywords| self.copy(keywords)).transpose()?;
        Ok(Arguments { positional, keywords })
    }

    /// Describes an exception for the client.
    fn describe(&mut self, exception: &Self::Value) -> Raised;

    /// The exception for something the kernel found.
    fn exception(&mut self, fault: Fault<'_>) -> Self::Value;

    /// The reference to `id`.
    fn reference(&mut self, id: &EntityId) -> Self::Value;

    /// The values `None` and a bool.
    fn none(&mut self) -> Self::Value;
    fn bool(&mut self, value: bool) -> Self::Value;

    /// Runs `__init__` and `__key__` of a new entity.
    ///
    /// # Errors
    /// What they raise.
    fn construct(
        &mut self,
        operator: OperatorId,
        arguments: Arguments<Self::Value>,
    ) -> Result<(EntityId, Self::Entity), Self::Value>;

    /// Makes a live entity from the state that [`Interpreter::save`] wrote.
    ///
    /// # Errors
    /// The bytes are not a state of this class.
    fn load(&mut self, id: &EntityId, state: &[u8]) -> Result<Self::Entity, DecodeError>;

    /// Writes the entity's state. Equal states have equal bytes: what differs is stored.
    ///
    /// The entity was loaded from `before`, or saved as that when it was saved last; `None`: neither.
    ///
    /// # Errors
    /// A `TypeError` for an attribute that has no encoding.
    fn save(
        &mut self,
        entity: &mut Self::Entity,
        before: Option<&[u8]>,
        state: &mut StateWriter,
    ) -> Result<(), Self::Value>;

    /// Asks for the memory that running on `entity` and saving it will need, with
    /// [`crate::prefetch::prefetch`]. `step` counts from zero up to [`PREFETCH_STEPS`], with time
    /// between: each may look at what the one before has asked for.
    fn prefetch(&self, _entity: &Self::Entity, _step: usize) {}

    /// An estimate of the memory that `entity` takes beside its key and state as bytes, which are
    /// `state_bytes` long.
    fn live_bytes(&self, _entity: &Self::Entity, state_bytes: usize) -> usize {
        state_bytes
    }

    /// Checks that the entity still has the key of `id`, by which it is found. Its state was `before`, if it
    /// existed, and is `after` as [`Interpreter::save`] has just written it.
    ///
    /// # Errors
    /// An `AnabranchError` if it has another one, or what `__key__` raises.
    fn check_key(
        &mut self,
        id: &EntityId,
        entity: &Self::Entity,
        before: Option<&[u8]>,
        after: &[u8],
    ) -> Result<(), Self::Value>;

    /// A dict of all attributes, not copied.
    fn state(&mut self, entity: &Self::Entity) -> Self::Value;

    /// Reads an attribute, not copied.
    ///
    /// # Errors
    /// `AttributeError`, or what a property raises.
    fn get_attribute(
        &mut self,
        entity: &Self::Entity,
        attribute: &Self::Value,
    ) -> Result<Self::Value, Self::Value>;

    /// Writes an attribute.
    ///
    /// # Errors
    /// What a property raises.
    fn set_attribute(
        &mut self,
        entity: &Self::Entity,
        attribute: &Self::Value,
        value: &Self::Value,
    ) -> Result<(), Self::Value>;

    /// The name of an attribute as a value.
    fn attribute_name(&mut self, name: &str) -> Self::Value;

    /// Runs from `entry` to the next suspension or the end of the function. `entity` is the one on
    /// whose behalf the function runs.
    fn run(
        &mut self,
        entity: Option<(&EntityId, &Self::Entity)>,
        entry: Entry<Self::Value>,
    ) -> Outcome<Self::Value>;

    /// Whether calls that do not depend on each other are handed over together ([`Action::Together`])
    /// from now on. An interpreter hands them over one by one until it is told so; one that never
    /// hands them over together need not listen.
    fn hand_over_together(&mut self, _together: bool) {}

    /// The result of [`Action::Together`]: the outcomes of its first actions, in order; of fewer than
    /// all only if the last one is an exception.
    fn outcomes(&mut self, _outcomes: Vec<Result<Self::Value, Self::Value>>) -> Self::Value {
        panic!("this is a bug in Anabranch: this interpreter hands nothing over together")
    }
}

/// Arguments of a call, in the interpreter's own form.
#[derive(Clone, Debug)]
pub struct Arguments<V> {
    /// A tuple.
    pub positional: V,
    /// A dict with `str` keys; `None` for no keywords.
    pub keywords: Option<V>,
}

/// Where to run from.
#[derive(Debug)]
pub enum Entry<V> {
    /// The start of a function.
    Start { function: FunctionId, arguments: Arguments<V> },
    /// Where a suspended function left off. An exception as the input is raised there: the function
    /// may catch it.
    Resume { function: FunctionId, segment: SegmentId, live: V, input: Result<V, V> },
}

/// How a run ended.
#[derive(Debug)]
pub enum Outcome<V> {
    Return(V),
    /// An exception left the function.
    Raise(V),
    /// The function waits for `action`; `segment` takes its result and `live`.
    Suspend {
        segment: SegmentId,
        live: V,
        action: Action<V>,
    },
}

/// What a suspended function waits for. Values in it are not copied yet.
#[derive(Debug)]
pub enum Action<V> {
    Call {
        target: EntityId,
        method: FunctionId,
        arguments: Arguments<V>,
    },
    Get {
        target: EntityId,
        attribute: V,
    },
    Set {
        target: EntityId,
        attribute: V,
        value: V,
    },
    Create {
        operator: OperatorId,
        arguments: Arguments<V>,
    },
    /// A helper function, run on behalf of the same entity.
    Function {
        function: FunctionId,
        arguments: Arguments<V>,
    },
    Exists {
        target: EntityId,
    },
    Delete {
        target: EntityId,
    },
    /// Calls of methods and reads of attributes, each of an entity, that may be under way at the same
    /// time as far as the caller is concerned. What they are to each other is for the kernel to find
    /// out: where it cannot tell that they are independent it performs them in their order, and ends
    /// with the first that raises an exception. The result is
    /// [`Interpreter::outcomes`].
    Together(Vec<Action<V>>),
}

/// What the kernel raises in user code.
#[derive(Clone, Copy, Debug)]
pub enum Fault<'a> {
    EntityNotFound(&'a EntityId),
    EntityExists(&'a EntityId),
    /// Calls nest deeper than this many frames.
    Recursion {
        depth_max: usize,
    },
    /// The transaction touches more entities than it may.
    TooManyEntities {
        entities_max: usize,
    },
    /// The changed states and the reply are larger together than they may be.
    EffectsTooLarge {
        bytes_max: usize,
    },
}
