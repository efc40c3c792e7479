//! The end of a root call: the transaction commits, aborts, or begins again.
//!
//! This is the only place where a transaction is decided. The entity at which it started tells all
//! others in the same step in which it replies, so no part of it can get lost. Nobody has to
//! be asked: every call has returned, so nothing of the attempt is under way, and what could fail at an entity has failed
//! when the last call left it.

use super::activation::RootEnd;
use super::address::Address;
use super::entity::{EntityKey, Participant};
use super::event::{
    AttemptId, CallOutcome, Done, Event, Finish, LockMode, LockSet, Locks, ReplyTo, RootCall,
    Sequence, Stop, include,
};
use super::{Flaw, Step};
use crate::{EntityId, Failure, Fault, PortableInterpreter, Reply};

/// After so many executions with too few locks a transaction runs alone.
pub(crate) const MISSES_MAX: u8 = 3;

impl<I: PortableInterpreter> Step<'_, I> {
    /// Decides a transaction that started at the entity `id`, where it held `lock`.
    pub(super) fn end_root(
        &mut self,
        id: &EntityId,
        key: &mut EntityKey,
        lock: Option<LockMode>,
        participant: Participant,
        end: RootEnd,
    ) {
        let Participant { attempt, locks, root, visit, .. } = participant;
        let root = root.expect("this is a bug in Anabranch: a call without a caller ends");
        let RootEnd { outcome, beyond } = end;
        let has_missed = match &locks {
            Locks::Alone(_) => false,
            Locks::None | Locks::Set(_) => lock.is_none() || !beyond.is_empty(),
        };
        let in_sequence = matches!(outcome, CallOutcome::Stop(Stop::InSequence));
        if self.has_flaw(Flaw::ReplyBeforeDecision) && has_missed {
            let reply = reply(outcome.clone());
            self.reply(&attempt, &root.reply_to, reply);
        }
        let has_missed = has_missed && !self.has_flaw(Flaw::MissIgnored);
        if has_missed || in_sequence {
            self.finish_others(id, &attempt, &locks, &beyond, false);
            let mut all = locked(&locks).cloned().unwrap_or_default();
            include(&mut all, id.clone(), lock.unwrap_or(LockMode::Shared));
            for (entity, mode) in beyond {
                include(&mut all, entity, mode);
            }
            if all.len() > self.limits.touched_entities {
                let failure = self.too_many_entities();
                self.reply(&attempt, &root.reply_to, Err(failure));
                return;
            }
            let root = RootCall { in_sequence: root.in_sequence | in_sequence, ..root };
            self.sequence_again(attempt, root, &locks, all, has_missed);
            return;
        }
        let reply = reply(outcome);
        self.finish_others(id, &attempt, &locks, &beyond, reply.is_ok());
        if reply.is_ok() {
            key.commit(visit);
        }
        self.reply(&attempt, &root.reply_to, reply);
    }

    fn sequence_again(
        &mut self,
        attempt: AttemptId,
        mut root: RootCall,
        before: &Locks,
        all: LockSet,
        has_missed: bool,
    ) {
        if has_missed && matches!(before, Locks::Set(_)) {
            root.misses += 1;
        }
        let is_alone = root.misses >= MISSES_MAX || matches!(before, Locks::Alone(_));
        let locks = if is_alone {
            Locks::Alone(all.into_keys().map(|entity| (entity, LockMode::Exclusive)).collect())
        } else {
            Locks::Set(all)
        };
        let attempt = AttemptId { number: attempt.number + 1, ..attempt };
        let sequence = Event::Sequence(Sequence { attempt, root, locks });
        self.outbox.send(&Address::Sequencer, &sequence);
    }

    /// Tells all other entities that the attempt is over.
    fn finish_others(
        &mut self,
        id: &EntityId,
        attempt: &AttemptId,
        locks: &Locks,
        beyond: &LockSet,
        is_committed: bool,
    ) {
        let attempt = attempt.clone();
        if let Locks::Alone(_) = locks {
            let done = Done { attempt, target: id.clone(), is_committed };
            self.outbox.send(&Address::Sequencer, &Event::Done(done));
            return;
        }
        let none = LockSet::new();
        let locked = locked(locks).unwrap_or(&none);
        let unlocked = beyond.keys().filter(|entity| !locked.contains_key(*entity));
        let all = locked.keys().map(|entity| (entity, true));
        for (entity, has_lock) in all.chain(unlocked.map(|entity| (entity, false))) {
            if entity != id {
                let finish = Finish { attempt: attempt.clone(), has_lock, is_committed };
                self.outbox.send(&Address::Entity(entity.clone()), &Event::Finish(finish));
            }
        }
    }

    fn reply(&mut self, attempt: &AttemptId, to: &ReplyTo, reply: Reply) {
        match to {
            ReplyTo::Client(client) => self.outbox.reply(client, &reply),
            ReplyTo::Request => {
                let request = Address::Request(attempt.request.clone());
                self.outbox.send(&request, &Event::Answer(reply));
            }
        }
    }

    fn too_many_entities(&mut self) -> Failure {
        let entities_max = self.limits.touched_entities;
        let exception = self.interpreter.exception(Fault::TooManyEntities { entities_max });
        Failure::Raised(self.interpreter.describe(&exception))
    }
}

fn locked(locks: &Locks) -> Option<&LockSet> {
    match locks {
        Locks::None => None,
        Locks::Set(set) | Locks::Alone(set) => Some(set),
    }
}

fn reply(outcome: CallOutcome) -> Reply {
    match outcome {
        CallOutcome::Value(value) => Ok(value),
        CallOutcome::Exception(raised) => Err(Failure::Raised(raised)),
        CallOutcome::Stop(Stop::Failure(failure)) => Err(failure),
        CallOutcome::Stop(Stop::Enough | Stop::InSequence) => {
            Err(Failure::Bug("a transaction stops that need not".to_owned()))
        }
    }
}
