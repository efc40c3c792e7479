//! The overlay: what was executed but may not be durable yet.
//!
//! The executor alone uses it. It reads through it and lets go of what the committer has made
//! durable, so its size is bounded by how far the executor runs ahead.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use anabranch_kernel::{EntityId, Write};

use crate::effect::ReplyWrite;

/// States and replies that the store may not have yet.
#[derive(Default)]
pub(crate) struct Pending {
    states: HashMap<EntityId, PendingState>,
    replies: HashMap<String, Arc<[u8]>>,
    /// Everything in the maps, oldest first.
    order: VecDeque<(u64, Name)>,
}

/// The latest state of an entity and the request that wrote it.
struct PendingState {
    sequence: u64,
    state: Option<Arc<[u8]>>,
}

enum Name {
    State(EntityId),
    Reply(String),
}

impl Pending {
    /// Notes what the request with this sequence number wrote.
    pub(crate) fn insert(&mut self, sequence: u64, writes: &[Write], reply: Option<&ReplyWrite>) {
        for Write { id, state, .. } in writes {
            let pending = PendingState { sequence, state: state.clone() };
            self.states.insert(id.clone(), pending);
            self.order.push_back((sequence, Name::State(id.clone())));
        }
        if let Some(ReplyWrite { key, record }) = reply {
            self.replies.insert(key.clone(), Arc::clone(record));
            self.order.push_back((sequence, Name::Reply(key.clone())));
        }
    }

    /// The latest state of an entity, if it is here; `Some(None)` if it was deleted.
    pub(crate) fn state(&self, id: &EntityId) -> Option<Option<Arc<[u8]>>> {
        self.states.get(id).map(|pending| pending.state.clone())
    }

    /// The record of the reply for this idempotency key, if it is here.
    pub(crate) fn reply(&self, key: &str) -> Option<&Arc<[u8]>> {
        self.replies.get(key)
    }

    /// Forgets what the store has: everything up to the request with this sequence number.
    pub(crate) fn forget_durable(&mut self, durable: u64) {
        while let Some((_, name)) = self.order.pop_front_if(|(sequence, _)| *sequence <= durable) {
            match name {
                Name::State(id) => {
                    // A later write of the same entity stays.
                    let is_durable = |pending: &PendingState| pending.sequence <= durable;
                    if self.states.get(&id).is_some_and(is_durable) {
                        self.states.remove(&id);
                    }
                }
                // A key is stored once.
                Name::Reply(key) => drop(self.replies.remove(&key)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use anabranch_ir::OperatorId;

    use super::*;

    fn id(key: &[u8]) -> EntityId {
        EntityId { operator: OperatorId(0), key: key.into() }
    }

    fn write(key: &[u8], state: Option<&[u8]>) -> Write {
        Write { id: id(key), before: None, state: state.map(Arc::from) }
    }

    fn state_of(pending: &Pending, key: &[u8]) -> Option<Option<Vec<u8>>> {
        pending.state(&id(key)).map(|state| state.map(|state| state.to_vec()))
    }

    #[test]
    fn the_latest_write_is_read() {
        let mut pending = Pending::default();
        pending.insert(1, &[write(b"a", Some(b"1")), write(b"b", Some(b"1"))], None);
        pending.insert(2, &[write(b"a", None)], None);
        assert_eq!(state_of(&pending, b"a"), Some(None));
        assert_eq!(state_of(&pending, b"b"), Some(Some(b"1".to_vec())));
        assert_eq!(state_of(&pending, b"c"), None);
    }

    #[test]
    fn durable_writes_are_forgotten_and_later_ones_stay() {
        let mut pending = Pending::default();
        pending.insert(1, &[write(b"a", Some(b"1")), write(b"b", Some(b"1"))], None);
        pending.insert(2, &[write(b"a", Some(b"2"))], None);
        pending.forget_durable(1);
        assert_eq!(state_of(&pending, b"a"), Some(Some(b"2".to_vec())));
        assert_eq!(state_of(&pending, b"b"), None);
        pending.forget_durable(2);
        assert_eq!(state_of(&pending, b"a"), None);
        assert!(pending.order.is_empty());
    }

    #[test]
    fn replies_are_kept_until_they_are_durable() {
        let mut pending = Pending::default();
        let reply = ReplyWrite { key: "k".to_owned(), record: Arc::from(&b"record"[..]) };
        pending.insert(7, &[], Some(&reply));
        pending.forget_durable(6);
        assert_eq!(pending.reply("k"), Some(&reply.record));
        pending.forget_durable(7);
        assert_eq!(pending.reply("k"), None);
    }
}
