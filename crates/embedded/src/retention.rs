//! How long replies of requests with an idempotency key are kept.
//!
//! At each checkpoint the oldest go: those that are too old, and the oldest of too many. The store
//! has them in the order of their requests beside their own keys, so finding them means reading
//! only those that go.

use std::time::Duration;

use crate::fields::Fields;
use crate::metadata::StoreProgress;
use crate::reply_record::decode_reply;
use crate::store::{Change, Snapshot, StoreError};
use crate::store_key::{reply_key, reply_order_key, split_reply_order_key};

/// Which replies to keep.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Retention {
    pub(crate) time: Duration,
    pub(crate) count: u64,
}

/// A reply that comes into the store.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NewReply<'a> {
    pub(crate) key: &'a str,
    pub(crate) record: &'a [u8],
}

/// What a checkpoint does to the replies in the store. Both lists are sorted by key.
#[derive(PartialEq, Debug)]
pub(crate) struct ReplyChanges {
    pub(crate) replies: Vec<Change>,
    pub(crate) order: Vec<Change>,
}

/// Brings `new` replies in and drops what is not to be kept at the time `now`; `progress` then says
/// what is left.
pub(crate) fn update(
    stored: &dyn Snapshot,
    new: &[NewReply<'_>],
    retention: Retention,
    now: i64,
    progress: &mut StoreProgress,
) -> Result<ReplyChanges, StoreError> {
    let mut changes = ReplyChanges { replies: Vec::new(), order: Vec::new() };
    let age = i64::try_from(retention.time.as_nanos()).unwrap_or(i64::MAX);
    let oldest = now.saturating_sub(age);
    let mut count = progress.replies + new.len() as u64;
    let goes = |time: i64, count: u64| time < oldest || count > retention.count;

    let mut left = progress.replies;
    for entry in stored.scan(&reply_order_key(progress.replies_from)) {
        let (order_key, value) = entry?;
        let Some(sequence) = split_reply_order_key(&order_key) else { break };
        let (time, key) = read_order(&value)
            .ok_or_else(|| StoreError("the order of its replies is not readable".to_owned()))?;
        progress.replies_from = sequence;
        if !goes(time, count) {
            break;
        }
        changes.replies.push(Change { key: key.to_vec(), value: None });
        changes.order.push(Change { key: order_key, value: None });
        progress.replies_from = sequence + 1;
        left -= 1;
        count -= 1;
    }
    let mut decoded = Vec::with_capacity(new.len());
    for reply in new {
        let stored = decode_reply(reply.record).map_err(StoreError)?;
        decoded.push((stored.sequence, stored.time, reply));
    }
    decoded.sort_unstable_by_key(|(sequence, ..)| *sequence);
    for (sequence, time, reply) in decoded {
        if goes(time, count) {
            count -= 1;
            continue;
        }
        let key = reply_key(reply.key).expect("this is a bug in Anabranch: keys are checked");
        changes.order.push(Change {
            key: reply_order_key(sequence),
            value: Some([&time.to_le_bytes()[..], &key].concat()),
        });
        changes.replies.push(Change { key, value: Some(reply.record.to_vec()) });
        left += 1;
    }
    progress.replies = left;
    // No key goes and comes at once: as long as the store has it, its request is not executed again.
    changes.replies.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    Ok(changes)
}

fn read_order(value: &[u8]) -> Option<(i64, &[u8])> {
    let mut fields = Fields::new(value);
    let time = i64::from_le_bytes(fields.array()?);
    Some((time, fields.rest()))
}
