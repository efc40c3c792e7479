//! What happened when, while a load was measured.

use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

/// Two digits are enough for a picture.
const DIGITS: u8 = 2;
/// About so many intervals are shown.
const INTERVALS: f64 = 100.0;
const INTERVAL_SECONDS: [f64; 8] = [0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];

/// Answers and latencies by intervals of equal length.
#[derive(Clone, Debug)]
pub struct Timeline {
    start: Instant,
    interval: Duration,
    intervals: Vec<Interval>,
    last_answer: Instant,
    silence: Option<Silence>,
}

/// The requests of an interval.
#[derive(Clone, Debug)]
struct Interval {
    /// How many were answered in it.
    answered: u64,
    /// Of those that were due in it.
    latencies: Histogram<u64>,
}

/// A time without an answer.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Silence {
    /// Since measuring began.
    pub from: Duration,
    pub length: Duration,
}

/// What is told of an interval.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Moment {
    /// The middle of the interval, in seconds since measuring began.
    pub second: f64,
    /// Answers in a second.
    pub rate: f64,
    /// Milliseconds, of the requests that were due then; `None` if there were none.
    pub p50: Option<f64>,
    pub p99: Option<f64>,
}

impl Timeline {
    pub fn new(start: Instant, time: Duration) -> Self {
        let wanted = time.as_secs_f64() / INTERVALS;
        let seconds = INTERVAL_SECONDS.into_iter().find(|&seconds| seconds >= wanted);
        let interval = Duration::from_secs_f64(seconds.unwrap_or(wanted));
        Self { start, interval, intervals: Vec::new(), last_answer: start, silence: None }
    }

    pub(crate) fn record(&mut self, due: Instant, now: Instant) {
        let latency = now.saturating_duration_since(due);
        self.interval(now).answered += 1;
        let nanoseconds = u64::try_from(latency.as_nanos()).unwrap_or(u64::MAX);
        let latencies = &mut self.interval(due).latencies;
        latencies.record(nanoseconds).expect("the histogram grows");
        let length = now.saturating_duration_since(self.last_answer);
        if length > self.silence.map_or(Duration::ZERO, |silence| silence.length) {
            let from = self.last_answer.saturating_duration_since(self.start);
            self.silence = Some(Silence { from, length });
        }
        self.last_answer = self.last_answer.max(now);
    }

    fn interval(&mut self, at: Instant) -> &mut Interval {
        let since = at.saturating_duration_since(self.start);
        let position = (since.as_nanos() / self.interval.as_nanos()) as usize;
        while self.intervals.len() <= position {
            let latencies = Histogram::new(DIGITS).expect("the digits are right");
            self.intervals.push(Interval { answered: 0, latencies });
        }
        &mut self.intervals[position]
    }

    /// The longest time without an answer.
    pub fn longest_silence(&self) -> Option<Silence> {
        self.silence
    }

    /// All intervals of the time that was measured.
    pub fn moments(&self, time: Duration) -> Vec<Moment> {
        let interval = self.interval.as_secs_f64();
        let shown = (time.as_secs_f64() / interval).round() as usize;
        let moments = self.intervals.iter().take(shown).enumerate().map(|(position, it)| {
            let milliseconds = |part| {
                let nanoseconds = it.latencies.value_at_quantile(part) as f64;
                (!it.latencies.is_empty()).then_some(nanoseconds / 1e6)
            };
            Moment {
                second: (position as f64 + 0.5) * interval,
                rate: it.answered as f64 / interval,
                p50: milliseconds(0.5),
                p99: milliseconds(0.99),
            }
        });
        moments.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_count_when_they_came_and_latencies_when_they_were_due() {
        let start = Instant::now();
        let mut timeline = Timeline::new(start, Duration::from_secs(10));
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        timeline.record(at(10), at(20));
        // It was due before the server stopped, and answered after it was back.
        timeline.record(at(30), at(1_030));
        timeline.record(at(1_040), at(1_050));
        let moments = timeline.moments(Duration::from_secs(10));
        assert_eq!(moments.len(), 11);
        assert_eq!((moments[0].rate, moments[10].rate), (10.0, 20.0));
        assert!((moments[0].p99.unwrap() - 1000.0).abs() < 10.0, "{:?}", moments[0]);
        assert_eq!(moments[5].p50, None);
        let silence = timeline.longest_silence().unwrap();
        assert_eq!(silence.from, Duration::from_millis(20));
        assert_eq!(silence.length, Duration::from_millis(1_010));
    }
}
