//! Many requests to a server as fast as it answers: how entities are made before and read after.

use crate::call::{Answer, Broken, Send};
use crate::connection::{LoadError, Protocol};
use crate::load::{self, Load, Target};
use crate::progress::{Observer, Progress};
use crate::workload::{Outcome, Requests};

/// A server, and who is told how far things are.
#[derive(Clone, Copy)]
pub struct Exchange<'a> {
    pub target: &'a Target,
    pub protocol: Protocol,
    pub observer: Observer<'a>,
}

impl Exchange<'_> {
    /// Makes a request for each number below `count`, in any order of answers.
    ///
    /// # Errors
    /// The server fails or refuses requests, or `answered` does not expect an answer.
    pub fn each(
        &self,
        what: &str,
        count: u64,
        ask: impl FnMut(u64, &mut Send<'_>),
        answered: impl FnMut(u64, Answer) -> Result<(), Broken>,
    ) -> Result<(), LoadError> {
        self.all(what, count, &Load::everything(self.protocol), ask, answered)
    }

    /// As [`Exchange::each`], one after another: for requests that take long.
    ///
    /// # Errors
    /// As there.
    pub fn one_by_one(
        &self,
        what: &str,
        count: u64,
        ask: impl FnMut(u64, &mut Send<'_>),
        answered: impl FnMut(u64, Answer) -> Result<(), Broken>,
    ) -> Result<(), LoadError> {
        let everything = Load::everything(self.protocol);
        let load = Load { connections: 1, in_flight: 1, ..everything };
        self.all(what, count, &load, ask, answered)
    }

    fn all(
        &self,
        what: &str,
        count: u64,
        load: &Load,
        ask: impl FnMut(u64, &mut Send<'_>),
        answered: impl FnMut(u64, Answer) -> Result<(), Broken>,
    ) -> Result<(), LoadError> {
        let mut numbered = Numbered { next: 0, count, ask, answered };
        let observer = |progress: Progress<'_>| match progress {
            Progress::Time { answered: done, .. } => {
                (self.observer)(Progress::Requests { what, done, total: count });
            }
            progress => (self.observer)(progress),
        };
        let measurement = load::run(self.target, load, &mut numbered, &observer)?;
        (self.observer)(Progress::Requests { what, done: count, total: count });
        match measurement.refused {
            0 => Ok(()),
            // A request that was refused is missing.
            refused => Err(LoadError::Broken(Broken::Invariant(format!(
                "the server refused {refused} requests ({what}) for lack of room: try again when \
                 it is idle"
            )))),
        }
    }
}

struct Numbered<A, D> {
    next: u64,
    count: u64,
    ask: A,
    answered: D,
}

impl<A, D> Requests for Numbered<A, D>
where
    A: FnMut(u64, &mut Send<'_>),
    D: FnMut(u64, Answer) -> Result<(), Broken>,
{
    type Asked = u64;

    fn ask(&mut self, send: &mut Send<'_>) -> Option<u64> {
        if self.next == self.count {
            return None;
        }
        let number = self.next;
        self.next += 1;
        (self.ask)(number, send);
        Some(number)
    }

    fn answered(&mut self, asked: u64, answer: Answer) -> Result<Outcome, Broken> {
        (self.answered)(asked, answer)?;
        Ok(Outcome::Done(0))
    }
}
