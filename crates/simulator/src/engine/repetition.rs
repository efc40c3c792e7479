//! Clients that ask again: requests with an idempotency key that are sent twice at once, or once more
//! when they have been answered. They must get the same reply, and nothing of them may be applied twice.

use std::collections::BTreeMap;

use anabranch_kernel::{IdempotencyKey, Request};

use crate::finding::{Finding, readable};

/// Requests that are sent more than once, by the number of their first sending.
#[derive(Default)]
pub(super) struct Repetitions {
    /// The first sending of one that goes by another number.
    firsts: BTreeMap<u64, u64>,
    /// The first reply, if there was one.
    replies: BTreeMap<u64, Option<Vec<u8>>>,
    /// Those that are sent again when they have been answered.
    after_answer: BTreeMap<u64, Request>,
}

/// The request, with an idempotency key.
pub(super) fn with_key(request: Request, number: u64) -> Request {
    let idempotency_key = request.idempotency_key.unwrap_or_else(|| {
        let fingerprint = u128::from(number).to_be_bytes();
        IdempotencyKey { key: format!("request {number}"), fingerprint }
    });
    Request { idempotency_key: Some(idempotency_key), ..request }
}

impl Repetitions {
    /// Sending `number` is that of `first` once more.
    pub(super) fn add(&mut self, number: u64, first: u64) {
        self.firsts.insert(number, first);
        self.replies.entry(first).or_default();
    }

    /// Request `number` is to be sent again when it has been answered.
    pub(super) fn add_after_answer(&mut self, number: u64, request: Request) {
        self.after_answer.insert(number, request);
        self.replies.entry(number).or_default();
    }

    /// Whether `number` is not the first sending, so that nobody waits for its reply.
    pub(super) fn is_repetition(&self, number: u64) -> bool {
        self.firsts.contains_key(&number)
    }

    /// Sending `number` was answered; gives the request if it is to be sent again now.
    ///
    /// # Errors
    /// An earlier sending was answered otherwise.
    pub(super) fn answer(&mut self, number: u64, reply: &[u8]) -> Result<Option<Request>, Finding> {
        let first = self.firsts.get(&number).copied().unwrap_or(number);
        let Some(known) = self.replies.get_mut(&first) else { return Ok(None) };
        match known {
            Some(known) if known != reply => {
                let (first_reply, second) = (readable(known), readable(reply));
                return Err(Finding::ReplyChanged { request: first, first: first_reply, second });
            }
            _ => *known = Some(reply.to_vec()),
        }
        Ok(self.after_answer.remove(&number))
    }
}
