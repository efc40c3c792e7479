//! Control leaves the entity: all is written down again.

use super::{Activation, CallResult, Left, Now, RootEnd};
use crate::live_entities::Presence;
use crate::step::Flaw;
use crate::step::address::Address;
use crate::step::event::{CallOutcome, Event, FrameAddress, LockMode, Return, Stop, include};
use crate::step::visit::{Content, Visit};
use crate::value::state::StateWriter;
use crate::{Failure, Fault, PortableInterpreter, RunningTransaction};

/// What remains of an attempt at the entity, what it sends, and what its root call came to.
pub(super) type Remains = (Visit, Vec<(Address, Event)>, Option<RootEnd>);

impl<I: PortableInterpreter> Activation<'_, I> {
    /// Writes all down. `before` is the state that must not have changed, if there is one.
    pub(super) fn leave(
        mut self,
        committed: Option<&[u8]>,
        before: Option<Vec<u8>>,
        left: Left<I::Value>,
        running: &RunningTransaction,
    ) -> Remains {
        // Encoding may run user code, as what was found so far may be its doing.
        let mut left = match left {
            Left::Finished { caller, result } => Leaving::Finished(caller, self.outcome(result)),
            Left::Waiting { frame, is_asked_now } => Leaving::Waiting { frame, is_asked_now },
        };
        let objection = self.interpreter.objection();
        let objection = objection.map(|it| Failure::Raised(self.interpreter.describe(&it)));
        // Whatever else came of it may be what the interrupt made of it.
        let interrupted = running.is_stopped().then_some(Failure::Interrupted);
        let mut content = Content::Committed;
        if self.lost.is_none() && before.is_some() && before != self.restricted_state() {
            left = self.stop(Stop::InSequence, left);
        }
        if let Some(failure) = interrupted.or(objection) {
            left = self.lose(failure, left);
        }
        if self.lost.is_none() {
            match self.write_down(committed) {
                Ok(written) => content = written,
                Err(failure) => left = self.lose(failure, left),
            }
        }
        let has_changed = !matches!(content, Content::Committed | Content::Suspended { .. });
        if let Some(failure) = self.lost.take() {
            content = Content::Lost(failure);
        }
        let end = self.finish(left, has_changed);
        let Self { frames, frame_count, may_change, sent, thread, interpreter, .. } = self;
        if thread.is_doubtful {
            interpreter.abort_transaction();
        }
        let frames = frames.into_iter().map(|live| live.frame).collect();
        (Visit { content, frames, frame_count, may_change }, sent, end)
    }

    /// Sends what the call came to, or gives it if it was the root call.
    fn finish(&mut self, left: Leaving, has_changed: bool) -> Option<RootEnd> {
        let Leaving::Finished(caller, outcome) = left else { return None };
        let mut beyond = std::mem::take(&mut self.beyond);
        match self.lock {
            None => {
                let is_changed = self.may_change || has_changed;
                let mode = if is_changed { LockMode::Exclusive } else { LockMode::Shared };
                include(&mut beyond, self.id.clone(), mode);
            }
            Some(LockMode::Shared)
                if has_changed && self.flaw != Some(Flaw::SharedLockUnchecked) =>
            {
                include(&mut beyond, self.id.clone(), LockMode::Exclusive);
            }
            Some(_) => {}
        }
        let Some(FrameAddress { entity, is_locked, frame, branch }) = caller else {
            return Some(RootEnd { outcome, beyond });
        };
        let attempt = self.attempt.clone();
        let (turn, is_doubtful) = (self.thread.turn + 1, self.thread.is_doubtful);
        let returned =
            Return { attempt, is_locked, frame, branch, outcome, turn, is_doubtful, beyond };
        self.sent.push((Address::Entity(entity), Event::Return(returned)));
        None
    }

    /// The state in its canonical form, or with the frames that are suspended here.
    fn write_down(&mut self, committed: Option<&[u8]>) -> Result<Content, Failure> {
        if self.frames.is_empty() {
            return self.save(committed);
        }
        let (entity, is_deleted) = match &self.presence {
            Presence::Live(entity) => (entity, false),
            Presence::Deleted(entity) => (entity, true),
            Presence::Absent => panic!("this is a bug in Anabranch: a method without an entity"),
        };
        let variables = self.frames.iter().map(|live| live.live.as_ref());
        let variables = variables.collect::<Option<Vec<_>>>();
        let variables = variables.expect("this is a bug in Anabranch: a frame is empty");
        match self.interpreter.suspend(entity, &variables) {
            Ok(message) => Ok(Content::Suspended { is_deleted, message }),
            Err(exception) => Err(Failure::Raised(self.interpreter.describe(&exception))),
        }
    }

    fn save(&mut self, committed: Option<&[u8]>) -> Result<Content, Failure> {
        let Presence::Live(entity) = &mut self.presence else {
            let was_there = committed.is_some();
            return Ok(if was_there { Content::Absent } else { Content::Committed });
        };
        let mut state = StateWriter::new();
        let saved = self.interpreter.save(entity, None, &mut state);
        let saved = saved.and_then(|()| {
            if committed == Some(state.bytes()) {
                return Ok(());
            }
            self.interpreter.check_key(self.id, entity, committed, state.bytes())
        });
        let bytes_max = self.limits.effect_bytes;
        match saved {
            Err(exception) => Err(Failure::Raised(self.interpreter.describe(&exception))),
            Ok(()) if committed == Some(state.bytes()) => Ok(Content::Committed),
            Ok(()) if state.bytes().len() > bytes_max => {
                let exception = self.interpreter.exception(Fault::EffectsTooLarge { bytes_max });
                Err(Failure::Raised(self.interpreter.describe(&exception)))
            }
            Ok(()) => Ok(Content::Saved(state.bytes().to_vec())),
        }
    }

    /// In one of several calls that are under way at the same time: the state of an entity that the
    /// call must not change.
    pub(super) fn restricted_state(&mut self) -> Option<Vec<u8>> {
        let may_touch = self.thread.may_touch.as_ref()?;
        if may_touch.get(self.id) == Some(&LockMode::Exclusive) {
            return None;
        }
        let Presence::Live(entity) = &mut self.presence else { return Some(Vec::new()) };
        let mut state = StateWriter::new();
        // What cannot be written down is found when all is.
        self.interpreter.save(entity, None, &mut state).ok()?;
        Some(state.bytes().to_vec())
    }

    /// The transaction fails, and what is alive here is not needed any more.
    fn lose(&mut self, failure: Failure, left: Leaving) -> Leaving {
        self.lost = Some(failure.clone());
        self.stop(Stop::Failure(failure), left)
    }

    /// Control leaves with `stop` instead.
    fn stop(&mut self, stop: Stop, left: Leaving) -> Leaving {
        self.sent.clear();
        match left {
            Leaving::Finished(caller, _) => Leaving::Finished(caller, CallOutcome::Stop(stop)),
            // What is under way comes back first.
            Leaving::Waiting { is_asked_now: false, .. } => left,
            Leaving::Waiting { frame, .. } => {
                let position = self.position(frame);
                let now = self.go_on(position, CallResult::Stop(stop));
                self.unwind(now)
            }
        }
    }

    fn unwind(&mut self, now: Now<I::Value>) -> Leaving {
        match self.drive(now) {
            Left::Waiting { frame, is_asked_now } => Leaving::Waiting { frame, is_asked_now },
            Left::Finished { caller, result } => Leaving::Finished(caller, self.outcome(result)),
        }
    }
}

/// How control leaves the entity.
enum Leaving {
    /// A frame waits, as in [`Now::Elsewhere`].
    Waiting { frame: u32, is_asked_now: bool },
    /// A call is over; without a caller the root call.
    Finished(Option<FrameAddress>, CallOutcome),
}
