//! Control comes to the entity: what is written down of it comes to life.

use super::{Activation, LiveFrame, Now, RootEnd, Work};
use crate::live_entities::Presence;
use crate::step::Step;
use crate::step::entity::Participant;
use crate::step::event::{Act, FrameAddress, LockMode, Stop, Thread};
use crate::step::seed;
use crate::step::visit::{Awaited, Content, Frame, Visit};
use crate::transaction::undecodable;
use crate::{EntityId, PortableInterpreter};

/// What runs first.
enum Beginning {
    Act { act: Act, caller: Option<FrameAddress> },
    GoOn { position: usize, awaited: Awaited },
}

impl<I: PortableInterpreter> Step<'_, I> {
    /// Lets an attempt do `work` at the entity `id`; gives what its root call came to, if that ended.
    pub(in crate::step) fn activate(
        &mut self,
        id: &EntityId,
        committed: Option<&[u8]>,
        lock: Option<LockMode>,
        participant: &mut Participant,
        work: Work,
    ) -> Option<RootEnd> {
        let (thread, beginning) = beginning(participant, lock, work)?;
        let visit = std::mem::take(&mut participant.visit);
        let context = seed::of_turn(&thread.context, thread.turn);
        let method = match &beginning {
            Beginning::Act { act: Act::Call { method, .. }, .. } => Some(*method),
            _ => None,
        };
        let (program, limits, flaw, running) = (self.program, self.limits, self.flaw, self.running);
        let Participant { attempt, locks, in_sequence, .. } = &*participant;
        let (visit, sent, end) = self.in_transaction(&context, method, |interpreter| {
            let Visit { content, frames, frame_count, may_change } = visit;
            let mut activation = Activation {
                interpreter,
                program,
                limits,
                id,
                attempt,
                locks,
                lock,
                in_sequence: *in_sequence,
                flaw,
                presence: Presence::Absent,
                frames: Vec::new(),
                frame_count,
                may_change,
                lost: None,
                thread,
                beyond: Default::default(),
                sent: Vec::new(),
            };
            activation.hand_over_together();
            activation.revive(committed, content, frames);
            let before = activation.restricted_state();
            let now = activation.enter(beginning);
            let left = activation.drive(now);
            activation.leave(committed, before, left, running)
        });
        participant.visit = visit;
        for (address, event) in sent {
            self.outbox.send(&address, &event);
        }
        end
    }
}

/// What `work` begins with, and on which thread of control; `None` if a frame waits for more.
fn beginning(
    participant: &mut Participant,
    lock: Option<LockMode>,
    work: Work,
) -> Option<(Thread, Beginning)> {
    match work {
        Work::Root => {
            let root = participant.root.as_ref();
            let root = root.expect("this is a bug in Anabranch: an attempt starts without a call");
            let is_doubtful = lock.is_none();
            let context = root.context.clone();
            let thread = Thread { context, turn: 0, depth: 0, is_doubtful, may_touch: None };
            Some((thread, Beginning::Act { act: root.act.clone(), caller: None }))
        }
        Work::Call(call) => {
            let beginning = Beginning::Act { act: call.act, caller: Some(call.caller) };
            Some((call.thread, beginning))
        }
        Work::Return(returned) => {
            let position = participant.visit.position(returned.frame);
            let frame = &mut participant.visit.frames[position];
            match frame.take(returned) {
                Awaited::Nothing => None,
                awaited => Some((frame.thread.clone(), Beginning::GoOn { position, awaited })),
            }
        }
    }
}

impl<I: PortableInterpreter> Activation<'_, I> {
    /// Calls are handed over together where that may be of use.
    fn hand_over_together(&mut self) {
        self.interpreter.hand_over_together(!self.in_sequence && self.thread.may_touch.is_none());
    }

    fn revive(&mut self, committed: Option<&[u8]>, content: Content, frames: Vec<Frame>) {
        let load = |interpreter: &mut I, state: &[u8]| interpreter.load(self.id, state);
        let revived = match content {
            Content::Absent => Ok((Presence::Absent, Vec::new())),
            Content::Committed => match committed {
                None => Ok((Presence::Absent, Vec::new())),
                Some(state) => load(self.interpreter, state)
                    .map(|entity| (Presence::Live(entity), Vec::new()))
                    .map_err(undecodable),
            },
            Content::Saved(state) => load(self.interpreter, &state)
                .map(|entity| (Presence::Live(entity), Vec::new()))
                .map_err(undecodable),
            Content::Suspended { is_deleted, message } => {
                let revived = self.interpreter.revive(self.id, &message).map_err(undecodable);
                revived.map(|(entity, live)| {
                    let presence =
                        if is_deleted { Presence::Deleted(entity) } else { Presence::Live(entity) };
                    (presence, live)
                })
            }
            Content::Lost(failure) => Err(failure),
        };
        let mut variables = Vec::new();
        match revived {
            Ok((presence, live)) => {
                self.presence = presence;
                variables = live;
            }
            Err(failure) => self.lost = Some(failure),
        }
        assert!(
            self.lost.is_some() || variables.len() == frames.len(),
            "this is a bug in Anabranch: frames without their variables"
        );
        let mut variables = variables.into_iter();
        let alive = |frame| LiveFrame { frame, live: variables.next() };
        self.frames = frames.into_iter().map(alive).collect();
    }

    /// Whether the entity is one that the call said it would touch, where that matters.
    fn may_be_touched(&self) -> bool {
        self.thread.may_touch.as_ref().is_none_or(|touched| touched.contains_key(self.id))
    }

    fn enter(&mut self, beginning: Beginning) -> Now<I::Value> {
        match (beginning, self.lost.clone()) {
            (Beginning::Act { caller, .. }, None) if !self.may_be_touched() => {
                Now::Finished { caller, result: super::CallResult::Stop(Stop::InSequence) }
            }
            (Beginning::Act { act, caller }, None) => self.perform_act(act, caller),
            (Beginning::Act { caller, .. }, Some(failure)) => {
                let result = super::CallResult::Stop(Stop::Failure(failure));
                Now::Finished { caller, result }
            }
            (Beginning::GoOn { position, awaited }, None) => self.awaited(position, awaited),
            (Beginning::GoOn { position, .. }, Some(failure)) => {
                self.go_on(position, super::CallResult::Stop(Stop::Failure(failure)))
            }
        }
    }
}
