//! Counts what transactions go through, from the events between keys. A replay counts nothing twice: what
//! is counted once for an attempt is remembered.

use std::collections::BTreeSet;
use std::sync::Arc;

use anabranch_kernel::step::{EventKind, EventReport};

use crate::statistics::Statistics;

/// What was counted.
#[derive(Debug, Default)]
pub struct Watch {
    counted: BTreeSet<(EventKind, String)>,
    /// Locks that have arrived, by attempt and key.
    locked: BTreeSet<(String, Arc<[u8]>)>,
    early: BTreeSet<(String, Arc<[u8]>)>,
}

impl Watch {
    /// An event is delivered to `key`.
    pub fn delivered(&mut self, key: &Arc<[u8]>, report: EventReport, statistics: &mut Statistics) {
        let EventReport { kind, attempt, .. } = report;
        let Some(attempt) = attempt else { return };
        match kind {
            EventKind::SequenceAfterMiss | EventKind::SequenceAlone | EventKind::Discard => {
                if !self.counted.insert((kind, attempt)) {
                    return;
                }
                match kind {
                    EventKind::SequenceAlone => statistics.alone += 1,
                    EventKind::Discard => statistics.discarded += 1,
                    _ => statistics.misses += 1,
                }
            }
            EventKind::Lock => {
                self.locked.insert((attempt, key.clone()));
            }
            EventKind::LockedCall => {
                let call = (attempt, key.clone());
                if !self.locked.contains(&call) && self.early.insert(call) {
                    statistics.early_calls += 1;
                }
            }
            _ => {}
        }
    }
}
