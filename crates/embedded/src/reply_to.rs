//! Makes sure that every request gets exactly one reply.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anabranch_kernel::{Failure, OnReply, Reply};

/// Where the reply of one request goes. Dropped without a reply, as when a thread of the engine
/// ends early, it says so to whoever waits.
pub(crate) struct ReplyTo(Option<OnReply>);

impl ReplyTo {
    pub(crate) fn new(on_reply: OnReply) -> Self {
        Self(Some(on_reply))
    }

    /// Gives the reply.
    pub(crate) fn send(mut self, reply: Reply) {
        self.call(reply);
    }

    fn call(&mut self, reply: Reply) {
        if let Some(on_reply) = self.0.take() {
            // Whoever waits for this reply is of no concern to the other requests of its group.
            let _ = catch_unwind(AssertUnwindSafe(|| on_reply(reply)));
        }
    }
}

impl Drop for ReplyTo {
    fn drop(&mut self) {
        let message = "the engine stopped before it was done with the request";
        self.call(Err(Failure::Unavailable(message.to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn a_dropped_request_is_answered() {
        let (sender, replies) = mpsc::channel();
        drop(ReplyTo::new(Box::new(move |reply| {
            sender.send(reply).unwrap();
        })));
        assert!(matches!(replies.recv().unwrap(), Err(Failure::Unavailable(_))));
        assert!(replies.recv().is_err(), "one reply only");
    }

    #[test]
    fn an_answered_request_gets_nothing_more() {
        let (sender, replies) = mpsc::channel();
        ReplyTo::new(Box::new(move |reply| sender.send(reply).unwrap())).send(Ok(vec![7]));
        assert_eq!(replies.recv(), Ok(Ok(vec![7])));
        assert!(replies.recv().is_err(), "one reply only");
    }
}
