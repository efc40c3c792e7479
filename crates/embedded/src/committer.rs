//! The thread that makes effects durable, group by group, and lets the replies go.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anabranch_ir::Program;
use anabranch_kernel::Failure;

use crate::effect::Effect;
use crate::effect_queue::{Bounds, EffectReceiver};
use crate::health::Health;
use crate::reply_record::reply_key;
use crate::state_record::{encode_state, state_key};
use crate::store::{Change, SEQUENCE_KEY, Store, StoreError, Table};

/// What the committer works with.
pub(crate) struct Committer {
    pub(crate) program: Arc<Program>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) health: Arc<Health>,
    /// Where the committer tells the executor how far it has come.
    pub(crate) durable: Arc<AtomicU64>,
    pub(crate) group_bounds: Bounds,
}

/// Commits until the executor is gone and all its effects are durable.
pub(crate) fn run(committer: &Committer, effects: &EffectReceiver) {
    while let Some(group) = effects.receive_group(committer.group_bounds) {
        let outcome = match committer.health.failure() {
            Some(failure) => Err(failure),
            None => make_durable(committer, &group),
        };
        match outcome {
            Ok(()) => {
                for effect in group {
                    effect.reply_to.send(effect.reply);
                }
            }
            Err(failure) => {
                for effect in group {
                    effect.reply_to.send(Err(failure.clone()));
                }
            }
        }
    }
}

fn make_durable(committer: &Committer, group: &[Effect]) -> Result<(), Failure> {
    let batch = batch(&committer.program, group);
    if batch.is_empty() {
        return Ok(());
    }
    let written = committer.store.write(batch).and_then(|()| committer.store.persist());
    if let Err(StoreError(problem)) = written {
        let count = group.len();
        committer
            .health
            .fail(&format!("it could not store a group of {count} requests: {problem}"));
        return Err(committer.health.failure().expect("it failed just now"));
    }
    let last = group.last().expect("this is a bug in Anabranch: an empty group");
    committer.durable.store(last.sequence, Ordering::Release);
    Ok(())
}

/// What `group` changes, with only the last of several writes of one entity.
fn batch(program: &Program, group: &[Effect]) -> Vec<Change> {
    let mut batch = Vec::new();
    let mut written = HashSet::new();
    for effect in group.iter().rev() {
        for write in &effect.writes {
            if written.insert(&write.id) {
                let class = &program.operator(write.id.operator).name;
                let key = state_key(class, &write.id.key);
                let key = key.expect("this is a bug in Anabranch: the executor checks keys");
                let value = write.state.as_deref().map(encode_state);
                batch.push(Change { table: Table::States, key, value });
            }
        }
        if let Some(stored) = &effect.stored_reply {
            batch.push(Change {
                table: Table::Replies,
                key: reply_key(&stored.key),
                value: Some(stored.record.to_vec()),
            });
        }
    }
    if let (false, Some(last)) = (batch.is_empty(), group.last()) {
        batch.push(Change {
            table: Table::Metadata,
            key: SEQUENCE_KEY.to_vec(),
            value: Some(last.sequence.to_le_bytes().to_vec()),
        });
    }
    batch
}
