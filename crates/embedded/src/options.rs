//! What the user can choose about an engine.

use std::time::Duration;

use crate::{Clock, StuckLimit};

/// Bounds and sizes of an engine. The default suits a small server.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many requests may wait to be executed before further ones are refused.
    pub queue_length_max: usize,
    /// A request that has waited longer than this is refused instead of executed, so that those
    /// that are executed are answered soon even if more come than can be.
    pub queue_time_max: Duration,
    /// How many executed requests may wait for the committer before the executor waits too.
    pub run_ahead_requests_max: usize,
    /// How many bytes of effects and replies may wait for the committer, if memory allows it.
    pub run_ahead_bytes_max: usize,
    /// How many requests one group holds at most.
    pub group_requests_max: usize,
    /// How many bytes of effects and replies one group holds, give or take one request, if memory
    /// allows it.
    pub group_bytes_max: usize,
    /// How long a transaction may run before it is interrupted and undone; `None` for as long as it
    /// likes.
    pub transaction_timeout: Option<Duration>,
    /// What is done about a transaction that does not end after its timeout.
    pub stuck_limit: Option<StuckLimit>,
    /// How much memory the engine may take, and with it the bodies of requests
    /// ([`crate::MemoryShares`]). It bounds memory, not the size of the state.
    pub memory_bytes: usize,
    /// After so many bytes of log a checkpoint brings them into the store. It bounds how long
    /// opening takes after a crash.
    pub checkpoint_bytes: u64,
    /// A checkpoint is due at the latest this long after the first change it holds, if there are
    /// requests.
    pub checkpoint_time: Duration,
    /// Whether closing waits for a last checkpoint. Opening then has nothing to read of the log.
    pub checkpoint_on_close: bool,
    /// How long the reply of a request with an idempotency key is kept at least, unless there are
    /// too many.
    pub reply_retention_time: Duration,
    /// How many such replies are kept; the oldest go first.
    pub reply_retention_count: u64,
    /// Where the engine gets the time from.
    pub clock: Clock,
    /// What a new data folder records about the application.
    pub application: Option<Application>,
    /// The schema of the application's entities, as text. A folder with another one is not opened.
    pub schema: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queue_length_max: 10_000,
            queue_time_max: Duration::from_secs(5),
            run_ahead_requests_max: 10_000,
            run_ahead_bytes_max: 64 << 20,
            group_requests_max: 10_000,
            group_bytes_max: 64 << 20,
            transaction_timeout: None,
            stuck_limit: None,
            memory_bytes: 2 << 30,
            checkpoint_bytes: 96 << 20,
            checkpoint_time: Duration::from_secs(300),
            checkpoint_on_close: false,
            reply_retention_time: Duration::from_secs(24 * 60 * 60),
            reply_retention_count: 1_000_000,
            clock: Clock::system(),
            application: None,
            schema: None,
        }
    }
}

/// The application that a data folder belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Application {
    /// The dotted name of its main module.
    pub module: String,
    /// A digest of its program.
    pub program_hash: String,
}
