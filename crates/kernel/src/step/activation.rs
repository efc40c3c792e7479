//! Runs what an event makes an attempt do at an entity, as far as it gets.
//!
//! The entity and its suspended calls are brought to life; a call begins or goes on; when the thread
//! of control leaves the entity (it waits for another one, or the call has returned) all is written
//! down again. What it sends leaves only then, so that a failure on the way can take its place.
//!
//! Calls of the entity on itself, helper functions and constructors run at once, without a message.

mod entering;
mod leaving;
mod performing;
mod sending;
mod together;

use anabranch_ir::{FunctionId, Program};

use super::Flaw;
use super::address::Address;
use super::event::{
    AttemptId, Call, CallOutcome, Event, FrameAddress, LockMode, LockSet, Locks, Return, Stop,
    Thread, include,
};
use super::visit::{Awaited, Awaiting, Frame};
use crate::live_entities::Presence;
use crate::transaction::FRAMES_MAX;
use crate::{EntityId, Entry, Failure, Fault, Limits, Outcome, PortableInterpreter};

/// What an attempt does at an entity.
#[derive(Debug)]
pub(super) enum Work {
    /// It starts.
    Root,
    Call(Call),
    Return(Return),
}

/// What a root call came to.
#[derive(Debug)]
pub(super) struct RootEnd {
    pub(super) outcome: CallOutcome,
    /// What was touched beyond the attempt's locks.
    pub(super) beyond: LockSet,
}

/// An attempt at an entity, alive.
struct Activation<'a, I: PortableInterpreter> {
    interpreter: &'a mut I,
    program: &'a Program,
    limits: &'a Limits,
    id: &'a EntityId,
    attempt: &'a AttemptId,
    locks: &'a Locks,
    /// The lock held here, if any.
    lock: Option<LockMode>,
    in_sequence: bool,
    flaw: Option<Flaw>,
    presence: Presence<I::Entity>,
    frames: Vec<LiveFrame<I::Value>>,
    frame_count: u32,
    /// Whether a method was called that may change the entity.
    may_change: bool,
    /// Set when the entity and its frames cannot be written down, or were not.
    lost: Option<Failure>,
    thread: Thread,
    /// What the call that runs has touched beyond the attempt's locks, with those that it made.
    beyond: LockSet,
    sent: Vec<(Address, Event)>,
}

/// A suspended call with its live variables; without, if they are lost.
struct LiveFrame<V> {
    frame: Frame,
    live: Option<V>,
}

/// Where the thread of control is.
enum Now<V> {
    /// A function ran.
    Ran { function: FunctionId, caller: Option<FrameAddress>, outcome: Outcome<V> },
    /// A call is over.
    Finished { caller: Option<FrameAddress>, result: CallResult<V> },
    /// At other entities; the frame waits for what they were asked for now, or for what they still
    /// owe.
    Elsewhere { frame: u32, is_asked_now: bool },
}

/// What a call came to, in the interpreter's own form.
enum CallResult<V> {
    Value(V),
    Exception(V),
    Stop(Stop),
}

/// How the thread of control left the entity.
enum Left<V> {
    /// A frame waits, as in [`Now::Elsewhere`].
    Waiting { frame: u32, is_asked_now: bool },
    /// To the caller at another entity; `None`: the root call is over.
    Finished { caller: Option<FrameAddress>, result: CallResult<V> },
}

impl<I: PortableInterpreter> Activation<'_, I> {
    /// Goes on until the thread of control leaves the entity.
    fn drive(&mut self, mut now: Now<I::Value>) -> Left<I::Value> {
        loop {
            now = match now {
                Now::Ran { function, caller, outcome } => match outcome {
                    Outcome::Return(value) => {
                        Now::Finished { caller, result: CallResult::Value(value) }
                    }
                    Outcome::Raise(exception) => {
                        Now::Finished { caller, result: CallResult::Exception(exception) }
                    }
                    Outcome::Suspend { segment, live, action } => {
                        let depth = self.thread.depth + 1;
                        self.thread.depth = depth;
                        let number = self.frame_count;
                        self.frame_count += 1;
                        let thread = self.thread.clone();
                        let beyond = std::mem::take(&mut self.beyond);
                        let awaiting = Awaiting::One;
                        let frame =
                            Frame { number, function, segment, caller, thread, beyond, awaiting };
                        self.frames.push(LiveFrame { frame, live: Some(live) });
                        if depth as usize > FRAMES_MAX {
                            let fault = Fault::Recursion { depth_max: FRAMES_MAX };
                            self.raised_in(number, fault)
                        } else {
                            self.begin(number, action)
                        }
                    }
                },
                Now::Finished { caller: Some(caller), result } if caller.entity == *self.id => {
                    self.finished_here(&caller, result)
                }
                Now::Finished { caller, result } => return Left::Finished { caller, result },
                Now::Elsewhere { frame, is_asked_now } => {
                    return Left::Waiting { frame, is_asked_now };
                }
            }
        }
    }

    /// A call that a frame of this entity has made of this entity is over.
    fn finished_here(
        &mut self,
        caller: &FrameAddress,
        result: CallResult<I::Value>,
    ) -> Now<I::Value> {
        let position = self.position(caller.frame);
        if let Awaiting::One = self.frames[position].frame.awaiting {
            return self.go_on(position, result);
        }
        let outcome = self.outcome(result);
        let frame = &mut self.frames[position].frame;
        let beyond = std::mem::take(&mut self.beyond);
        for (id, mode) in beyond {
            include(&mut frame.beyond, id, mode);
        }
        frame.thread.turn = self.thread.turn;
        frame.thread.is_doubtful |= self.thread.is_doubtful;
        let awaited = frame.awaiting.take(caller.branch, outcome);
        self.awaited(position, awaited)
    }

    /// A frame gets what it has waited for.
    fn awaited(&mut self, position: usize, awaited: Awaited) -> Now<I::Value> {
        let number = self.frames[position].frame.number;
        match awaited {
            Awaited::Nothing => Now::Elsewhere { frame: number, is_asked_now: false },
            Awaited::One(outcome) => {
                let result = self.result(outcome);
                self.go_on(position, result)
            }
            Awaited::Several(outcomes) => {
                let results = outcomes.into_iter().map(|outcome| match self.result(outcome) {
                    CallResult::Value(value) => Ok(Ok(value)),
                    CallResult::Exception(exception) => Ok(Err(exception)),
                    CallResult::Stop(stop) => Err(stop),
                });
                match results.collect::<Result<Vec<_>, Stop>>() {
                    Ok(outcomes) => {
                        let outcomes = self.interpreter.outcomes(outcomes);
                        self.go_on(position, CallResult::Value(outcomes))
                    }
                    Err(stop) => self.go_on(position, CallResult::Stop(stop)),
                }
            }
            Awaited::Next(target, act) => {
                self.thread = self.frames[position].frame.thread.clone();
                self.begin_act(number, target, act)
            }
        }
    }

    /// The frame at `position` goes on with the result of what it has waited for.
    fn go_on(&mut self, position: usize, result: CallResult<I::Value>) -> Now<I::Value> {
        let LiveFrame { frame, live } = self.frames.remove(position);
        let Frame { function, segment, caller, thread, beyond, .. } = frame;
        for (id, mode) in beyond {
            include(&mut self.beyond, id, mode);
        }
        let turn = self.thread.turn.max(thread.turn);
        let is_doubtful = self.thread.is_doubtful | thread.is_doubtful;
        self.thread = Thread { turn, is_doubtful, depth: thread.depth - 1, ..thread };
        let input = match result {
            CallResult::Stop(stop) => {
                return Now::Finished { caller, result: CallResult::Stop(stop) };
            }
            CallResult::Value(value) => Ok(value),
            CallResult::Exception(exception) => Err(exception),
        };
        match (live, &self.lost) {
            (Some(live), None) => {
                self.run(function, caller, Entry::Resume { function, segment, live, input })
            }
            (_, lost) => {
                let failure = lost.clone().expect("this is a bug in Anabranch: a frame is empty");
                Now::Finished { caller, result: CallResult::Stop(Stop::Failure(failure)) }
            }
        }
    }

    fn run(
        &mut self,
        function: FunctionId,
        caller: Option<FrameAddress>,
        entry: Entry<I::Value>,
    ) -> Now<I::Value> {
        let entity = match &self.presence {
            Presence::Live(entity) | Presence::Deleted(entity) => entity,
            Presence::Absent => panic!("this is a bug in Anabranch: a method without an entity"),
        };
        let outcome = self.interpreter.run(Some((self.id, entity)), entry);
        Now::Ran { function, caller, outcome }
    }

    /// What a frame waits for is an exception of ours.
    fn raised_in(&mut self, frame: u32, fault: Fault<'_>) -> Now<I::Value> {
        let exception = self.interpreter.exception(fault);
        let caller = Some(self.address(frame));
        Now::Finished { caller, result: CallResult::Exception(exception) }
    }

    fn position(&self, number: u32) -> usize {
        let position = self.frames.iter().position(|live| live.frame.number == number);
        position.expect("this is a bug in Anabranch: a call returns to a frame that is gone")
    }

    fn address(&self, frame: u32) -> FrameAddress {
        let is_locked = self.lock.is_some();
        FrameAddress { entity: self.id.clone(), is_locked, frame, branch: 0 }
    }
}
