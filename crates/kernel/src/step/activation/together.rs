//! Calls that are handed over together.
//!
//! They are made at the same time if nothing that one of them touches is changed by another one, which
//! their access sets tell; otherwise one after another. What a call only reads is as true as the user's
//! type hints, so an entity that changes although it was only to be read sends the attempt
//! back, to make its calls in sequence. So does a call that touches more than its access set says.

use std::collections::BTreeMap;

use anabranch_ir::AccessMode;

use super::{Activation, CallResult, Now};
use crate::access::{Touched, access_set};
use crate::step::entity::operation;
use crate::step::event::{Act, FrameAddress, LockMode, LockSet, Thread};
use crate::step::seed;
use crate::step::visit::{Awaiting, Branch};
use crate::{Action, EntityId, PortableInterpreter};

impl<I: PortableInterpreter> Activation<'_, I> {
    /// Begins several actions of the frame.
    pub(super) fn begin_together(
        &mut self,
        frame: u32,
        actions: Vec<Action<I::Value>>,
    ) -> Now<I::Value> {
        let acts = actions.into_iter().map(|action| self.act(action));
        let acts = match acts.collect::<Result<Vec<_>, _>>() {
            Ok(acts) => acts,
            Err(exception) => {
                let caller = Some(self.address(frame));
                return Now::Finished { caller, result: CallResult::Exception(exception) };
            }
        };
        let position = self.position(frame);
        match self.independent(&acts) {
            Some(touched) => self.send_together(frame, acts, touched),
            None => {
                let mut remaining: std::collections::VecDeque<_> = acts.into();
                let Some((target, act)) = remaining.pop_front() else {
                    panic!("this is a bug in Anabranch: no calls are handed over together");
                };
                self.frames[position].frame.awaiting =
                    Awaiting::InTurn { outcomes: Vec::new(), remaining };
                self.begin_act(frame, target, act)
            }
        }
    }

    fn send_together(
        &mut self,
        frame: u32,
        acts: Vec<(EntityId, Act)>,
        touched: Vec<Touched>,
    ) -> Now<I::Value> {
        if let Some(stop) = self.too_far() {
            let caller = Some(self.address(frame));
            return Now::Finished { caller, result: CallResult::Stop(stop) };
        }
        let mut branches = Vec::with_capacity(acts.len());
        for (branch, ((target, act), touched)) in (0..).zip(acts.into_iter().zip(touched)) {
            let may_touch: LockSet =
                touched.into_iter().map(|(id, mode)| (id, mode.into())).collect();
            let may_change = may_touch.values().any(|mode| *mode == LockMode::Exclusive);
            branches.push(Branch { outcome: None, may_change });
            let context = seed::of_branch(&self.thread.context, self.thread.turn, branch);
            let turn = self.thread.turn + 1;
            let may_touch = Some(may_touch);
            let thread = Thread { context, turn, may_touch, ..self.thread.clone() };
            let caller = FrameAddress { branch, ..self.address(frame) };
            self.send(caller, target, act, thread);
        }
        let position = self.position(frame);
        self.frames[position].frame.awaiting = Awaiting::Together(branches);
        match self.too_many(frame) {
            Some(stop) => {
                self.sent.clear();
                self.go_on(position, CallResult::Stop(stop))
            }
            None => Now::Elsewhere { frame, is_asked_now: true },
        }
    }

    /// What each of `acts` touches, if none of them touches what another one changes.
    fn independent(&self, acts: &[(EntityId, Act)]) -> Option<Vec<Touched>> {
        if self.in_sequence || self.thread.may_touch.is_some() {
            return None;
        }
        let touched = acts.iter().map(|(target, act)| {
            let touched = access_set(self.program, &operation(target, act)?)?;
            // This entity waits in the middle of a call.
            (!touched.contains_key(self.id)).then_some(touched)
        });
        let touched = touched.collect::<Option<Vec<_>>>()?;
        let mut strongest: BTreeMap<&EntityId, (usize, AccessMode)> = BTreeMap::new();
        for (id, mode) in touched.iter().flatten() {
            let (count, all) = strongest.entry(id).or_insert((0, *mode));
            *count += 1;
            *all = (*all).max(*mode);
        }
        let conflict =
            strongest.values().any(|(count, mode)| *count > 1 && *mode > AccessMode::Read);
        (!conflict).then_some(touched)
    }
}
