//! The overlay: what is newer than the store.
//!
//! The executor writes into the *active* overlay. At a checkpoint that becomes *frozen*, an applier
//! in the background brings it into the store, and an empty one takes its place; reads look at
//! active, frozen, store, in this order. At most one overlay is frozen at a time.
//!
//! A table that grows moves all its entries at once, and memory that is touched for the first time
//! costs a page fault, which on a virtual machine may take longer than the move. So that no request
//! waits for either, the states are spread over many small tables, and the tables of an overlay
//! that the store has are emptied in the background and used again ([`Spare`]).

use std::collections::HashMap;
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, PoisonError};

use anabranch_kernel::{EntityId, Write};
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::background::breathe_after;
use crate::state_record::LARGE_BYTES_MIN;

const SHARDS: usize = 512;

/// What an entry takes beside its key and its state, roughly.
const ENTRY_BYTES: usize = 120;

/// States and replies by name, the latest of each.
pub(crate) struct Overlay {
    shards: Vec<HashTable<Entry>>,
    replies: HashMap<String, Arc<[u8]>>,
    hasher: RandomState,
    bytes: usize,
}

/// The latest state of an entity.
pub(crate) struct Entry {
    pub(crate) id: EntityId,
    /// `None`: the entity was deleted.
    pub(crate) state: Option<Arc<[u8]>>,
    /// Whether what the store has of the entity may have large attributes.
    pub(crate) replaces_large: bool,
    hash: u64,
}

/// A reply to keep.
#[derive(Clone, Debug)]
pub(crate) struct ReplyWrite {
    /// The client's idempotency key.
    pub(crate) key: String,
    /// See [`crate::reply_record`].
    pub(crate) record: Arc<[u8]>,
}

impl Overlay {
    pub(crate) fn new() -> Self {
        Self {
            shards: (0..SHARDS).map(|_| HashTable::new()).collect(),
            replies: HashMap::new(),
            hasher: RandomState::default(),
            bytes: 0,
        }
    }

    /// Drops everything but the memory of the tables, as far as the next overlay may need it.
    fn emptied(mut self) -> Self {
        for shard in &mut self.shards {
            let used = shard.len();
            shard.clear();
            shard.shrink_to(2 * used, |entry| entry.hash);
            breathe_after(used);
        }
        let used = self.replies.len();
        self.replies.clear();
        self.replies.shrink_to(2 * used);
        self.bytes = 0;
        self
    }

    /// Notes the new state of an entity.
    pub(crate) fn write(&mut self, write: Write) {
        let replaces_large = replaces_large(&write);
        self.write_state(&write.id, write.state, replaces_large);
    }

    /// Notes the new state of an entity.
    pub(crate) fn write_state(
        &mut self,
        id: &EntityId,
        state: Option<Arc<[u8]>>,
        replaces_large: bool,
    ) {
        let hash = self.hasher.hash_one(id);
        let length = |state: &Option<Arc<[u8]>>| state.as_ref().map_or(0, |state| state.len());
        self.bytes += length(&state);
        let shard = &mut self.shards[shard_of(hash)];
        if let Some(entry) = shard.find_mut(hash, |entry| entry.id == *id) {
            self.bytes -= length(&entry.state);
            entry.state = state;
        } else {
            self.bytes += ENTRY_BYTES + id.key.len();
            let entry = Entry { id: id.clone(), state, replaces_large, hash };
            shard.insert_unique(hash, entry, |entry| entry.hash);
        }
    }

    /// Notes a reply.
    pub(crate) fn write_reply(&mut self, reply: &ReplyWrite) {
        self.bytes += ENTRY_BYTES + reply.key.len() + reply.record.len();
        self.replies.insert(reply.key.clone(), Arc::clone(&reply.record));
    }

    /// The latest state of an entity, if it is here; `Some(None)` if it was deleted.
    pub(crate) fn state(&self, id: &EntityId) -> Option<&Option<Arc<[u8]>>> {
        let hash = self.hasher.hash_one(id);
        let entry = self.shards[shard_of(hash)].find(hash, |entry| entry.id == *id);
        entry.map(|entry| &entry.state)
    }

    /// Has a look at where the state of an entity is, so that it is in the processor's caches.
    pub(crate) fn touch(&self, id: &EntityId) {
        let hash = self.hasher.hash_one(id);
        let entry = self.shards[shard_of(hash)].find(hash, |entry| entry.hash == hash);
        std::hint::black_box(entry.map(|entry| entry.replaces_large));
    }

    /// The record of the reply for this idempotency key, if it is here.
    pub(crate) fn reply(&self, key: &str) -> Option<&Arc<[u8]>> {
        self.replies.get(key)
    }

    /// All states, in no order.
    pub(crate) fn states(&self) -> impl Iterator<Item = &Entry> {
        self.shards.iter().flatten()
    }

    /// All replies with their idempotency keys, in no order.
    pub(crate) fn replies(&self) -> impl Iterator<Item = (&String, &Arc<[u8]>)> {
        self.replies.iter()
    }

    pub(crate) fn state_count(&self) -> usize {
        self.shards.iter().map(HashTable::len).sum()
    }

    /// An estimate of the memory held.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.bytes == 0
    }
}

/// Whether the state before `write` may have large attributes.
pub(crate) fn replaces_large(write: &Write) -> bool {
    write.before.as_ref().is_some_and(|before| before.len() >= LARGE_BYTES_MIN)
}

/// By the bits that the tables inside do not go by.
fn shard_of(hash: u64) -> usize {
    (hash >> 40) as usize % SHARDS
}

/// An overlay that changes no more, on its way into the store.
pub(crate) struct Frozen {
    pub(crate) overlay: Overlay,
    /// It holds everything up to the request with this number that the store does not.
    pub(crate) sequence: u64,
    /// When it was frozen, in nanoseconds since the start of 1970.
    pub(crate) time: i64,
}

/// An empty overlay for the executor, on memory that an earlier one has used.
#[derive(Default)]
pub(crate) struct Spare(Mutex<Option<Overlay>>);

impl Spare {
    /// Empties an overlay that the store has, which takes a while, and keeps its memory.
    pub(crate) fn recycle(&self, frozen: Arc<Frozen>) {
        // A reader elsewhere drops it later.
        if let Some(frozen) = Arc::into_inner(frozen) {
            let emptied = frozen.overlay.emptied();
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(emptied);
        }
    }

    fn take(&self) -> Option<Overlay> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Everything that is newer than the store.
pub(crate) struct Overlays {
    pub(crate) active: Overlay,
    frozen: Option<Arc<Frozen>>,
    spare: Arc<Spare>,
}

impl Overlays {
    pub(crate) fn new(active: Overlay, spare: Arc<Spare>) -> Self {
        Self { active, frozen: None, spare }
    }

    /// The latest state of an entity, if it is here; `Some(None)` if it was deleted.
    pub(crate) fn state(&self, id: &EntityId) -> Option<Option<Arc<[u8]>>> {
        let frozen = || self.frozen.as_ref()?.overlay.state(id);
        self.active.state(id).or_else(frozen).cloned()
    }

    /// The record of the reply for this idempotency key, if it is here.
    pub(crate) fn reply(&self, key: &str) -> Option<&Arc<[u8]>> {
        let frozen = || self.frozen.as_ref()?.overlay.reply(key);
        self.active.reply(key).or_else(frozen)
    }

    pub(crate) fn frozen(&self) -> Option<&Arc<Frozen>> {
        self.frozen.as_ref()
    }

    /// Freezes the active overlay.
    pub(crate) fn freeze(&mut self, sequence: u64, time: i64) -> Arc<Frozen> {
        assert!(self.frozen.is_none(), "this is a bug in Anabranch: a second frozen overlay");
        let successor = self.spare.take().unwrap_or_else(Overlay::new);
        let overlay = std::mem::replace(&mut self.active, successor);
        let frozen = Arc::new(Frozen { overlay, sequence, time });
        self.frozen = Some(Arc::clone(&frozen));
        frozen
    }

    /// Lets go of the frozen overlay, which the store has by now.
    pub(crate) fn take_frozen(&mut self) -> Option<Arc<Frozen>> {
        self.frozen.take()
    }
}

#[cfg(test)]
mod tests {
    use anabranch_ir::OperatorId;

    use super::*;

    fn id(key: &[u8]) -> EntityId {
        EntityId { operator: OperatorId(0), key: key.into() }
    }

    fn write(overlays: &mut Overlays, key: &[u8], state: Option<&[u8]>) {
        overlays.active.write_state(&id(key), state.map(Arc::from), false);
    }

    fn state_of(overlays: &Overlays, key: &[u8]) -> Option<Option<Vec<u8>>> {
        overlays.state(&id(key)).map(|state| state.map(|state| state.to_vec()))
    }

    #[test]
    fn the_latest_write_is_read() {
        let mut overlays = Overlays::new(Overlay::new(), Arc::default());
        write(&mut overlays, b"a", Some(b"1"));
        write(&mut overlays, b"b", Some(b"1"));
        write(&mut overlays, b"a", None);
        assert_eq!(state_of(&overlays, b"a"), Some(None));
        assert_eq!(state_of(&overlays, b"b"), Some(Some(b"1".to_vec())));
        assert_eq!(state_of(&overlays, b"c"), None);
    }

    #[test]
    fn the_active_overlay_hides_the_frozen_one_until_that_goes() {
        let mut overlays = Overlays::new(Overlay::new(), Arc::default());
        write(&mut overlays, b"a", Some(b"1"));
        write(&mut overlays, b"b", Some(b"1"));
        let frozen = overlays.freeze(7, 0);
        assert_eq!(frozen.overlay.state_count(), 2);
        assert!(overlays.active.is_empty());
        write(&mut overlays, b"a", Some(b"2"));
        assert_eq!(state_of(&overlays, b"a"), Some(Some(b"2".to_vec())));
        assert_eq!(state_of(&overlays, b"b"), Some(Some(b"1".to_vec())));
        overlays.take_frozen();
        assert_eq!(state_of(&overlays, b"a"), Some(Some(b"2".to_vec())));
        assert_eq!(state_of(&overlays, b"b"), None);
    }

    #[test]
    fn a_recycled_overlay_is_empty_and_has_room() {
        let mut overlays = Overlays::new(Overlay::new(), Arc::default());
        for key in 0..10_000_u32 {
            write(&mut overlays, &key.to_le_bytes(), Some(b"1"));
        }
        drop(overlays.freeze(1, 0));
        let spare = Arc::clone(&overlays.spare);
        spare.recycle(overlays.take_frozen().expect("it is frozen"));
        write(&mut overlays, b"a", Some(b"2"));
        drop(overlays.freeze(2, 0));
        assert!(overlays.active.is_empty());
        assert_eq!(overlays.active.states().count(), 0);
        assert_eq!(state_of(&overlays, &7_u32.to_le_bytes()), None);
        assert_eq!(state_of(&overlays, b"a"), Some(Some(b"2".to_vec())));
        assert!(overlays.active.shards.iter().all(|shard| shard.capacity() > 0));
    }

    #[test]
    fn bytes_are_those_of_the_latest_states() {
        let mut overlay = Overlay::new();
        for key in 0..1000_u32 {
            overlay.write_state(&id(&key.to_le_bytes()), Some(vec![0; 500].into()), false);
        }
        assert_eq!(overlay.state_count(), 1000);
        let large = overlay.bytes();
        for key in 0..1000_u32 {
            overlay.write_state(&id(&key.to_le_bytes()), None, false);
        }
        assert_eq!(overlay.state_count(), 1000);
        assert_eq!(large - overlay.bytes(), 500_000);
    }

    #[test]
    fn what_the_store_may_have_is_what_was_there_first() {
        let large = vec![0; LARGE_BYTES_MIN];
        let small: Arc<[u8]> = Arc::from(&b"small"[..]);
        let before = Some(Arc::from(&large[..]));
        let mut overlay = Overlay::new();
        overlay.write(Write { id: id(b"a"), before, state: Some(Arc::clone(&small)) });
        overlay.write(Write { id: id(b"a"), before: Some(small), state: None });
        assert!(overlay.states().all(|entry| entry.replaces_large));
    }
}
