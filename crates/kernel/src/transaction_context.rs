//! What a transaction has of the outside: its time and its randomness, as data.

use serde::{Deserialize, Serialize};

/// Where entity code gets time, randomness and fresh ids from. The same request on the same states
/// with the same context does the same, so that an engine can run it again.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TransactionContext {
    /// Since the start of 1970 in UTC. Time stands still while a transaction runs.
    pub start_time_nanoseconds: i64,
    /// Of a generator that is good enough for secrets, if the seed is.
    pub seed: [u8; 32],
}
