//! The workload `transfer`: money moves between two of many accounts.
//!
//! The *ledger* holds for each account what it had before and what acknowledged transfers changed.
//! At the end every account is read through the same interface and must have exactly that: an
//! acknowledged transfer that is missing, one that was applied twice or in part, and money from
//! nowhere all show.

mod ledger;
mod loading;

use crate::keys::Keys;
use crate::random::Random;
use crate::workload::{Answer, Argument, Broken, Call, Workload};

pub use ledger::Ledger;
pub use loading::{Creation, Reading};

/// The application, as a user would write it.
pub const APPLICATION: &str = include_str!("../../../workloads/transfer/transfer.py");

/// What each account has at first: enough to never run dry.
pub const FIRST_BALANCE: i64 = 1_000_000_000;

const CLASS: &str = "Account";

/// Transfers of 1 to 100 between two different accounts.
#[derive(Debug)]
pub struct Transfers {
    keys: Keys,
    random: Random,
    ledger: Ledger,
    answered: u64,
}

/// One transfer under way.
#[derive(Clone, Copy, Debug)]
pub struct Transfer {
    source: u64,
    target: u64,
    amount: i64,
}

impl Transfers {
    pub fn new(keys: Keys, seed: u64, ledger: Ledger) -> Self {
        Self { keys, random: Random::new(seed), ledger, answered: 0 }
    }

    /// How many were answered, during warm-up too.
    pub fn answered_in_all(&self) -> u64 {
        self.answered
    }

    /// What the accounts must have now.
    pub fn into_ledger(self) -> Ledger {
        self.ledger
    }
}

impl Workload for Transfers {
    type Asked = Transfer;

    fn ask(&mut self, send: &mut dyn FnMut(Call<'_>)) -> Option<Transfer> {
        let (source, target) = self.keys.choose_two(&mut self.random);
        let amount = 1 + self.random.below(100) as i64;
        let (from, to) = (AccountNumber::new(source), AccountNumber::new(target));
        send(Call::Method {
            class: CLASS,
            key: from.text(),
            method: "transfer",
            arguments: &[
                ("amount", Argument::Integer(amount)),
                ("to", Argument::Entity { class: CLASS, key: to.text() }),
            ],
        });
        Some(Transfer { source, target, amount })
    }

    fn answered(&mut self, asked: Transfer, answer: Answer) -> Result<(), Broken> {
        let Transfer { source, target, amount } = asked;
        self.answered += 1;
        match (answer.status, answer.body.as_bool()) {
            (200, Some(true)) => self.ledger.transfer(source, target, amount),
            (200, Some(false)) => {}
            _ => {
                let call = format!("a transfer of {amount} from {source} to {target}");
                return Err(Broken::unexpected(call, &answer));
            }
        }
        Ok(())
    }
}

/// The key of an account, without an allocation.
#[derive(Clone, Copy)]
pub(crate) struct AccountNumber([u8; 16]);

impl AccountNumber {
    pub(crate) fn new(number: u64) -> Self {
        let mut text = *b"account-00000000";
        let mut rest = number;
        for digit in text[8..].iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        Self(text)
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.0).expect("it is ASCII")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_have_keys_of_one_length() {
        assert_eq!(AccountNumber::new(0).text(), "account-00000000");
        assert_eq!(AccountNumber::new(12_345_678).text(), "account-12345678");
    }
}
