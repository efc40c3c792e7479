//! What a load measured.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Latencies are kept to three digits, from a microsecond to ten minutes.
const NANOSECONDS_MIN: u64 = 1_000;
const NANOSECONDS_MAX: u64 = 600_000_000_000;
const DIGITS: u8 = 3;

/// Requests of the time that was measured.
#[derive(Clone, Debug)]
pub struct Measurement {
    latencies: Histogram<u64>,
    /// How long was measured.
    pub time: Duration,
    /// Requests refused for lack of room: not in the latencies.
    pub refused: u64,
}

impl Measurement {
    pub fn new(time: Duration) -> Self {
        let latencies = Histogram::new_with_bounds(NANOSECONDS_MIN, NANOSECONDS_MAX, DIGITS);
        let latencies = latencies.expect("the bounds are right");
        Self { latencies, time, refused: 0 }
    }

    /// Counts a request that was answered after `latency`.
    pub fn record(&mut self, latency: Duration) {
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        self.latencies.saturating_record(nanoseconds);
    }

    /// Requests answered.
    pub fn answered(&self) -> u64 {
        self.latencies.len()
    }

    /// Requests answered in a second.
    pub fn rate(&self) -> f64 {
        self.answered() as f64 / self.time.as_secs_f64()
    }

    /// The latency that a part of all requests (0.99) do not exceed, in milliseconds.
    pub fn milliseconds(&self, part: f64) -> f64 {
        self.latencies.value_at_quantile(part) as f64 / 1e6
    }

    /// The longest latency, in milliseconds.
    pub fn longest(&self) -> f64 {
        self.latencies.max() as f64 / 1e6
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_what_was_recorded() {
        let mut measurement = Measurement::new(Duration::from_secs(2));
        for milliseconds in 1..=1000 {
            measurement.record(Duration::from_millis(milliseconds));
        }
        let is_near = |found: f64, expected: f64| (found / expected - 1.0).abs() < 0.002;
        assert!(is_near(measurement.milliseconds(0.5), 500.0));
        assert!(is_near(measurement.milliseconds(0.99), 990.0));
        assert!(is_near(measurement.milliseconds(0.999), 999.0));
        assert!(is_near(measurement.longest(), 1000.0));
        assert!((measurement.rate() - 500.0).abs() < 1e-9);
    }

    #[test]
    fn a_latency_beyond_all_bounds_is_kept_as_the_longest() {
        let mut measurement = Measurement::new(Duration::from_secs(1));
        measurement.record(Duration::from_secs(10_000));
        measurement.record(Duration::ZERO);
        assert_eq!(measurement.answered(), 2);
        assert!(measurement.longest() > 599_000.0);
    }
}
