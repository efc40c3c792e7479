//! The engine's edge: where it gets the time and randomness of its transactions from.

use std::fmt;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use anabranch_kernel::TransactionContext;

/// A clock. Tests give an engine one that they set.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    /// The clock of this machine.
    pub fn system() -> Self {
        Self::new(|| {
            let now = SystemTime::now().duration_since(UNIX_EPOCH);
            let now = now.expect("this machine's clock is before 1970").as_nanos();
            i64::try_from(now).expect("this machine's clock is after 2262")
        })
    }

    /// A clock that says how many nanoseconds have passed since the start of 1970.
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(crate) fn now(&self) -> i64 {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Clock")
    }
}

/// Seeds for transactions, drawn from the operating system, many at a time.
pub(crate) struct Seeds {
    drawn: Box<[u8; DRAWN_BYTES]>,
    used: usize,
}

const SEED_BYTES: usize = 32;
const DRAWN_BYTES: usize = 128 * SEED_BYTES;

impl Seeds {
    pub(crate) fn new() -> Self {
        Self { drawn: Box::new([0; DRAWN_BYTES]), used: DRAWN_BYTES }
    }

    /// What a transaction that starts at `now` has of the outside.
    pub(crate) fn context(&mut self, now: i64) -> TransactionContext {
        if self.used == DRAWN_BYTES {
            let drawn = getrandom::fill(&mut self.drawn[..]);
            drawn.expect("the operating system has no randomness");
            self.used = 0;
        }
        let place = &mut self.drawn[self.used..self.used + SEED_BYTES];
        let seed = <[u8; SEED_BYTES]>::try_from(&*place).expect("of this length");
        // Nobody who reads this memory later should find it.
        place.fill(0);
        self.used += SEED_BYTES;
        TransactionContext { start_time_nanoseconds: now, seed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_seed_comes_twice() {
        let mut seeds = Seeds::new();
        let drawn: Vec<_> = (0..300).map(|now| seeds.context(now).seed).collect();
        let different: std::collections::HashSet<_> = drawn.iter().collect();
        assert_eq!(different.len(), 300);
    }
}
