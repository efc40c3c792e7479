//! Opens log and store: what the log has and the store has not is brought into an overlay.
//!
//! So an engine serves at once, however much there is to bring into the store: that happens at the
//! next checkpoint, as always. A record is applied as a whole or, for a large state, as the
//! attributes that changed, which fit because the store is exactly as far as it says.

use std::sync::Arc;

use anabranch_ir::Program;
use anabranch_kernel::EntityId;
use anabranch_log::{Log, LogError, Recovery};

use crate::classes::Classes;
use crate::error::OpenError;
use crate::executor::read_state;
use crate::log_record::{LoggedChange, StateChange, apply_patch, decode};
use crate::metadata::StoreProgress;
use crate::overlay::{Overlay, ReplyWrite};
use crate::storage::Storage;
use crate::store::Store;
use crate::store_key::state_key;

/// What was newer than the store.
pub(crate) struct Replayed {
    pub(crate) overlay: Overlay,
    /// The number of the last record, or of the last one in the store if there is none.
    pub(crate) sequence: u64,
    /// How long the records were.
    pub(crate) bytes: u64,
}

/// A storage, opened.
pub(crate) struct Recovered {
    /// The number of the last request in the store.
    pub(crate) stored: u64,
    pub(crate) classes: Classes,
    pub(crate) replayed: Replayed,
    /// Ready to be appended to.
    pub(crate) log: Log,
}

/// Opens a storage for an engine that runs `program`.
pub(crate) fn recover(storage: &Storage, program: &Program) -> Result<Recovered, OpenError> {
    let store = storage.store.as_ref();
    let stored = StoreProgress::read(store).map_err(OpenError::Store)?.sequence;
    let mut classes = Classes::of(program);
    let mut recovery = open_log(storage, stored).map_err(OpenError::Log)?;
    let replayed = replay(&mut recovery, stored, &mut classes, store)?;
    let log = recovery.finish().map_err(OpenError::Log)?;
    Ok(Recovered { stored, classes, replayed, log })
}

/// Starts to read the log after what the store has.
pub(crate) fn open_log(storage: &Storage, after: u64) -> Result<Recovery, LogError> {
    Log::open(Arc::clone(&storage.log_files), after, storage.log_options.clone())
}

/// Reads the records of `log`, all of which come after `after`.
pub(crate) fn replay(
    log: &mut Recovery,
    after: u64,
    classes: &mut Classes,
    store: &dyn Store,
) -> Result<Replayed, OpenError> {
    let mut replayed = Replayed { overlay: Overlay::new(), sequence: after, bytes: 0 };
    while let Some(record) = log.next_record().map_err(OpenError::Log)? {
        replayed.sequence = record.sequence;
        replayed.bytes += record.bytes.len() as u64;
        let damaged = |problem: String| {
            let sequence = record.sequence;
            OpenError::Unusable(format!("record {sequence} of its log cannot be used: {problem}"))
        };
        let decoded = decode(record.bytes).map_err(damaged)?;
        for change in &decoded.changes {
            replay_change(&mut replayed.overlay, classes, store, change).map_err(|error| {
                match error {
                    OpenError::Unusable(problem) => damaged(problem),
                    other => other,
                }
            })?;
        }
        if let Some((key, reply)) = decoded.reply {
            let reply = ReplyWrite { key: key.to_owned(), record: reply.into() };
            replayed.overlay.write_reply(&reply);
        }
    }
    Ok(replayed)
}

fn replay_change(
    overlay: &mut Overlay,
    classes: &mut Classes,
    store: &dyn Store,
    change: &LoggedChange<'_>,
) -> Result<(), OpenError> {
    let LoggedChange { class, key, change, replaces_large } = change;
    let id = EntityId { operator: classes.number(class), key: (*key).into() };
    let state = match change {
        StateChange::Whole(state) => Some(Arc::from(*state)),
        StateChange::Delete => None,
        StateChange::Patch(attributes) => {
            let before = match overlay.state(&id) {
                Some(state) => state.clone(),
                None => {
                    let state_key = state_key(class, key)
                        .map_err(|error| OpenError::Unusable(error.to_string()))?;
                    read_state(store, class, key, &state_key).map_err(OpenError::Store)?
                }
            };
            let after = before.and_then(|before| apply_patch(&before, attributes));
            let after = after.ok_or_else(|| {
                OpenError::Unusable(format!("it changes a part of a {class} that is not there"))
            })?;
            Some(Arc::from(after))
        }
    };
    overlay.write_state(&id, state, *replaces_large);
    Ok(())
}
