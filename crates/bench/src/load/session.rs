//! What the connections of a load share.

use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::rc::Rc;
use std::time::Instant;

use super::schedule::Schedule;
use super::{IdempotencyKeys, Load};
use crate::connection::LoadError;
use crate::measurement::Measurement;
use crate::workload::{Answer, Call, Workload};

/// The workload, and what was measured so far.
pub(super) struct Session<W> {
    workload: RefCell<W>,
    measurement: RefCell<Measurement>,
    answered: Cell<u64>,
    schedule: Rc<Schedule>,
    idempotency_keys: Option<RefCell<FreshKeys>>,
}

/// A request under way.
pub(super) struct UnderWay<A> {
    asked: A,
    due: Instant,
}

impl<W: Workload> Session<W> {
    pub(super) fn new(workload: W, schedule: &Rc<Schedule>, load: &Load) -> Self {
        let keys = match load.idempotency_keys {
            IdempotencyKeys::None => None,
            IdempotencyKeys::Fresh => Some(RefCell::new(FreshKeys::new())),
        };
        Self {
            workload: RefCell::new(workload),
            measurement: RefCell::new(Measurement::new(schedule.measured_time())),
            answered: Cell::new(0),
            schedule: Rc::clone(schedule),
            idempotency_keys: keys,
        }
    }

    /// Makes a request that is due at `due`; `send` gets it with its idempotency key.
    pub(super) fn ask(
        &self,
        due: Instant,
        send: &mut dyn FnMut(Call<'_>, Option<&str>),
    ) -> Option<UnderWay<W::Asked>> {
        let mut keys = self.idempotency_keys.as_ref().map(RefCell::borrow_mut);
        let key = keys.as_mut().map(|keys| keys.next());
        let asked = self.workload.borrow_mut().ask(&mut |call| send(call, key))?;
        Some(UnderWay { asked, due })
    }

    pub(super) fn answer(
        &self,
        request: UnderWay<W::Asked>,
        answer: Answer,
        now: Instant,
    ) -> Result<(), LoadError> {
        self.answered.set(self.answered.get() + 1);
        let mut measurement = self.measurement.borrow_mut();
        let is_measured = self.schedule.is_measured(request.due, now);
        if matches!(answer.status, 429 | 503) {
            measurement.refused += u64::from(is_measured);
            return Ok(());
        }
        if is_measured {
            measurement.record(now.saturating_duration_since(request.due));
        }
        Ok(self.workload.borrow_mut().answered(request.asked, answer)?)
    }

    /// How many answers came in all.
    pub(super) fn answered(&self) -> u64 {
        self.answered.get()
    }

    pub(super) fn finish(self) -> (W, Measurement) {
        let mut measurement = self.measurement.into_inner();
        measurement.time = self.schedule.measured_time();
        (self.workload.into_inner(), measurement)
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
