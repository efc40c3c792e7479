//! The runtime as a function of one key: `step(key, state, event) -> (state, outputs)`.

use std::sync::Arc;

use anabranch_ir::Program;

use crate::{PortableInterpreter, Reply, Request, TransactionContext};

/// Runs steps: a program, its interpreter, and nothing that one step leaves to another.
pub struct StepHost<I: PortableInterpreter> {
    pub interpreter: I,
    program: Arc<Program>,
}

/// What a step gives.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stepped {
    /// The new state of the key; empty if there is nothing to keep.
    pub state: Vec<u8>,
    pub outputs: Vec<Output>,
}

/// A message that the engine delivers: each exactly once, those from one partition to another in the
/// order in which they were sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// An event for a key.
    Key { key: Vec<u8>, event: Vec<u8> },
    /// The reply for a client: [`decode_reply`] reads it.
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
    #[error("{0}")]
    Unreadable(String),
}

impl<I: PortableInterpreter> StepHost<I> {
    pub fn new(program: Arc<Program>, interpreter: I) -> Self {
        Self { interpreter, program }
    }

    /// The first event of a root call.
    pub fn admit(&self, submission: &Submission) -> Output {
        let _ = (&self.program, submission);
        unimplemented!()
    }

    /// Lets `key`, whose state is `state`, take `event`. An empty state is that of a key which has none.
    ///
    /// # Errors
    /// The bytes are not what a host of this program wrote.
    pub fn step(&mut self, key: &[u8], state: &[u8], event: &[u8]) -> Result<Stepped, StepError> {
        let _ = (key, state, event);
        unimplemented!()
    }
}

/// The reply in [`Output::Client`].
///
/// # Errors
/// The bytes are no reply.
pub fn decode_reply(message: &[u8]) -> Result<Reply, StepError> {
    let _ = message;
    unimplemented!()
}

/// What can be said of a key's state by who checks the kernel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyReport {
    /// The entity that the key stands for, with its committed state, if it is one's and it exists.
    pub entity: Option<(crate::EntityId, Vec<u8>)>,
    /// What transactions have left there, in words: locks, buffers, calls that wait. Empty in the end.
    pub under_way: Vec<String>,
}

/// Looks into the state of a key.
///
/// # Errors
/// The bytes are not what a host of this program wrote.
pub fn report(program: &Program, key: &[u8], state: &[u8]) -> Result<KeyReport, StepError> {
    let _ = (program, key, state);
    unimplemented!()
}
