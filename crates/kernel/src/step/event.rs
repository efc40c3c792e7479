//! Events: what keys send each other.
//!
//! All of them are plain data with a wire form ([`super::wire`]). Values in them are wire messages; they
//! are copies, as all that crosses from one entity to another.

use std::collections::BTreeMap;

use anabranch_ir::{AccessMode, FunctionId, OperatorId};
use serde::{Deserialize, Serialize};

use crate::{EntityId, Failure, Raised, Reply, TransactionContext};

/// An event for a key.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum Event {
    /// To a request's key: a client asks.
    Submit(Submit),
    /// To a request's key: its transaction has an outcome.
    Answer(Reply),
    /// To a request's key: time goes on, so an old reply may be forgotten.
    Expire { now_nanoseconds: i64 },
    /// To an entity: a root call that does not go through the sequencer.
    Start(Start),
    /// To an entity: a transaction asks for its lock.
    Lock(Lock),
    /// To an entity: another one calls.
    Call(Call),
    /// To an entity: what a call of it came to.
    Return(Return),
    /// To an entity: an attempt is over.
    Finish(Finish),
    /// To the sequencer: a transaction wants its place in the order.
    Sequence(Sequence),
    /// To the sequencer: a transaction that runs alone needs one more entity.
    Extend { attempt: AttemptId, entity: EntityId },
    /// To the sequencer: a transaction that ran alone is over.
    Done(Done),
}

/// A request, by its idempotency key or by the number that the engine gave it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct RequestId(#[serde(with = "serde_bytes")] pub(crate) Vec<u8>);

/// An execution of a request's transaction, of which the last one counts.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub(crate) struct AttemptId {
    pub(crate) request: RequestId,
    pub(crate) number: u32,
}

/// How an entity is locked.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum LockMode {
    Shared,
    Exclusive,
}

impl From<AccessMode> for LockMode {
    fn from(mode: AccessMode) -> Self {
        if mode == AccessMode::Read { LockMode::Shared } else { LockMode::Exclusive }
    }
}

/// Entities, and how each is locked.
pub(crate) type LockSet = BTreeMap<EntityId, LockMode>;

/// Adds an entity to a set, or makes its lock as strong as `mode`.
pub(crate) fn include(set: &mut LockSet, id: EntityId, mode: LockMode) {
    let strongest = set.entry(id).or_insert(mode);
    *strongest = (*strongest).max(mode);
}

/// Which locks an attempt has, as far as a key knows.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Locks {
    /// None, or none that matter: what is called is called without a lock.
    None,
    /// These.
    Set(LockSet),
    /// These, and any further one that the sequencer is asked for.
    Alone(LockSet),
}

/// Where the reply of a transaction goes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum ReplyTo {
    Client(#[serde(with = "serde_bytes")] Vec<u8>),
    Request,
}

/// What is done to an entity.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Act {
    Call {
        #[serde(with = "super::wire::function_id")]
        method: FunctionId,
        #[serde(with = "serde_bytes")]
        arguments: Vec<u8>,
    },
    Get {
        attribute: String,
    },
    Set {
        attribute: String,
        #[serde(with = "serde_bytes")]
        value: Vec<u8>,
    },
    GetState,
    Exists,
    /// A new entity, made by its constructor elsewhere.
    Insert(#[serde(with = "serde_bytes")] Vec<u8>),
    Delete,
    /// An attribute whose name is a value of the interpreter's own, not a text.
    GetByValue(#[serde(with = "serde_bytes")] Vec<u8>),
}

/// What a client asks for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Asked {
    Create {
        #[serde(with = "super::wire::operator_id")]
        operator: OperatorId,
        #[serde(with = "serde_bytes")]
        arguments: Vec<u8>,
    },
    Act {
        target: EntityId,
        act: Act,
    },
}

/// What a client sends to a request's key.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Submit {
    pub(crate) asked: Asked,
    /// Of a request with an idempotency key.
    pub(crate) fingerprint: Option<[u8; 16]>,
    #[serde(with = "serde_bytes")]
    pub(crate) client: Vec<u8>,
    pub(crate) context: TransactionContext,
}

/// A transaction: what is done to its first entity, and all that must be known to begin again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct RootCall {
    pub(crate) reply_to: ReplyTo,
    pub(crate) target: EntityId,
    pub(crate) act: Act,
    pub(crate) context: TransactionContext,
    /// How often it was executed with too few locks.
    pub(crate) misses: u8,
    /// Whether calls that are independent are made one after another all the same.
    pub(crate) in_sequence: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Start {
    pub(crate) request: RequestId,
    pub(crate) root: RootCall,
    /// The lock that it takes where it starts; `None` for a reconnaissance.
    pub(crate) lock: Option<LockMode>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Sequence {
    pub(crate) attempt: AttemptId,
    pub(crate) root: RootCall,
    pub(crate) locks: Locks,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Lock {
    pub(crate) attempt: AttemptId,
    pub(crate) mode: LockMode,
    /// Where the transaction starts: the root call, and all its locks.
    pub(crate) root: Option<(RootCall, Locks)>,
}

/// A thread of control: what goes along with calls and comes back with their results.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Thread {
    /// Of the transaction; the seed is that of the branch, where calls were sent together.
    pub(crate) context: TransactionContext,
    /// How many events it has caused.
    pub(crate) turn: u32,
    /// How many frames are below.
    pub(crate) depth: u32,
    /// Whether it may have seen states that do not belong together: it is never committed.
    pub(crate) is_doubtful: bool,
    /// In one of several calls sent together: what it may touch, and how.
    pub(crate) may_touch: Option<LockSet>,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Call {
    pub(crate) attempt: AttemptId,
    /// Whether it waits for the attempt's lock here.
    pub(crate) is_locked: bool,
    pub(crate) locks: Locks,
    pub(crate) act: Act,
    pub(crate) caller: FrameAddress,
    pub(crate) thread: Thread,
    pub(crate) in_sequence: bool,
}

/// A frame that waits.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct FrameAddress {
    pub(crate) entity: EntityId,
    /// Whether the attempt has a lock there: it may have called the entity with and without.
    pub(crate) is_locked: bool,
    /// Counts the frames that an attempt has had there.
    pub(crate) frame: u32,
    /// Which of its calls, where it made several together.
    pub(crate) branch: u32,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Return {
    pub(crate) attempt: AttemptId,
    pub(crate) is_locked: bool,
    pub(crate) frame: u32,
    pub(crate) branch: u32,
    pub(crate) outcome: CallOutcome,
    pub(crate) turn: u32,
    pub(crate) is_doubtful: bool,
    /// What the call touched beyond the attempt's locks.
    pub(crate) beyond: LockSet,
}

/// What a call came to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum CallOutcome {
    Value(#[serde(with = "serde_bytes")] Vec<u8>),
    Exception(Raised),
    Stop(Stop),
}

/// Why an attempt ends without user code having a say.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum Stop {
    /// The transaction fails.
    Failure(Failure),
    /// What was seen may not belong together, and this goes on for too long.
    Enough,
    /// What was done at the same time has to be done in sequence.
    InSequence,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Finish {
    pub(crate) attempt: AttemptId,
    /// Whether a lock was requested, which may not be here yet.
    pub(crate) has_lock: bool,
    pub(crate) is_committed: bool,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) attempt: AttemptId,
    /// Where the transaction started: it knows already.
    pub(crate) target: EntityId,
    pub(crate) is_committed: bool,
}
