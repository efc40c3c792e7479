//! The runtime as a function of one key: `step(key, state, event) -> (state, outputs)`.
//!
//! An engine with keyed state and reliable messages runs an application by this alone. It keeps an opaque
//! state for each key, hands each event to its key, and delivers what comes out to the key or client that
//! it names. Everything goes in and comes out as bytes; there is no clock, no randomness and
//! no I/O, so the same bytes give the same bytes. `docs/transactions.md` has the argument why what comes
//! out is serializable; this is how it works.
//!
//! # What an engine must do
//! - Deliver each output exactly once: state and messages under way survive together, or are both
//!   taken back and made again from the same input.
//! - Keep the order of what one partition sends to another. All else may overtake.
//! - Give each submission a number of its own, its time and its seed.
//!
//! # Keys
//! - An **entity** (`entity`) keeps its committed state, a queue of locks, and what transactions have left there: a buffer
//!   of their writes and their suspended calls (`visit`).
//! - The **sequencer** (`sequencer`) orders the transactions that may touch several entities.
//! - A **request** (`request_key`) with an idempotency key keeps its reply.
//!
//! # A transaction
//! `admission` decides where a root call begins. If it touches one entity, it waits in the queue there and
//! runs in one step. If its access set is known, the sequencer sends a lock request to each entity in it; they all
//! serve their queues in the order in which requests come, which is the same everywhere. The first entity
//! runs the root method when it gets the lock (`activation`). A remote call is an event to the other
//! entity, which runs it when the lock is there too; its result is an event back to the frame that waits.
//! When the root method ends, its entity decides (`root`): it replies, and tells all others to make
//! their buffers the committed state, or to forget them.
//!
//! Without an access set an attempt runs without locks, on buffers over whatever is committed: a
//! *reconnaissance*. It is never committed; the entities that it touched are the transaction's access
//! set. What is touched beyond the access set is a *miss*: the attempt goes on there without a lock, to
//! find out more, and is then discarded and sequenced again with all that was found. After
//! three misses a transaction runs alone (`sequencer`).
//!
//! # Forms
//! `wire` has the versioned wire form of events and states, `address` that of keys.

mod activation;
mod address;
mod admission;
mod entity;
mod event;
mod event_report;
mod outbox;
mod request_key;
mod root;
mod seed;
mod sequencer;
mod visit;
mod wire;

use std::fmt;
use std::sync::Arc;

use anabranch_ir::{FunctionId, Program};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use self::event_report::{EventKind, EventReport};
pub use self::wire::FORMAT_VERSION;

use self::address::Address;
use self::entity::EntityKey;
use self::event::{AttemptId, Event, RequestId};
use self::outbox::Outbox;
use self::request_key::RequestKey;
use self::sequencer::Sequencer;
use self::wire::{COMMITTED, Fingerprint};
use crate::{
    EntityId, Limits, PortableInterpreter, Reply, Request, RunningTransaction, TransactionContext,
    TransactionNumber,
};

/// For how long the reply of a request with an idempotency key is kept at least: a day.
const REPLY_RETENTION_NANOSECONDS: i64 = 24 * 60 * 60 * 1_000_000_000;

/// Runs steps: a program, its interpreter, and nothing that one step leaves to another.
pub struct StepHost<I: PortableInterpreter> {
    pub interpreter: I,
    program: Arc<Program>,
    fingerprint: Fingerprint,
    limits: Limits,
    running: Arc<RunningTransaction>,
    /// Numbers what the interpreter runs, for those who watch it.
    activations: u64,
    flaw: Option<Flaw>,
}

/// What a step gives.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stepped {
    /// The new state of the key; empty if there is nothing to keep.
    pub state: Vec<u8>,
    pub outputs: Vec<Output>,
}

/// A message that the engine delivers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// An event for a key.
    Key { key: Vec<u8>, event: Vec<u8> },
    /// The reply for a client: [`StepHost::decode_reply`] reads it.
    Client { client: Vec<u8>, reply: Vec<u8> },
}

/// A root call as it comes in.
#[derive(Clone, Debug)]
pub struct Submission {
    pub request: Request,
    /// Given to no other submission. A request with an idempotency key goes by that instead.
    pub number: u64,
    /// Where the reply goes to; comes back in [`Output::Client`].
    pub client: Vec<u8>,
    pub context: TransactionContext,
}

/// Why a step cannot be taken; the key's state is as it was.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum StepError {
    #[error("a key is damaged or of another program: {0}")]
    Key(String),
    #[error("a message is damaged: {0}")]
    Unreadable(String),
    #[error("a message has format version {0}, but only version {FORMAT_VERSION} is known")]
    Version(u8),
    #[error(
        "transactions of another version of the application are under way: let that version finish \
         them before this one starts"
    )]
    OtherProgram,
    #[error("this is a bug in Anabranch: an event for another kind of key")]
    Misdirected,
}

/// What can be said of a key's state by who checks the kernel.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeyReport {
    /// The entity that the key stands for, with its committed state, if it exists.
    pub entity: Option<(EntityId, Vec<u8>)>,
    /// What transactions have left there, in words: locks, buffers, calls that wait. Empty in the end.
    pub under_way: Vec<String>,
}

/// A mistake in the protocol, for tests that the checkers of the simulation find it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flaw {
    /// Lock requests are served last in, first out.
    QueueNotInOrder,
    /// What a transaction writes becomes visible before it commits.
    BufferVisibleEarly,
    /// An entity lets the next transaction in when a call returns.
    LockReleasedBeforeCommit,
    /// The client gets the reply of an attempt that is discarded.
    ReplyBeforeDecision,
    /// A request that was answered runs again.
    DuplicateApplied,
    /// A call that overtakes its lock request does not wait for it.
    CallBeforeLock,
    /// An attempt that touched entities beyond its locks commits.
    MissIgnored,
    /// A transaction that changes what it locked for reading commits.
    SharedLockUnchecked,
}

impl Flaw {
    pub const ALL: [Flaw; 8] = [
        Flaw::QueueNotInOrder,
        Flaw::BufferVisibleEarly,
        Flaw::LockReleasedBeforeCommit,
        Flaw::ReplyBeforeDecision,
        Flaw::DuplicateApplied,
        Flaw::CallBeforeLock,
        Flaw::MissIgnored,
        Flaw::SharedLockUnchecked,
    ];
}

/// A step under way.
struct Step<'a, I: PortableInterpreter> {
    interpreter: &'a mut I,
    program: &'a Program,
    limits: &'a Limits,
    running: &'a RunningTransaction,
    activations: &'a mut u64,
    flaw: Option<Flaw>,
    outbox: Outbox<'a>,
}

impl<I: PortableInterpreter> StepHost<I> {
    pub fn new(program: Arc<Program>, interpreter: I) -> Self {
        Self::with_limits(program, interpreter, Limits::default())
    }

    /// A host with limits for each transaction: the bytes of effects count for each entity.
    pub fn with_limits(program: Arc<Program>, interpreter: I, limits: Limits) -> Self {
        let fingerprint = u64::from_str_radix(&program.fingerprint(), 16);
        let fingerprint =
            fingerprint.expect("this is a bug in Anabranch: a fingerprint of letters");
        let fingerprint = fingerprint.to_be_bytes();
        let (running, activations, flaw) = (Arc::default(), 0, None);
        Self { interpreter, program, fingerprint, limits, running, activations, flaw }
    }

    /// The same with a mistake in the protocol.
    #[cfg(feature = "flaws")]
    pub fn with_flaw(mut self, flaw: Flaw) -> Self {
        self.flaw = Some(flaw);
        self
    }

    pub fn program(&self) -> &Arc<Program> {
        &self.program
    }

    /// What this host runs, for those who watch it.
    pub fn running(&self) -> &Arc<RunningTransaction> {
        &self.running
    }

    /// The first event of a root call.
    pub fn admit(&self, submission: &Submission) -> Output {
        let mut outbox = Outbox::new(&self.program, self.fingerprint);
        admission::admit(&self.program, submission, &mut outbox);
        outbox.into_outputs().remove(0)
    }

    /// An event that lets a request's key forget its reply if it is older than a day. An engine may
    /// deliver it to any of these keys, as often and as late as it likes.
    pub fn expiry(&self, now_nanoseconds: i64) -> Vec<u8> {
        wire::encode(self.fingerprint, &Event::Expire { now_nanoseconds })
    }

    /// Lets `key`, whose state is `state`, take `event`. An empty state is that of a key which has none.
    ///
    /// # Errors
    /// The bytes are not what a host of this program wrote.
    pub fn step(&mut self, key: &[u8], state: &[u8], event: &[u8]) -> Result<Stepped, StepError> {
        let Self { interpreter, program, fingerprint, limits, running, activations, flaw } = self;
        let (program, fingerprint, flaw) = (&**program, *fingerprint, *flaw);
        let address = Address::from_key(program, key)?;
        let event: Event = wire::decode(fingerprint, event)?;
        interpreter.session(|interpreter| {
            let outbox = Outbox::new(program, fingerprint);
            let mut step =
                Step { interpreter, program, limits, running, activations, flaw, outbox };
            let state = match address {
                Address::Entity(id) => {
                    let mut key = read_entity(fingerprint, state)?;
                    step.entity(&id, &mut key, event)?;
                    write_entity(fingerprint, &key)
                }
                Address::Request(id) => {
                    let key = read(fingerprint, state)?;
                    write(fingerprint, step.request(id, key, event)?.as_ref())
                }
                Address::Sequencer => {
                    let mut key = read(fingerprint, state)?.unwrap_or_default();
                    step.sequencer(&mut key, event)?;
                    write(fingerprint, Some(&key).filter(|key| !key.is_idle()))
                }
            };
            Ok(Stepped { state, outputs: step.outbox.into_outputs() })
        })
    }

    /// The reply in [`Output::Client`].
    ///
    /// # Errors
    /// The bytes are not what a host of this program wrote.
    pub fn decode_reply(&self, message: &[u8]) -> Result<Reply, StepError> {
        wire::decode(self.fingerprint, message)
    }

    /// Looks into an event.
    ///
    /// # Errors
    /// The bytes are not what a host of this program wrote.
    pub fn event_report(&self, event: &[u8]) -> Result<EventReport, StepError> {
        Ok(EventReport::new(&wire::decode(self.fingerprint, event)?))
    }

    /// Looks into the state of a key.
    ///
    /// # Errors
    /// The bytes are not what a host of this program wrote.
    pub fn report(&self, key: &[u8], state: &[u8]) -> Result<KeyReport, StepError> {
        Ok(match Address::from_key(&self.program, key)? {
            Address::Entity(id) => {
                let key = read_entity(self.fingerprint, state)?;
                let under_way = key.under_way();
                let entity = key.committed.map(|state| (id, state.into_vec()));
                KeyReport { entity, under_way }
            }
            Address::Request(_) => {
                let key: Option<RequestKey> = read(self.fingerprint, state)?;
                let under_way = key.map(|key| key.under_way()).unwrap_or_default();
                KeyReport { entity: None, under_way }
            }
            Address::Sequencer => {
                let key: Option<Sequencer> = read(self.fingerprint, state)?;
                let under_way = key.map(|key| key.under_way()).unwrap_or_default();
                KeyReport { entity: None, under_way }
            }
        })
    }
}

impl<I: PortableInterpreter> Step<'_, I> {
    fn entity(
        &mut self,
        id: &EntityId,
        key: &mut EntityKey,
        event: Event,
    ) -> Result<(), StepError> {
        match event {
            Event::Start(start) => self.start(id, key, start),
            Event::Lock(lock) => self.lock(id, key, lock),
            Event::Call(call) => self.call(id, key, call),
            Event::Return(returned) => self.resume(id, key, returned),
            Event::Finish(finish) => self.finish(id, key, finish),
            _ => return Err(StepError::Misdirected),
        }
        Ok(())
    }

    fn request(
        &mut self,
        id: RequestId,
        key: Option<RequestKey>,
        event: Event,
    ) -> Result<Option<RequestKey>, StepError> {
        match (event, key) {
            (Event::Submit(submit), key) => self.submit(id, key, submit),
            (Event::Answer(reply), Some(key)) => Ok(key.answer(reply, &mut self.outbox)),
            (Event::Expire { now_nanoseconds }, key) => {
                Ok(key.and_then(|key| key.expire(now_nanoseconds, REPLY_RETENTION_NANOSECONDS)))
            }
            _ => Err(StepError::Misdirected),
        }
    }

    fn sequencer(&mut self, key: &mut Sequencer, event: Event) -> Result<(), StepError> {
        match event {
            Event::Sequence(sequence) => key.sequence(sequence, &mut self.outbox),
            Event::Extend { attempt, entity } => key.extend(attempt, entity, &mut self.outbox),
            Event::Done(done) => key.done(done, &mut self.outbox),
            _ => return Err(StepError::Misdirected),
        }
        Ok(())
    }

    /// Runs `work` as a part of a transaction that has `context` of the outside.
    fn in_transaction<R>(
        &mut self,
        context: &TransactionContext,
        method: Option<FunctionId>,
        work: impl FnOnce(&mut I) -> R,
    ) -> R {
        *self.activations += 1;
        let number = TransactionNumber::new(*self.activations);
        let number = number.expect("this is a bug in Anabranch: overflow");
        self.interpreter.number_transaction(number);
        self.interpreter.begin_transaction(context);
        self.running.begin(number.get(), method);
        let result = work(self.interpreter);
        // The interpreter is held from here to there, so that no interrupt comes between.
        self.interpreter.end_transaction();
        self.running.end();
        result
    }

    fn has_flaw(&self, flaw: Flaw) -> bool {
        self.flaw == Some(flaw)
    }
}

impl fmt::Display for AttemptId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RequestId(id) = &self.request;
        write!(formatter, "request {} attempt {}", id.escape_ascii(), self.number)
    }
}

fn read<T: DeserializeOwned>(
    fingerprint: Fingerprint,
    state: &[u8],
) -> Result<Option<T>, StepError> {
    if state.is_empty() { Ok(None) } else { wire::decode(fingerprint, state).map(Some) }
}

fn write<T: Serialize>(fingerprint: Fingerprint, key: Option<&T>) -> Vec<u8> {
    key.map(|key| wire::encode(fingerprint, key)).unwrap_or_default()
}

fn read_entity(fingerprint: Fingerprint, state: &[u8]) -> Result<EntityKey, StepError> {
    match state.split_first() {
        Some((&COMMITTED, committed)) => {
            let committed = Some(serde_bytes::ByteBuf::from(committed));
            Ok(EntityKey { committed, ..EntityKey::default() })
        }
        _ => Ok(read(fingerprint, state)?.unwrap_or_default()),
    }
}

fn write_entity(fingerprint: Fingerprint, key: &EntityKey) -> Vec<u8> {
    match &key.committed {
        _ if !key.is_idle() => wire::encode(fingerprint, key),
        Some(committed) => [&[COMMITTED], &committed[..]].concat(),
        None => Vec::new(),
    }
}
