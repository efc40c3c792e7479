//! The thread that stops transactions that run too long.
//!
//! It looks now and then at what the executor runs. A transaction that it sees for longer than the
//! timeout is stopped: the driver undoes it where it looks next, and the interpreter is asked, then
//! told, to end the user code. To reach the interpreter may take as long as user code keeps it from
//! being reached, so that is done on a thread of its own, of which there is one while something is
//! to be stopped. What does not end nevertheless is code in C: the log says so while it lasts, and
//! requests are refused (`stuck`).
//!
//! The executor does nothing for all this but to say what it runs: it never reads a clock.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use anabranch_ir::Program;
use anabranch_kernel::{
    Interpreter, Interrupter, Manner, RunningTransaction, TransactionDriver, TransactionNumber,
};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use crate::StuckLimit;
use crate::stuck::Stuck;

/// How often the watchdog looks, as a part of the timeout, and at least and at most.
const LOOKS_PER_TIMEOUT: u32 = 10;
const LOOK_INTERVAL_MIN: Duration = Duration::from_millis(1);
const LOOK_INTERVAL_MAX: Duration = Duration::from_millis(100);
/// How long user code may take to tidy up before it is told again.
const PATIENCE: Duration = Duration::from_millis(100);
/// How long after the timeout a transaction is reported that does not end, and how often.
const REPORT_AFTER: Duration = Duration::from_secs(1);
const REPORT_INTERVAL: Duration = Duration::from_secs(30);

/// Watches while it lives.
pub(crate) struct Watchdog {
    /// Dropped to end the thread.
    end: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watchdog {
    /// Stops the transactions of `driver` that run for longer than `bounds` say; notes in `stuck`
    /// what cannot be stopped.
    ///
    /// # Errors
    /// The system gives no thread.
    pub(crate) fn start<I: Interpreter>(
        driver: &TransactionDriver<I>,
        program: Arc<Program>,
        bounds: Bounds,
        stuck: Arc<Stuck>,
    ) -> io::Result<Self> {
        let target = Target {
            running: Arc::clone(driver.running()),
            interrupter: driver.interpreter.interrupter(),
            place: Mutex::default(),
        };
        let (end, ended) = crossbeam_channel::bounded(0);
        let watch = move || watch(&Arc::new(target), &program, &bounds, &stuck, &ended);
        let thread = thread::Builder::new().name("anabranch-watchdog".to_owned()).spawn(watch)?;
        Ok(Self { end: Some(end), thread: Some(thread) })
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            // A panic there stops no request.
            let _ = thread.join();
        }
    }
}

/// How long a transaction may run, and what is done about one that goes on after that.
pub(crate) struct Bounds {
    pub(crate) timeout: Duration,
    pub(crate) limit: Option<StuckLimit>,
}

/// What is watched.
struct Target {
    running: Arc<RunningTransaction>,
    interrupter: Option<Arc<dyn Interrupter>>,
    /// Where user code was found that did not end.
    place: Mutex<Option<String>>,
}

fn watch(
    target: &Arc<Target>,
    program: &Program,
    bounds: &Bounds,
    stuck: &Stuck,
    end: &Receiver<()>,
) {
    let timeout = bounds.timeout;
    let mut limit = bounds.limit.as_ref();
    let interval = (timeout / LOOKS_PER_TIMEOUT).clamp(LOOK_INTERVAL_MIN, LOOK_INTERVAL_MAX);
    let mut timer = Timer::new(timeout);
    let mut stopping: Option<JoinHandle<()>> = None;
    while end.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
        let (now, running) = (Instant::now(), target.running.number());
        stuck.look(running);
        match timer.look(now, running) {
            Finding::Nothing => {}
            Finding::Overdue(transaction) => {
                target.running.stop(transaction);
                let method = method_name(program, &target.running);
                tracing::warn!(
                    transaction,
                    method,
                    "interrupting a transaction that has been running for {timeout:?}"
                );
                // The one before has come back, or does so now that its transaction is over.
                join(stopping.take());
                stopping = spawn_interruption(target, transaction);
            }
            Finding::DoesNotEnd(transaction, running_for) => {
                let method = method_name(program, &target.running);
                let place = target.place.lock().unwrap_or_else(PoisonError::into_inner).take();
                let place = place.unwrap_or_else(|| "code that keeps the interpreter".to_owned());
                stuck.begin(transaction, &format!("code in C that was called from {place}"));
                tracing::error!(
                    transaction,
                    method,
                    "transaction {transaction} has been running for {} s in C code, which cannot \
                     be interrupted, called from {place}",
                    running_for.as_secs()
                );
            }
        }
        let overdue = timer.overdue(now);
        if let Some(exceeded) = limit.take_if(|limit| overdue.is_some_and(|it| it >= limit.time)) {
            let method = method_name(program, &target.running);
            (exceeded.exceeded)(&format!(
                "a transaction of {method} cannot be interrupted, {} s after its timeout",
                overdue.unwrap_or_default().as_secs_f64().round()
            ));
        }
    }
    // The executor is done, so whatever was to be stopped is over.
    join(stopping);
}

fn join(thread: Option<JoinHandle<()>>) {
    if let Some(thread) = thread {
        let _ = thread.join();
    }
}

/// The root method that runs, for people.
pub(crate) fn method_name(program: &Program, running: &RunningTransaction) -> String {
    let Some(method) = running.method() else { return "none".to_owned() };
    let function = program.function(method);
    let class = function.operator.map(|operator| program.operator(operator).name.as_str());
    format!("{}.{}", class.unwrap_or_default(), function.name)
}

fn spawn_interruption(
    target: &Arc<Target>,
    transaction: TransactionNumber,
) -> Option<JoinHandle<()>> {
    target.interrupter.as_ref()?;
    let target = Arc::clone(target);
    let interrupt = move || interrupt(&target, transaction);
    let thread = thread::Builder::new().name("anabranch-interrupt".to_owned()).spawn(interrupt);
    thread.map_err(|error| tracing::error!(%error, "cannot interrupt: no thread")).ok()
}

/// Interrupts until the transaction is over.
fn interrupt(target: &Target, transaction: TransactionNumber) {
    let Target { running, interrupter: Some(interrupter), place } = target else { return };
    let mut manner = Manner::Ask;
    while running.number() == Some(transaction) {
        interrupter.interrupt(running, transaction, manner);
        manner = Manner::Insist;
        thread::park_timeout(PATIENCE);
        let found = interrupter.place(running, transaction);
        *place.lock().unwrap_or_else(PoisonError::into_inner) = found;
    }
}

/// For how long the same transaction has been seen.
struct Timer {
    timeout: Duration,
    seen: Option<Seen>,
}

struct Seen {
    transaction: TransactionNumber,
    since: Instant,
    /// When to say something about it.
    next: Duration,
    is_stopped: bool,
}

#[derive(PartialEq, Eq, Debug)]
enum Finding {
    Nothing,
    /// It has reached the timeout.
    Overdue(TransactionNumber),
    /// It was interrupted, and still runs after this time.
    DoesNotEnd(TransactionNumber, Duration),
}

impl Timer {
    fn new(timeout: Duration) -> Self {
        Self { timeout, seen: None }
    }

    /// For how long the transaction seen last has been going on after it was stopped.
    fn overdue(&self, now: Instant) -> Option<Duration> {
        let seen = self.seen.as_ref().filter(|seen| seen.is_stopped)?;
        Some(now.duration_since(seen.since).saturating_sub(self.timeout))
    }

    fn look(&mut self, now: Instant, running: Option<TransactionNumber>) -> Finding {
        let Some(transaction) = running else {
            self.seen = None;
            return Finding::Nothing;
        };
        let seen = match &mut self.seen {
            Some(seen) if seen.transaction == transaction => seen,
            seen => {
                let next = self.timeout;
                seen.insert(Seen { transaction, since: now, next, is_stopped: false })
            }
        };
        let running_for = now.duration_since(seen.since);
        if running_for < seen.next {
            return Finding::Nothing;
        }
        if !seen.is_stopped {
            seen.is_stopped = true;
            seen.next = running_for + REPORT_AFTER;
            return Finding::Overdue(transaction);
        }
        seen.next = running_for + REPORT_INTERVAL;
        Finding::DoesNotEnd(transaction, running_for)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn number(number: u64) -> TransactionNumber {
        TransactionNumber::new(number).unwrap()
    }

    #[test]
    fn a_transaction_is_overdue_once() {
        let start = Instant::now();
        let mut timer = Timer::new(SECOND * 10);
        let mut look =
            |seconds: u32, running| timer.look(start + SECOND * seconds, Some(number(running)));
        assert_eq!(look(0, 7), Finding::Nothing);
        assert_eq!(look(9, 7), Finding::Nothing);
        assert_eq!(look(10, 7), Finding::Overdue(number(7)));
        assert_eq!(look(10, 7), Finding::Nothing);
        assert_eq!(look(11, 7), Finding::DoesNotEnd(number(7), SECOND * 11));
        assert_eq!(look(40, 7), Finding::Nothing);
        assert_eq!(look(41, 7), Finding::DoesNotEnd(number(7), SECOND * 41));
    }

    #[test]
    fn each_transaction_has_the_whole_time() {
        let start = Instant::now();
        let mut timer = Timer::new(SECOND * 10);
        assert_eq!(timer.look(start, Some(number(1))), Finding::Nothing);
        assert_eq!(timer.overdue(start + SECOND * 9), None);
        assert_eq!(timer.look(start + SECOND * 9, Some(number(2))), Finding::Nothing);
        assert_eq!(timer.look(start + SECOND * 18, Some(number(2))), Finding::Nothing);
        assert_eq!(timer.look(start + SECOND * 18, None), Finding::Nothing);
        assert_eq!(timer.look(start + SECOND * 30, Some(number(3))), Finding::Nothing);
        assert_eq!(timer.look(start + SECOND * 40, Some(number(3))), Finding::Overdue(number(3)));
        assert_eq!(timer.overdue(start + SECOND * 45), Some(SECOND * 5));
        assert_eq!(timer.look(start + SECOND * 46, None), Finding::Nothing);
        assert_eq!(timer.overdue(start + SECOND * 46), None);
    }
}
