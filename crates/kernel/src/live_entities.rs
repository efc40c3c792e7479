//! The entities that stay live between transactions, within a limit of estimated bytes.
//!
//! Entities are in numbered slots, so that a transaction looks each up by its id once and by number
//! from then on. What goes when the limit is passed decides a clock: a hand goes round the slots
//! and takes those that were not used, by a second transaction, since it came by last. Using an
//! entity costs one bit for that. The hand moves only between transactions, a few slots after each,
//! so that no transaction waits long; a transaction that brought much in lets it go further.
//!
//! With many entities each look at one is a wait for memory, so there is little to look at: the
//! table of ids has a part of the hash and the number of the slot for each entity, eight bytes,
//! and nothing else; the id is in the slot. Table and slots grow in pieces, so that no transaction
//! waits for all of them to be moved.

use std::hash::BuildHasher;
use std::sync::Arc;

use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::EntityId;
use crate::prefetch::prefetch;

/// How many slots the hand looks at after each transaction, beside [`STEPS_PER_TOUCH`].
const STEPS: usize = 64;
/// How many further ones for each entity that the transaction touched.
const STEPS_PER_TOUCH: usize = 4;

/// What is counted for an entry of the table of ids, with the room that hash tables leave, and the
/// counters in front of the bytes of the state.
const ENTRY_BYTES: usize = 32;

/// Into how many tables the ids are spread.
const SHARDS: usize = 64;

/// How many slots there are in a piece.
const PIECE: usize = 1024;

/// Entities by id and by slot.
pub(crate) struct LiveEntities<E> {
    shards: Vec<HashTable<Entry>>,
    hasher: RandomState,
    slots: Slots<E>,
    free: Vec<SlotIndex>,
    /// In order of first touch by the transaction under way, without repetition.
    touched: Vec<SlotIndex>,
    /// Numbers the transactions, so that a slot can tell who touched it last.
    transaction: u64,
    /// The estimate of all slots.
    bytes: usize,
    bytes_max: usize,
    /// Where the clock's hand is.
    hand: usize,
}

/// An entity in the table of ids.
struct Entry {
    hash: Hash,
    index: SlotIndex,
}

/// A part of the hash of an id: enough to find it, and to let the table grow without hashing anew.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Hash(u32);

impl Hash {
    /// Tables go by the lowest bits and the highest.
    fn spread(self) -> u64 {
        u64::from(self.0).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn shard(self) -> usize {
        (self.0 >> 24) as usize % SHARDS
    }
}

/// Slots by number, in pieces that are never moved.
struct Slots<E> {
    pieces: Vec<Box<[Option<Slot<E>>]>>,
    count: usize,
}

impl<E> Slots<E> {
    fn push(&mut self) -> SlotIndex {
        let number = u32::try_from(self.count).expect("fewer than 4 billion entities");
        if self.count == self.pieces.len() * PIECE {
            self.pieces.push((0..PIECE).map(|_| None).collect());
        }
        self.count += 1;
        SlotIndex(number)
    }

    fn get(&self, index: SlotIndex) -> &Option<Slot<E>> {
        let number = index.0 as usize;
        &self.pieces[number / PIECE][number % PIECE]
    }

    fn get_mut(&mut self, index: SlotIndex) -> &mut Option<Slot<E>> {
        let number = index.0 as usize;
        &mut self.pieces[number / PIECE][number % PIECE]
    }
}

/// Where an entity is, as long as its slot is touched by the transaction under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct SlotIndex(u32);

/// An entity that the driver knows about. Between transactions what is there and `committed` agree,
/// and only entities that exist have a slot.
pub(crate) struct Slot<E> {
    pub(crate) id: EntityId,
    pub(crate) presence: Presence<E>,
    pub(crate) committed: Option<Arc<[u8]>>,
    touched_by: u64,
    /// Whether another transaction than the first has used it since the hand came by.
    used_again: bool,
    bytes: usize,
}

/// Whether an entity exists, as the transaction under way sees it.
pub(crate) enum Presence<E> {
    Absent,
    Live(E),
    /// This transaction deleted it: methods of it that are under way go on with it.
    Deleted(E),
}

impl<E> Slot<E> {
    /// The entity, if it exists.
    pub(crate) fn live(&self) -> Option<&E> {
        if let Presence::Live(entity) = &self.presence { Some(entity) } else { None }
    }
}

impl<E> LiveEntities<E> {
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self {
            shards: (0..SHARDS).map(|_| HashTable::new()).collect(),
            hasher: RandomState::default(),
            slots: Slots { pieces: Vec::new(), count: 0 },
            free: Vec::new(),
            touched: Vec::new(),
            transaction: 0,
            bytes: 0,
            bytes_max,
            hand: 0,
        }
    }

    /// The estimate of what is live.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Begins the next transaction; gives its number.
    pub(crate) fn begin_transaction(&mut self) -> u64 {
        self.transaction += 1;
        self.touched.clear();
        self.transaction
    }

    /// What the transaction under way touched, in order.
    pub(crate) fn touched(&self) -> &[SlotIndex] {
        &self.touched
    }

    pub(crate) fn find(&self, id: &EntityId) -> Option<SlotIndex> {
        let hash = self.hash(id);
        let is_it = |entry: &Entry| entry.hash == hash && self.slot(entry.index).id == *id;
        let found = self.shards[hash.shard()].find(hash.spread(), is_it);
        found.map(|entry| entry.index)
    }

    /// Where the entity is, very likely; its slot has been asked for from memory.
    pub(crate) fn foresee(&self, id: &EntityId) -> Option<SlotIndex> {
        let hash = self.hash(id);
        let entry = self.shards[hash.shard()].find(hash.spread(), |entry| entry.hash == hash)?;
        let slot: *const Option<Slot<E>> = self.slots.get(entry.index);
        prefetch(slot);
        prefetch(slot.cast::<u8>().wrapping_add(size_of::<Slot<E>>() - 1));
        Some(entry.index)
    }

    fn hash(&self, id: &EntityId) -> Hash {
        Hash(self.hasher.hash_one(id) as u32)
    }

    pub(crate) fn slot(&self, index: SlotIndex) -> &Slot<E> {
        let slot = self.slots.get(index).as_ref();
        slot.expect("this is a bug in Anabranch: a slot in use was emptied")
    }

    pub(crate) fn slot_mut(&mut self, index: SlotIndex) -> &mut Slot<E> {
        let slot = self.slots.get_mut(index).as_mut();
        slot.expect("this is a bug in Anabranch: a slot in use was emptied")
    }

    /// A new slot for what was read.
    pub(crate) fn insert(
        &mut self,
        id: &EntityId,
        presence: Presence<E>,
        committed: Option<Arc<[u8]>>,
    ) -> SlotIndex {
        debug_assert!(
            self.find(id).is_none(),
            "this is a bug in Anabranch: an entity has two slots"
        );
        let index = self.free.pop().unwrap_or_else(|| self.slots.push());
        let (touched_by, used_again, bytes) = (0, false, 0);
        let slot = Slot { id: id.clone(), presence, committed, touched_by, used_again, bytes };
        *self.slots.get_mut(index) = Some(slot);
        let hash = self.hash(id);
        let entry = Entry { hash, index };
        self.shards[hash.shard()].insert_unique(hash.spread(), entry, |entry| entry.hash.spread());
        index
    }

    /// Marks a slot as used by the transaction under way.
    pub(crate) fn touch(&mut self, index: SlotIndex) {
        let transaction = self.transaction;
        let slot = self.slot_mut(index);
        if slot.touched_by != transaction {
            slot.used_again = slot.touched_by != 0;
            slot.touched_by = transaction;
            self.touched.push(index);
        }
    }

    /// Sets what the entity in a slot is estimated at, beside what is known of the slot itself.
    pub(crate) fn set_entity_bytes(&mut self, index: SlotIndex, entity_bytes: usize) {
        let slot = self.slot_mut(index);
        let fixed = size_of::<Option<Slot<E>>>() + ENTRY_BYTES + slot.id.key.heap_bytes();
        let state = slot.committed.as_ref().map_or(0, |state| state.len());
        let before = std::mem::replace(&mut slot.bytes, fixed + state + entity_bytes);
        let now = slot.bytes;
        self.bytes = self.bytes - before + now;
    }

    pub(crate) fn remove(&mut self, index: SlotIndex) {
        let slot = self.slots.get_mut(index).take();
        let slot = slot.expect("this is a bug in Anabranch: a slot was emptied twice");
        let hash = self.hash(&slot.id);
        let is_it = |entry: &Entry| entry.index == index;
        let entry = self.shards[hash.shard()].find_entry(hash.spread(), is_it);
        let Ok(entry) = entry else { panic!("this is a bug in Anabranch: a slot without an id") };
        entry.remove();
        self.bytes -= slot.bytes;
        self.free.push(index);
    }

    pub(crate) fn clear(&mut self) {
        self.shards.iter_mut().for_each(HashTable::clear);
        self.slots = Slots { pieces: Vec::new(), count: 0 };
        self.free.clear();
        self.touched.clear();
        self.bytes = 0;
        self.hand = 0;
    }

    /// After a transaction: moves the hand on while more is live than may be.
    pub(crate) fn evict(&mut self) {
        let mut steps = STEPS + STEPS_PER_TOUCH * self.touched.len();
        while self.bytes > self.bytes_max && steps > 0 {
            steps -= 1;
            self.hand = if self.hand + 1 < self.slots.count { self.hand + 1 } else { 0 };
            let index = SlotIndex(self.hand as u32);
            match self.slots.get_mut(index) {
                None => {}
                Some(slot) if slot.used_again => slot.used_again = false,
                Some(_) => self.remove(index),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use anabranch_ir::OperatorId;

    use super::*;

    const ENTITY: usize = 1000;

    fn id(number: u32) -> EntityId {
        EntityId { operator: OperatorId(0), key: number.to_le_bytes().as_slice().into() }
    }

    /// A transaction that uses these entities.
    fn using(live: &mut LiveEntities<()>, numbers: impl Iterator<Item = u32>) {
        live.begin_transaction();
        for number in numbers {
            let index = live.find(&id(number)).unwrap_or_else(|| {
                let index = live.insert(&id(number), Presence::Live(()), None);
                live.set_entity_bytes(index, ENTITY);
                index
            });
            live.touch(index);
        }
        live.evict();
    }

    fn count(live: &LiveEntities<()>) -> usize {
        live.shards.iter().map(HashTable::len).sum()
    }

    #[test]
    fn what_is_live_is_found_and_foreseen() {
        let mut live = LiveEntities::new(usize::MAX);
        using(&mut live, 0..10_000);
        let gone = |number: &u32| number.is_multiple_of(3);
        for number in (0..10_000).filter(gone) {
            live.remove(live.find(&id(number)).unwrap());
        }
        for number in 0..10_000 {
            let found = live.find(&id(number));
            assert_eq!(found.is_none(), gone(&number));
            assert!(found.is_none() || found == live.foresee(&id(number)));
        }
    }

    /// Room for this many.
    fn live_with_room(count: usize) -> LiveEntities<()> {
        let mut live = LiveEntities::new(usize::MAX);
        using(&mut live, 0..1);
        let each = live.bytes();
        LiveEntities::new(each * count)
    }

    #[test]
    fn no_more_stays_than_fits() {
        let mut live = live_with_room(10);
        for number in 0..1000 {
            using(&mut live, number..number + 3);
            assert!(live.bytes() <= live.bytes_max);
            assert_eq!(count(&live), (live.slots.count - live.free.len()));
        }
        assert_eq!(count(&live), 10);
        assert!(live.slots.count <= 13, "slots are used again: {}", live.slots.count);
    }

    #[test]
    fn what_is_used_again_and_again_stays() {
        let mut live = live_with_room(10);
        using(&mut live, 0..4);
        let mut losses = 0;
        for number in 0..1000 {
            using(&mut live, 0..4);
            using(&mut live, 100 + number..101 + number);
            losses += (0..4).filter(|number| live.find(&id(*number)).is_none()).count();
        }
        assert_eq!(losses, 0);
    }

    #[test]
    fn much_is_let_go_in_small_steps() {
        let mut live = LiveEntities::new(usize::MAX);
        using(&mut live, 0..10_000);
        live.bytes_max = 0;
        let mut transactions = 0;
        while live.bytes() > 0 {
            let before = count(&live);
            using(&mut live, 0..0);
            assert!(before - count(&live) <= STEPS);
            transactions += 1;
        }
        assert!(transactions <= 10_000 / STEPS + 1, "{transactions}");
    }

    #[test]
    fn estimates_follow_the_state() {
        let mut live = LiveEntities::new(usize::MAX);
        live.begin_transaction();
        let index = live.insert(&id(1), Presence::Live(()), None);
        live.set_entity_bytes(index, 10);
        let small = live.bytes();
        live.slot_mut(index).committed = Some(vec![0; 500].into());
        live.set_entity_bytes(index, 40);
        assert_eq!(live.bytes(), small + 500 + 30);
        live.remove(index);
        assert_eq!(live.bytes(), 0);
    }
}
