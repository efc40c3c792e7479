//! `anabranch bench …`

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Args, Debug)]
pub struct BenchArguments {
    #[command(subcommand)]
    pub command: BenchCommand,
}

#[derive(Subcommand, Debug)]
pub enum BenchCommand {
    /// Money moves between two random accounts
    Transfer(TransferArguments),
    /// YCSB with transactions: reads, updates and transfers
    Ycsb(YcsbArguments),
    /// TPC-C: the five transactions in the standard mix, without keying and think times
    Tpcc(TpccArguments),
    /// DeathStarBench's hotel reservation
    HotelReservation(HotelReservationArguments),
    /// A room and a seat in one transaction
    TravelReservation(TravelReservationArguments),
    /// A shopping cart: checkouts over users, items and wallets
    Cart(CartArguments),
    /// Figures of the paper and beyond, each from servers of its own
    Experiment(ExperimentArguments),
    /// Transfers here, in PostgreSQL, in SQLite and elsewhere, in turn, and the targets
    Comparison(ComparisonArguments),
    /// Transfers here, in PostgreSQL, SQLite, and behind FastAPI, DBOS and Restate, in turn
    Peers(PeersArguments),
}

#[derive(Args, Debug)]
pub struct TransferArguments {
    /// How many accounts there are
    #[arg(long, value_name = "COUNT", default_value_t = 10_000,
          value_parser = clap::value_parser!(u64).range(2..100_000_000))]
    pub accounts: u64,
    #[command(flatten)]
    pub keys: DistributionArguments,
    #[command(flatten)]
    pub load: LoadArguments,
}

#[derive(Args, Debug)]
pub struct YcsbArguments {
    /// Which requests
    #[arg(value_enum, ignore_case = true, default_value_t = YcsbMix::A)]
    pub mix: YcsbMix,
    /// How many records there are
    #[arg(long, value_name = "COUNT", default_value_t = 10_000,
          value_parser = clap::value_parser!(u64).range(2..100_000_000))]
    pub records: u64,
    /// How long the data of a record is
    #[arg(long, value_name = "COUNT", default_value_t = 100,
          value_parser = clap::value_parser!(u32).range(1..1_000_000))]
    pub record_bytes: u32,
    #[command(flatten)]
    pub keys: DistributionArguments,
    #[command(flatten)]
    pub load: LoadArguments,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum YcsbMix {
    /// Half reads, half updates
    A,
    /// 95 % reads, 5 % updates
    B,
    /// Transfers between two records
    T,
    /// 45 % reads, 45 % updates, 10 % transfers
    M,
}

#[derive(Args, Debug)]
pub struct TpccArguments {
    /// How many warehouses there are
    #[arg(long, value_name = "COUNT", default_value_t = 1,
          value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub warehouses: u32,
    /// How many items there are; 100,000 in the specification
    #[arg(long, value_name = "COUNT", default_value_t = 100_000,
          value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub items: u32,
    /// How many customers a district has; 3,000 in the specification
    #[arg(long, value_name = "COUNT", default_value_t = 3_000,
          value_parser = clap::value_parser!(u32).range(20..=3_000))]
    pub customers: u32,
    #[command(flatten)]
    pub load: LoadArguments,
}

#[derive(Args, Debug)]
pub struct HotelReservationArguments {
    #[command(flatten)]
    pub load: LoadArguments,
}

#[derive(Args, Debug)]
pub struct TravelReservationArguments {
    /// How many hotels there are
    #[arg(long, value_name = "COUNT", default_value_t = 100,
          value_parser = clap::value_parser!(u64).range(1..20_000))]
    pub hotels: u64,
    /// How many flights there are
    #[arg(long, value_name = "COUNT", default_value_t = 100,
          value_parser = clap::value_parser!(u64).range(1..20_000))]
    pub flights: u64,
    /// How many travellers there are
    #[arg(long, value_name = "COUNT", default_value_t = 10_000,
          value_parser = clap::value_parser!(u64).range(1..60_000))]
    pub travellers: u64,
    /// Rooms of each hotel, and seats of each flight
    #[arg(long, value_name = "COUNT", default_value_t = 1_000_000,
          value_parser = clap::value_parser!(u64).range(1..1_000_000_000))]
    pub capacity: u64,
    #[command(flatten)]
    pub load: LoadArguments,
}

#[derive(Args, Debug)]
pub struct CartArguments {
    /// How many users there are, each with a cart and a wallet
    #[arg(long, value_name = "COUNT", default_value_t = 10_000,
          value_parser = clap::value_parser!(u64).range(1..10_000_000))]
    pub users: u64,
    /// How many items there are
    #[arg(long, value_name = "COUNT", default_value_t = 1_000,
          value_parser = clap::value_parser!(u64).range(1..10_000_000))]
    pub items: u64,
    #[command(flatten)]
    pub load: LoadArguments,
}

#[derive(Args, Debug)]
pub struct ExperimentArguments {
    /// Which one
    #[arg(value_enum)]
    pub name: ExperimentName,
    /// Where the figures (SVG), the data (JSON) and a page go; created if it does not exist
    /// [default: experiments/NAME]
    #[arg(long, value_name = "FOLDER")]
    pub output: Option<PathBuf>,
    /// How long before measuring, in each round of each point
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub warm_up: Duration,
    /// How long to measure, in each round of each point
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = positive_seconds)]
    pub duration: Duration,
    /// How often each point is measured; its median counts
    #[arg(long, value_name = "COUNT", default_value_t = 3,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub rounds: u16,
    /// The points of the horizontal axis, instead of the usual ones (not for latency)
    #[arg(long, value_name = "NUMBER,…", value_delimiter = ',', value_parser = point)]
    pub points: Option<Vec<f64>>,
    /// How many records there are, where that is not the horizontal axis
    #[arg(long, value_name = "COUNT", default_value_t = 10_000,
          value_parser = clap::value_parser!(u64).range(2..100_000_000))]
    pub records: u64,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum ExperimentName {
    /// YCSB A, B and T at 100 requests/s, uniform and zipf (Figure 3 of the paper)
    Latency,
    /// YCSB M at growing rates (Figure 4 of the paper)
    LatencyOverRate,
    /// What splitting costs, for states of 50 to 200 KB
    Splitting,
    /// Transfers from uniform to zipf 0.999
    Contention,
    /// How long a killed server takes to come back, by the number of entities
    Recovery,
    /// What a transfer costs, from 1,000 to 10,000,000 entities
    Scale,
    /// Memory and disk for each entity
    Memory,
}

/// How entities are chosen.
#[derive(Args, Debug)]
pub struct DistributionArguments {
    /// How entities are chosen
    #[arg(long, value_enum, default_value_t = KeyDistribution::Uniform)]
    pub keys: KeyDistribution,
    /// The exponent of --keys zipf, between 0 and 1
    #[arg(long, value_name = "EXPONENT", default_value = "0.99", value_parser = exponent)]
    pub exponent: f64,
}

/// How load is put on which server, and how it is reported.
#[derive(Args, Debug)]
#[command(next_help_heading = "Load")]
pub struct LoadArguments {
    /// A running server of the workload's application, as HOST:PORT [default: starts one]
    #[arg(long, value_name = "HOST:PORT", conflicts_with_all = ["engine", "crash_at"])]
    pub url: Option<String>,
    /// A file with the bearer token that the running server wants
    #[arg(long, value_name = "FILE", requires = "url")]
    pub token_file: Option<PathBuf>,
    /// What keeps the state of the server that is started
    #[arg(long, value_enum, default_value_t = BenchEngine::Embedded)]
    pub engine: BenchEngine,
    /// How requests reach the server
    #[arg(long, value_enum, default_value_t = BenchProtocol::Binary)]
    pub protocol: BenchProtocol,
    /// How many connections [default: 4, over HTTP 64]
    #[arg(long, value_name = "COUNT",
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub connections: Option<u16>,
    /// Most requests in flight on each connection of the binary protocol [default: 128]
    #[arg(long, value_name = "COUNT",
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub in_flight: Option<u16>,
    /// Requests in a second, whatever the server does [default: as many as it answers]
    #[arg(long, value_name = "PER SECOND", value_parser = rate, conflicts_with = "sweep")]
    pub rate: Option<f64>,
    /// Several rates, one after another; without any: the maximum, then parts of it
    #[arg(long, value_name = "PER SECOND,…", value_parser = rate, value_delimiter = ',',
          num_args = 0..=1)]
    pub sweep: Option<Vec<f64>>,
    /// How long before measuring, at each rate
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub warm_up: Duration,
    /// How long to measure, at each rate
    #[arg(long, alias = "seconds", value_name = "SECONDS", default_value = "10",
          value_parser = positive_seconds)]
    pub duration: Duration,
    /// Kill the server (kill -9) so long after measuring began, start it again, and send again what
    /// was not answered
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub crash_at: Option<Duration>,
    /// Send an idempotency key with each request
    #[arg(long)]
    pub idempotency_keys: bool,
    /// The same seed makes the same requests
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub seed: u64,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
    /// Also write a page with plots
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum BenchEngine {
    /// Durable, in one process
    Embedded,
    /// Compiled, in memory: nothing is durable
    Local,
    /// Ordinary Python objects, not compiled, in memory, behind a simple server in Python
    Plain,
}

#[derive(Args, Debug)]
pub struct ComparisonArguments {
    /// Numbers of accounts
    #[arg(long, value_name = "COUNT,…", value_delimiter = ',', default_value = "10000,1000000",
          value_parser = clap::value_parser!(u64).range(2..100_000_000))]
    pub accounts: Vec<u64>,
    /// How often each gets its turn
    #[arg(long, value_name = "COUNT", default_value_t = 5,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub rounds: u16,
    /// How long before measuring, in each turn
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub warm_up: Duration,
    /// How long to measure, in each turn
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = positive_seconds)]
    pub seconds: Duration,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub struct PeersArguments {
    /// Where `make bench-peers` has put the programs of the others
    #[arg(long, value_name = "FOLDER", default_value = ".peers")]
    pub programs: PathBuf,
    /// How many accounts there are
    #[arg(long, value_name = "COUNT", default_value_t = 10_000,
          value_parser = clap::value_parser!(u64).range(2..10_000_000))]
    pub accounts: u64,
    /// How often each gets its turn
    #[arg(long, value_name = "COUNT", default_value_t = 5,
          value_parser = clap::value_parser!(u16).range(1..))]
    pub rounds: u16,
    /// How long before measuring, in each turn
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub warm_up: Duration,
    /// How long to measure, in each turn
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = positive_seconds)]
    pub seconds: Duration,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum BenchProtocol {
    /// Many requests in flight on each connection
    Binary,
    /// HTTP/1.1 with JSON, kept alive
    Http,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum KeyDistribution {
    /// All equally often
    Uniform,
    /// Few of them often
    Zipf,
}

fn seconds(text: &str) -> Result<Duration, &'static str> {
    let seconds: Option<f64> = text.parse().ok();
    let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    duration.filter(|it| it.as_secs() < 86_400).ok_or("give a number of seconds")
}

fn positive_seconds(text: &str) -> Result<Duration, &'static str> {
    seconds(text).ok().filter(|it| !it.is_zero()).ok_or("give a number of seconds above zero")
}

fn rate(text: &str) -> Result<f64, &'static str> {
    let rate: Option<f64> = text.parse().ok();
    rate.filter(|rate| (0.01..=1e7).contains(rate)).ok_or("give a number of requests above zero")
}

fn exponent(text: &str) -> Result<f64, &'static str> {
    let exponent: Option<f64> = text.parse().ok();
    let exponent = exponent.filter(|exponent| *exponent > 0.0 && *exponent < 1.0);
    exponent.ok_or("give a number between 0 and 1, such as 0.99")
}

fn point(text: &str) -> Result<f64, &'static str> {
    let point: Option<f64> = text.parse().ok();
    point.filter(|point| (0.0..=1e8).contains(point)).ok_or("give a number from zero on")
}
