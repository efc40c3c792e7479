//! Ours and the baselines in one run, in turn: round by round each gets the machine for a few
//! seconds, so that what disturbs the machine disturbs all, and medians can be compared.

mod peers;
mod series;
mod targets;

use std::path::PathBuf;

use thiserror::Error;

use crate::baseline::postgres::{Isolation, Postgres};
use crate::baseline::script::Script;
use crate::baseline::{BaselineError, Turn, hand_written};
use crate::connection::Protocol;
use crate::keys::{Distribution, Keys};
use crate::load::Pace;
use crate::progress::{Observer, Progress};
use crate::server::{CommandLine, Durability, Engine, file_system};
use crate::target::Target;
use crate::trial::{Host, Run, Stage, Times, TrialError, standard_load};
use crate::workload::transfer::Transfers;

pub use peers::{PeersPlan, run_peers};
pub use series::{Series, Subject, median};

/// The skew of everything that is not uniform.
pub const ZIPF: Distribution = Distribution::Zipf(0.99);
/// Baselines are measured up to so many accounts.
const BASELINE_ACCOUNTS_MAX: u64 = 1_000_000;
/// The accounts for which targets are set, if they are measured.
const TARGET_ACCOUNTS: u64 = 1_000_000;
/// The rate of an application that has little to do.
pub const LOW_RATE: f64 = 100.0;

/// What is compared.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How a server of ours is started.
    pub command: CommandLine,
    /// What runs the baselines in Python.
    pub python: PathBuf,
    /// Numbers of accounts.
    pub accounts: Vec<u64>,
    pub rounds: usize,
    pub times: Times,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Comparison {
    pub series: Vec<Series>,
    pub targets: Vec<Target>,
    /// What has no figure, and why.
    pub missing: Vec<String>,
    /// Where data folders were.
    pub file_system: String,
    pub rounds: usize,
    pub times: Times,
}

/// Why there is no comparison.
#[derive(Debug, Error)]
pub enum ComparisonError {
    #[error(
        "temporary folders are in memory here ({0}): nothing would be durable; set TMPDIR to a \
         folder on a disk"
    )]
    NotDurable(String),
    #[error("{what}: {error}")]
    Trial { what: String, error: TrialError },
}

/// A server of ours with its accounts.
struct Bank {
    stage: Stage,
    transfers: Transfers,
    uniform: Keys,
    zipf: Keys,
}

impl Bank {
    fn open(
        command: &CommandLine,
        count: u64,
        observer: Observer<'_>,
    ) -> Result<Self, ComparisonError> {
        let (uniform, zipf) = (Keys::new(count, Distribution::Uniform), Keys::new(count, ZIPF));
        let mut transfers = Transfers::new(uniform.clone(), 1);
        let host = Host::Own { command: command.clone(), engine: Engine::Embedded };
        let stage = Stage::open(&host, &mut transfers, observer);
        let stage = stage.map_err(|error| failed("loading", error))?;
        Ok(Self { stage, transfers, uniform, zipf })
    }

    fn run(
        &mut self,
        protocol: Protocol,
        distribution: Distribution,
        pace: Pace,
        times: Times,
    ) -> Result<Run, ComparisonError> {
        let keys = match distribution {
            Distribution::Uniform => &self.uniform,
            Distribution::Zipf(_) => &self.zipf,
        };
        self.transfers.choose_by(keys);
        let load = standard_load(protocol, pace, times);
        let run = self.stage.run(&mut self.transfers, &load, None, &|_| {});
        run.map_err(|error| failed(protocol.name(), error))
    }

    fn count(&self) -> u64 {
        self.uniform.count()
    }
}

fn failed(what: &str, error: TrialError) -> ComparisonError {
    ComparisonError::Trial { what: what.to_owned(), error }
}

/// Runs all in turn; `observer` is told what goes on.
///
/// # Errors
/// Our own server fails or its state is not what it acknowledged. A baseline that fails is told
/// apart, and the others go on.
pub fn run(plan: &Plan, observer: Observer<'_>) -> Result<Comparison, ComparisonError> {
    let note: &dyn Fn(&str) = &|text| observer(Progress::Note(text));
    let (file_system, durability) = file_system();
    if durability == Durability::None {
        return Err(ComparisonError::NotDurable(file_system));
    }
    let mut banks = Vec::new();
    for &count in &plan.accounts {
        note(&format!("a server with {count} accounts"));
        banks.push(Bank::open(&plan.command, count, observer)?);
    }
    let mut results = Results::default();
    let few = plan.accounts.iter().copied().filter(|count| *count <= BASELINE_ACCOUNTS_MAX);
    let databases = start_postgres(&few.collect::<Vec<_>>(), &mut results, note);
    for round in 1..=plan.rounds {
        note(&format!("round {round} of {}", plan.rounds));
        for bank in &mut banks {
            run_ours(bank, plan, &mut results, note)?;
        }
        run_baselines(plan, &databases, &mut results, note);
    }
    note("checking all accounts");
    for bank in &mut banks {
        let checked = bank.stage.check(&mut bank.transfers, observer);
        checked.map_err(|error| failed("the check", error))?;
    }
    let targets = targets::of(&results.series, target_accounts(plan));
    let Results { series, missing } = results;
    Ok(Comparison { series, targets, missing, file_system, rounds: plan.rounds, times: plan.times })
}

#[derive(Default)]
struct Results {
    series: Vec<Series>,
    missing: Vec<String>,
}

impl Results {
    fn of(&mut self, subject: Subject, accounts: u64) -> &mut Series {
        let is_it = |it: &Series| it.subject == subject && it.accounts == accounts;
        let position = self.series.iter().position(is_it).unwrap_or_else(|| {
            self.series.push(Series::new(subject, accounts));
            self.series.len() - 1
        });
        &mut self.series[position]
    }

    fn baseline(&mut self, subject: Subject, accounts: u64, turn: Result<Turn, BaselineError>) {
        match turn {
            Ok(turn) => self.of(subject, accounts).add_turn(&turn),
            Err(error) => self.missing(format!("{}: {error}", subject.name())),
        }
    }

    fn missing(&mut self, text: String) {
        if !self.missing.contains(&text) {
            self.missing.push(text);
        }
    }
}

/// The number of accounts for which targets are looked at.
fn target_accounts(plan: &Plan) -> u64 {
    let is_set = plan.accounts.contains(&TARGET_ACCOUNTS);
    if is_set { TARGET_ACCOUNTS } else { plan.accounts.iter().copied().max().unwrap_or(0) }
}

fn run_ours(
    bank: &mut Bank,
    plan: &Plan,
    results: &mut Results,
    note: &dyn Fn(&str),
) -> Result<(), ComparisonError> {
    let count = bank.count();
    for protocol in [Protocol::Binary, Protocol::Http] {
        let mut fastest = 0.0;
        for distribution in [Distribution::Uniform, ZIPF] {
            let run = bank.run(protocol, distribution, Pace::Closed, plan.times)?;
            let subject = Subject::Closed { protocol, distribution };
            note(&format!(
                "  {}, {count} accounts: {:.0}/s",
                subject.name(),
                run.measurement.rate()
            ));
            results.of(subject, count).add_run(&run);
            if distribution == Distribution::Uniform {
                fastest = run.measurement.rate();
            }
        }
        if count != target_accounts(plan) {
            continue;
        }
        for (subject, rate) in [
            (Subject::HalfRate { protocol }, fastest / 2.0),
            (Subject::LowRate { protocol }, LOW_RATE),
        ] {
            let run = bank.run(protocol, Distribution::Uniform, Pace::Open(rate), plan.times)?;
            let p99 = run.measurement.latencies.milliseconds(0.99);
            note(&format!("  {}, {count} accounts: p99 {p99:.2} ms", subject.name()));
            results.of(subject, count).add_run(&run);
        }
    }
    Ok(())
}

fn start_postgres(accounts: &[u64], results: &mut Results, note: &dyn Fn(&str)) -> Vec<Postgres> {
    let mut databases = Vec::new();
    for &count in accounts {
        note(&format!("PostgreSQL with {count} accounts"));
        match Postgres::start(count, Isolation::Serializable) {
            Ok(database) => databases.push(database),
            Err(error) => results.missing(format!("PostgreSQL: {error}")),
        }
    }
    databases
}

fn run_baselines(plan: &Plan, databases: &[Postgres], results: &mut Results, note: &dyn Fn(&str)) {
    let times = plan.times;
    for database in databases {
        for distribution in [Distribution::Uniform, ZIPF] {
            note("  PostgreSQL");
            let count = database.accounts();
            let turn = database.run_transfers(&Keys::new(count, distribution), times);
            results.baseline(Subject::Postgres { distribution }, count, turn);
        }
    }
    for &count in plan.accounts.iter().filter(|&&count| count <= BASELINE_ACCOUNTS_MAX) {
        note("  SQLite, plain Python objects, a loop in Rust");
        for script in [Script::Sqlite, Script::PlainObjects] {
            let distribution = Distribution::Uniform;
            let turn = script.run(&plan.python, count, distribution, times);
            results.baseline(Subject::Script { script, distribution }, count, turn);
        }
        results.baseline(Subject::HandWritten, count, hand_written::run(count, times));
    }
}
