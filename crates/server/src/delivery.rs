//! Replies on their way from the engine's thread to the network's.
//!
//! An engine replies group by group, in the thread that makes them durable. To wake a connection
//! for each reply from there would cost that thread a system call, and the network a write for
//! every single answer. So the engine's thread only queues replies here, which wakes the network at
//! most once for a group; one task of the network takes out what has come and hands it on. The
//! connections send when it rests, with all their answers together.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anabranch_kernel::Reply;
use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot};
use tokio::task::yield_now;

use crate::binary::Exchange;

/// How many replies are handed on before connections may send.
const BATCH: usize = 256;

/// Who waits for a reply.
pub(crate) enum Recipient {
    /// A handler of HTTP. It may have given up.
    Handler(oneshot::Sender<Reply>),
    /// A request of the binary protocol.
    Exchange(Exchange),
}

/// What a request holds among those in flight, until its reply is handed on.
pub(crate) struct Held {
    pub(crate) _place: OwnedSemaphorePermit,
    pub(crate) _room: Option<OwnedSemaphorePermit>,
}

/// A reply and whose it is.
struct Delivery {
    recipient: Recipient,
    reply: Reply,
    held: Held,
}

/// The engine's end of the queue. It is bounded by the requests in flight.
#[derive(Clone)]
pub(crate) struct Deliveries(mpsc::UnboundedSender<Delivery>);

impl Deliveries {
    /// Queues a reply.
    pub(crate) fn send(&self, recipient: Recipient, reply: Reply, held: Held) {
        // It fails only as the runtime ends, and the connections with it.
        let _ = self.0.send(Delivery { recipient, reply, held });
    }
}

/// Starts the task that hands replies on. It ends once nobody can send any more.
pub(crate) fn start() -> Deliveries {
    let (sender, receiver) = mpsc::unbounded_channel();
    tokio::spawn(hand_on(receiver));
    Deliveries(sender)
}

async fn hand_on(mut deliveries: mpsc::UnboundedReceiver<Delivery>) {
    let mut batch = Vec::with_capacity(BATCH);
    while deliveries.recv_many(&mut batch, BATCH).await > 0 {
        for Delivery { recipient, reply, held } in batch.drain(..) {
            let deliver = || match recipient {
                // Nobody receives a reply after the deadline or for a client that has gone away.
                Recipient::Handler(sender) => drop(sender.send(reply)),
                Recipient::Exchange(exchange) => exchange.reply(reply),
            };
            // A bug in one answer is of no concern to the others. The panic has been logged.
            let _ = catch_unwind(AssertUnwindSafe(deliver));
            drop(held);
        }
        yield_now().await;
    }
}
