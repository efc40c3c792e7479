//! The simulated cluster as an engine, so that whole applications run in it: the kernel's step on
//! partitions that reorder, crash and replay, with the interpreter of the application.
//!
//! Who submits a request drives the cluster until all requests are answered, also those that others
//! submit meanwhile: nothing happens by itself, and a single driver's program gives the same for the same
//! seed. All partitions share one interpreter, which a crash does not touch; state and messages it does.

mod repetition;

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

use anabranch_ir::Program;
use anabranch_kernel::step::{
    EventReport, KeyReport, Output, StepError, StepHost, Stepped, Submission,
};
use anabranch_kernel::{
    Engine, Failure, OnReply, PortableInterpreter, Reply, Request, TransactionContext,
};

use self::repetition::{Repetitions, with_key};
use crate::campaign::panic_text;
use crate::cluster::{Cluster, Departure, Egress, Recorded};
use crate::finding::{Finding, readable};
use crate::host::Host;
use crate::interleaving::Interleaving;
use crate::options::Options;
use crate::random::Random;
use crate::statistics::Statistics;

/// The host that all partitions share.
struct Shared<I: PortableInterpreter>(Arc<Mutex<StepHost<I>>>);

impl<I: PortableInterpreter> Shared<I> {
    fn host(&self) -> MutexGuard<'_, StepHost<I>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I: PortableInterpreter> Host for Shared<I> {
    fn admit(&self, submission: &Submission) -> Output {
        self.host().admit(submission)
    }

    fn step(&mut self, key: &[u8], state: &[u8], event: &[u8]) -> Result<Stepped, StepError> {
        self.host().step(key, state, event)
    }

    fn event_report(&self, event: &[u8]) -> Result<EventReport, StepError> {
        self.host().event_report(event)
    }

    fn report(&self, key: &[u8], state: &[u8]) -> Result<KeyReport, StepError> {
        self.host().report(key, state)
    }
}

/// What is known of the methods.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeatability {
    /// Called again, they may do otherwise.
    Unknown,
    /// They do the same again; where they do not, it is a finding.
    Compared,
}

fn options(seed: u64, repeatability: Repeatability) -> Options {
    let options = Options::new(seed, 0);
    match (repeatability, options.egress) {
        (Repeatability::Compared, _) => options,
        (Repeatability::Unknown, Egress::Transactional) => Options { recheck_rate: 0, ..options },
        (Repeatability::Unknown, Egress::RecordedOrder | Egress::RecordedSteps) => {
            Options { recheck_rate: 0, egress: Egress::RecordedSteps, ..options }
        }
    }
}

/// The engine.
pub struct SimulatedEngine<I: PortableInterpreter> {
    program: Arc<Program>,
    submitted: Mutex<VecDeque<(Request, OnReply)>>,
    driver: Mutex<Driver<I>>,
}

struct Driver<I: PortableInterpreter> {
    host: Shared<I>,
    options: Options,
    random: Random,
    cluster: Cluster<Shared<I>>,
    interleaving: Interleaving,
    /// How many requests have been recorded.
    recorded: u64,
    waiting: BTreeMap<u64, OnReply>,
    repetitions: Repetitions,
    /// Since the last snapshot: a replay answers again, with the same.
    answered: BTreeMap<u64, Vec<u8>>,
    /// Why it cannot go on.
    broken: Option<String>,
}

impl<I: PortableInterpreter> SimulatedEngine<I> {
    /// An engine without entities. `interpreter` runs the segments of `program`.
    pub fn new(
        program: Arc<Program>,
        interpreter: I,
        seed: u64,
        repeatability: Repeatability,
    ) -> Self {
        let host = StepHost::new(Arc::clone(&program), interpreter);
        let host = Shared(Arc::new(Mutex::new(host)));
        let shared = Arc::clone(&host.0);
        let options = options(seed, repeatability);
        let cluster = Cluster::new(
            Box::new(move || Shared(Arc::clone(&shared))),
            seed,
            options.partitions,
            options.clients,
            options.recheck_rate,
            options.egress,
        );
        let driver = Driver {
            host,
            random: Random::new(seed, "engine"),
            interleaving: Interleaving::new(seed, options.partitions),
            options,
            cluster,
            recorded: 0,
            waiting: BTreeMap::new(),
            repetitions: Repetitions::default(),
            answered: BTreeMap::new(),
            broken: None,
        };
        Self { program, submitted: Mutex::default(), driver: Mutex::new(driver) }
    }

    /// What was injected so far, and how often.
    pub fn statistics(&self) -> Statistics {
        let driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner);
        driver.cluster.statistics.clone()
    }

    /// Delivers all that is still under way, and says what transactions have left behind.
    ///
    /// # Errors
    /// A step fails, or something is left behind.
    pub fn settle(&self) -> Result<(), Finding> {
        let mut driver = self.driver.lock().unwrap_or_else(PoisonError::into_inner);
        if driver.broken.is_some() {
            // Each request that came since was told.
            return Ok(());
        }
        loop {
            let Driver { cluster, .. } = &*driver;
            let is_quiet = cluster.network().is_empty() && !cluster.has_input();
            if is_quiet && !cluster.is_replaying() && !cluster.holds_replies() {
                break;
            }
            driver.round(&mut Vec::new())?;
        }
        for (key, report) in driver.cluster.reports()? {
            if !report.under_way.is_empty() {
                let under_way = report.under_way.join(", ");
                return Err(Finding::LeftBehind { key: readable(&key), under_way });
            }
        }
        Ok(())
    }

    fn submitted(&self) -> MutexGuard<'_, VecDeque<(Request, OnReply)>> {
        self.submitted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<I: PortableInterpreter> Engine for SimulatedEngine<I> {
    fn program(&self) -> &Arc<Program> {
        &self.program
    }

    fn submit(&self, request: Request, on_reply: OnReply) {
        self.submitted().push_back((request, on_reply));
        // Whoever drives takes it; and who has stopped driving looks again.
        while !self.submitted().is_empty() {
            let mut driver = match self.driver.try_lock() {
                Ok(driver) => driver,
                Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => return,
            };
            let replies = driver.drive(&self.submitted);
            drop(driver);
            for (on_reply, reply) in replies {
                on_reply(reply);
            }
        }
    }

    fn ready(&self) -> Result<(), Failure> {
        Ok(())
    }
}

impl<I: PortableInterpreter> Driver<I> {
    /// Goes on until all is answered.
    fn drive(&mut self, submitted: &Mutex<VecDeque<(Request, OnReply)>>) -> Vec<(OnReply, Reply)> {
        let mut replies = Vec::new();
        loop {
            let new =
                std::mem::take(&mut *submitted.lock().unwrap_or_else(PoisonError::into_inner));
            for (request, on_reply) in new {
                self.record(request, on_reply);
            }
            if self.waiting.is_empty() {
                return replies;
            }
            if self.broken.is_none() {
                let round = catch_unwind(AssertUnwindSafe(|| self.round(&mut replies)));
                let round =
                    round.unwrap_or_else(|panic| Err(Finding::Panicked(panic_text(&*panic))));
                self.broken = round.err().map(|finding| finding.to_string());
            }
            if let Some(broken) = &self.broken {
                let failed = std::mem::take(&mut self.waiting).into_values();
                replies
                    .extend(failed.map(|on_reply| (on_reply, Err(Failure::Bug(broken.clone())))));
            }
        }
    }

    fn record(&mut self, request: Request, on_reply: OnReply) {
        let number = self.recorded;
        self.waiting.insert(number, on_reply);
        let is_keyed = request.idempotency_key.is_some();
        if !is_keyed && self.random.below(2) == 0 {
            self.send(request);
            return;
        }
        let request = with_key(request, number);
        self.send(request.clone());
        if self.random.happens(self.options.retry_answered_rate) {
            self.repetitions.add_after_answer(number, request.clone());
        }
        if self.random.happens(self.options.duplicate_rate) {
            self.cluster.statistics.duplicates += 1;
            self.repeat(number, request);
        }
    }

    /// Sends what was sent as `first` once more.
    fn repeat(&mut self, first: u64, request: Request) {
        self.repetitions.add(self.recorded, first);
        self.send(request);
    }

    fn send(&mut self, request: Request) {
        let number = self.recorded;
        self.recorded += 1;
        let start_time_nanoseconds = 1_700_000_000_000_000_000 + number as i64 * 1_000_000;
        let context = TransactionContext { start_time_nanoseconds, seed: self.random.bytes32() };
        let client = number.to_string().into_bytes();
        let submission = Submission { request, number, client, context };
        let client = self.random.below(self.options.clients);
        self.cluster.record(Recorded { submission, client });
    }

    /// Lets one thing happen.
    fn round(&mut self, replies: &mut Vec<(OnReply, Reply)>) -> Result<(), Finding> {
        if self.random.happens(self.options.snapshot_rate) {
            self.cluster.take_snapshot();
            if !self.cluster.is_replaying() {
                self.answered.clear();
            }
        }
        if self.random.happens(self.options.crash_rate) {
            self.cluster.crash();
        }
        self.hand_out(replies)?;
        self.act()?;
        if self.random.happens(self.options.sync_rate) {
            self.cluster.sync_journals();
        }
        self.hand_out(replies)
    }

    fn act(&mut self) -> Result<(), Finding> {
        let deliverable = self.cluster.deliverable();
        if self.cluster.has_input() && (deliverable.is_empty() || self.random.below(3) == 0) {
            self.cluster.take_in();
        } else if !deliverable.is_empty() {
            let channel = self.interleaving.choose(self.cluster.network(), &deliverable);
            self.cluster.deliver(channel)?;
        } else if self.cluster.is_replaying() {
            return Err(Finding::ReplayStuck(format!("{} requests", self.waiting.len())));
        } else if self.cluster.holds_replies() {
            match self.options.egress {
                Egress::Transactional => self.cluster.take_snapshot(),
                Egress::RecordedOrder | Egress::RecordedSteps => self.cluster.sync_journals(),
            }
        } else if !self.cluster.has_input() && !self.waiting.is_empty() {
            return Err(Finding::NeverAnswered(format!("{} requests", self.waiting.len())));
        }
        Ok(())
    }

    fn hand_out(&mut self, replies: &mut Vec<(OnReply, Reply)>) -> Result<(), Finding> {
        for departure in self.cluster.departures() {
            replies.extend(self.receive(departure)?);
        }
        Ok(())
    }

    fn receive(&mut self, departure: Departure) -> Result<Option<(OnReply, Reply)>, Finding> {
        let Departure { client, reply, is_repeated } = departure;
        let number = std::str::from_utf8(&client).ok().and_then(|text| text.parse::<u64>().ok());
        let number = number.ok_or_else(|| Finding::UnknownClient(readable(&client)))?;
        if is_repeated {
            let first = &self.answered[&number];
            if *first != reply {
                let (first, second) = (readable(first), readable(&reply));
                return Err(Finding::ReplyChanged { request: number, first, second });
            }
            self.cluster.statistics.replies_repeated += 1;
            return Ok(None);
        }
        if let Some(request) = self.repetitions.answer(number, &reply)? {
            self.cluster.statistics.retries_answered += 1;
            self.repeat(number, request);
        }
        if self.repetitions.is_repetition(number) {
            self.answered.insert(number, reply);
            return Ok(None);
        }
        let on_reply = self.waiting.remove(&number);
        let on_reply = on_reply.ok_or(Finding::AnsweredTwice { request: number })?;
        let decoded = self.host.host().decode_reply(&reply)?;
        self.answered.insert(number, reply);
        Ok(Some((on_reply, decoded)))
    }
}
