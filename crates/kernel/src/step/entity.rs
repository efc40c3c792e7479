//! The key of an entity: its committed state, the queue of locks, and what transactions have left.
//!
//! Transactions wait in a queue, in the order in which their lock requests came. The first one holds the
//! lock; if it only reads, so do all behind it up to the first that writes. Who holds the lock runs its
//! calls here. It leaves the queue when its attempt is over.
//!
//! Messages on different channels overtake each other: a call may come before the lock request of
//! its attempt, and so may the end of an attempt that never called. Both wait here for the request.
//!
//! Attempts without a lock here work on a buffer of their own beside the queue.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_bytes::ByteBuf;

use super::activation::Work;
use super::event::{Act, AttemptId, Call, Finish, Lock, LockMode, Locks, Return, RootCall, Start};
use super::visit::{Content, Visit};
use super::{Flaw, Step};
use crate::{EntityId, Operation, PortableInterpreter};

/// The state of an entity's key.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub(crate) struct EntityKey {
    pub(crate) committed: Option<ByteBuf>,
    pub(crate) queue: VecDeque<Queued>,
    pub(crate) unlocked: Vec<Participant>,
    pub(crate) early_calls: Vec<Call>,
    pub(crate) early_finishes: Vec<AttemptId>,
}

/// A lock, or the request for one.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Queued {
    pub(crate) mode: LockMode,
    pub(crate) participant: Participant,
}

/// An attempt as this entity sees it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) struct Participant {
    pub(crate) attempt: AttemptId,
    pub(crate) locks: Locks,
    /// Of an attempt that starts here.
    pub(crate) root: Option<RootCall>,
    pub(crate) has_begun: bool,
    /// Calls that wait for the lock.
    pub(crate) calls: VecDeque<Call>,
    pub(crate) visit: Visit,
    pub(crate) in_sequence: bool,
}

impl Participant {
    pub(crate) fn starting(attempt: AttemptId, root: RootCall, locks: Locks) -> Self {
        let in_sequence = root.in_sequence;
        let root = Some(root);
        Self { root, in_sequence, ..Self::called(attempt, locks) }
    }

    fn called(attempt: AttemptId, locks: Locks) -> Self {
        Self {
            attempt,
            locks,
            root: None,
            has_begun: false,
            calls: VecDeque::new(),
            visit: Visit::default(),
            in_sequence: false,
        }
    }

    fn has_work(&self) -> bool {
        self.starts() || !self.calls.is_empty()
    }

    fn starts(&self) -> bool {
        self.root.is_some() && !self.has_begun
    }

    fn next_work(&mut self) -> Work {
        if self.starts() {
            self.has_begun = true;
            return Work::Root;
        }
        let call = self.calls.pop_front();
        self.take_call(call.expect("this is a bug in Anabranch: an attempt without work runs"))
    }

    fn take_call(&mut self, call: Call) -> Work {
        self.in_sequence |= call.in_sequence;
        // An entity gets to know the attempt's locks when something is called that may need them.
        // Where the attempt started all of them are known.
        if call.locks != Locks::None && self.root.is_none() {
            self.locks = call.locks.clone();
        }
        Work::Call(call)
    }
}

impl EntityKey {
    /// Whether no transaction holds anything here.
    pub(crate) fn is_idle(&self) -> bool {
        self.queue.is_empty()
            && self.unlocked.is_empty()
            && self.early_calls.is_empty()
            && self.early_finishes.is_empty()
    }

    /// What transactions have left here, in words.
    pub(crate) fn under_way(&self) -> Vec<String> {
        let words = |what: &str, attempt: &AttemptId| format!("{attempt} {what}");
        let queue = self.queue.iter().map(|it| words("is in the queue", &it.participant.attempt));
        let unlocked = self.unlocked.iter().map(|it| words("has a buffer", &it.attempt));
        let calls = self.early_calls.iter().map(|it| words("has an early call", &it.attempt));
        let finishes = self.early_finishes.iter().map(|it| words("has finished early", it));
        queue.chain(unlocked).chain(calls).chain(finishes).collect()
    }

    /// The first in the queue that holds the lock and has something to do.
    fn next_to_run(&self) -> Option<usize> {
        for (index, queued) in self.queue.iter().enumerate() {
            if index > 0 && queued.mode == LockMode::Exclusive {
                return None;
            }
            if queued.participant.has_work() {
                return Some(index);
            }
            if queued.mode == LockMode::Exclusive {
                return None;
            }
        }
        None
    }

    fn queued(&self, attempt: &AttemptId) -> Option<usize> {
        self.queue.iter().position(|queued| queued.participant.attempt == *attempt)
    }

    fn position_unlocked(&self, attempt: &AttemptId) -> Option<usize> {
        self.unlocked.iter().position(|participant| participant.attempt == *attempt)
    }

    /// Makes what an attempt wrote the committed state.
    pub(crate) fn commit(&mut self, visit: Visit) {
        match visit.content {
            Content::Committed => {}
            Content::Absent => self.committed = None,
            Content::Saved(state) => self.committed = Some(ByteBuf::from(state)),
            Content::Suspended { .. } | Content::Lost(_) => {
                panic!("this is a bug in Anabranch: a transaction commits with calls under way")
            }
        }
    }
}

/// What a root call is, as a request; `None` for the insertion of a new entity.
pub(super) fn operation(target: &EntityId, act: &Act) -> Option<Operation> {
    let target = target.clone();
    Some(match act.clone() {
        Act::Call { method, arguments } => Operation::Call { target, method, arguments },
        Act::Get { attribute } => Operation::GetAttribute { target, attribute },
        Act::Set { attribute, value } => Operation::SetAttribute { target, attribute, value },
        Act::GetState => Operation::GetState { target },
        Act::Exists => Operation::Exists { target },
        Act::Delete => Operation::Delete { target },
        Act::Insert(_) => return None,
    })
}

impl<I: PortableInterpreter> Step<'_, I> {
    pub(crate) fn start(&mut self, id: &EntityId, key: &mut EntityKey, start: Start) {
        let Start { request, root, lock } = start;
        let attempt = AttemptId { request, number: 0 };
        let participant = Participant::starting(attempt, root, Locks::None);
        match lock {
            Some(mode) => {
                key.queue.push_back(Queued { mode, participant });
                self.serve(id, key);
            }
            None => self.run_unlocked(id, key, participant, Participant::next_work),
        }
    }

    pub(crate) fn lock(&mut self, id: &EntityId, key: &mut EntityKey, lock: Lock) {
        let Lock { attempt, mode, root } = lock;
        if let Some(index) = key.early_finishes.iter().position(|early| *early == attempt) {
            key.early_finishes.swap_remove(index);
            return;
        }
        let mut participant = match root {
            Some((root, locks)) => Participant::starting(attempt, root, locks),
            None => Participant::called(attempt, Locks::None),
        };
        let is_own = |call: &mut Call| call.attempt == participant.attempt;
        participant.calls = key.early_calls.extract_if(.., is_own).collect();
        let queued = Queued { mode, participant };
        if self.has_flaw(Flaw::QueueNotInOrder) {
            key.queue.push_front(queued);
        } else {
            key.queue.push_back(queued);
        }
        self.serve(id, key);
    }

    pub(crate) fn call(&mut self, id: &EntityId, key: &mut EntityKey, call: Call) {
        if let Some(index) = key.queued(&call.attempt) {
            key.queue[index].participant.calls.push_back(call);
            self.serve(id, key);
        } else if call.is_locked && !self.has_flaw(Flaw::CallBeforeLock) {
            key.early_calls.push(call);
        } else {
            let participant = match key.position_unlocked(&call.attempt) {
                Some(index) => key.unlocked.swap_remove(index),
                None => Participant::called(call.attempt.clone(), Locks::None),
            };
            self.run_unlocked(id, key, participant, |it| it.take_call(call));
        }
    }

    pub(crate) fn resume(&mut self, id: &EntityId, key: &mut EntityKey, returned: Return) {
        let work = |_: &mut Participant| Work::Return(returned.clone());
        let index = if returned.is_locked {
            key.queued(&returned.attempt)
        } else {
            key.position_unlocked(&returned.attempt)
        };
        let index = index.expect("this is a bug in Anabranch: a call returns to no attempt");
        if returned.is_locked {
            self.run_queued(id, key, index, work);
            self.serve(id, key);
        } else {
            let participant = key.unlocked.swap_remove(index);
            self.run_unlocked(id, key, participant, work);
        }
    }

    pub(crate) fn finish(&mut self, id: &EntityId, key: &mut EntityKey, finish: Finish) {
        let Finish { attempt, has_lock, is_committed } = finish;
        if let Some(index) = key.position_unlocked(&attempt) {
            key.unlocked.swap_remove(index);
        }
        if let Some(index) = key.queued(&attempt) {
            let queued = key.queue.remove(index).expect("found above");
            if is_committed {
                key.commit(queued.participant.visit);
            }
            self.serve(id, key);
        } else if has_lock {
            key.early_finishes.push(attempt);
        }
    }

    /// Runs all that holds the lock and has something to do.
    fn serve(&mut self, id: &EntityId, key: &mut EntityKey) {
        while let Some(index) = key.next_to_run() {
            self.run_queued(id, key, index, Participant::next_work);
        }
    }

    fn run_queued(
        &mut self,
        id: &EntityId,
        key: &mut EntityKey,
        index: usize,
        work: impl FnOnce(&mut Participant) -> Work,
    ) {
        let queued = key.queue.remove(index).expect("this is a bug in Anabranch: no such lock");
        let Queued { mode, mut participant } = queued;
        let work = work(&mut participant);
        let committed = key.committed.as_ref().map(|state| &state[..]);
        match self.activate(id, committed, Some(mode), &mut participant, work) {
            None => {
                let mut index = index;
                let visit = &participant.visit;
                if self.has_flaw(Flaw::BufferVisibleEarly)
                    && let Content::Saved(state) = &visit.content
                {
                    key.committed = Some(ByteBuf::from(state.clone()));
                }
                let has_returned = visit.frames.is_empty() && participant.root.is_none();
                if self.has_flaw(Flaw::LockReleasedBeforeCommit) && has_returned {
                    index = key.queue.len();
                }
                key.queue.insert(index, Queued { mode, participant });
            }
            Some(end) => self.end_root(id, key, Some(mode), participant, end),
        }
    }

    fn run_unlocked(
        &mut self,
        id: &EntityId,
        key: &mut EntityKey,
        mut participant: Participant,
        work: impl FnOnce(&mut Participant) -> Work,
    ) {
        let work = work(&mut participant);
        let committed = key.committed.as_ref().map(|state| &state[..]);
        match self.activate(id, committed, None, &mut participant, work) {
            None => key.unlocked.push(participant),
            Some(end) => self.end_root(id, key, None, participant, end),
        }
    }
}
