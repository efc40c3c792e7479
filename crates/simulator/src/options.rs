//! What one seed simulates.

use crate::cluster::Egress;
use crate::random::Random;

/// Rates are parts of 10,000.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Options {
    pub seed: u64,
    pub partitions: usize,
    pub clients: usize,
    /// How many requests are under way at once, at most.
    pub window: usize,
    pub requests: usize,
    pub egress: Egress,
    /// How often between two events a snapshot is taken.
    pub snapshot_rate: u32,
    /// How often between two events everything crashes.
    pub crash_rate: u32,
    pub crashes_max: u64,
    /// How often between two events the journal becomes durable.
    pub sync_rate: u32,
    /// How many requests with a key are sent twice at once.
    pub duplicate_rate: u32,
    /// How many requests with a key are sent again after a crash that came while they were under way.
    pub retry_crash_rate: u32,
    /// How many requests with a key are sent again although they were answered.
    pub retry_answered_rate: u32,
    /// How many events a client waits before it sends a request again.
    pub timeout: u64,
    /// How many steps are taken twice.
    pub recheck_rate: u32,
    /// After how many events it should have ended.
    pub events_max: u64,
}

impl Options {
    /// The options of `seed`. No range is so wide that a seed could show nothing.
    pub fn new(seed: u64, requests: usize) -> Self {
        let random = &mut Random::new(seed, "options");
        let egress = *random.pick(&[Egress::Transactional, Egress::RecordedOrder]);
        Self {
            seed,
            partitions: random.between(1, 8),
            clients: random.between(1, 6),
            window: *random.pick(&[2, 6, 12, 24, 40]),
            requests: random.between(requests * 4 / 5, requests * 6 / 5),
            egress,
            snapshot_rate: *random.pick(&[20, 50, 200, 1_000]),
            crash_rate: *random.pick(&[20, 50]),
            crashes_max: *random.pick(&[1, 3, 6]),
            sync_rate: *random.pick(&[10_000, 10_000, 2_000, 300]),
            duplicate_rate: *random.pick(&[0, 500, 3_000]),
            retry_crash_rate: *random.pick(&[0, 5_000, 10_000]),
            retry_answered_rate: *random.pick(&[0, 500, 2_000]),
            timeout: *random.pick(&[200, 1_000, 5_000]),
            recheck_rate: 200,
            events_max: 500 * requests as u64,
        }
    }
}
