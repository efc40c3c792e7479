//! What is done to this entity.

use super::{Activation, CallResult, Now};
use crate::live_entities::Presence;
use crate::step::event::{Act, CallOutcome, FrameAddress, Stop};
use crate::transaction::{undecodable, unfit};
use crate::{Action, Entry, Failure, Fault, PortableInterpreter};

impl<I: PortableInterpreter> Activation<'_, I> {
    /// Does what another entity or a client asks for.
    pub(super) fn perform_act(&mut self, act: Act, caller: Option<FrameAddress>) -> Now<I::Value> {
        let target = self.id.clone();
        let action = match act {
            Act::Call { method, arguments } => self
                .interpreter
                .decode_arguments(&arguments)
                .map(|arguments| Action::Call { target, method, arguments }),
            Act::Get { attribute } => {
                let attribute = self.interpreter.attribute_name(&attribute);
                Ok(Action::Get { target, attribute })
            }
            Act::Set { attribute, value } => self.interpreter.decode(&value).map(|value| {
                let attribute = self.interpreter.attribute_name(&attribute);
                Action::Set { target, attribute, value }
            }),
            Act::Exists => Ok(Action::Exists { target }),
            Act::Delete => Ok(Action::Delete { target }),
            Act::GetState => return self.state(caller),
            Act::Insert(state) => return self.insert(&state, caller),
        };
        match action {
            Ok(action) => self.perform(action, caller),
            Err(error) => {
                Now::Finished { caller, result: CallResult::Stop(Stop::Failure(unfit(error))) }
            }
        }
    }

    /// Does what this entity is asked for, by itself or another one.
    pub(super) fn perform(
        &mut self,
        action: Action<I::Value>,
        caller: Option<FrameAddress>,
    ) -> Now<I::Value> {
        if let Action::Exists { .. } = action {
            let exists = matches!(self.presence, Presence::Live(_));
            let exists = self.interpreter.bool(exists);
            return Now::Finished { caller, result: CallResult::Value(exists) };
        }
        let Presence::Live(entity) = &self.presence else {
            let exception = self.interpreter.exception(Fault::EntityNotFound(self.id));
            return Now::Finished { caller, result: CallResult::Exception(exception) };
        };
        let result = match action {
            Action::Call { method, arguments, .. } => {
                self.may_change |= !self.program.function(method).effects.is_read_only();
                return self.run(method, caller, Entry::Start { function: method, arguments });
            }
            Action::Get { attribute, .. } => self.interpreter.get_attribute(entity, &attribute),
            Action::Set { attribute, value, .. } => {
                self.may_change = true;
                let done = self.interpreter.set_attribute(entity, &attribute, &value);
                done.map(|()| self.interpreter.none())
            }
            Action::Delete { .. } => {
                self.may_change = true;
                let presence = std::mem::replace(&mut self.presence, Presence::Absent);
                let Presence::Live(entity) = presence else { unreachable!("asked above") };
                self.presence = Presence::Deleted(entity);
                Ok(self.interpreter.none())
            }
            Action::Exists { .. } => unreachable!("done above"),
            Action::Create { .. } | Action::Function { .. } | Action::Together(_) => {
                panic!("this is a bug in Anabranch: nothing that an entity is asked for")
            }
        };
        let result = match result {
            Ok(value) => CallResult::Value(value),
            Err(exception) => CallResult::Exception(exception),
        };
        Now::Finished { caller, result }
    }

    fn state(&mut self, caller: Option<FrameAddress>) -> Now<I::Value> {
        let result = match &self.presence {
            Presence::Live(entity) => CallResult::Value(self.interpreter.state(entity)),
            _ => CallResult::Exception(self.interpreter.exception(Fault::EntityNotFound(self.id))),
        };
        Now::Finished { caller, result }
    }

    /// Puts a new entity here.
    pub(super) fn insert(&mut self, state: &[u8], caller: Option<FrameAddress>) -> Now<I::Value> {
        self.may_change = true;
        let result = if let Presence::Live(_) = self.presence {
            CallResult::Exception(self.interpreter.exception(Fault::EntityExists(self.id)))
        } else {
            match self.interpreter.load(self.id, state) {
                Ok(entity) => {
                    self.presence = Presence::Live(entity);
                    CallResult::Value(self.interpreter.reference(self.id))
                }
                Err(error) => CallResult::Stop(Stop::Failure(undecodable(error))),
            }
        };
        Now::Finished { caller, result }
    }

    /// What a call came to, as it crosses to another entity.
    pub(super) fn outcome(&mut self, result: CallResult<I::Value>) -> CallOutcome {
        match result {
            CallResult::Value(value) => match self.interpreter.encode(&value) {
                Ok(message) => CallOutcome::Value(message),
                Err(exception) => CallOutcome::Exception(self.interpreter.describe(&exception)),
            },
            CallResult::Exception(exception) => {
                CallOutcome::Exception(self.interpreter.describe(&exception))
            }
            CallResult::Stop(stop) => CallOutcome::Stop(stop),
        }
    }

    /// What a call at another entity came to.
    pub(super) fn result(&mut self, outcome: CallOutcome) -> CallResult<I::Value> {
        let decoded = match outcome {
            CallOutcome::Value(message) => self.interpreter.decode(&message).map(CallResult::Value),
            CallOutcome::Exception(raised) => {
                self.interpreter.revive_exception(&raised).map(CallResult::Exception)
            }
            CallOutcome::Stop(stop) => Ok(CallResult::Stop(stop)),
        };
        decoded.unwrap_or_else(|error| {
            let failure =
                Failure::Unavailable(format!("cannot read the result of a call: {error}"));
            CallResult::Stop(Stop::Failure(failure))
        })
    }
}
