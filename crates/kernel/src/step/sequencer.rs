//! The sequencer: the key that orders transactions which may touch several entities.
//!
//! The order is that in which it sends their lock requests. Channels keep the order of messages, so each
//! entity gets the requests of any two transactions in the same order.
//!
//! A transaction that runs *alone* may touch anything, so nothing is ordered after it until it is
//! over. What it meets on the way is locked through the sequencer, behind the requests of all
//! transactions before it; those behind it have none yet. So it waits only for earlier ones. Since
//! only the sequencer knows what it has locked, the end comes to the entities from there as well.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::address::Address;
use super::event::{AttemptId, Done, Event, Finish, Lock, LockMode, Locks, Sequence};
use super::outbox::Outbox;
use crate::EntityId;

/// The state of the sequencer: nothing, most of the time.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Sequencer {
    alone: Option<Alone>,
    /// What comes after the transaction that runs alone.
    held_back: VecDeque<Sequence>,
}

#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Alone {
    attempt: AttemptId,
    locked: BTreeSet<EntityId>,
}

impl Sequencer {
    pub(crate) fn is_idle(&self) -> bool {
        self.alone.is_none()
    }

    /// What it waits for, in words.
    pub(crate) fn under_way(&self) -> Vec<String> {
        let alone = self.alone.iter().map(|it| format!("{} runs alone", it.attempt));
        let held_back = self.held_back.iter().map(|it| format!("{} is held back", it.attempt));
        alone.chain(held_back).collect()
    }

    pub(crate) fn sequence(&mut self, sequence: Sequence, outbox: &mut Outbox<'_>) {
        if self.alone.is_some() {
            self.held_back.push_back(sequence);
        } else {
            self.order(sequence, outbox);
        }
    }

    /// A transaction that runs alone needs one more entity.
    pub(crate) fn extend(&mut self, attempt: AttemptId, entity: EntityId, outbox: &mut Outbox<'_>) {
        // Two of its methods may have asked for the same entity, and the second request may come
        // after its end.
        let Some(alone) = self.alone.as_mut().filter(|alone| alone.attempt == attempt) else {
            return;
        };
        if alone.locked.insert(entity.clone()) {
            let lock = Lock { attempt, mode: LockMode::Exclusive, root: None };
            outbox.send(&Address::Entity(entity), &Event::Lock(lock));
        }
    }

    /// A transaction that ran alone is over.
    pub(crate) fn done(&mut self, done: Done, outbox: &mut Outbox<'_>) {
        let Done { attempt, target, is_committed } = done;
        let alone = self.alone.take_if(|alone| alone.attempt == attempt);
        let alone =
            alone.expect("this is a bug in Anabranch: a transaction ends that does not run alone");
        for entity in alone.locked.into_iter().filter(|entity| *entity != target) {
            let finish = Finish { attempt: attempt.clone(), has_lock: true, is_committed };
            outbox.send(&Address::Entity(entity), &Event::Finish(finish));
        }
        while self.alone.is_none()
            && let Some(sequence) = self.held_back.pop_front()
        {
            self.order(sequence, outbox);
        }
    }

    fn order(&mut self, sequence: Sequence, outbox: &mut Outbox<'_>) {
        let Sequence { attempt, root, locks } = sequence;
        let set = match &locks {
            Locks::Set(set) => set.clone(),
            Locks::Alone(set) => {
                let locked = set.keys().cloned().collect();
                self.alone = Some(Alone { attempt: attempt.clone(), locked });
                set.clone()
            }
            Locks::None => panic!("this is a bug in Anabranch: a transaction without locks"),
        };
        assert!(
            set.contains_key(&root.target),
            "this is a bug in Anabranch: a transaction does not lock where it starts"
        );
        let mut start = Some((root, locks));
        for (entity, mode) in set {
            let root = start.take_if(|(root, _)| root.target == entity);
            let lock = Lock { attempt: attempt.clone(), mode, root };
            outbox.send(&Address::Entity(entity), &Event::Lock(lock));
        }
    }
}
