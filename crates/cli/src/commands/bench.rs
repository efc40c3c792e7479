//! `anabranch bench`

use std::path::{Path, PathBuf};

use anabranch_bench::comparison;
use anabranch_bench::connection::Protocol;
use anabranch_bench::environment::Environment;
use anabranch_bench::experiment::{self, Experiment, Settings};
use anabranch_bench::keys::{Distribution, Keys};
use anabranch_bench::load::{IdempotencyKeys, Load, OnBreak, Pace, Target};
use anabranch_bench::report;
use anabranch_bench::server::{CommandLine, Engine};
use anabranch_bench::trial::{self, Host, Plan, Rates, Times, standard_load};
use anabranch_bench::workload::AnyWorkload;
use anabranch_bench::workload::cart::Cart;
use anabranch_bench::workload::hotel_reservation::HotelReservation;
use anabranch_bench::workload::tpcc::{Size, Tpcc};
use anabranch_bench::workload::transfer::Transfers;
use anabranch_bench::workload::travel_reservation::{Offer, TravelReservation};
use anabranch_bench::workload::ycsb::{Mix, Ycsb};
use anabranch_cpython::executable;

use crate::arguments::{
    BenchArguments, BenchCommand, BenchEngine, BenchProtocol, ComparisonArguments,
    DistributionArguments, ExperimentArguments, ExperimentName, KeyDistribution, LoadArguments,
    PeersArguments, YcsbMix,
};
use crate::output::BenchBar;
use crate::{Failure, output, source};

pub(crate) fn run(arguments: &BenchArguments) -> Result<i32, Failure> {
    match &arguments.command {
        BenchCommand::Transfer(arguments) => {
            let keys = keys(arguments.accounts, &arguments.keys);
            measure(&mut Transfers::new(keys, arguments.load.seed), &arguments.load)
        }
        BenchCommand::Ycsb(arguments) => {
            let mix = match arguments.mix {
                YcsbMix::A => Mix::A,
                YcsbMix::B => Mix::B,
                YcsbMix::T => Mix::T,
                YcsbMix::M => Mix::M,
            };
            let keys = keys(arguments.records, &arguments.keys);
            let bytes = arguments.record_bytes as usize;
            measure(&mut Ycsb::new(mix, keys, bytes, arguments.load.seed), &arguments.load)
        }
        BenchCommand::Tpcc(arguments) => {
            let size = Size {
                warehouses: arguments.warehouses.into(),
                items: arguments.items.into(),
                customers: arguments.customers.into(),
            };
            measure(&mut Tpcc::new(size, arguments.load.seed), &arguments.load)
        }
        BenchCommand::HotelReservation(arguments) => {
            measure(&mut HotelReservation::new(arguments.load.seed), &arguments.load)
        }
        BenchCommand::TravelReservation(arguments) => {
            let offer = Offer {
                hotels: arguments.hotels,
                flights: arguments.flights,
                travellers: arguments.travellers,
                capacity: arguments.capacity,
            };
            measure(&mut TravelReservation::new(offer, arguments.load.seed), &arguments.load)
        }
        BenchCommand::Cart(arguments) => {
            let mut cart = Cart::new(arguments.users, arguments.items, arguments.load.seed);
            measure(&mut cart, &arguments.load)
        }
        BenchCommand::Experiment(arguments) => experiment(arguments),
        BenchCommand::Comparison(arguments) => compare(arguments),
        BenchCommand::Peers(arguments) => compare_peers(arguments),
    }
}

fn keys(count: u64, arguments: &DistributionArguments) -> Keys {
    let distribution = match arguments.keys {
        KeyDistribution::Uniform => Distribution::Uniform,
        KeyDistribution::Zipf => Distribution::Zipf(arguments.exponent),
    };
    Keys::new(count, distribution)
}

fn measure(workload: &mut dyn AnyWorkload, arguments: &LoadArguments) -> Result<i32, Failure> {
    let plan = plan_of(arguments)?;
    let environment = Environment::here(command());
    let trial = {
        let bar = BenchBar::new();
        trial::run(&plan, workload, &|progress| bar.show(progress))?
    };
    if let Some(file) = &arguments.html {
        output::result(&report::trial_page(&trial, &environment), Some(file))?;
        output::note(&format!("the page is in {}", file.display()));
    }
    let text = match arguments.json {
        true => format!("{}\n", report::trial_json(&trial, &environment)),
        false => report::trial_text(&trial),
    };
    output::result(&text, None)?;
    Ok(0)
}

fn plan_of(arguments: &LoadArguments) -> Result<Plan, Failure> {
    let times = Times { warm_up: arguments.warm_up, measured: arguments.duration };
    let rates = match (&arguments.rate, &arguments.sweep) {
        (Some(rate), _) => Rates::Given(vec![*rate]),
        (None, Some(rates)) if rates.is_empty() => Rates::OfMaximum,
        (None, Some(rates)) => Rates::Given(rates.clone()),
        (None, None) => Rates::Maximum,
    };
    if let Some(at) = arguments.crash_at {
        if at >= arguments.duration {
            let message = "--crash-at must come before the end of --duration";
            return Err(Failure::Message(message.to_owned()));
        }
        if arguments.engine != BenchEngine::Embedded {
            let message = "--crash-at needs --engine embedded: the others lose everything";
            return Err(Failure::Message(message.to_owned()));
        }
    }
    if arguments.engine == BenchEngine::Plain && arguments.protocol == BenchProtocol::Http {
        let message = "the engine plain is reached over the binary protocol only: leave out \
                       --protocol http";
        return Err(Failure::Message(message.to_owned()));
    }
    let host = match &arguments.url {
        Some(url) => Host::Running(running(url, arguments)?),
        None => {
            let engine = match arguments.engine {
                BenchEngine::Embedded => Engine::Embedded,
                BenchEngine::Local => Engine::Local,
                BenchEngine::Plain => Engine::Plain,
            };
            Host::Own { command: command_line()?, engine }
        }
    };
    Ok(Plan { host, load: load_of(arguments, times)?, rates, times, crash_at: arguments.crash_at })
}

fn running(url: &str, arguments: &LoadArguments) -> Result<Target, Failure> {
    let address = url.trim_start_matches("http://").trim_start_matches("anabranch://");
    let address = address.trim_end_matches('/').to_owned();
    let token = arguments.token_file.as_deref().map(source::read_token).transpose()?;
    Ok(Target { address, token })
}

fn load_of(arguments: &LoadArguments, times: Times) -> Result<Load, Failure> {
    let protocol = match arguments.protocol {
        BenchProtocol::Binary => Protocol::Binary,
        BenchProtocol::Http => Protocol::Http,
    };
    if protocol == Protocol::Http && arguments.in_flight.is_some_and(|count| count > 1) {
        let message = "HTTP/1.1 has one request in flight on each connection: \
                       give more --connections instead of --in-flight";
        return Err(Failure::Message(message.to_owned()));
    }
    let standard = standard_load(protocol, Pace::Closed, times);
    // What is sent again after a crash must not be applied twice.
    let has_keys = arguments.idempotency_keys || arguments.crash_at.is_some();
    Ok(Load {
        connections: arguments.connections.map_or(standard.connections, usize::from),
        in_flight: arguments.in_flight.map_or(standard.in_flight, usize::from),
        idempotency_keys: match has_keys {
            true => IdempotencyKeys::Fresh,
            false => IdempotencyKeys::None,
        },
        on_break: match arguments.crash_at {
            Some(_) => OnBreak::SendAgain,
            None => OnBreak::Fail,
        },
        ..standard
    })
}

fn experiment(arguments: &ExperimentArguments) -> Result<i32, Failure> {
    let (name, experiment) = match arguments.name {
        ExperimentName::Latency => ("latency", Experiment::Latency),
        ExperimentName::LatencyOverRate => ("latency-over-rate", Experiment::LatencyOverRate),
        ExperimentName::Splitting => ("splitting", Experiment::Splitting),
        ExperimentName::Contention => ("contention", Experiment::Contention),
        ExperimentName::Recovery => ("recovery", Experiment::Recovery),
        ExperimentName::Scale => ("scale", Experiment::Scale),
        ExperimentName::Memory => ("memory", Experiment::Memory),
    };
    let settings = Settings {
        command: command_line()?,
        times: Times { warm_up: arguments.warm_up, measured: arguments.duration },
        rounds: arguments.rounds.into(),
        points: arguments.points.clone(),
        records: arguments.records,
    };
    settings.check(experiment).map_err(Failure::Message)?;
    let folder = arguments.output.clone();
    let folder = folder.unwrap_or_else(|| Path::new("experiments").join(name));
    std::fs::create_dir_all(&folder)?;
    let environment = Environment::here(command());
    let findings = {
        let bar = BenchBar::new();
        experiment::run(experiment, &settings, &|progress| bar.show(progress))?
    };
    let json = format!("{:#}\n", report::findings_json(&findings, &settings, &environment));
    for figure in &findings.figures {
        let file = folder.join(&figure.name).with_extension("svg");
        output::result(&figure.svg(), Some(&file))?;
    }
    output::result(&json, Some(&folder.join("data.json")))?;
    let page = report::findings_page(&findings, &settings, &environment);
    output::result(&page, Some(&folder.join("index.html")))?;
    output::note(&format!("figures, data and a page are in {}", folder.display()));
    match arguments.json {
        true => output::result(&json, None)?,
        false => output::result(&report::findings_text(&findings), None)?,
    }
    Ok(0)
}

fn compare(arguments: &ComparisonArguments) -> Result<i32, Failure> {
    let plan = comparison::Plan {
        command: command_line()?,
        python: PathBuf::from(executable()?),
        accounts: arguments.accounts.clone(),
        rounds: arguments.rounds.into(),
        times: Times { warm_up: arguments.warm_up, measured: arguments.seconds },
    };
    let comparison = {
        let bar = BenchBar::new();
        comparison::run(&plan, &|progress| bar.show(progress))?
    };
    let text = match arguments.json {
        true => format!("{}\n", report::comparison_json(&comparison)),
        false => report::comparison_text(&comparison),
    };
    output::result(&text, None)?;
    Ok(0)
}

fn compare_peers(arguments: &PeersArguments) -> Result<i32, Failure> {
    let plan = comparison::PeersPlan {
        command: command_line()?,
        python: PathBuf::from(executable()?),
        programs: arguments.programs.clone(),
        accounts: arguments.accounts,
        rounds: arguments.rounds.into(),
        times: Times { warm_up: arguments.warm_up, measured: arguments.seconds },
    };
    let environment = Environment::here(command());
    let comparison = {
        let bar = BenchBar::new();
        comparison::run_peers(&plan, &|progress| bar.show(progress))?
    };
    let text = match arguments.json {
        true => format!("{}\n", report::peers_json(&comparison, &environment)),
        false => report::peers_text(&comparison, &environment),
    };
    output::result(&text, None)?;
    Ok(0)
}

/// This command line again, as a process of its own.
fn command_line() -> Result<CommandLine, Failure> {
    Ok([executable()?.as_str(), "-m", "anabranch"].map(Into::into).to_vec())
}

/// What was typed.
fn command() -> String {
    let arguments = std::env::args().skip_while(|argument| argument != "bench");
    let quoted = arguments.map(|argument| match argument.contains([' ', '\'', '"', '$']) {
        true => format!("'{}'", argument.replace('\'', "'\\''")),
        false => argument,
    });
    ["anabranch".to_owned()].into_iter().chain(quoted).collect::<Vec<_>>().join(" ")
}
