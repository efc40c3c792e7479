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
    /// Transfers here, in PostgreSQL, in SQLite and elsewhere, in turn, and the targets
    Comparison(ComparisonArguments),
}

#[derive(Args, Debug)]
pub struct TransferArguments {
    /// A server of workloads/transfer/transfer.py: http://host:port [default: starts one]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// A file with the bearer token that this server wants
    #[arg(long, value_name = "FILE", requires = "url")]
    pub token_file: Option<PathBuf>,
    /// How requests reach the server
    #[arg(long, value_enum, default_value_t = BenchProtocol::Binary)]
    pub protocol: BenchProtocol,
    /// How many accounts there are
    #[arg(long, value_name = "COUNT", default_value_t = 10_000,
          value_parser = clap::value_parser!(u64).range(2..100_000_000))]
    pub accounts: u64,
    /// How accounts are chosen
    #[arg(long, value_enum, default_value_t = KeyDistribution::Uniform)]
    pub keys: KeyDistribution,
    /// The exponent of --keys zipf, between 0 and 1
    #[arg(long, value_name = "EXPONENT", default_value = "0.99", value_parser = exponent)]
    pub exponent: f64,
    /// How many connections [default: 4, over HTTP 64]
    #[arg(long, value_name = "COUNT",
          value_parser = clap::value_parser!(u16).range(1..=4096))]
    pub connections: Option<u16>,
    /// Most requests in flight on each connection of the binary protocol [default: 128]
    #[arg(long, value_name = "COUNT",
          value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub in_flight: Option<u16>,
    /// Requests in a second, whatever the server does [default: as many as it answers]
    #[arg(long, value_name = "PER SECOND", value_parser = rate)]
    pub rate: Option<f64>,
    /// How long before measuring
    #[arg(long, value_name = "SECONDS", default_value = "2", value_parser = seconds)]
    pub warm_up: Duration,
    /// How long to measure
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = positive_seconds)]
    pub seconds: Duration,
    /// Send an idempotency key with each request
    #[arg(long)]
    pub idempotency_keys: bool,
    /// Report as JSON
    #[arg(long)]
    pub json: bool,
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
