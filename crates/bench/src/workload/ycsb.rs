//! The workload `ycsb`: YCSB with transactions.
//!
//! | mix | read | update | transfer |
//! | --- | --- | --- | --- |
//! | A | 50 % | 50 % | |
//! | B | 95 % | 5 % | |
//! | T | | | 100 % |
//! | M | 45 % | 45 % | 10 % |
//!
//! At the end every record is read. Its balance must be what acknowledged transfers leave it, and
//! its data what one of the last updates wrote: [`updates`] has which those are.

mod updates;

use serde_json::Value as Json;

use self::updates::{Update, Updates};
use super::account_number::AccountNumber;
use super::ledger::Ledger;
use super::transfer::{FIRST_BALANCE, describe_keys, is_existing};
use super::{Application, Description, Outcome, Requests, Workload};
use crate::call::{Answer, Argument, Broken, Call, Key, Send};
use crate::connection::LoadError;
use crate::exchange::Exchange;
use crate::keys::Keys;
use crate::random::Random;

const APPLICATION: Application =
    Application { files: &[("ycsb.py", include_str!("../../../../workloads/ycsb/ycsb.py"))] };

const CLASS: &str = "Account";
const KINDS: [&str; 3] = ["read", "update", "transfer"];
const READ: usize = 0;
const UPDATE: usize = 1;
const TRANSFER: usize = 2;

/// How often which kind of request comes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mix {
    A,
    B,
    T,
    M,
}

impl Mix {
    pub fn name(self) -> &'static str {
        match self {
            Mix::A => "A",
            Mix::B => "B",
            Mix::T => "T",
            Mix::M => "M",
        }
    }

    /// Percentages in the order of the kinds.
    fn shares(self) -> [u64; 3] {
        match self {
            Mix::A => [50, 50, 0],
            Mix::B => [95, 5, 0],
            Mix::T => [0, 0, 100],
            Mix::M => [45, 45, 10],
        }
    }

    fn choose(self, random: &mut Random) -> usize {
        let mut number = random.below(100);
        for (kind, share) in self.shares().into_iter().enumerate() {
            if number < share {
                return kind;
            }
            number -= share;
        }
        unreachable!("shares are percentages")
    }
}

/// Requests of a mix.
#[derive(Debug)]
pub struct Ycsb {
    mix: Mix,
    keys: Keys,
    record_bytes: usize,
    random: Random,
    ledger: Ledger,
    updates: Updates,
    /// The data of the update that is made.
    data: String,
}

/// A request under way.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    Read { account: u64 },
    Update(Update),
    Transfer { source: u64, target: u64, amount: i64 },
}

impl Ycsb {
    /// `record_bytes` is how long the data of a record is.
    pub fn new(mix: Mix, keys: Keys, record_bytes: usize, seed: u64) -> Self {
        Self {
            mix,
            keys,
            record_bytes,
            random: Random::new(seed),
            ledger: Ledger::new(Vec::new()),
            updates: Updates::default(),
            data: String::new(),
        }
    }

    fn broken(&self, asked: Asked, answer: &Answer) -> Broken {
        Broken::unexpected(format!("{asked:?}"), answer)
    }
}

/// The data that update number `number` writes, of `bytes` characters; 0 is the first data.
fn write_data(data: &mut String, number: u64, bytes: usize) {
    use std::fmt::Write;
    data.clear();
    write!(data, "{number}:").expect("a String takes all");
    while data.len() < bytes {
        data.push('x');
    }
}

/// Which update wrote this.
fn update_of(data: &str) -> Option<u64> {
    data.split_once(':')?.0.parse().ok()
}

impl Requests for Ycsb {
    type Asked = Asked;

    fn ask(&mut self, send: &mut Send<'_>) -> Option<Asked> {
        let kind = self.mix.choose(&mut self.random);
        let (account, other) = match kind {
            TRANSFER => self.keys.choose_two(&mut self.random),
            _ => (self.keys.choose(&mut self.random), 0),
        };
        let number = AccountNumber::new(account);
        let call = |method, arguments| Call::Method {
            class: CLASS,
            key: Key::Text(number.text()),
            method,
            arguments,
        };
        Some(match kind {
            READ => {
                send(call("read", &[]));
                Asked::Read { account }
            }
            UPDATE => {
                let update = self.updates.ask(account);
                write_data(&mut self.data, update.number, self.record_bytes);
                send(call("update", &[("data", Argument::Text(&self.data))]));
                Asked::Update(update)
            }
            _ => {
                let amount = 1 + self.random.below(100) as i64;
                let to = AccountNumber::new(other);
                let to = Argument::Entity { class: CLASS, key: Key::Text(to.text()) };
                let arguments = [("amount", Argument::Integer(amount)), ("to", to)];
                send(call("transfer", &arguments));
                Asked::Transfer { source: account, target: other, amount }
            }
        })
    }

    fn answered(&mut self, asked: Asked, answer: Answer) -> Result<Outcome, Broken> {
        if answer.status != 200 {
            return Err(self.broken(asked, &answer));
        }
        match (asked, &answer.body) {
            (Asked::Read { .. }, Json::Array(record)) => {
                let data = record.get(1).and_then(Json::as_str);
                if record.len() != 2 || data.and_then(update_of).is_none() {
                    return Err(self.broken(asked, &answer));
                }
                Ok(Outcome::Done(READ))
            }
            (Asked::Update(update), Json::Null) => {
                self.updates.answered(update);
                Ok(Outcome::Done(UPDATE))
            }
            (Asked::Transfer { source, target, amount }, Json::Bool(true)) => {
                self.ledger.transfer(source, target, amount);
                Ok(Outcome::Done(TRANSFER))
            }
            (Asked::Transfer { .. }, Json::Bool(false)) => Ok(Outcome::Failed(TRANSFER)),
            _ => Err(self.broken(asked, &answer)),
        }
    }
}

impl Workload for Ycsb {
    fn application(&self) -> Application {
        APPLICATION
    }

    fn describe(&self) -> Description {
        let shares = self.mix.shares().into_iter().zip(KINDS);
        let shares = shares.filter(|(share, _)| *share > 0);
        let shares: Vec<String> = shares.map(|(share, kind)| format!("{share} % {kind}")).collect();
        let mut parameters = describe_keys("records", &self.keys);
        parameters.push(("bytes of data in a record".to_owned(), self.record_bytes.to_string()));
        Description {
            name: format!("ycsb {}", self.mix.name()),
            summary: format!(
                "YCSB with transactions, mix {}: {}. A read gets a record, an update writes its \
                 data, a transfer reads and writes two records in one transaction.",
                self.mix.name(),
                shares.join(", ")
            ),
            parameters,
        }
    }

    fn kinds(&self) -> &'static [&'static str] {
        &KINDS
    }

    fn prepare(&mut self, server: &Exchange<'_>) -> Result<(), LoadError> {
        let count = self.keys.count();
        let mut data = String::new();
        write_data(&mut data, 0, self.record_bytes);
        let mut existing = 0;
        server.each(
            "records are made",
            count,
            |number, send| {
                let key = AccountNumber::new(number);
                send(Call::Create {
                    class: CLASS,
                    arguments: &[
                        ("number", Argument::Text(key.text())),
                        ("balance", Argument::Integer(FIRST_BALANCE)),
                        ("data", Argument::Text(&data)),
                    ],
                });
            },
            |number, answer| {
                existing += u64::from(is_existing(&answer, &format!("making record {number}"))?);
                Ok(())
            },
        )?;
        let mut balances = vec![FIRST_BALANCE; count as usize];
        if existing > 0 {
            let updates = &mut self.updates;
            read_all(server, count, |account, balance, number| {
                balances[account as usize] = balance;
                updates.found(account, number);
                Ok(())
            })?;
        }
        self.ledger = Ledger::new(balances);
        Ok(())
    }

    fn check(&mut self, server: &Exchange<'_>) -> Result<Vec<String>, LoadError> {
        let count = self.keys.count();
        let mut balances = vec![0; count as usize];
        let updates = &self.updates;
        read_all(server, count, |account, balance, number| {
            balances[account as usize] = balance;
            updates.check(account, number)
        })?;
        self.ledger.check(&balances)?;
        Ok(vec![
            "money is conserved".to_owned(),
            "every acknowledged transfer is there, once".to_owned(),
            "every record has the data of its last acknowledged update".to_owned(),
        ])
    }
}

/// Reads all records: account, balance, and which update wrote the data.
fn read_all(
    server: &Exchange<'_>,
    count: u64,
    mut found: impl FnMut(u64, i64, u64) -> Result<(), Broken>,
) -> Result<(), LoadError> {
    server.each(
        "records are read",
        count,
        |number, send| {
            send(Call::State { class: CLASS, key: Key::Text(AccountNumber::new(number).text()) });
        },
        |number, answer| {
            let balance = answer.body.get("balance").and_then(Json::as_i64);
            let update = answer.body.get("data").and_then(Json::as_str).and_then(update_of);
            match (answer.status, balance, update) {
                (200, Some(balance), Some(update)) => found(number, balance, update),
                _ => Err(Broken::unexpected(format!("reading record {number}"), &answer)),
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::Distribution;

    fn requests(mix: Mix, seed: u64, count: usize) -> Vec<String> {
        let mut ycsb = Ycsb::new(mix, Keys::new(100, Distribution::Zipf(0.99)), 20, seed);
        let mut made = Vec::new();
        for _ in 0..count {
            ycsb.ask(&mut |call| made.push(format!("{call:?}")));
        }
        made
    }

    #[test]
    fn the_same_seed_gives_the_same_requests_and_another_one_others() {
        assert_eq!(requests(Mix::M, 1, 200), requests(Mix::M, 1, 200));
        assert_ne!(requests(Mix::M, 1, 200), requests(Mix::M, 2, 200));
    }

    #[test]
    fn kinds_come_as_often_as_the_mix_says() {
        for mix in [Mix::A, Mix::B, Mix::T, Mix::M] {
            let mut random = Random::new(3);
            let mut counts = [0_u64; 3];
            for _ in 0..100_000 {
                counts[mix.choose(&mut random)] += 1;
            }
            for (count, share) in counts.into_iter().zip(mix.shares()) {
                let found = count as f64 / 1000.0;
                assert!((found - share as f64).abs() < 1.0, "{mix:?}: {found} {share}");
                assert_eq!(count == 0, share == 0);
            }
        }
    }

    #[test]
    fn data_is_as_long_as_it_should_be_and_names_its_update() {
        let mut data = String::new();
        write_data(&mut data, 41, 100);
        assert_eq!((data.len(), update_of(&data)), (100, Some(41)));
        write_data(&mut data, 123_456, 3);
        assert_eq!(update_of(&data), Some(123_456));
    }
}
