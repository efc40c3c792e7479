//! Where transactions get their time and their randomness from.

use std::time::{SystemTime, UNIX_EPOCH};

use anabranch_kernel::TransactionContext;

/// The time of this machine and a seed of the operating system.
pub(crate) fn transaction_context() -> TransactionContext {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.expect("this machine's clock is before 1970").as_nanos();
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).expect("the operating system has no randomness");
    let start_time_nanoseconds = i64::try_from(now).expect("this machine's clock is after 2262");
    TransactionContext { start_time_nanoseconds, seed }
}
