//! When a checkpoint is due.

use std::time::Duration;

use crate::overlay::Overlay;

/// Knows what the next checkpoint will hold.
pub(crate) struct Pace {
    bounds: PaceBounds,
    /// How much had been logged in all at the last checkpoint.
    logged_before: u64,
    /// When the first change since the last checkpoint was made.
    started: Option<i64>,
}

/// What makes a checkpoint due.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PaceBounds {
    pub(crate) logged_bytes: u64,
    pub(crate) overlay_bytes: usize,
    /// The overlays together, before nothing more may be taken.
    pub(crate) overlays_bytes_max: usize,
    pub(crate) time: Duration,
}

impl Pace {
    pub(crate) fn new(bounds: PaceBounds) -> Self {
        Self { bounds, logged_before: 0, started: None }
    }

    /// Notes that something was changed.
    pub(crate) fn change(&mut self, now: i64) {
        self.started.get_or_insert(now);
    }

    /// Notes a checkpoint. `logged` is how much has been logged in all.
    pub(crate) fn start_anew(&mut self, logged: u64) {
        self.logged_before = logged;
        self.started = None;
    }

    pub(crate) fn is_due(&self, active: &Overlay, logged: u64, now: i64) -> bool {
        let age = self.started.map_or(0, |started| now - started);
        let age = Duration::from_nanos(u64::try_from(age).unwrap_or(0));
        !active.is_empty()
            && (logged - self.logged_before >= self.bounds.logged_bytes
                || active.bytes() >= self.bounds.overlay_bytes
                || age >= self.bounds.time)
    }

    /// Whether nothing more may be taken before the checkpoint: the one before has not been
    /// finished while all this came together.
    pub(crate) fn is_overdue(&self, active: &Overlay, frozen: &Overlay, logged: u64) -> bool {
        logged - self.logged_before >= self.bounds.logged_bytes.saturating_mul(2)
            || active.bytes() + frozen.bytes() >= self.bounds.overlays_bytes_max
    }
}
