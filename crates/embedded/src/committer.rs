//! The thread that makes effects durable, group by group, and lets the replies go.
//!
//! A group is one append to the log, which syncs once. Each request that changed something is one
//! record of it.

use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anabranch_kernel::Failure;
use anabranch_log::Log;
use crossbeam_channel::Sender;

use crate::applier::Task;
use crate::clock::Clock;
use crate::effect::Effect;
use crate::effect_queue::{Bounds, EffectReceiver};
use crate::health::Health;
use crate::statistics::Counters;

/// What the committer works with.
pub(crate) struct Committer {
    pub(crate) log: Arc<Mutex<Log>>,
    pub(crate) health: Arc<Health>,
    pub(crate) applier: Sender<Task>,
    pub(crate) group_bounds: Bounds,
    pub(crate) counters: Arc<Counters>,
    pub(crate) clock: Clock,
}

/// The records of a group, one after another; kept for its memory.
#[derive(Default)]
struct Records {
    bytes: Vec<u8>,
    ranges: Vec<Range<usize>>,
}

/// Beyond this the memory for a group is given back after it.
const BUFFER_BYTES_KEPT: usize = 1 << 20;

/// Commits until the executor is gone and all its effects are durable.
pub(crate) fn run(committer: &Committer, effects: &EffectReceiver) {
    let mut records = Records::default();
    let mut pacing = Pacing::default();
    loop {
        pacing.pause();
        let Some(group) = effects.receive_group(committer.group_bounds) else { return };
        pacing.start_group(group.len());
        let outcome = match committer.health.failure() {
            Some(failure) => Err(failure),
            None => make_durable(committer, &mut records, &group),
        };
        match outcome {
            Ok(()) => {
                for effect in group {
                    effect.reply_to.send(effect.reply);
                    if let Some(order) = effect.checkpoint {
                        // Without an applier the engine has failed, which the next group sees.
                        let _ = committer.applier.send(Task::Apply(order));
                    }
                }
            }
            Err(failure) => {
                for effect in group {
                    effect.reply_to.send(Err(failure.clone()));
                }
            }
        }
    }
}

/// Lets requests come together before the next sync, when many are under way.
///
/// A group costs its system calls, whatever its size, and wakes who waits for its replies. At the
/// fastest, groups of a few requests would take the processor time that the requests need
/// themselves. A client that is alone never waits (compare PostgreSQL's `commit_siblings`).
#[derive(Default)]
struct Pacing {
    /// When the last group began, if it had enough requests.
    crowded: Option<Instant>,
}

/// So many requests in one group show that many are under way.
const CROWD: usize = 4;

/// The least time between the beginnings of two groups then: some two or three syncs of a fast disk.
const GROUP_DISTANCE: Duration = Duration::from_micros(300);

impl Pacing {
    fn start_group(&mut self, requests: usize) {
        self.crowded = (requests >= CROWD).then(Instant::now);
    }

    fn pause(&self) {
        let Some(begun) = self.crowded else { return };
        if let Some(rest) = GROUP_DISTANCE.checked_sub(begun.elapsed()) {
            thread::sleep(rest);
        }
    }
}

fn make_durable(
    committer: &Committer,
    records: &mut Records,
    group: &[Effect],
) -> Result<(), Failure> {
    records.collect(group);
    if records.ranges.is_empty() {
        return Ok(());
    }
    let mut log = committer.log.lock().unwrap_or_else(PoisonError::into_inner);
    let slices: Vec<_> = records.ranges.iter().map(|range| &records.bytes[range.clone()]).collect();
    let first = log.next_sequence();
    let started = Instant::now();
    if let Err(error) = log.append(first, &slices) {
        drop(log);
        let count = group.len();
        let health = &committer.health;
        health.fail(&format!("it could not log a group of {count} requests: {error}"));
        return Err(health.failure().expect("it failed just now"));
    }
    committer.counters.sequence.set(log.next_sequence() - 1);
    committer.counters.log_bytes.set(log.bytes());
    let counters = &committer.counters;
    counters.logged_bytes.add(records.bytes.len() as u64);
    counters.groups.add(1);
    counters.last_sync_time.set(committer.clock.now().cast_unsigned());
    counters
        .last_sync_duration
        .set(u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX));
    Ok(())
}

impl Records {
    fn collect(&mut self, group: &[Effect]) {
        self.bytes.clear();
        self.bytes.shrink_to(BUFFER_BYTES_KEPT);
        self.ranges.clear();
        for effect in group.iter().filter(|effect| effect.is_logged()) {
            let start = self.bytes.len();
            self.bytes.extend_from_slice(&effect.record);
            self.ranges.push(start..self.bytes.len());
        }
    }
}
