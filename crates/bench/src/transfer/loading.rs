//! Accounts are made before and read after the transfers: workloads too.

use serde_json::Value as Json;

use super::{AccountNumber, CLASS, FIRST_BALANCE};
use crate::workload::{Answer, Argument, Broken, Call, Workload};

/// Makes accounts.
#[derive(Debug)]
pub struct Creation {
    next: u64,
    end: u64,
    existing: u64,
}

impl Creation {
    /// Of so many accounts.
    pub fn new(count: u64) -> Self {
        Self { next: 0, end: count, existing: 0 }
    }

    /// How many were there before.
    pub fn existing(&self) -> u64 {
        self.existing
    }
}

impl Workload for Creation {
    type Asked = u64;

    fn ask(&mut self, send: &mut dyn FnMut(Call<'_>)) -> Option<u64> {
        if self.next == self.end {
            return None;
        }
        let number = self.next;
        self.next += 1;
        let key = AccountNumber::new(number);
        send(Call::Create {
            class: CLASS,
            arguments: &[
                ("number", Argument::Text(key.text())),
                ("balance", Argument::Integer(FIRST_BALANCE)),
            ],
        });
        Some(number)
    }

    fn answered(&mut self, number: u64, answer: Answer) -> Result<(), Broken> {
        match answer.status {
            201 => {}
            409 => self.existing += 1,
            _ => return Err(Broken::unexpected(format!("making account {number}"), &answer)),
        }
        Ok(())
    }
}

/// Reads the balances of all accounts.
#[derive(Debug)]
pub struct Reading {
    next: u64,
    balances: Vec<i64>,
}

impl Reading {
    /// Of so many accounts.
    pub fn new(count: u64) -> Self {
        Self { next: 0, balances: vec![0; count as usize] }
    }

    /// What was found.
    pub fn into_balances(self) -> Vec<i64> {
        self.balances
    }
}

impl Workload for Reading {
    type Asked = u64;

    fn ask(&mut self, send: &mut dyn FnMut(Call<'_>)) -> Option<u64> {
        if self.next == self.balances.len() as u64 {
            return None;
        }
        let number = self.next;
        self.next += 1;
        send(Call::State { class: CLASS, key: AccountNumber::new(number).text() });
        Some(number)
    }

    fn answered(&mut self, number: u64, answer: Answer) -> Result<(), Broken> {
        match (answer.status, answer.body.get("balance").and_then(Json::as_i64)) {
            (200, Some(balance)) => self.balances[number as usize] = balance,
            _ => return Err(Broken::unexpected(format!("reading account {number}"), &answer)),
        }
        Ok(())
    }
}
