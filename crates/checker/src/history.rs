//! What happened in a simulation, as clients and the state in the end tell it.

use std::collections::BTreeMap;

use anabranch_kernel::value::wire;
use anabranch_kernel::{EntityId, Failure, Operation, Reply, TransactionContext, Value};

use crate::script::Observation;
use crate::script::told::in_exception;

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

/// A reply in words, for reports: what a script observed, or the value of another reply.
pub fn describe_reply(reply: &Reply) -> String {
    let list = |observations: Vec<Observation>| {
        let texts: Vec<String> = observations.iter().map(Observation::to_string).collect();
        format!("{{{}}}", texts.join("; "))
    };
    match reply {
        Ok(message) => match wire::decode(message) {
            Ok(value) => match Observation::list_from_value(value.clone()) {
                Some(observations) => list(observations),
                None => format!("{value:?}"),
            },
            Err(error) => format!("{message:?}, which is no value: {error}"),
        },
        Err(Failure::Raised(raised)) => {
            let observed = in_exception(&raised.exception).unwrap_or_default();
            format!("{}({:?}) after {}", raised.class, raised.message, list(observed))
        }
        Err(failure) => format!("{failure:?}"),
    }
}

/// A state in words, for reports.
pub fn describe_state(state: Option<&[u8]>) -> String {
    let Some(state) = state else { return "not there".to_owned() };
    match anabranch_kernel::value::state::decode(state) {
        Ok(attributes) => {
            let written = |(name, value): (String, Value)| format!("{name}: {value:?}");
            attributes.into_iter().map(written).collect::<Vec<_>>().join(", ")
        }
        Err(error) => format!("{state:?}, which is no state: {error}"),
    }
}
