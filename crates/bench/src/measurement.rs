//! What a load measured.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::timeline::Timeline;
use crate::workload::Outcome;

/// Latencies are kept to three digits, from a microsecond to ten minutes.
const NANOSECONDS_MIN: u64 = 1_000;
const NANOSECONDS_MAX: u64 = 600_000_000_000;
const DIGITS: u8 = 3;

/// Latencies of some requests.
#[derive(Clone, Debug)]
pub struct Latencies(Histogram<u64>);

impl Latencies {
    pub fn new() -> Self {
        let histogram = Histogram::new_with_bounds(NANOSECONDS_MIN, NANOSECONDS_MAX, DIGITS);
        Self(histogram.expect("the bounds are right"))
    }

    pub fn record(&mut self, latency: Duration) {
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.0.saturating_record(nanoseconds);
    }

    /// How many there are.
    pub fn count(&self) -> u64 {
        self.0.len()
    }

    /// The latency that a part of all requests (0.99) do not exceed, in milliseconds.
    pub fn milliseconds(&self, part: f64) -> f64 {
        self.0.value_at_quantile(part) as f64 / 1e6
    }

    /// In milliseconds.
    pub fn mean(&self) -> f64 {
        self.0.mean() / 1e6
    }

    /// In milliseconds.
    pub fn longest(&self) -> f64 {
        self.0.max() as f64 / 1e6
    }
}

impl Default for Latencies {
    fn default() -> Self {
        Self::new()
    }
}

/// Requests of one kind.
#[derive(Clone, Debug, Default)]
pub struct Kind {
    pub latencies: Latencies,
    /// Those of them that failed as the workload wants it.
    pub failed: u64,
}

/// Requests of the time that was measured.
#[derive(Clone, Debug)]
pub struct Measurement {
    pub latencies: Latencies,
    /// By the position of the kind in the workload's list.
    pub kinds: Vec<Kind>,
    pub timeline: Timeline,
    /// When measuring began.
    pub start: Instant,
    /// How long was measured.
    pub time: Duration,
    /// Requests refused for lack of room: not in the latencies.
    pub refused: u64,
    /// Requests that were due and could not be sent in time. Their latencies are at least what the
    /// histogram has.
    pub unsent: u64,
    /// Requests that were answered within the time that was measured.
    pub answered_in_time: u64,
    /// Requests answered during warm-up and measured time.
    pub answered_in_all: u64,
}

impl Measurement {
    pub fn new(start: Instant, time: Duration) -> Self {
        Self {
            latencies: Latencies::new(),
            kinds: Vec::new(),
            timeline: Timeline::new(start, time),
            start,
            time,
            refused: 0,
            unsent: 0,
            answered_in_time: 0,
            answered_in_all: 0,
        }
    }

    /// Counts a request that was due at `due` and answered at `now`.
    pub fn record(&mut self, due: Instant, now: Instant, outcome: Outcome) {
        let latency = now.saturating_duration_since(due);
        self.latencies.record(latency);
        if self.kinds.len() <= outcome.kind() {
            self.kinds.resize_with(outcome.kind() + 1, Kind::default);
        }
        let kind = &mut self.kinds[outcome.kind()];
        kind.latencies.record(latency);
        kind.failed += u64::from(matches!(outcome, Outcome::Failed(_)));
        self.timeline.record(due, now);
        self.answered_in_time += u64::from(now <= self.start + self.time);
    }

    /// Counts a request that was due at `due` and is given up.
    pub fn record_unsent(&mut self, due: Instant) {
        self.unsent += 1;
        self.latencies.record(due.elapsed());
    }

    /// Requests answered.
    pub fn answered(&self) -> u64 {
        self.latencies.count() - self.unsent
    }

    /// Those of them that failed as the workload wants it.
    pub fn failed(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.failed).sum()
    }

    /// Requests answered in a second. In an open loop that the server cannot keep up with, less than
    /// were due: what is answered after the end does not count.
    pub fn rate(&self) -> f64 {
        self.answered_in_time as f64 / self.time.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measurement(seconds: u64) -> Measurement {
        Measurement::new(Instant::now(), Duration::from_secs(seconds))
    }

    #[test]
    fn percentiles_are_those_of_what_was_recorded() {
        let mut measurement = measurement(2);
        let start = measurement.start;
        for milliseconds in 1..=1000 {
            let outcome =
                if milliseconds % 10 == 0 { Outcome::Failed(1) } else { Outcome::Done(0) };
            measurement.record(start, start + Duration::from_millis(milliseconds), outcome);
        }
        let is_near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 0.002;
        let latencies = &measurement.latencies;
        assert!(is_near(latencies.milliseconds(0.5), 500.0));
        assert!(is_near(latencies.milliseconds(0.99), 990.0));
        assert!(is_near(latencies.milliseconds(0.999), 999.0));
        assert!(is_near(latencies.longest(), 1000.0));
        assert!((measurement.rate() - 500.0).abs() < 1e-9);
        assert_eq!(measurement.failed(), 100);
        assert_eq!(measurement.kinds[0].latencies.count(), 900);
    }

    #[test]
    fn what_is_answered_after_the_end_is_in_the_latencies_but_not_in_the_rate() {
        let mut measurement = measurement(1);
        let start = measurement.start;
        for seconds in 0..4 {
            let answered = start + Duration::from_secs(seconds);
            measurement.record(start, answered, Outcome::Done(0));
        }
        assert_eq!((measurement.rate(), measurement.answered()), (2.0, 4));
        assert!(measurement.latencies.longest() > 2999.0);
    }

    #[test]
    fn a_latency_beyond_all_bounds_is_kept_as_the_longest() {
        let mut latencies = Latencies::new();
        latencies.record(Duration::from_secs(10_000));
        latencies.record(Duration::ZERO);
        assert_eq!(latencies.count(), 2);
        assert!(latencies.longest() > 599_000.0);
    }

    #[test]
    fn what_could_not_be_sent_is_in_the_latencies_but_not_in_the_rate() {
        let mut measurement = measurement(1);
        let start = measurement.start;
        measurement.record(start, start + Duration::from_millis(1), Outcome::Done(0));
        measurement.record_unsent(start);
        assert_eq!((measurement.answered(), measurement.latencies.count()), (1, 2));
    }
}
