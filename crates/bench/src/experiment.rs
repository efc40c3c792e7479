//! Transfers on a server, from making the accounts to checking them.

use crate::connection::{LoadError, Protocol};
use crate::keys::Keys;
use crate::load::{self, Load, Target};
use crate::measurement::Measurement;
use crate::processors::{self, Usage};
use crate::transfer::{Creation, FIRST_BALANCE, Ledger, Reading, Transfers};
use crate::workload::Broken;

/// Accounts on a server, and what they must have.
#[derive(Debug)]
pub struct Accounts {
    target: Target,
    ledger: Ledger,
    /// The server's process, if it is on this machine and known.
    process: Option<u32>,
    seed: u64,
}

/// What a load measured and used.
#[derive(Clone, Debug)]
pub struct Run {
    pub measurement: Measurement,
    /// Seconds of a processor that the generator used, warm-up included.
    pub generator: f64,
    /// What the threads of the server used, warm-up included.
    pub server: Usage,
    /// Requests of warm-up and measured time, to which the usage belongs.
    pub requests: u64,
}

/// What the generator is called among the threads.
const GENERATOR: &str = "load generator";

impl Run {
    /// Microseconds of a processor for each transfer, by thread.
    pub fn microseconds_each(&self) -> Usage {
        let each = |seconds: f64| seconds * 1e6 / self.requests.max(1) as f64;
        let server = self.server.iter().map(|(name, seconds)| (name.clone(), each(*seconds)));
        server.chain([(GENERATOR.to_owned(), each(self.generator))]).collect()
    }
}

impl Accounts {
    /// Makes so many accounts on a server, or takes those that are there.
    ///
    /// # Errors
    /// The server fails or has other accounts.
    pub fn prepare(target: Target, process: Option<u32>, count: u64) -> Result<Self, LoadError> {
        let everything = Load::everything(Protocol::Binary);
        let (creation, measurement) = load::run(&target, &everything, Creation::new(count))?;
        none_refused(&measurement)?;
        let balances = match creation.existing() {
            0 => vec![FIRST_BALANCE; count as usize],
            _ => balances(&target, count)?,
        };
        Ok(Self { target, ledger: Ledger::new(balances), process, seed: 0 })
    }

    pub fn count(&self) -> u64 {
        self.ledger.accounts()
    }

    /// Puts load on the server.
    ///
    /// # Errors
    /// The server fails; what the accounts must have is then not known any more.
    pub fn transfer(&mut self, load: &Load, keys: &Keys) -> Result<Run, LoadError> {
        // Every run has other transfers, and the same ones as in another comparison.
        self.seed += 1;
        let ledger = std::mem::replace(&mut self.ledger, Ledger::new(Vec::new()));
        let transfers = Transfers::new(keys.clone(), self.seed, ledger);
        let of_server = || self.process.map(processors::of_process).unwrap_or_default();
        let (generator, server) = (processors::of_this_thread(), of_server());
        let (transfers, measurement) = load::run(&self.target, load, transfers)?;
        let run = Run {
            generator: processors::of_this_thread() - generator,
            server: processors::between(&server, &of_server()),
            requests: transfers.answered_in_all(),
            measurement,
        };
        self.ledger = transfers.into_ledger();
        Ok(run)
    }

    /// Reads all accounts and compares them with what was acknowledged.
    ///
    /// # Errors
    /// The server fails, or something was lost, applied twice or in part.
    pub fn check(&self) -> Result<(), LoadError> {
        let found = balances(&self.target, self.count())?;
        Ok(self.ledger.check(&found)?)
    }
}

fn balances(target: &Target, count: u64) -> Result<Vec<i64>, LoadError> {
    let everything = Load::everything(Protocol::Binary);
    let (reading, measurement) = load::run(target, &everything, Reading::new(count))?;
    none_refused(&measurement)?;
    Ok(reading.into_balances())
}

/// A request that was refused is missing: not so when accounts are made or read.
fn none_refused(measurement: &Measurement) -> Result<(), Broken> {
    match measurement.refused {
        0 => Ok(()),
        refused => Err(Broken::Invariant(format!(
            "the server refused {refused} requests for lack of room: try again when it is idle"
        ))),
    }
}
