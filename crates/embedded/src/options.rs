//! What the user can choose about an engine.

use std::time::Duration;

/// Bounds and sizes of an engine. The default suits a small server.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many requests may wait to be executed before further ones are refused.
    pub queue_length_max: usize,
    /// How many executed requests may wait for the committer before the executor waits too.
    pub run_ahead_requests_max: usize,
    /// How many bytes of effects and replies may wait for the committer.
    pub run_ahead_bytes_max: usize,
    /// How many requests one group holds at most.
    pub group_requests_max: usize,
    /// How many bytes of effects and replies one group holds, give or take one request.
    pub group_bytes_max: usize,
    /// How long a transaction may run before it is interrupted and undone; `None` for as long as it
    /// likes.
    pub transaction_timeout: Option<Duration>,
    /// How much memory the store may use to cache what it has read.
    pub cache_bytes: u64,
    /// What a new data folder records about the application.
    pub application: Option<Application>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            queue_length_max: 10_000,
            run_ahead_requests_max: 10_000,
            run_ahead_bytes_max: 64 << 20,
            group_requests_max: 10_000,
            group_bytes_max: 64 << 20,
            transaction_timeout: None,
            cache_bytes: 64 << 20,
            application: None,
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
