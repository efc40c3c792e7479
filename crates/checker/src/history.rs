//! What happened in a simulation, as clients and the state in the end tell it.

use std::collections::BTreeMap;

use anabranch_kernel::{EntityId, Operation, Reply, TransactionContext};

/// What happened in a simulation.
#[derive(Clone, Debug, Default)]
pub struct History {
    pub requests: Vec<Recorded>,
    /// The committed state of each entity that exists in the end.
    pub final_states: BTreeMap<EntityId, Vec<u8>>,
    /// What keys still hold of transactions in the end, in words.
    pub leftovers: Vec<String>,
}

/// A request and what its client was told. Times are in any unit, and of one clock.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Given to no other request of the history.
    pub number: u64,
    pub operation: Operation,
    pub context: TransactionContext,
    /// When the client first sent it.
    pub submitted: u64,
    /// All replies that the client got, in the order in which they came; none: it was never answered.
    pub answers: Vec<Answer>,
}

/// A reply that came to a client.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    pub time: u64,
    pub reply: Reply,
}

impl Recorded {
    /// The first reply; the others should be the same.
    pub fn reply(&self) -> Option<&Reply> {
        self.answers.first().map(|answer| &answer.reply)
    }

    /// When the client knew the reply; `None`: never.
    pub fn answered(&self) -> Option<u64> {
        self.answers.first().map(|answer| answer.time)
    }
}
