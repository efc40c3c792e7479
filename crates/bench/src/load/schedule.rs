//! When the next request is due.
//!
//! The timers of tokio count milliseconds, which is too coarse for an open loop. Its *pacer* is a
//! thread of its own that sleeps until the next requests are due and gives as many permits; whoever
//! takes a permit sends a request. Requests are numbered as they are sent, and the number says when
//! the request was due.

use std::cell::Cell;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::Semaphore;
use tokio::sync::TryAcquireError::{Closed, NoPermits};

use super::{Length, Load, Pace};

/// The pacer wakes up no more often: each time costs the server a few microseconds of a processor.
const TICK_MIN: Duration = Duration::from_micros(100);
/// How long after the end requests are still sent that were due before it. What is then left was
/// far beyond what the server can do.
const GRACE: Duration = Duration::from_secs(5);

/// When requests are due, and which of them are measured.
pub(super) struct Schedule {
    measured_from: Instant,
    end: Option<Instant>,
    due: Due,
}

enum Due {
    /// A request is due whenever there is room for one.
    Always,
    AtRate {
        start: Instant,
        interval: Duration,
        total: u64,
        issued: Cell<u64>,
        permits: Arc<Semaphore>,
    },
}

/// What a connection does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// A request that was due at this instant.
    Send(Instant),
    /// Nothing is due yet.
    Wait,
    /// Nothing will be due any more.
    End,
}

impl Schedule {
    pub(super) fn start(load: &Load) -> Self {
        let start = Instant::now();
        let (warm_up, measured) = match load.length {
            Length::Times { warm_up, measured } => (warm_up, measured),
            Length::Everything => {
                return Self { measured_from: start, end: None, due: Due::Always };
            }
        };
        let time = warm_up + measured;
        let due = match load.pace {
            Pace::Closed => Due::Always,
            Pace::Open(rate) => {
                let interval = Duration::from_secs_f64(1.0 / rate);
                let total = (time.as_secs_f64() * rate) as u64;
                let permits = Arc::new(Semaphore::new(0));
                let given = Arc::clone(&permits);
                thread::spawn(move || pace(start, interval, total, &given));
                Due::AtRate { start, interval, total, issued: Cell::new(0), permits }
            }
        };
        Self { measured_from: start + warm_up, end: Some(start + time), due }
    }

    /// When the last request is due, if that is known.
    pub(super) fn end(&self) -> Option<Instant> {
        self.end
    }

    pub(super) fn next(&self) -> Next {
        match &self.due {
            Due::Always => {
                let now = Instant::now();
                if self.end.is_some_and(|end| now >= end) { Next::End } else { Next::Send(now) }
            }
            Due::AtRate { permits, .. } => match permits.try_acquire() {
                Ok(permit) => {
                    permit.forget();
                    self.issue()
                }
                Err(NoPermits) => Next::Wait,
                // All permits were given; what nobody took is still due.
                Err(Closed) => self.issue(),
            },
        }
    }

    /// As `next`, but waits until something is due.
    pub(super) async fn wait(&self) -> Next {
        match &self.due {
            Due::Always => self.next(),
            Due::AtRate { permits, .. } => {
                if let Ok(permit) = permits.acquire().await {
                    permit.forget();
                }
                self.issue()
            }
        }
    }

    fn issue(&self) -> Next {
        let Due::AtRate { start, interval, total, issued, .. } = &self.due else {
            unreachable!("this is a bug in Anabranch: only an open loop issues requests");
        };
        let number = issued.get();
        if number == *total || self.end.is_some_and(|end| Instant::now() > end + GRACE) {
            return Next::End;
        }
        issued.set(number + 1);
        Next::Send(due_at(*start, *interval, number))
    }

    /// Whether a request due at `due` and answered at `answered` is measured: in an open loop what
    /// was due while measuring, else what was answered then.
    pub(super) fn is_measured(&self, due: Instant, answered: Instant) -> bool {
        match (&self.due, self.end) {
            (Due::AtRate { .. }, _) => due >= self.measured_from,
            (Due::Always, Some(end)) => answered >= self.measured_from && answered < end,
            (Due::Always, None) => true,
        }
    }

    pub(super) fn measured_from(&self) -> Instant {
        self.measured_from
    }

    /// When the requests were due that were never sent.
    pub(super) fn unsent(&self) -> impl Iterator<Item = Instant> {
        let (start, interval, numbers) = match &self.due {
            Due::Always => (self.measured_from, Duration::ZERO, 0..0),
            Due::AtRate { start, interval, total, issued, .. } => {
                (*start, *interval, issued.get()..*total)
            }
        };
        numbers.map(move |number| due_at(start, interval, number))
    }

    /// How long was measured.
    pub(super) fn measured_time(&self) -> Duration {
        let end = self.end.unwrap_or_else(Instant::now);
        end - self.measured_from
    }
}

fn due_at(start: Instant, interval: Duration, number: u64) -> Instant {
    start + Duration::from_secs_f64(interval.as_secs_f64() * number as f64)
}

/// Gives a permit for each request when it is due, and closes them after the last.
fn pace(start: Instant, interval: Duration, total: u64, permits: &Semaphore) {
    let mut given = 0;
    while given < total {
        let next = due_at(start, interval, given).max(Instant::now() + TICK_MIN);
        thread::sleep(next.saturating_duration_since(Instant::now()));
        let passed = start.elapsed().as_secs_f64() / interval.as_secs_f64();
        let due = (passed as u64 + 1).min(total);
        permits.add_permits((due - given) as usize);
        given = due;
    }
    permits.close();
}

#[cfg(test)]
mod tests {
    use super::super::IdempotencyKeys;
    use super::*;
    use crate::connection::Protocol;

    fn load(pace: Pace, length: Length) -> Load {
        let everything = Load::everything(Protocol::Binary);
        Load { pace, length, idempotency_keys: IdempotencyKeys::None, ..everything }
    }

    fn times(warm_up: u64, measured: u64) -> Length {
        let milliseconds = Duration::from_millis;
        Length::Times { warm_up: milliseconds(warm_up), measured: milliseconds(measured) }
    }

    #[tokio::test]
    async fn requests_of_an_open_loop_are_due_at_equal_distances_however_late_they_are_taken() {
        let schedule = Schedule::start(&load(Pace::Open(10_000.0), times(10, 10)));
        let mut due = Vec::new();
        // Far too slow, as if the server had stopped.
        while let Next::Send(at) = schedule.wait().await {
            if due.is_empty() {
                thread::sleep(Duration::from_millis(30));
            }
            due.push(at);
        }
        assert_eq!(due.len(), 200);
        for pair in due.windows(2) {
            let distance = (pair[1] - pair[0]).as_nanos();
            assert!((99_990..=100_010).contains(&distance), "{distance}");
        }
        let late = due.last().unwrap().elapsed();
        assert!(late >= Duration::from_millis(9), "the delay is not in the latency: {late:?}");
        let measured = due.iter().filter(|at| schedule.is_measured(**at, Instant::now()));
        assert!((99..=101).contains(&measured.count()), "the warm-up is not measured");
    }

    #[test]
    fn a_closed_loop_measures_what_is_answered_after_the_warm_up_and_before_the_end() {
        let schedule = Schedule::start(&load(Pace::Closed, times(1_000, 1_000)));
        let Next::Send(start) = schedule.next() else { panic!("it is over at once") };
        let at = |milliseconds| start + Duration::from_millis(milliseconds);
        assert!(!schedule.is_measured(start, at(900)));
        assert!(schedule.is_measured(start, at(1_100)));
        assert!(!schedule.is_measured(at(1_900), at(2_100)));
    }
}
