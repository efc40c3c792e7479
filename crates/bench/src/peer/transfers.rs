//! Transfers as requests to a peer, and what its accounts must have in the end.

use super::PeerServer;
use crate::call::{Answer, Argument, Broken, Call, Send};
use crate::connection::{LoadError, Protocol};
use crate::exchange::Exchange;
use crate::keys::Keys;
use crate::progress::Observer;
use crate::random::Random;
use crate::workload::account_number::AccountNumber;
use crate::workload::ledger::Ledger;
use crate::workload::transfer::{FIRST_BALANCE, Transfer};
use crate::workload::{Outcome, Requests};

/// The names of a peer's functions.
#[derive(Clone, Debug)]
struct Functions {
    open: String,
    balance: String,
    transfer: String,
}

/// Transfers of 1 to 100 between two different accounts, as those of the workload `transfer`.
#[derive(Debug)]
pub struct PeerTransfers {
    keys: Keys,
    random: Random,
    ledger: Ledger,
    functions: Functions,
}

impl PeerTransfers {
    /// Opens what accounts there are not yet.
    ///
    /// # Errors
    /// The peer fails.
    pub fn prepare(
        server: &PeerServer,
        keys: &Keys,
        observer: Observer<'_>,
    ) -> Result<Self, LoadError> {
        let named = |name: &str| format!("{}{name}", server.prefix());
        let functions = Functions {
            open: named("open"),
            balance: named("balance"),
            transfer: named("transfer"),
        };
        let (existing, count) = (server.existing_accounts(), keys.count());
        exchange(server, observer).each(
            "accounts are opened",
            count - existing,
            |number, send| {
                let key = AccountNumber::new(existing + number);
                let arguments = [
                    ("number", Argument::Text(key.text())),
                    ("balance", Argument::Integer(FIRST_BALANCE)),
                ];
                send(Call::Function { name: &functions.open, arguments: &arguments });
            },
            |number, answer| match answer.status {
                200 => Ok(()),
                _ => Err(Broken::unexpected(format!("opening account {number}"), &answer)),
            },
        )?;
        let ledger = Ledger::new(vec![FIRST_BALANCE; count as usize]);
        Ok(Self { keys: keys.clone(), random: Random::new(1), ledger, functions })
    }

    /// From now on accounts are chosen so; there must be as many.
    pub fn choose_by(&mut self, keys: &Keys) {
        assert_eq!(self.keys.count(), keys.count(), "there are other accounts");
        self.keys = keys.clone();
    }

    /// Compares all accounts with what acknowledged transfers leave them.
    ///
    /// # Errors
    /// The peer fails, or an account is wrong.
    pub fn check(&self, server: &PeerServer, observer: Observer<'_>) -> Result<(), LoadError> {
        let mut found = vec![0; self.keys.count() as usize];
        exchange(server, observer).each(
            "accounts are read",
            self.keys.count(),
            |number, send| {
                let key = AccountNumber::new(number);
                let arguments = [("number", Argument::Text(key.text()))];
                send(Call::Function { name: &self.functions.balance, arguments: &arguments });
            },
            |number, answer| match (answer.status, answer.body.as_i64()) {
                (200, Some(balance)) => {
                    found[number as usize] = balance;
                    Ok(())
                }
                _ => Err(Broken::unexpected(format!("reading account {number}"), &answer)),
            },
        )?;
        Ok(self.ledger.check(&found)?)
    }
}

fn exchange<'a>(server: &'a PeerServer, observer: Observer<'a>) -> Exchange<'a> {
    Exchange { target: server.target(), protocol: Protocol::Http, observer }
}

impl Requests for PeerTransfers {
    type Asked = Transfer;

    fn ask(&mut self, send: &mut Send<'_>) -> Option<Transfer> {
        let transfer = Transfer::choose(&self.keys, &mut self.random);
        let (source, target) = transfer.accounts();
        let arguments = [
            ("source", Argument::Text(source.text())),
            ("target", Argument::Text(target.text())),
            ("amount", Argument::Integer(transfer.amount())),
        ];
        send(Call::Function { name: &self.functions.transfer, arguments: &arguments });
        Some(transfer)
    }

    fn answered(&mut self, asked: Transfer, answer: Answer) -> Result<Outcome, Broken> {
        asked.answered(&answer, &mut self.ledger)
    }
}
