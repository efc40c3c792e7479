//! What a workload is: an application, the entities it begins with, the requests it gets, and what
//! must be true at the end.

pub mod cart;
pub mod hotel_reservation;
pub mod splitting;
pub mod tpcc;
pub mod transfer;
pub mod travel_reservation;
pub mod ycsb;

pub(crate) mod account_number;
pub(crate) mod ledger;

use crate::call::{Answer, Broken, Send};
use crate::connection::LoadError;
use crate::exchange::Exchange;
use crate::load::{self, Load, Target};
use crate::measurement::Measurement;
use crate::progress::Observer;

/// A source of requests.
pub trait Requests {
    /// What is remembered of a request until it is answered.
    type Asked;

    /// Makes the next request and gives it to `send`; `None` if there are no more.
    fn ask(&mut self, send: &mut Send<'_>) -> Option<Self::Asked>;

    /// Takes note of an answer. Answers that refuse a request for lack of room (429, 503) do not
    /// come here: such a request was not applied.
    ///
    /// # Errors
    /// The answer is not one that the workload expects.
    fn answered(&mut self, asked: Self::Asked, answer: Answer) -> Result<Outcome, Broken>;
}

/// What came of a request, with its kind: a position in [`Workload::kinds`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Done(usize),
    /// It was refused as the workload wants it: without money, without a room, rolled back.
    Failed(usize),
}

impl Outcome {
    pub fn kind(self) -> usize {
        match self {
            Outcome::Done(kind) | Outcome::Failed(kind) => kind,
        }
    }
}

/// An application as a user would write it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Application {
    /// Names and sources of its files; the first is the main one.
    pub files: &'static [(&'static str, &'static str)],
}

/// What a workload is, for people.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Description {
    pub name: String,
    /// One sentence.
    pub summary: String,
    /// Names and values.
    pub parameters: Vec<(String, String)>,
}

/// Requests to an application, with all that belongs to them.
pub trait Workload: Requests {
    fn application(&self) -> Application;

    fn describe(&self) -> Description;

    /// What kinds of requests there are.
    fn kinds(&self) -> &'static [&'static str];

    /// Makes the entities it begins with, or reads those that are there.
    ///
    /// # Errors
    /// The server fails, or has something else.
    fn prepare(&mut self, server: &Exchange<'_>) -> Result<(), LoadError>;

    /// Compares what the server has with what it must have; says what was compared.
    ///
    /// # Errors
    /// The server fails, or an invariant is broken.
    fn check(&mut self, server: &Exchange<'_>) -> Result<Vec<String>, LoadError>;
}

/// Any workload: what [`Workload`] is without naming its requests.
pub trait AnyWorkload {
    fn application(&self) -> Application;
    fn describe(&self) -> Description;
    fn kinds(&self) -> &'static [&'static str];

    /// See [`Workload::prepare`].
    ///
    /// # Errors
    /// As there.
    fn prepare(&mut self, server: &Exchange<'_>) -> Result<(), LoadError>;

    /// Puts `load` on a server with requests of the workload.
    ///
    /// # Errors
    /// See [`load::run`].
    fn run(
        &mut self,
        target: &Target,
        load: &Load,
        observer: Observer<'_>,
    ) -> Result<Measurement, LoadError>;

    /// See [`Workload::check`].
    ///
    /// # Errors
    /// As there.
    fn check(&mut self, server: &Exchange<'_>) -> Result<Vec<String>, LoadError>;
}

impl<W: Workload> AnyWorkload for W {
    fn application(&self) -> Application {
        Workload::application(self)
    }

    fn describe(&self) -> Description {
        Workload::describe(self)
    }

    fn kinds(&self) -> &'static [&'static str] {
        Workload::kinds(self)
    }

    fn prepare(&mut self, server: &Exchange<'_>) -> Result<(), LoadError> {
        Workload::prepare(self, server)
    }

    fn run(
        &mut self,
        target: &Target,
        load: &Load,
        observer: Observer<'_>,
    ) -> Result<Measurement, LoadError> {
        load::run(target, load, self, observer)
    }

    fn check(&mut self, server: &Exchange<'_>) -> Result<Vec<String>, LoadError> {
        Workload::check(self, server)
    }
}
