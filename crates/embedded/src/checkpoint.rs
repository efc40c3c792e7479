//! A checkpoint: what a frozen overlay changes in the store, sorted by key.
//!
//! Hundreds of thousands of states are sorted here for each checkpoint. Comparing two keys means
//! going to two places in memory, so each state takes along the sixteen bytes of its key that come
//! after what all keys of its class begin with: nearly always they tell two keys apart.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::background::{breathe, breathe_after};
use crate::classes::Classes;
use crate::metadata::StoreProgress;
use crate::overlay::{Entry, Frozen};
use crate::retention::{self, NewReply, Retention};
use crate::state_record::{LARGE_BYTES_MIN, StateRecord, encode_state};
use crate::store::{Change, Store, StoreError};
use crate::store_key::{attribute_key, state_key};

/// What the store is to be told, in order of the keys (`store_key.rs`).
pub(crate) struct Checkpoint<'a> {
    attributes: Vec<AttributeChange<'a>>,
    replies: Vec<Change>,
    progress: StoreProgress,
    reply_order: Vec<Change>,
    states: Vec<SortedState<'a>>,
}

/// A large attribute that changes in the store. They may be most of the overlay, so their bytes
/// stay there until they are written.
struct AttributeChange<'a> {
    key: Vec<u8>,
    message: Option<&'a [u8]>,
}

struct SortedState<'a> {
    class: &'a str,
    entry: &'a Entry,
    /// The record, if it was made already.
    record: Option<Vec<u8>>,
}

/// The checkpoint that brings `store` up to `frozen`.
pub(crate) fn checkpoint<'a>(
    frozen: &'a Frozen,
    classes: &'a Classes,
    store: &dyn Store,
    retention: Retention,
) -> Result<Checkpoint<'a>, StoreError> {
    let mut progress = StoreProgress::read(store)?;
    progress.sequence = frozen.sequence;
    let new = frozen.overlay.replies();
    let new: Vec<_> = new.map(|(key, record)| NewReply { key, record }).collect();
    let replies =
        retention::update(store.snapshot().as_ref(), &new, retention, frozen.time, &mut progress)?;
    let mut attributes = Vec::new();
    let mut states = sorted_states(frozen, classes);
    for state in &mut states {
        state.record = separate(state.class, state.entry, store, &mut attributes)?;
        breathe();
    }
    attributes.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    Ok(Checkpoint {
        attributes,
        replies: replies.replies,
        progress,
        reply_order: replies.order,
        states,
    })
}

impl<'a> Checkpoint<'a> {
    pub(crate) fn into_changes(self) -> impl Iterator<Item = Change> {
        let Self { attributes, replies, progress, reply_order, states } = self;
        let states = states.into_iter().map(|SortedState { class, entry, record }| {
            let key = state_key(class, &entry.id.key);
            let key = key.expect("this is a bug in Anabranch: the executor checks keys");
            let encode = |state| encode_state(class, &entry.id.key, state).record;
            Change { key, value: record.or_else(|| entry.state.as_deref().map(encode)) }
        });
        let attributes = attributes.into_iter().map(|AttributeChange { key, message }| Change {
            key,
            value: message.map(<[u8]>::to_vec),
        });
        let progress = std::iter::once(progress.change());
        let all = attributes.chain(replies).chain(progress).chain(reply_order).chain(states);
        all.inspect(|_| breathe())
    }
}

/// Takes care of the large attributes of one entity: those that changed go into `attributes`, and
/// those that the store should forget. Gives the record of the state if it had to be made.
fn separate<'a>(
    class: &str,
    entry: &'a Entry,
    store: &dyn Store,
    attributes: &mut Vec<AttributeChange<'a>>,
) -> Result<Option<Vec<u8>>, StoreError> {
    let state = entry.state.as_deref();
    let is_small = state.is_none_or(|state| state.len() < LARGE_BYTES_MIN);
    if is_small && !entry.replaces_large {
        return Ok(None);
    }
    let key = &entry.id.key;
    let mut stored = HashMap::new();
    if entry.replaces_large {
        let state_key = state_key(class, key).map_err(|error| StoreError(error.to_string()))?;
        if let Some(record) = store.read(&state_key)? {
            let record = StateRecord::new(&record).map_err(StoreError)?;
            stored.extend(record.large().map(|(name, digest)| (name.to_owned(), digest)));
        }
    }
    let encoded = state.map(|state| encode_state(class, key, state));
    for large in encoded.iter().flat_map(|encoded| &encoded.large) {
        if stored.remove(large.name) != Some(large.digest) {
            let message = Some(large.message);
            attributes.push(AttributeChange { key: large.store_key.clone(), message });
        }
    }
    for name in stored.into_keys().collect::<BTreeSet<_>>() {
        let key = attribute_key(class, key, &name);
        let key = key.expect("this is a bug in Anabranch: a stored attribute has a key");
        attributes.push(AttributeChange { key, message: None });
    }
    Ok(encoded.map(|encoded| encoded.record))
}

/// The states of `frozen` in the order of their keys in the store.
fn sorted_states<'a>(frozen: &'a Frozen, classes: &'a Classes) -> Vec<SortedState<'a>> {
    let mut by_class: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in frozen.overlay.states() {
        by_class.entry(classes.name(entry.id.operator)).or_default().push(entry);
        breathe();
    }
    let mut states = Vec::with_capacity(frozen.overlay.state_count());
    for (class, entries) in by_class {
        let sorted = sorted_by_key(entries);
        states.extend(sorted.map(|entry| SortedState { class, entry, record: None }));
    }
    states
}

fn sorted_by_key(entries: Vec<&Entry>) -> impl Iterator<Item = &Entry> {
    let first = &entries[0].id.key;
    let shared = |entry: &&Entry| {
        breathe();
        first.iter().zip(entry.id.key.iter()).take_while(|(one, other)| one == other).count()
    };
    let shared = entries.iter().map(shared).min().unwrap_or(0);
    let mut keyed: Vec<Keyed<'_>> = entries
        .into_iter()
        .map(|entry| {
            breathe();
            let rest = &entry.id.key[shared..];
            let mut bytes = [0; 16];
            let length = rest.len().min(16);
            bytes[..length].copy_from_slice(&rest[..length]);
            (u128::from_be_bytes(bytes), entry)
        })
        .collect();
    sort_in_pieces(&mut keyed);
    keyed.into_iter().map(|(_, entry)| entry)
}

/// What an entry's key begins with after what all have in common.
type Keyed<'a> = (u128, &'a Entry);

/// Halves the entries until each piece is soon sorted.
fn sort_in_pieces(entries: &mut [Keyed<'_>]) {
    const PIECE: usize = 2048;
    let order = |(one_bytes, one): &Keyed<'_>, (other_bytes, other): &Keyed<'_>| {
        one_bytes.cmp(other_bytes).then_with(|| one.id.key.cmp(&other.id.key))
    };
    if entries.len() <= PIECE {
        entries.sort_unstable_by(order);
        return breathe_after(entries.len());
    }
    let middle = entries.len() / 2;
    let (lower, _, upper) = entries.select_nth_unstable_by(middle, order);
    breathe_after(middle);
    sort_in_pieces(lower);
    sort_in_pieces(upper);
}
