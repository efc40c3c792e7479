//! What one executed request leaves to be done.

use anabranch_kernel::{Failure, Reply, Write};

use crate::applier::CheckpointOrder;
use crate::overlay::ReplyWrite;
use crate::reply_to::ReplyTo;

/// What one executed request changed, and its reply, which waits until the change is durable.
pub(crate) struct Effect {
    pub(crate) writes: Vec<Write>,
    /// The reply to store, if the request has an idempotency key.
    pub(crate) stored_reply: Option<ReplyWrite>,
    pub(crate) reply: Reply,
    pub(crate) reply_to: ReplyTo,
    /// To be applied once this effect is durable.
    pub(crate) checkpoint: Option<CheckpointOrder>,
}

impl Effect {
    /// Whether there is something to make durable; only then the request has a sequence number.
    pub(crate) fn is_logged(&self) -> bool {
        !self.writes.is_empty() || self.stored_reply.is_some()
    }

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
