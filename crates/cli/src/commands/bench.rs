//! `anabranch bench`

use std::path::PathBuf;

use anabranch_bench::baseline::Times;
use anabranch_bench::comparison::{self, Plan, standard_load};
use anabranch_bench::connection::{LoadError, Protocol};
use anabranch_bench::experiment::{Accounts, Run};
use anabranch_bench::keys::{Distribution, Keys};
use anabranch_bench::load::{IdempotencyKeys, Load, Pace, Target};
use anabranch_bench::report;
use anabranch_bench::server::{CommandLine, Server};
use anabranch_bench::transfer::APPLICATION;
use anabranch_cpython::executable;

use crate::arguments::{
    BenchArguments, BenchCommand, BenchProtocol, ComparisonArguments, KeyDistribution,
    TransferArguments,
};
use crate::{Failure, output, source};

pub(crate) fn run(arguments: &BenchArguments) -> Result<i32, Failure> {
    match &arguments.command {
        BenchCommand::Transfer(arguments) => transfer(arguments),
        BenchCommand::Comparison(arguments) => compare(arguments),
    }
}

fn transfer(arguments: &TransferArguments) -> Result<i32, Failure> {
    let load = load_of(arguments)?;
    let run = match &arguments.url {
        Some(url) => {
            let token = arguments.token_file.as_deref().map(source::read_token).transpose()?;
            let target = Target { address: address_of(url)?, token };
            transfer_on(target, None, arguments, &load)?
        }
        None => {
            let server = Server::start(&command_line()?, APPLICATION, arguments.accounts)?;
            transfer_on(server.target().clone(), Some(server.process()), arguments, &load)?
        }
    };
    let text = match arguments.json {
        true => format!("{}\n", report::run_json(&run)),
        false => report::run_text(&run),
    };
    output::result(&text, None)?;
    Ok(0)
}

/// Host and port in `url`, which may be just these.
fn address_of(url: &str) -> Result<String, Failure> {
    let (scheme, address) = url.split_once("://").unwrap_or(("http", url));
    if !["http", "anabranch"].contains(&scheme) {
        let message = format!(
            "{url} is no URL that `bench` can use: it speaks no TLS; name the server itself, not a \
             proxy before it: http://host:8080"
        );
        return Err(Failure::Message(message));
    }
    Ok(address.trim_end_matches('/').to_owned())
}

fn transfer_on(
    target: Target,
    process: Option<u32>,
    arguments: &TransferArguments,
    load: &Load,
) -> Result<Run, LoadError> {
    output::note(&format!("{} accounts are made or read …", arguments.accounts));
    let mut accounts = Accounts::prepare(target, process, arguments.accounts)?;
    let distribution = match arguments.keys {
        KeyDistribution::Uniform => Distribution::Uniform,
        KeyDistribution::Zipf => Distribution::Zipf(arguments.exponent),
    };
    let keys = Keys::new(arguments.accounts, distribution);
    output::note("transfers …");
    let run = accounts.transfer(load, &keys)?;
    output::note("all accounts are checked …");
    accounts.check()?;
    Ok(run)
}

fn load_of(arguments: &TransferArguments) -> Result<Load, Failure> {
    let protocol = match arguments.protocol {
        BenchProtocol::Binary => Protocol::Binary,
        BenchProtocol::Http => Protocol::Http,
    };
    if protocol == Protocol::Http && arguments.in_flight.is_some_and(|count| count > 1) {
        let message = "HTTP/1.1 has one request in flight on each connection: \
                       give more --connections instead of --in-flight";
        return Err(Failure::Message(message.to_owned()));
    }
    let pace = arguments.rate.map_or(Pace::Closed, Pace::Open);
    let times = Times { warm_up: arguments.warm_up, measured: arguments.seconds };
    let standard = standard_load(protocol, pace, times);
    Ok(Load {
        connections: arguments.connections.map_or(standard.connections, usize::from),
        in_flight: arguments.in_flight.map_or(standard.in_flight, usize::from),
        idempotency_keys: match arguments.idempotency_keys {
            true => IdempotencyKeys::Fresh,
            false => IdempotencyKeys::None,
        },
        ..standard
    })
}

fn compare(arguments: &ComparisonArguments) -> Result<i32, Failure> {
    let plan = Plan {
        command: command_line()?,
        python: PathBuf::from(executable()?),
        accounts: arguments.accounts.clone(),
        rounds: arguments.rounds.into(),
        times: Times { warm_up: arguments.warm_up, measured: arguments.seconds },
    };
    let comparison = comparison::run(&plan, &output::note)?;
    let text = match arguments.json {
        true => format!("{}\n", report::comparison_json(&comparison)),
        false => report::comparison_text(&comparison),
    };
    output::result(&text, None)?;
    Ok(0)
}

/// This command line again, as a process of its own.
fn command_line() -> Result<CommandLine, Failure> {
    Ok([executable()?.as_str(), "-m", "anabranch"].map(Into::into).to_vec())
}
