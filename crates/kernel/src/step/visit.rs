//! What a transaction has left at an entity: the buffer of its writes, and its suspended calls.

use anabranch_ir::{FunctionId, SegmentId};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

use super::event::{Act, CallOutcome, FrameAddress, LockSet, Return, Stop, Thread, include};
use crate::{EntityId, Failure};

/// What a transaction has left at an entity.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Default)]
pub(crate) struct Visit {
    pub(crate) content: Content,
    /// Suspended calls. Most of the time the last one is the next to go on; where calls were sent
    /// together those of several may lie between each other.
    pub(crate) frames: Vec<Frame>,
    /// How many frames there have been.
    pub(crate) frame_count: u32,
    /// Whether a method was called that may change the entity.
    pub(crate) may_change: bool,
}

/// The entity as the transaction sees it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, Default)]
pub(crate) enum Content {
    /// As it is committed.
    #[default]
    Committed,
    Absent,
    /// Its state.
    Saved(#[serde(with = "serde_bytes")] Vec<u8>),
    /// The state and the live variables of the frames, as
    /// [`suspend`](crate::PortableInterpreter::suspend) writes them.
    Suspended {
        is_deleted: bool,
        #[serde(with = "serde_bytes")]
        message: Vec<u8>,
    },
    /// What cannot be written down: the transaction is on its way to fail with this.
    Lost(Failure),
}

/// A suspended call. Its live variables are in the [`Content`].
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Frame {
    pub(crate) number: u32,
    #[serde(with = "super::wire::function_id")]
    pub(crate) function: FunctionId,
    #[serde(with = "super::wire::segment_id")]
    pub(crate) segment: SegmentId,
    /// `None` for the root call.
    pub(crate) caller: Option<FrameAddress>,
    /// As it is when the frame goes on; the depth counts this frame.
    pub(crate) thread: Thread,
    /// What was touched so far beyond the attempt's locks, by this call and those that it made.
    pub(crate) beyond: LockSet,
    pub(crate) awaiting: Awaiting,
}

/// What a frame waits for.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum Awaiting {
    One,
    /// Calls that are under way at the same time.
    Together(Vec<Branch>),
    /// Calls that were handed over together, but are made one after another.
    InTurn {
        outcomes: Vec<CallOutcome>,
        remaining: VecDeque<(EntityId, Act)>,
    },
}

/// One of several calls.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Branch {
    pub(crate) outcome: Option<CallOutcome>,
    /// Whether it may change entities.
    pub(crate) may_change: bool,
}

/// What a frame that has waited gets.
#[derive(Debug)]
pub(crate) enum Awaited {
    /// It waits for more.
    Nothing,
    One(CallOutcome),
    /// The outcomes of its first calls: of fewer than all only if the last one is an exception.
    Several(Vec<CallOutcome>),
    /// The next of the calls that it makes in turn.
    Next(EntityId, Act),
}

impl Visit {
    /// The place of the frame `number`.
    pub(crate) fn position(&self, number: u32) -> usize {
        let position = self.frames.iter().position(|frame| frame.number == number);
        position.expect("this is a bug in Anabranch: a call returns to a frame that is gone")
    }
}

impl Frame {
    /// Takes what a call came to.
    pub(crate) fn take(&mut self, returned: Return) -> Awaited {
        let Return { branch, outcome, turn, is_doubtful, beyond, .. } = returned;
        self.thread.turn = self.thread.turn.max(turn);
        self.thread.is_doubtful |= is_doubtful;
        for (id, mode) in beyond {
            include(&mut self.beyond, id, mode);
        }
        self.awaiting.take(branch, outcome)
    }
}

impl Awaiting {
    /// Takes the outcome of a call.
    pub(crate) fn take(&mut self, branch: u32, outcome: CallOutcome) -> Awaited {
        match self {
            Awaiting::One => Awaited::One(outcome),
            Awaiting::Together(branches) => {
                branches[branch as usize].outcome = Some(outcome);
                if branches.iter().any(|branch| branch.outcome.is_none()) {
                    return Awaited::Nothing;
                }
                joined(std::mem::take(branches))
            }
            Awaiting::InTurn { outcomes, remaining } => match outcome {
                CallOutcome::Stop(stop) => Awaited::One(CallOutcome::Stop(stop)),
                outcome => {
                    let is_exception = matches!(outcome, CallOutcome::Exception(_));
                    outcomes.push(outcome);
                    match remaining.pop_front() {
                        Some((target, act)) if !is_exception => Awaited::Next(target, act),
                        _ => Awaited::Several(std::mem::take(outcomes)),
                    }
                }
            },
        }
    }
}

/// What calls came to that were made at the same time: the same as if they had been made one after
/// another, up to the first exception; if that cannot be, they are.
fn joined(branches: Vec<Branch>) -> Awaited {
    let mut outcomes = Vec::with_capacity(branches.len());
    let mut has_failed = false;
    let mut is_wrong = false;
    for Branch { outcome, may_change } in branches {
        match outcome.expect("this is a bug in Anabranch: a call has no outcome") {
            CallOutcome::Stop(stop) => return Awaited::One(CallOutcome::Stop(stop)),
            // Python would not have made this call.
            _ if has_failed => is_wrong |= may_change,
            outcome => {
                has_failed = matches!(outcome, CallOutcome::Exception(_));
                outcomes.push(outcome);
            }
        }
    }
    if is_wrong {
        Awaited::One(CallOutcome::Stop(Stop::InSequence))
    } else {
        Awaited::Several(outcomes)
    }
}
