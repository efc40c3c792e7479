//! What a simulation finds wrong.

use anabranch_kernel::step::StepError;

#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Finding {
    #[error("a step refused its event: {0}")]
    StepFailed(#[from] StepError),

    #[error("the same step, taken twice, did not give the same: key {key}, event {event}")]
    StepNotPure { key: String, event: String },

    #[error("a replay in the recorded order did not give the same: key {key}, event {event}")]
    ReplayDiffers { key: String, event: String },

    #[error("a replay in the recorded order misses a message that was there before; {0}")]
    ReplayStuck(String),

    #[error("request {request} was answered with {first}, and again with {second}")]
    ReplyChanged { request: u64, first: String, second: String },

    #[error("one sending of request {request} was answered twice without a crash")]
    AnsweredTwice { request: u64 },

    #[error("a reply came for {0}, which was not sent")]
    UnknownClient(String),

    #[error("nothing is under way any more, and these were never answered: {0}")]
    NeverAnswered(String),

    #[error("it does not end within {events} events; {under_way}")]
    DoesNotEnd { events: u64, under_way: String },

    #[error("after the end {key} keeps {under_way}")]
    LeftBehind { key: String, under_way: String },

    #[error("it panicked: {0}")]
    Panicked(String),

    #[error("request {request} failed, which no simulated request should: {failure}")]
    Failed { request: u64, failure: String },
}

/// Bytes for people: what is printable as it is.
pub fn readable(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
