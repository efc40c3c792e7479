//! What is wrong with a history.

use std::fmt;

/// What is wrong with a history.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub struct Finding {
    pub kind: FindingKind,
    /// The numbers of the requests involved.
    pub requests: Vec<u64>,
    /// In words, a line for each fact.
    pub explanation: String,
}

/// The ways in which a history can be wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum FindingKind {
    /// A request was never answered.
    NoReply,
    /// A client got different replies to one request.
    DifferentReplies,
    /// There is more or less money than was put in.
    Money,
    /// A key still holds something of a transaction.
    Leftover,
    /// A reply or a state is not what any request could give.
    Unreadable,
    /// A list holds a mark that no request has.
    UnknownMark,
    /// A list holds a mark of a request that failed.
    AbortedMark,
    /// A list holds a mark twice.
    MarkTwice,
    /// A list was seen, or ended, with other marks between those of one request.
    TornRequest,
    /// Two lists of the same cell differ in more than that one is longer.
    DifferentOrders,
    /// A request that succeeded changed a cell, and the cell does not have the change.
    LostMark,
    /// A cell was created or deleted twice, or is there, or not, against what was told.
    Existence,
    /// The requests cannot have been executed one after another.
    Cycle,
    /// Executed one after another, a request gets another reply.
    OtherReply,
    /// Executed one after another, the requests leave another state.
    OtherState,
}

impl Finding {
    pub(crate) fn new(
        kind: FindingKind,
        requests: impl IntoIterator<Item = u64>,
        explanation: impl Into<String>,
    ) -> Self {
        Self { kind, requests: requests.into_iter().collect(), explanation: explanation.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.kind)?;
        if !self.requests.is_empty() {
            let numbers: Vec<String> = self.requests.iter().map(u64::to_string).collect();
            write!(f, " (requests {})", numbers.join(", "))?;
        }
        write!(f, ": {}", self.explanation)
    }
}
