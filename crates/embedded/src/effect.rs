//! What one executed request leaves to be done.

use anabranch_kernel::{Failure, Reply};

use crate::applier::CheckpointOrder;
use crate::reply_to::ReplyTo;

/// What one executed request changed, and its reply, which waits until the change is durable.
pub(crate) struct Effect {
    /// What to make durable, as the log has it ([`crate::log_record`]); empty if there is nothing.
    /// As bytes, because the states themselves stay with the thread that makes and drops them.
    pub(crate) record: Vec<u8>,
    pub(crate) reply: Reply,
    pub(crate) reply_to: ReplyTo,
    /// To be applied once this effect is durable.
    pub(crate) checkpoint: Option<CheckpointOrder>,
}

impl Effect {
    /// Whether there is something to make durable; only then the request has a sequence number.
    pub(crate) fn is_logged(&self) -> bool {
        !self.record.is_empty()
    }

    /// An estimate of the memory that this effect holds.
    pub(crate) fn bytes(&self) -> usize {
        const FIXED: usize = 256;
        let reply = match &self.reply {
            Ok(result) => result.len(),
            Err(Failure::Raised(raised)) => raised.exception.len() + raised.traceback.len(),
            Err(_) => 0,
        };
        FIXED + self.record.len() + reply
    }
}
