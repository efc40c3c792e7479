//! How the tests talk to an engine.

use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use anabranch_embedded::Embedded;
use anabranch_kernel::value::wire;
use anabranch_kernel::{Engine, Failure, IdempotencyKey, Operation, Reply, Request, Value};

/// After this a test has failed; none waits for it otherwise.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(10);

/// Where one reply arrives.
pub(crate) struct Pending(pub(crate) Receiver<Reply>);

impl Pending {
    pub(crate) fn reply(&self) -> Reply {
        self.0.recv_timeout(TIMEOUT).expect("no reply")
    }

    pub(crate) fn value(&self) -> Value {
        wire::decode(&self.reply().expect("a result")).unwrap()
    }

    pub(crate) fn has_reply(&self) -> bool {
        self.0.try_recv().is_ok()
    }

    /// The class of the exception that the request raised.
    pub(crate) fn raised(&self) -> String {
        match self.reply() {
            Err(Failure::Raised(raised)) => raised.class,
            reply => panic!("nothing raised: {reply:?}"),
        }
    }
}

pub(crate) fn submit(engine: &Embedded, operation: Operation) -> Pending {
    submit_request(engine, Request { operation, idempotency_key: None })
}

/// Submits with an idempotency key. The last byte of the fingerprint is `body`.
pub(crate) fn submit_once(engine: &Embedded, operation: Operation, key: &str, body: u8) -> Pending {
    let mut fingerprint = [0; 16];
    fingerprint[15] = body;
    let idempotency_key = Some(IdempotencyKey { key: key.to_owned(), fingerprint });
    submit_request(engine, Request { operation, idempotency_key })
}

fn submit_request(engine: &Embedded, request: Request) -> Pending {
    let (sender, receiver) = mpsc::channel();
    // A test may not be interested in the reply.
    engine.submit(request, Box::new(move |reply| drop(sender.send(reply))));
    Pending(receiver)
}

pub(crate) fn unavailable(reply: &Reply) -> &str {
    match reply {
        Err(Failure::Unavailable(message)) => message,
        reply => panic!("not unavailable: {reply:?}"),
    }
}
