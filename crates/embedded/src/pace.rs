//! When a checkpoint is due.

use std::time::Duration;

use crate::effect::Effect;
use crate::overlay::Overlay;

/// Counts what the next checkpoint will hold.
pub(crate) struct Pace {
    bounds: PaceBounds,
    /// An estimate of the bytes in the log since the last checkpoint.
    logged_bytes: u64,
    /// When the first change since the last checkpoint was made.
    started: Option<i64>,
}

/// What makes a checkpoint due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PaceBounds {
    pub(crate) logged_bytes: u64,
    pub(crate) overlay_bytes: usize,
    pub(crate) time: Duration,
}

impl Pace {
    /// `logged_bytes` are in the log already.
    pub(crate) fn new(bounds: PaceBounds, logged_bytes: u64) -> Self {
        Self { bounds, logged_bytes, started: None }
    }

    pub(crate) fn count(&mut self, effect: &Effect, now: i64) {
        self.logged_bytes += effect.bytes() as u64;
        self.started.get_or_insert(now);
    }

    pub(crate) fn start_anew(&mut self) {
        self.logged_bytes = 0;
        self.started = None;
    }

    pub(crate) fn is_due(&self, active: &Overlay, now: i64) -> bool {
        let age = self.started.map_or(0, |started| now - started);
        let age = Duration::from_nanos(u64::try_from(age).unwrap_or(0));
        !active.is_empty()
            && (self.logged_bytes >= self.bounds.logged_bytes
                || active.bytes() >= self.bounds.overlay_bytes
                || age >= self.bounds.time)
    }

    /// Whether nothing more may be taken before the checkpoint: the one before has not been
    /// finished while all this came together.
    pub(crate) fn is_overdue(&self, active: &Overlay) -> bool {
        self.logged_bytes >= self.bounds.logged_bytes.saturating_mul(2)
            || active.bytes() >= self.bounds.overlay_bytes.saturating_mul(2)
    }
}
