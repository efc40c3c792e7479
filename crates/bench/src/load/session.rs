//! What the connections of a load share.

use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::time::Instant;

use super::schedule::Schedule;
use super::{IdempotencyKeys, Load};
use crate::call::{Answer, Call};
use crate::connection::LoadError;
use crate::measurement::Measurement;
use crate::workload::Requests;

/// The source of requests, and what was measured so far.
pub(super) struct Session<'a, R> {
    requests: RefCell<&'a mut R>,
    measurement: RefCell<Measurement>,
    answered: Cell<u64>,
    schedule: &'a Schedule,
    idempotency_keys: Option<RefCell<FreshKeys>>,
}

/// A request under way.
pub(super) struct UnderWay<A> {
    asked: A,
    due: Instant,
    /// Whether it was sent once or, after the connection broke, again.
    pub(super) sending: Sending,
}

/// How often a request was sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sending {
    Once,
    /// It may have been applied already, whatever the answer to sending it again.
    Again,
}

/// What becomes of a request after an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answered {
    Settled,
    /// A request that may have been applied was refused: only sending it again tells.
    Open,
}

impl<'a, R: Requests> Session<'a, R> {
    pub(super) fn new(requests: &'a mut R, schedule: &'a Schedule, load: &Load) -> Self {
        let keys = match load.idempotency_keys {
            IdempotencyKeys::None => None,
            IdempotencyKeys::Fresh => Some(RefCell::new(FreshKeys::new())),
        };
        Self {
            requests: RefCell::new(requests),
            measurement: RefCell::new(Measurement::new(
                schedule.measured_from(),
                schedule.measured_time(),
            )),
            answered: Cell::new(0),
            schedule,
            idempotency_keys: keys,
        }
    }

    /// Makes a request that is due at `due`; `send` gets it with its idempotency key.
    pub(super) fn ask(
        &self,
        due: Instant,
        send: &mut dyn FnMut(Call<'_>, Option<&str>),
    ) -> Option<UnderWay<R::Asked>> {
        let mut keys = self.idempotency_keys.as_ref().map(RefCell::borrow_mut);
        let key = keys.as_mut().map(|keys| keys.next());
        let asked = self.requests.borrow_mut().ask(&mut |call| send(call, key))?;
        Some(UnderWay { asked, due, sending: Sending::Once })
    }

    /// Takes an answer. A request that is left open stays under way.
    pub(super) fn answer(
        &self,
        under_way: &mut Option<UnderWay<R::Asked>>,
        answer: Answer,
        now: Instant,
    ) -> Result<Answered, LoadError> {
        let Some(request) = under_way.as_ref() else {
            return Err(LoadError::Protocol("an answer to no request".to_owned()));
        };
        let is_refused = matches!(answer.status, 429 | 503);
        if is_refused && request.sending == Sending::Again {
            return Ok(Answered::Open);
        }
        self.answered.set(self.answered.get() + 1);
        let mut measurement = self.measurement.borrow_mut();
        let due = request.due;
        let is_measured = self.schedule.is_measured(due, now);
        let Some(request) = under_way.take() else { return Ok(Answered::Settled) };
        if is_refused {
            measurement.refused += u64::from(is_measured);
            return Ok(Answered::Settled);
        }
        let outcome = self.requests.borrow_mut().answered(request.asked, answer)?;
        if is_measured {
            measurement.record(due, now, outcome);
        }
        Ok(Answered::Settled)
    }

    /// How many answers came in all.
    pub(super) fn answered(&self) -> u64 {
        self.answered.get()
    }

    pub(super) fn finish(self) -> Measurement {
        let mut measurement = self.measurement.into_inner();
        measurement.time = self.schedule.measured_time();
        measurement.answered_in_all = self.answered.get();
        if self.schedule.end().is_none() {
            measurement.answered_in_time = measurement.answered();
        }
        for due in self.schedule.unsent() {
            if due >= self.schedule.measured_from() {
                measurement.record_unsent(due);
            }
        }
        measurement
    }
}

/// Idempotency keys that no other run of the generator has.
struct FreshKeys {
    prefix: String,
    number: u64,
    text: String,
}

impl FreshKeys {
    fn new() -> Self {
        let time = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        let nanoseconds = time.map_or(0, |time| time.as_nanos());
        let prefix = format!("bench-{}-{nanoseconds:x}-", std::process::id());
        Self { prefix, number: 0, text: String::new() }
    }

    fn next(&mut self) -> &str {
        self.text.clear();
        self.number += 1;
        write!(self.text, "{}{}", self.prefix, self.number).expect("a String takes all");
        &self.text
    }
}
