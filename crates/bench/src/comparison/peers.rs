//! Ours and other systems in one run, in turn, with few accounts: what people use today for the same.

use std::path::PathBuf;

use super::{
    Bank, Comparison, ComparisonError, Results, Subject, ZIPF, failed, file_system, start_postgres,
};
use crate::baseline::BaselineError;
use crate::baseline::postgres::Postgres;
use crate::baseline::script::Script;
use crate::connection::{LoadError, Protocol};
use crate::keys::{Distribution, Keys};
use crate::load::{self, Pace};
use crate::peer::{Peer, PeerServer, PeerTransfers};
use crate::progress::{Observer, Progress};
use crate::server::{CommandLine, Durability};
use crate::trial::{Times, standard_load};

/// What is compared.
#[derive(Clone, Debug)]
pub struct PeersPlan {
    /// How a server of ours is started.
    pub command: CommandLine,
    /// What runs the baselines in Python.
    pub python: PathBuf,
    /// Where the programs of peers are.
    pub programs: PathBuf,
    pub accounts: u64,
    pub rounds: usize,
    pub times: Times,
}

/// A peer with its accounts.
struct PeerBank {
    peer: Peer,
    server: PeerServer,
    transfers: PeerTransfers,
}

/// Runs all in turn; `observer` is told what goes on.
///
/// # Errors
/// Our own server fails or its state is not what it acknowledged. A peer that fails is told apart, and
/// the others go on.
pub fn run_peers(plan: &PeersPlan, observer: Observer<'_>) -> Result<Comparison, ComparisonError> {
    let note: &dyn Fn(&str) = &|text| observer(Progress::Note(text));
    let (file_system, durability) = file_system();
    if durability == Durability::None {
        return Err(ComparisonError::NotDurable(file_system));
    }
    let mut results = Results::default();
    note("a server of ours");
    let mut bank = Bank::open(&plan.command, plan.accounts, observer)?;
    let databases = start_postgres(&[plan.accounts], &mut results, note);
    let mut peers = start_peers(plan, &mut results, observer);
    for round in 1..=plan.rounds {
        note(&format!("round {round} of {}", plan.rounds));
        for distribution in [Distribution::Uniform, ZIPF] {
            run_ours(&mut bank, distribution, plan, &mut results, note)?;
            run_databases(&databases, distribution, plan, &mut results, note);
            // What failed once has no right state any more.
            peers.retain_mut(|peer| run_peer(peer, distribution, plan, &mut results, note));
        }
    }
    note("checking all accounts");
    let checked = bank.stage.check(&mut bank.transfers, observer);
    checked.map_err(|error| failed("the check", error))?;
    for peer in &peers {
        if let Err(error) = peer.transfers.check(&peer.server, observer) {
            results.withdraw(peer.peer, &error.to_string());
        }
    }
    let Results { series, missing } = results;
    let (rounds, times) = (plan.rounds, plan.times);
    Ok(Comparison { series, targets: Vec::new(), missing, file_system, rounds, times })
}

impl Results {
    /// Takes back the figures of a peer that lost or made money.
    fn withdraw(&mut self, peer: Peer, reason: &str) {
        self.series.retain(
            |series| !matches!(series.subject, Subject::Peer { peer: it, .. } if it == peer),
        );
        self.missing(format!("{}: no figures: {reason}", peer.name()));
    }
}

fn start_peers(plan: &PeersPlan, results: &mut Results, observer: Observer<'_>) -> Vec<PeerBank> {
    let mut banks = Vec::new();
    let keys = Keys::new(plan.accounts, Distribution::Uniform);
    for peer in Peer::ALL {
        observer(Progress::Note(peer.name()));
        let started = PeerServer::start(peer, &plan.programs, plan.accounts);
        let prepared = started.and_then(|server| {
            let transfers = PeerTransfers::prepare(&server, &keys, observer);
            let transfers = transfers.map_err(|error| BaselineError::Failed(error.to_string()))?;
            Ok(PeerBank { peer, server, transfers })
        });
        match prepared {
            Ok(bank) => banks.push(bank),
            Err(error) => results.missing(format!("{}: {error}", peer.name())),
        }
    }
    banks
}

fn run_ours(
    bank: &mut Bank,
    distribution: Distribution,
    plan: &PeersPlan,
    results: &mut Results,
    note: &dyn Fn(&str),
) -> Result<(), ComparisonError> {
    for protocol in [Protocol::Http, Protocol::Binary] {
        let run = bank.run(protocol, distribution, Pace::Closed, plan.times)?;
        let subject = Subject::Closed { protocol, distribution };
        note(&format!("  {}: {:.0}/s", subject.name(), run.measurement.rate()));
        results.of(subject, plan.accounts).add_run(&run);
    }
    Ok(())
}

fn run_databases(
    databases: &[Postgres],
    distribution: Distribution,
    plan: &PeersPlan,
    results: &mut Results,
    note: &dyn Fn(&str),
) {
    note("  PostgreSQL, SQLite");
    for database in databases {
        let keys = Keys::new(plan.accounts, distribution);
        let turn = database.run_transfers(&keys, plan.times);
        results.baseline(Subject::Postgres { distribution }, plan.accounts, turn);
    }
    let script = Script::Sqlite;
    let turn = script.run(&plan.python, plan.accounts, distribution, plan.times);
    results.baseline(Subject::Script { script, distribution }, plan.accounts, turn);
}

/// Whether the peer can go on.
fn run_peer(
    bank: &mut PeerBank,
    distribution: Distribution,
    plan: &PeersPlan,
    results: &mut Results,
    note: &dyn Fn(&str),
) -> bool {
    let PeerBank { peer, server, transfers } = bank;
    transfers.choose_by(&Keys::new(plan.accounts, distribution));
    let load = standard_load(Protocol::Http, Pace::Closed, plan.times);
    let measured = load::run(server.target(), &load, transfers, &|_| {});
    let measured = measured.map_err(|error: LoadError| BaselineError::Failed(error.to_string()));
    let configured = measured.and_then(|it| Ok((it, server.check_durability()?)));
    let subject = Subject::Peer { peer: *peer, distribution };
    match configured {
        Ok((measurement, configuration)) => {
            note(&format!("  {}: {:.0}/s", subject.name(), measurement.rate()));
            let series = results.of(subject, plan.accounts);
            series.add_measurement(&measurement);
            series.configuration = Some(configuration);
            true
        }
        Err(error) => {
            results.withdraw(*peer, &error.to_string());
            false
        }
    }
}
