//! What the memory of an engine is for: one budget, split here and nowhere else.
//!
//! | part | of the budget | what happens when it is used up |
//! | --- | --- | --- |
//! | live entities | 12/32 | those not used lately are forgotten, and read again |
//! | changes on their way into the store | 8/32 | the executor waits for the checkpoint under way |
//! | (the first 3/32 of them) | | a checkpoint is due |
//! | bodies of requests | 3/32 | requests are refused as overload |
//! | blocks read of the store | 2/32 | those not used lately are forgotten |
//! | effects on their way into the log | 1/32 | the executor waits for the committer |
//! | a group as it is written | 1/32, twice | the group is written |
//! | what nothing counts | 4/32 | |
//!
//! Nothing counts the holes that allocators leave between blocks, the tables of the store that are
//! being written or merged, and what the transaction under way touches. States that are live and
//! on their way into the store are there once and are counted twice, which makes up for much of it.

/// The smallest bound of a queue: below it one request would wait for the next.
const QUEUE_BYTES_MIN: usize = 64 << 10;
/// More than that brings no speed.
const QUEUE_BYTES_MAX: usize = 64 << 20;

/// How much of an engine's memory is for what.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MemoryShares {
    /// Entities as the interpreter has them.
    pub(crate) live_bytes: usize,
    /// An overlay that is so large should be brought into the store.
    pub(crate) overlay_bytes: usize,
    /// All overlays: the one that is written to, and the one that is being brought into the store.
    pub(crate) overlays_bytes_max: usize,
    /// What was read of the store.
    pub(crate) cache_bytes: u64,
    /// Effects that wait for the committer.
    pub(crate) run_ahead_bytes: usize,
    /// The records of one group.
    pub(crate) group_bytes: usize,
    /// Bodies of requests, for whoever takes them in.
    pub bodies_bytes: usize,
}

impl MemoryShares {
    /// Splits `memory_bytes`.
    pub fn of(memory_bytes: usize) -> Self {
        let share = |parts: usize| memory_bytes / 32 * parts;
        let queue = |bytes: usize| bytes.clamp(QUEUE_BYTES_MIN, QUEUE_BYTES_MAX);
        Self {
            live_bytes: share(12),
            overlay_bytes: share(3),
            overlays_bytes_max: share(8),
            cache_bytes: share(2) as u64,
            run_ahead_bytes: queue(share(1)),
            group_bytes: queue(share(1)),
            bodies_bytes: share(3),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shares_are_not_more_than_there_is() {
        for memory_bytes in [16 << 20, 64 << 20, 2 << 30, 64 << 30] {
            let shares = MemoryShares::of(memory_bytes);
            let sum = shares.live_bytes
                + shares.overlays_bytes_max
                + usize::try_from(shares.cache_bytes).unwrap()
                + shares.run_ahead_bytes
                + 2 * shares.group_bytes
                + shares.bodies_bytes;
            assert!(sum <= memory_bytes / 32 * 28, "{memory_bytes}: {shares:?}");
            assert!(2 * shares.overlay_bytes <= shares.overlays_bytes_max);
        }
    }
}
