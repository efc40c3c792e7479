//! The workload `splitting`: the same work in one piece or in several segments, on large states.
//! Only experiments use it.

use serde_json::Value as Json;

use super::transfer::is_existing;
use super::{Application, Description, Outcome, Requests, Workload};
use crate::call::{Answer, Argument, Broken, Call, Key, Send};
use crate::connection::LoadError;
use crate::exchange::Exchange;
use crate::random::Random;

const APPLICATION: Application = Application {
    files: &[("splitting.py", include_str!("../../../../workloads/splitting/splitting.py"))],
};

const CLASS: &str = "Record";

/// In how many pieces the work is done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pieces {
    One,
    Five,
}

/// Writes to records.
#[derive(Debug)]
pub struct Splitting {
    state_bytes: usize,
    pieces: Pieces,
    random: Random,
    /// How often each record was written.
    written: Vec<i64>,
}

impl Splitting {
    pub fn new(records: u64, state_bytes: usize, seed: u64) -> Self {
        let written = vec![0; records as usize];
        Self { state_bytes, pieces: Pieces::One, random: Random::new(seed), written }
    }

    /// From now on the work is done so.
    pub fn use_pieces(&mut self, pieces: Pieces) {
        self.pieces = pieces;
    }

    fn look(&self, server: &Exchange<'_>) -> Result<Vec<i64>, LoadError> {
        let mut found = vec![0; self.written.len()];
        server.one_by_one(
            "records are read",
            found.len() as u64,
            |number, send| {
                send(Call::State { class: CLASS, key: Key::Text(&format!("record-{number}")) });
            },
            |number, answer| match answer.integer("written") {
                Some(written) => {
                    found[number as usize] = written;
                    Ok(())
                }
                None => Err(Broken::unexpected(format!("reading record {number}"), &answer)),
            },
        )?;
        Ok(found)
    }
}

impl Requests for Splitting {
    type Asked = u64;

    fn ask(&mut self, send: &mut Send<'_>) -> Option<u64> {
        let record = self.random.below(self.written.len() as u64);
        send(Call::Method {
            class: CLASS,
            key: Key::Text(&format!("record-{record}")),
            method: match self.pieces {
                Pieces::One => "whole",
                Pieces::Five => "split",
            },
            arguments: &[("text", Argument::Text(" some text "))],
        });
        Some(record)
    }

    fn answered(&mut self, record: u64, answer: Answer) -> Result<Outcome, Broken> {
        match (answer.status, &answer.body) {
            (200, Json::Number(_)) => {
                self.written[record as usize] += 1;
                Ok(Outcome::Done(0))
            }
            _ => Err(Broken::unexpected(format!("writing record {record}"), &answer)),
        }
    }
}

impl Workload for Splitting {
    fn application(&self) -> Application {
        APPLICATION
    }

    fn describe(&self) -> Description {
        Description {
            name: "splitting".to_owned(),
            summary: "The same work in one piece and in five segments.".to_owned(),
            parameters: vec![
                ("records".to_owned(), self.written.len().to_string()),
                ("bytes of a state".to_owned(), self.state_bytes.to_string()),
            ],
        }
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["write"]
    }

    fn prepare(&mut self, server: &Exchange<'_>) -> Result<(), LoadError> {
        let payload = "x".repeat(self.state_bytes);
        server.one_by_one(
            "records are made",
            self.written.len() as u64,
            |number, send| {
                let key = format!("record-{number}");
                let arguments =
                    [("record_id", Argument::Text(&key)), ("payload", Argument::Text(&payload))];
                send(Call::Create { class: CLASS, arguments: &arguments });
            },
            |number, answer| is_existing(&answer, &format!("making record {number}")).map(|_| ()),
        )?;
        self.written = self.look(server)?;
        Ok(())
    }

    fn check(&mut self, server: &Exchange<'_>) -> Result<Vec<String>, LoadError> {
        let found = self.look(server)?;
        let mut pairs = self.written.iter().zip(&found).enumerate();
        if let Some((record, (expected, found))) = pairs.find(|(_, (one, other))| one != other) {
            return Err(LoadError::Broken(Broken::Invariant(format!(
                "record {record} was written {found} times, acknowledged were {expected}"
            ))));
        }
        Ok(vec!["every acknowledged write is there, once".to_owned()])
    }
}
