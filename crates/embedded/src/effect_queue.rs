//! The queue from the executor to the committer, bounded in count and in bytes.
//!
//! The executor puts effects in one by one; the committer takes out whole groups. It never waits
//! for a group to fill: it takes what has accumulated while it was busy.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use crate::effect::Effect;

/// How much a queue or a group holds. One effect always fits, however large it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) count: usize,
    pub(crate) bytes: usize,
}

/// The executor's end. Dropping it lets the committer finish.
pub(crate) struct EffectSender(Arc<Queue>);

/// The committer's end. Dropping it drops what is and will be sent.
pub(crate) struct EffectReceiver(Arc<Queue>);

struct Queue {
    bounds: Bounds,
    content: Mutex<Content>,
    filled: Condvar,
    emptied: Condvar,
}

#[derive(Default)]
struct Content {
    effects: VecDeque<Effect>,
    bytes: usize,
    sender_gone: bool,
    receiver_gone: bool,
    /// Spares the system calls of waking nobody.
    receiver_waits: bool,
    sender_waits: bool,
}

/// A queue that holds as much as `bounds` allow.
pub(crate) fn effect_queue(bounds: Bounds) -> (EffectSender, EffectReceiver) {
    let queue = Arc::new(Queue {
        bounds,
        content: Mutex::default(),
        filled: Condvar::new(),
        emptied: Condvar::new(),
    });
    (EffectSender(Arc::clone(&queue)), EffectReceiver(queue))
}

impl Queue {
    fn lock(&self) -> MutexGuard<'_, Content> {
        self.content.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_full(&self, content: &Content) -> bool {
        content.effects.len() >= self.bounds.count || content.bytes >= self.bounds.bytes
    }

    fn put(&self, mut content: MutexGuard<'_, Content>, effect: Effect) {
        if content.receiver_gone {
            // The effect answers its request as it is dropped, which nobody should wait for.
            drop(content);
            return;
        }
        content.bytes += effect.bytes();
        content.effects.push_back(effect);
        if mem::take(&mut content.receiver_waits) {
            // Who is woken wants the lock.
            drop(content);
            self.filled.notify_one();
        }
    }
}

impl EffectSender {
    /// Puts `effect` in, or gives it back if the queue is full.
    pub(crate) fn try_send(&self, effect: Effect) -> Result<(), Box<Effect>> {
        let content = self.0.lock();
        if self.0.is_full(&content) {
            return Err(Box::new(effect));
        }
        self.0.put(content, effect);
        Ok(())
    }

    /// Puts `effect` in, once there is room.
    pub(crate) fn send(&self, effect: Effect) {
        let mut content = self.0.lock();
        while self.0.is_full(&content) && !content.receiver_gone {
            content.sender_waits = true;
            content = self.0.emptied.wait(content).unwrap_or_else(PoisonError::into_inner);
        }
        self.0.put(content, effect);
    }
}

impl Drop for EffectSender {
    fn drop(&mut self) {
        self.0.lock().sender_gone = true;
        self.0.filled.notify_one();
    }
}

impl EffectReceiver {
    /// Everything that has accumulated, as far as `bounds` allow, in order; waits for at least one
    /// effect. `None` once the sender is gone and the queue is empty.
    pub(crate) fn receive_group(&self, bounds: Bounds) -> Option<Vec<Effect>> {
        let mut content = self.0.lock();
        while content.effects.is_empty() {
            if content.sender_gone {
                return None;
            }
            content.receiver_waits = true;
            content = self.0.filled.wait(content).unwrap_or_else(PoisonError::into_inner);
        }
        let mut bytes = 0;
        let mut count = 0;
        for effect in &content.effects {
            if count > 0 && (count >= bounds.count || bytes >= bounds.bytes) {
                break;
            }
            count += 1;
            bytes += effect.bytes();
        }
        content.bytes -= bytes;
        let group = content.effects.drain(..count).collect();
        if mem::take(&mut content.sender_waits) {
            self.0.emptied.notify_one();
        }
        Some(group)
    }
}

impl Drop for EffectReceiver {
    fn drop(&mut self) {
        let mut content = self.0.lock();
        content.receiver_gone = true;
        let effects = mem::take(&mut content.effects);
        content.bytes = 0;
        drop(content);
        self.0.emptied.notify_one();
        drop(effects);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;

    use anabranch_kernel::Failure;

    use super::*;
    use crate::reply_to::ReplyTo;

    const LARGE: Bounds = Bounds { count: 100, bytes: 1 << 20 };

    fn effect(number: u8, reply_bytes: usize) -> Effect {
        let reply_to = ReplyTo::new(Box::new(|_| {}));
        let reply = Ok(vec![number; 1 + reply_bytes]);
        // The tests know effects by the first byte of their results.
        Effect { record: Vec::new(), reply, reply_to, checkpoint: None }
    }

    fn numbers(group: &[Effect]) -> Vec<u8> {
        group.iter().map(|effect| effect.reply.as_ref().unwrap()[0]).collect()
    }

    #[test]
    fn a_group_is_what_has_accumulated_in_order() {
        let (sender, receiver) = effect_queue(LARGE);
        for number in 1..=3 {
            sender.send(effect(number, 0));
        }
        assert_eq!(numbers(&receiver.receive_group(LARGE).unwrap()), [1, 2, 3]);
        sender.send(effect(4, 0));
        drop(sender);
        assert_eq!(numbers(&receiver.receive_group(LARGE).unwrap()), [4]);
        assert!(receiver.receive_group(LARGE).is_none());
    }

    #[test]
    fn a_group_is_bounded_in_count_and_bytes() {
        let (sender, receiver) = effect_queue(LARGE);
        for number in 1..=5 {
            sender.send(effect(number, 1000));
        }
        let two = Bounds { count: 2, ..LARGE };
        assert_eq!(numbers(&receiver.receive_group(two).unwrap()), [1, 2]);
        let small = Bounds { bytes: 1, ..LARGE };
        assert_eq!(numbers(&receiver.receive_group(small).unwrap()), [3], "one always fits");
        let both = Bounds { bytes: 1500, ..LARGE };
        assert_eq!(numbers(&receiver.receive_group(both).unwrap()), [4, 5]);
    }

    #[test]
    fn a_full_queue_takes_no_more_until_a_group_is_taken() {
        for bounds in [Bounds { count: 1, ..LARGE }, Bounds { bytes: 500, ..LARGE }] {
            let (sender, receiver) = effect_queue(bounds);
            sender.send(effect(1, 1000));
            let returned = sender.try_send(effect(2, 0)).unwrap_err();
            let blocked = thread::spawn(move || sender.send(*returned));
            assert_eq!(numbers(&receiver.receive_group(LARGE).unwrap()), [1]);
            assert_eq!(numbers(&receiver.receive_group(LARGE).unwrap()), [2]);
            blocked.join().unwrap();
            assert!(receiver.receive_group(LARGE).is_none());
        }
    }

    #[test]
    fn what_the_receiver_leaves_behind_is_answered() {
        let (sender, receiver) = effect_queue(LARGE);
        let (replies_sender, replies) = mpsc::channel();
        let send = || {
            let replies_sender = replies_sender.clone();
            let reply_to = ReplyTo::new(Box::new(move |reply| replies_sender.send(reply).unwrap()));
            sender.send(Effect { reply_to, ..effect(1, 0) });
        };
        send();
        drop(receiver);
        send();
        for _ in 0..2 {
            assert!(matches!(replies.recv().unwrap(), Err(Failure::Unavailable(_))));
        }
    }
}
