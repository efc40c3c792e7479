//! Answers that wait to be sent, and how many more are to come.

use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// Most requests of one connection under way.
const UNDER_WAY_MAX: usize = 4096;
/// With this many bytes of answers waiting, no further request is read.
const BYTES_MAX: usize = 1 << 20;

/// The answers of one connection.
pub(super) struct Outbox {
    content: Mutex<Content>,
    /// There is something to send, or nothing will come any more.
    filled: Notify,
    /// There is room again.
    emptied: Notify,
}

#[derive(Default)]
struct Content {
    bytes: Vec<u8>,
    under_way: usize,
    /// No further request will be read.
    reader_gone: bool,
    /// No answer will be sent any more.
    writer_gone: bool,
}

impl Outbox {
    pub(super) fn new() -> Self {
        Self { content: Mutex::default(), filled: Notify::new(), emptied: Notify::new() }
    }

    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a request as under way.
    pub(super) fn begin(&self) {
        self.lock().under_way += 1;
    }

    /// Appends the answer to a request that was under way.
    pub(super) fn answer(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut content = self.lock();
        let was_full = content.is_full();
        content.under_way -= 1;
        if !content.writer_gone {
            write(&mut content.bytes);
        }
        let has_room = was_full && !content.is_full();
        drop(content);
        self.filled.notify_one();
        if has_room {
            self.emptied.notify_one();
        }
    }

    /// Waits until another request may be read.
    pub(super) async fn room(&self) {
        loop {
            let emptied = self.emptied.notified();
            if !self.lock().is_full() {
                return;
            }
            emptied.await;
        }
    }

    /// Says that no further request will be read.
    pub(super) fn end_reading(&self) {
        self.lock().reader_gone = true;
        self.filled.notify_one();
    }

    /// Says that nothing will be sent any more.
    pub(super) fn end_writing(&self) {
        let mut content = self.lock();
        content.writer_gone = true;
        content.bytes = Vec::new();
    }

    /// Swaps what waits to be sent with `sent`, which is empty; waits for something. `false` if
    /// nothing will come any more.
    pub(super) async fn take(&self, sent: &mut Vec<u8>) -> bool {
        loop {
            let filled = self.filled.notified();
            {
                let mut content = self.lock();
                if !content.bytes.is_empty() {
                    let was_full = content.is_full();
                    mem::swap(&mut content.bytes, sent);
                    if was_full && !content.is_full() {
                        self.emptied.notify_one();
                    }
                    return true;
                }
                if content.reader_gone && content.under_way == 0 {
                    return false;
                }
            }
            filled.await;
        }
    }
}

impl Content {
    fn is_full(&self) -> bool {
        self.under_way >= UNDER_WAY_MAX || self.bytes.len() >= BYTES_MAX
    }
}

#[cfg(test)]
mod tests {
    use tokio::task::yield_now;

    use super::*;

    #[tokio::test]
    async fn answers_are_taken_together_and_end_with_the_last_request() {
        let outbox = Outbox::new();
        outbox.begin();
        outbox.begin();
        outbox.answer(|bytes| bytes.push(1));
        outbox.answer(|bytes| bytes.push(2));
        let mut sent = Vec::new();
        assert!(outbox.take(&mut sent).await);
        assert_eq!(sent, [1, 2]);
        outbox.end_reading();
        sent.clear();
        assert!(!outbox.take(&mut sent).await);
    }

    #[tokio::test]
    async fn a_full_outbox_has_room_again_once_answers_are_taken() {
        let outbox = Outbox::new();
        for _ in 0..UNDER_WAY_MAX {
            outbox.begin();
        }
        let mut waiting = Box::pin(outbox.room());
        tokio::select! {
            biased;
            () = &mut waiting => panic!("there is room for too many"),
            () = yield_now() => {}
        }
        outbox.answer(|bytes| bytes.resize(BYTES_MAX, 0));
        tokio::select! {
            biased;
            () = &mut waiting => panic!("there is room for too many bytes"),
            () = yield_now() => {}
        }
        assert!(outbox.take(&mut Vec::new()).await);
        waiting.await;
    }

    #[tokio::test]
    async fn answers_to_a_lost_connection_are_dropped() {
        let outbox = Outbox::new();
        outbox.begin();
        outbox.end_writing();
        outbox.answer(|_| panic!("nobody reads this"));
        outbox.end_reading();
        assert!(!outbox.take(&mut Vec::new()).await);
    }
}
