//! Clients: they send requests, send some of them twice or again, and know what came back.
//!
//! A request goes through the *air* into the durable input; a crash takes what is in the air. Only requests
//! with an idempotency key are sent again, under the same key, each time as an *attempt* of its own, which has
//! to be answered too. A request without a key that is lost in the air has never happened.

use std::collections::BTreeSet;

use anabranch_kernel::step::Submission;
use anabranch_kernel::{Request, TransactionContext};

use crate::cluster::{Departure, Recorded};
use crate::finding::{Finding, readable};
use crate::options::Options;
use crate::random::Random;
use crate::statistics::Statistics;

/// How often a request is sent, unless all that was sent got lost.
const ATTEMPTS_MAX: usize = 6;

/// What a client will ask.
#[derive(Clone, Debug)]
pub struct Planned {
    /// Names it in findings and in the trace.
    pub number: u64,
    pub request: Request,
    /// The same each time that it is sent.
    pub context: TransactionContext,
}

/// A request, and what became of it.
#[derive(Debug)]
pub struct Asked {
    pub planned: Planned,
    /// When it was sent first.
    pub sent: Option<u64>,
    /// When each reply came, and its message.
    pub replies: Vec<(u64, Vec<u8>)>,
    /// Whether it was lost, and will not be sent again.
    pub is_lost: bool,
    pub hit_by_crash: bool,
    attempts: Vec<usize>,
}

impl Asked {
    fn is_keyed(&self) -> bool {
        self.planned.request.idempotency_key.is_some()
    }
}

#[derive(Debug)]
struct Attempt {
    request: usize,
    client: usize,
    place: Place,
    is_answered: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Air,
    Recorded,
    Lost,
}

/// What a client does when its time has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Alarm {
    Timeout,
    AfterCrash,
    AfterAnswer,
}

#[derive(Debug)]
pub struct Clients {
    options: Options,
    random: Random,
    asked: Vec<Asked>,
    /// How many of the first have to be answered before the others are sent.
    preparation: usize,
    attempts: Vec<Attempt>,
    /// Attempts that are not recorded yet.
    air: Vec<usize>,
    alarms: BTreeSet<(u64, usize, Alarm)>,
    sent: usize,
    under_way: usize,
}

impl Clients {
    /// Clients that will send what is `planned`, the first `preparation` of it before the rest.
    pub fn new(options: &Options, planned: Vec<Planned>, preparation: usize) -> Self {
        let asked = planned.into_iter().map(|planned| Asked {
            planned,
            sent: None,
            replies: Vec::new(),
            is_lost: false,
            hit_by_crash: false,
            attempts: Vec::new(),
        });
        Self {
            options: options.clone(),
            random: Random::new(options.seed, "clients"),
            asked: asked.collect(),
            preparation,
            attempts: Vec::new(),
            air: Vec::new(),
            alarms: BTreeSet::new(),
            sent: 0,
            under_way: 0,
        }
    }

    pub fn into_asked(self) -> Vec<Asked> {
        self.asked
    }

    /// Whether another request may be sent now.
    pub fn can_send(&self) -> bool {
        let is_prepared = self.sent != self.preparation || self.under_way == 0;
        self.sent < self.asked.len() && self.under_way < self.options.window && is_prepared
    }

    /// Whether requests are in the air.
    pub fn can_record(&self) -> bool {
        !self.air.is_empty()
    }

    /// Sends the next request, perhaps twice.
    pub fn send(&mut self, clock: u64, statistics: &mut Statistics) {
        let request = self.sent;
        self.sent += 1;
        self.under_way += 1;
        self.asked[request].sent = Some(clock);
        self.attempt(request);
        if self.asked[request].is_keyed() {
            self.set_alarm(clock, request, Alarm::Timeout);
            if self.random.happens(self.options.duplicate_rate) {
                statistics.duplicates += 1;
                self.attempt(request);
            }
        }
    }

    fn attempt(&mut self, request: usize) {
        let attempt = self.attempts.len();
        let client = self.random.below(self.options.clients);
        self.attempts.push(Attempt { request, client, place: Place::Air, is_answered: false });
        self.asked[request].attempts.push(attempt);
        self.air.push(attempt);
    }

    fn set_alarm(&mut self, clock: u64, request: usize, alarm: Alarm) {
        let timeout = self.options.timeout as usize;
        let delay = match alarm {
            Alarm::Timeout => self.random.between(timeout, 2 * timeout),
            Alarm::AfterCrash => self.random.between(0, 20),
            Alarm::AfterAnswer => self.random.between(0, timeout),
        };
        self.alarms.insert((clock + delay as u64, request, alarm));
    }

    /// When the next client wants to do something, if nothing else happens.
    pub fn next_alarm(&self) -> Option<u64> {
        self.alarms.first().map(|(time, ..)| *time)
    }

    /// Lets the clients whose time has come send again.
    pub fn wake(&mut self, clock: u64, statistics: &mut Statistics) {
        while self.alarms.first().is_some_and(|(time, ..)| *time <= clock) {
            let (_, request, alarm) = self.alarms.pop_first().expect("there is a first");
            let is_answered = !self.asked[request].replies.is_empty();
            let attempts = &self.asked[request].attempts;
            let is_all_lost = attempts.iter().all(|attempt| self.is_lost(*attempt));
            let again = match alarm {
                Alarm::AfterAnswer => true,
                _ => !is_answered && (is_all_lost || attempts.len() < ATTEMPTS_MAX),
            };
            if !again {
                continue;
            }
            match alarm {
                Alarm::Timeout => statistics.retries_timeout += 1,
                Alarm::AfterCrash => statistics.retries_crash += 1,
                Alarm::AfterAnswer => statistics.retries_answered += 1,
            }
            self.attempt(request);
            if alarm == Alarm::Timeout {
                self.set_alarm(clock, request, Alarm::Timeout);
            }
        }
    }

    fn is_lost(&self, attempt: usize) -> bool {
        self.attempts[attempt].place == Place::Lost
    }

    /// One attempt in the air arrives.
    pub fn record(&mut self) -> Recorded {
        let chosen = self.random.below(self.air.len());
        let attempt = self.air.swap_remove(chosen);
        self.attempts[attempt].place = Place::Recorded;
        let Attempt { request, client, .. } = self.attempts[attempt];
        let Planned { request, context, .. } = self.asked[request].planned.clone();
        let (number, client_name) = (attempt as u64, attempt.to_string().into_bytes());
        let submission = Submission { request, number, client: client_name, context };
        Recorded { submission, client }
    }

    /// A crash takes what is in the air, and whoever has no reply may send again.
    pub fn crash(&mut self, clock: u64, statistics: &mut Statistics) {
        for attempt in std::mem::take(&mut self.air) {
            let request = self.attempts[attempt].request;
            let asked = &mut self.asked[request];
            if request < self.preparation && !asked.is_keyed() {
                // The others count on it.
                self.air.push(attempt);
                continue;
            }
            self.attempts[attempt].place = Place::Lost;
            statistics.requests_lost += 1;
            if !asked.is_keyed() {
                asked.is_lost = true;
                self.under_way -= 1;
            }
        }
        for request in 0..self.sent {
            let asked = &mut self.asked[request];
            if !asked.replies.is_empty() || asked.is_lost {
                continue;
            }
            let is_recorded = |attempt: &usize| self.attempts[*attempt].place == Place::Recorded;
            if asked.attempts.iter().any(is_recorded) && !asked.hit_by_crash {
                asked.hit_by_crash = true;
                statistics.hit_by_crash += 1;
            }
            if asked.is_keyed() && self.random.happens(self.options.retry_crash_rate) {
                self.set_alarm(clock, request, Alarm::AfterCrash);
            }
        }
    }

    /// A reply arrives.
    ///
    /// # Errors
    /// It is not for us, or not what came before.
    pub fn receive(
        &mut self,
        departure: Departure,
        clock: u64,
        statistics: &mut Statistics,
    ) -> Result<(), Finding> {
        let Departure { client, reply, is_repeated } = departure;
        let unknown = || Finding::UnknownClient(readable(&client));
        let number: usize = std::str::from_utf8(&client)
            .ok()
            .and_then(|text| text.parse().ok())
            .filter(|number| *number < self.attempts.len())
            .ok_or_else(unknown)?;
        let request = self.attempts[number].request;
        if self.attempts[number].place != Place::Recorded {
            return Err(unknown());
        }
        let asked = &mut self.asked[request];
        asked.replies.push((clock, reply));
        let ((_, first), (_, reply)) = (&asked.replies[0], &asked.replies[asked.replies.len() - 1]);
        if first != reply {
            let (first, second) = (readable(first), readable(reply));
            let request = asked.planned.number;
            return Err(Finding::ReplyChanged { request, first, second });
        }
        if self.attempts[number].is_answered {
            if !is_repeated {
                return Err(Finding::AnsweredTwice { request: asked.planned.number });
            }
            statistics.replies_repeated += 1;
            return Ok(());
        }
        self.attempts[number].is_answered = true;
        if asked.replies.len() == 1 {
            self.under_way -= 1;
            if asked.is_keyed() && self.random.happens(self.options.retry_answered_rate) {
                self.set_alarm(clock, request, Alarm::AfterAnswer);
            }
        }
        Ok(())
    }

    /// Whether all was sent, answered or lost for good, and nobody wants to do anything any more.
    pub fn are_done(&self) -> bool {
        self.sent == self.asked.len()
            && self.under_way == 0
            && self.air.is_empty()
            && self.unanswered().is_empty()
            && self.alarms.iter().all(|(_, _, alarm)| *alarm != Alarm::AfterAnswer)
    }

    /// Recorded attempts without a reply.
    pub fn unanswered(&self) -> Vec<usize> {
        let attempts = self.attempts.iter().enumerate();
        let open = attempts
            .filter(|(_, attempt)| attempt.place == Place::Recorded && !attempt.is_answered);
        open.map(|(number, _)| number).collect()
    }

    /// The number of the request that an attempt was sent for.
    pub fn number_of(&self, attempt: usize) -> u64 {
        self.asked[self.attempts[attempt].request].planned.number
    }
}
