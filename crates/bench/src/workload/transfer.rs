//! The workload `transfer`: money moves between two of many accounts.
//!
//! The *ledger* holds for each account what it had before and what acknowledged transfers changed.
//! At the end every account is read through the same interface and must have exactly that: an
//! acknowledged transfer that is missing, one that was applied twice or in part, and money from
//! nowhere all show.

use serde_json::Value as Json;

use super::account_number::AccountNumber;
use super::ledger::Ledger;
use super::{Application, Description, Outcome, Requests, Workload};
use crate::call::{Answer, Argument, Broken, Call, Key, Send};
use crate::connection::LoadError;
use crate::exchange::Exchange;
use crate::keys::{Distribution, Keys};
use crate::random::Random;

/// The application.
pub const APPLICATION: Application = Application {
    files: &[("transfer.py", include_str!("../../../../workloads/transfer/transfer.py"))],
};

/// What each account has at first: enough to never run dry.
pub const FIRST_BALANCE: i64 = 1_000_000_000;

const CLASS: &str = "Account";

/// Transfers of 1 to 100 between two different accounts.
#[derive(Debug)]
pub struct Transfers {
    keys: Keys,
    random: Random,
    ledger: Ledger,
}

/// One transfer under way.
#[derive(Clone, Copy, Debug)]
pub struct Transfer {
    source: u64,
    target: u64,
    amount: i64,
}

impl Transfers {
    pub fn new(keys: Keys, seed: u64) -> Self {
        Self { keys, random: Random::new(seed), ledger: Ledger::new(Vec::new()) }
    }

    /// From now on accounts are chosen so; there must be as many.
    pub fn choose_by(&mut self, keys: &Keys) {
        assert_eq!(self.keys.count(), keys.count(), "there are other accounts");
        self.keys = keys.clone();
    }
}

impl Transfer {
    /// Of 1 to 100, between two different accounts.
    pub(crate) fn choose(keys: &Keys, random: &mut Random) -> Self {
        let (source, target) = keys.choose_two(random);
        Self { source, target, amount: 1 + random.below(100) as i64 }
    }

    /// The keys of its source and its target.
    pub(crate) fn accounts(self) -> (AccountNumber, AccountNumber) {
        (AccountNumber::new(self.source), AccountNumber::new(self.target))
    }

    pub(crate) fn amount(self) -> i64 {
        self.amount
    }

    /// Takes note of the answer to it.
    pub(crate) fn answered(self, answer: &Answer, ledger: &mut Ledger) -> Result<Outcome, Broken> {
        let Transfer { source, target, amount } = self;
        match (answer.status, answer.body.as_bool()) {
            (200, Some(true)) => {
                ledger.transfer(source, target, amount);
                Ok(Outcome::Done(0))
            }
            (200, Some(false)) => Ok(Outcome::Failed(0)),
            _ => {
                let call = format!("a transfer of {amount} from {source} to {target}");
                Err(Broken::unexpected(call, answer))
            }
        }
    }
}

impl Requests for Transfers {
    type Asked = Transfer;

    fn ask(&mut self, send: &mut Send<'_>) -> Option<Transfer> {
        let transfer = Transfer::choose(&self.keys, &mut self.random);
        let (from, to) = transfer.accounts();
        send(Call::Method {
            class: CLASS,
            key: Key::Text(from.text()),
            method: "transfer",
            arguments: &[
                ("amount", Argument::Integer(transfer.amount)),
                ("to", Argument::Entity { class: CLASS, key: Key::Text(to.text()) }),
            ],
        });
        Some(transfer)
    }

    fn answered(&mut self, asked: Transfer, answer: Answer) -> Result<Outcome, Broken> {
        asked.answered(&answer, &mut self.ledger)
    }
}

impl Workload for Transfers {
    fn application(&self) -> Application {
        APPLICATION
    }

    fn describe(&self) -> Description {
        Description {
            name: "transfer".to_owned(),
            summary: "Money moves between two different accounts; two reads and two writes of \
                      two entities in one transaction."
                .to_owned(),
            parameters: describe_keys("accounts", &self.keys),
        }
    }

    fn kinds(&self) -> &'static [&'static str] {
        &["transfer"]
    }

    fn prepare(&mut self, server: &Exchange<'_>) -> Result<(), LoadError> {
        let count = self.keys.count();
        let mut existing = 0;
        server.each(
            "accounts are made",
            count,
            |number, send| {
                let key = AccountNumber::new(number);
                send(Call::Create {
                    class: CLASS,
                    arguments: &[
                        ("number", Argument::Text(key.text())),
                        ("balance", Argument::Integer(FIRST_BALANCE)),
                    ],
                });
            },
            |number, answer| {
                existing += u64::from(is_existing(&answer, &format!("making account {number}"))?);
                Ok(())
            },
        )?;
        let balances = match existing {
            0 => vec![FIRST_BALANCE; count as usize],
            _ => balances(server, count)?,
        };
        self.ledger = Ledger::new(balances);
        Ok(())
    }

    fn check(&mut self, server: &Exchange<'_>) -> Result<Vec<String>, LoadError> {
        let found = balances(server, self.keys.count())?;
        self.ledger.check(&found)?;
        Ok(vec![
            "money is conserved".to_owned(),
            "every acknowledged transfer is there, once".to_owned(),
        ])
    }
}

/// Whether an entity that should have been made was there before.
pub(crate) fn is_existing(answer: &Answer, call: &str) -> Result<bool, Broken> {
    match answer.status {
        201 => Ok(false),
        409 => Ok(true),
        _ => Err(Broken::unexpected(call, answer)),
    }
}

pub(crate) fn describe_keys(what: &str, keys: &Keys) -> Vec<(String, String)> {
    let distribution = match keys.distribution() {
        Distribution::Uniform => "uniform".to_owned(),
        Distribution::Zipf(exponent) => format!("zipf {exponent}"),
    };
    vec![
        (what.to_owned(), keys.count().to_string()),
        ("distribution of keys".to_owned(), distribution),
    ]
}

fn balances(server: &Exchange<'_>, count: u64) -> Result<Vec<i64>, LoadError> {
    let mut balances = vec![0; count as usize];
    server.each(
        "accounts are read",
        count,
        |number, send| {
            send(Call::State { class: CLASS, key: Key::Text(AccountNumber::new(number).text()) });
        },
        |number, answer| match (answer.status, answer.body.get("balance").and_then(Json::as_i64)) {
            (200, Some(balance)) => {
                balances[number as usize] = balance;
                Ok(())
            }
            _ => Err(Broken::unexpected(format!("reading account {number}"), &answer)),
        },
    )?;
    Ok(balances)
}
