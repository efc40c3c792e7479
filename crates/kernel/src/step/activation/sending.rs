//! What this entity asks of others.

use super::{Activation, CallResult, Now};
use crate::step::address::Address;
use crate::step::event::{Act, Call, Event, FrameAddress, LockMode, Locks, Stop, Thread, include};
use crate::value::state::StateWriter;
use crate::value::{Value, wire};
use crate::{Action, EntityId, Entry, Failure, Fault, PortableInterpreter};

/// How many events an attempt may cause after it has seen states that may not belong together.
const DOUBTFUL_TURNS_MAX: u32 = 10_000;

impl<I: PortableInterpreter> Activation<'_, I> {
    /// Begins what the frame waits for.
    pub(super) fn begin(&mut self, frame: u32, action: Action<I::Value>) -> Now<I::Value> {
        match action {
            Action::Function { function, arguments } => {
                let caller = Some(self.address(frame));
                self.run(function, caller, Entry::Start { function, arguments })
            }
            Action::Together(actions) => self.begin_together(frame, actions),
            // What an entity asks of itself is not copied.
            action if self.is_here(&action) => {
                let caller = Some(self.address(frame));
                self.perform(action, caller)
            }
            action => match self.act(action) {
                Ok((target, act)) => self.begin_act(frame, target, act),
                Err(exception) => {
                    let caller = Some(self.address(frame));
                    Now::Finished { caller, result: CallResult::Exception(exception) }
                }
            },
        }
    }

    fn is_here(&self, action: &Action<I::Value>) -> bool {
        match action {
            Action::Call { target, .. }
            | Action::Get { target, .. }
            | Action::Set { target, .. }
            | Action::Exists { target }
            | Action::Delete { target } => target == self.id,
            Action::Create { .. } | Action::Function { .. } | Action::Together(_) => false,
        }
    }

    /// What an action is when it crosses to another entity.
    pub(super) fn act(&mut self, action: Action<I::Value>) -> Result<(EntityId, Act), I::Value> {
        Ok(match action {
            Action::Call { target, method, arguments } => {
                let arguments = self.interpreter.encode_arguments(&arguments)?;
                (target, Act::Call { method, arguments })
            }
            Action::Get { target, attribute } => {
                (target, Act::Get { attribute: self.attribute(&attribute)? })
            }
            Action::Set { target, attribute, value } => {
                let value = self.interpreter.encode(&value)?;
                (target, Act::Set { attribute: self.attribute(&attribute)?, value })
            }
            Action::Create { operator, arguments } => {
                let arguments = self.interpreter.copy_arguments(&arguments)?;
                let (target, mut entity) = self.interpreter.construct(operator, arguments)?;
                let mut state = StateWriter::new();
                self.interpreter.save(&mut entity, None, &mut state)?;
                (target, Act::Insert(state.bytes().to_vec()))
            }
            Action::Exists { target } => (target, Act::Exists),
            Action::Delete { target } => (target, Act::Delete),
            Action::Function { .. } | Action::Together(_) => {
                panic!("this is a bug in Anabranch: nothing that crosses to another entity")
            }
        })
    }

    fn attribute(&mut self, name: &I::Value) -> Result<String, I::Value> {
        let message = self.interpreter.encode(name)?;
        match wire::decode(&message) {
            Ok(Value::Str(name)) => Ok(name),
            _ => panic!("this is a bug in Anabranch: the name of an attribute is no text"),
        }
    }

    /// Lets `target` do `act` for the frame.
    pub(super) fn begin_act(&mut self, frame: u32, target: EntityId, act: Act) -> Now<I::Value> {
        let caller = self.address(frame);
        if target == *self.id {
            return self.perform_act(act, Some(caller));
        }
        if let Some(stop) = self.too_far() {
            return Now::Finished { caller: Some(caller), result: CallResult::Stop(stop) };
        }
        let thread = Thread { turn: self.thread.turn + 1, ..self.thread.clone() };
        self.send(caller, target, act, thread);
        match self.too_many(frame) {
            Some(stop) => {
                self.sent.clear();
                let caller = Some(self.address(frame));
                Now::Finished { caller, result: CallResult::Stop(stop) }
            }
            None => Now::Elsewhere { frame, is_asked_now: true },
        }
    }

    /// Sends a call on behalf of the frame `caller`.
    pub(super) fn send(
        &mut self,
        caller: FrameAddress,
        target: EntityId,
        act: Act,
        mut thread: Thread,
    ) {
        let position = self.position(caller.frame);
        let frame = &mut self.frames[position].frame;
        let (is_locked, locks) = match self.locks {
            Locks::None => (false, Locks::None),
            // Who calls nobody need not know.
            Locks::Set(set) if set.contains_key(&target) => {
                let calls_on = match &act {
                    Act::Call { method, .. } => {
                        !self.program.function(*method).effects.stays_on_its_entity()
                    }
                    _ => false,
                };
                (true, if calls_on { self.locks.clone() } else { Locks::None })
            }
            Locks::Set(_) => (false, self.locks.clone()),
            Locks::Alone(set) => {
                if !set.contains_key(&target) {
                    let (attempt, entity) = (self.attempt.clone(), target.clone());
                    self.sent.push((Address::Sequencer, Event::Extend { attempt, entity }));
                    include(&mut frame.beyond, target.clone(), LockMode::Exclusive);
                }
                (true, self.locks.clone())
            }
        };
        if !is_locked {
            include(&mut frame.beyond, target.clone(), LockMode::Shared);
            frame.thread.is_doubtful = true;
            self.thread.is_doubtful = true;
            thread.is_doubtful = true;
        }
        let (attempt, in_sequence) = (self.attempt.clone(), self.in_sequence);
        let call = Call { attempt, is_locked, locks, act, caller, thread, in_sequence };
        self.sent.push((Address::Entity(target), Event::Call(call)));
    }

    /// Why an attempt that is not committed anyway goes no further.
    pub(super) fn too_far(&self) -> Option<Stop> {
        let goes_on = !self.thread.is_doubtful || self.thread.turn < DOUBTFUL_TURNS_MAX;
        (!goes_on).then_some(Stop::Enough)
    }

    /// Why a transaction that touches too many entities goes no further.
    pub(super) fn too_many(&mut self, frame: u32) -> Option<Stop> {
        let entities_max = self.limits.touched_entities;
        let position = self.position(frame);
        if self.frames[position].frame.beyond.len() <= entities_max {
            return None;
        }
        if self.thread.is_doubtful {
            return Some(Stop::Enough);
        }
        let exception = self.interpreter.exception(Fault::TooManyEntities { entities_max });
        Some(Stop::Failure(Failure::Raised(self.interpreter.describe(&exception))))
    }
}
