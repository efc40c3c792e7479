//! What one executed request leaves to be done.

use std::sync::Arc;

use anabranch_kernel::{Failure, Reply, Write};

use crate::reply_to::ReplyTo;

/// What one executed request changed, and its reply, which waits until the change is durable.
pub(crate) struct Effect {
    /// The sequence number of the last request with something to store, up to and with this one.
    pub(crate) sequence: u64,
    pub(crate) writes: Vec<Write>,
    /// The reply to store, if the request has an idempotency key.
    pub(crate) stored_reply: Option<ReplyWrite>,
    pub(crate) reply: Reply,
    pub(crate) reply_to: ReplyTo,
}

/// A reply to store.
pub(crate) struct ReplyWrite {
    /// The client's idempotency key.
    pub(crate) key: String,
    /// See [`crate::reply_record`].
    pub(crate) record: Arc<[u8]>,
}

impl Effect {
    /// An estimate of the memory that this effect holds.
    pub(crate) fn bytes(&self) -> usize {
        const FIXED: usize = 256;
        let states = self
            .writes
            .iter()
            .map(|write| write.id.key.len() + write.state.as_ref().map_or(0, |state| state.len()));
        let stored = self.stored_reply.as_ref();
        let stored = stored.map_or(0, |stored| stored.key.len() + stored.record.len());
        let reply = match &self.reply {
            Ok(result) => result.len(),
            Err(Failure::Raised(raised)) => raised.exception.len() + raised.traceback.len(),
            Err(_) => 0,
        };
        FIXED + states.sum::<usize>() + stored + reply
    }
}
