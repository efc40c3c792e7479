//! What can be typed.

mod bench;

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use anabranch_maintenance::size::{parse_checkpoint_size, parse_memory, parse_time};
use clap::{Args, Parser, Subcommand, ValueEnum};

pub use bench::{
    BenchArguments, BenchCommand, BenchEngine, BenchProtocol, CartArguments, ComparisonArguments,
    DistributionArguments, ExperimentArguments, ExperimentName, HotelReservationArguments,
    KeyDistribution, LoadArguments, PeersArguments, TpccArguments, TransferArguments,
    TravelReservationArguments, YcsbArguments, YcsbMix,
};

/// Plain Python classes as a durable, transactional dataflow.
#[derive(Parser, Debug)]
#[command(name = "anabranch", version, disable_help_subcommand = true)]
pub struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Run the main() of an application
    Run(RunArguments),
    /// Serve an application over HTTP, durably
    Serve(ServeArguments),
    /// Bring stored entities to what the classes of an application say now
    Migrate(MigrateArguments),
    /// Look for mistakes without running anything
    Check(CheckArguments),
    /// Tell more about a diagnostic
    Explain(ExplainArguments),
    /// Show what an application compiles to
    Compile(CompileArguments),
    /// Draw an application's dataflow, or one of its methods
    Graph(GraphArguments),
    /// Show what a data folder or a running server holds
    Inspect(InspectArguments),
    /// Show an entity
    Get(GetArguments),
    /// List the keys of an entity class
    Keys(KeysArguments),
    /// Copy a data folder, also that of a running server
    Backup(BackupArguments),
    /// Make a data folder of a backup
    Restore(RestoreArguments),
    /// Write all entities as JSON lines
    Export(ExportArguments),
    /// Bring entities from JSON lines into a data folder
    Import(ImportArguments),
    /// Make a data folder with a damaged log one that can be opened
    Repair(RepairArguments),
    /// Put load on a server and measure it
    Bench(BenchArguments),
}

/// Which application.
#[derive(Args, Clone, Debug)]
#[group(required = true, multiple = false)]
pub struct Application {
    /// The application's main file
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// The application's main module, found from the current folder
    #[arg(short, long, value_name = "MODULE")]
    pub module: Option<String>,
}

#[derive(Args, Debug)]
pub struct RunArguments {
    #[command(flatten)]
    pub application: Application,
    /// What moves events and keeps state
    #[arg(long, value_enum, default_value_t = Engine::Local)]
    pub engine: Engine,
    /// The data folder of the embedded engine [default: a temporary one]
    #[arg(long, value_name = "FOLDER")]
    pub data: Option<PathBuf>,
    /// Fail where a request does more than `check --explain` says (local engine)
    #[arg(long, hide = true)]
    pub compare_effects: bool,
    /// Fail where a step, taken again, does not give the same (simulated engine)
    #[arg(long, hide = true)]
    pub compare_steps: bool,
    /// What the simulated engine does follows from this number [default: any]
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// Let segments hand over together what an engine could start at once (local engine)
    #[arg(long, hide = true)]
    pub together: bool,
    /// How long a transaction of the embedded engine may run [default: none]
    #[arg(long, value_name = "SECONDS|none")]
    pub transaction_timeout: Option<TransactionTimeout>,
    #[command(flatten)]
    pub engine_options: EngineArguments,
}

/// Bounds of the embedded engine. What is left out is as the engine has it.
#[derive(Args, Debug)]
#[command(next_help_heading = "Embedded engine")]
pub struct EngineArguments {
    /// How much memory entities, changes and caches may take together; what is more stays on disk
    /// [default: 2GiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_memory)]
    pub memory: Option<u64>,
    /// How much log there may be until its changes are brought into the store; more is faster, less
    /// makes starting after a crash shorter [default: 96MiB]
    #[arg(long, value_name = "SIZE", value_parser = parse_checkpoint_size)]
    pub checkpoint_size: Option<u64>,
    /// How long the reply to a request with an idempotency key is kept [default: 24h]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub idempotency_retention: Option<Duration>,
    /// How many such replies are kept at most; the oldest go first [default: 1000000]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..))]
    pub idempotency_replies: Option<u64>,
    /// How long a request may wait to be executed before it is refused as overload [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub queue_time: Option<Duration>,
}

impl EngineArguments {
    /// The options that were given.
    pub fn given(&self) -> Vec<&'static str> {
        let options = [
            ("--memory", self.memory.is_some()),
            ("--checkpoint-size", self.checkpoint_size.is_some()),
            ("--idempotency-retention", self.idempotency_retention.is_some()),
            ("--idempotency-replies", self.idempotency_replies.is_some()),
            ("--queue-time", self.queue_time.is_some()),
        ];
        options.iter().filter(|(_, is_given)| *is_given).map(|(option, _)| *option).collect()
    }
}

/// How long a transaction may run before it is interrupted and undone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransactionTimeout(pub Option<Duration>);

impl FromStr for TransactionTimeout {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "none" {
            return Ok(Self(None));
        }
        let seconds: Option<f64> = text.parse().ok();
        let duration = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let duration = duration.filter(|duration| !duration.is_zero());
        let duration = duration.ok_or("give a number of seconds above zero, or none")?;
        Ok(Self(Some(duration)))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum Engine {
    /// Ordinary Python objects, nothing compiled
    Plain,
    /// Compiled, in memory, in this process
    Local,
    /// Compiled, durable, in this process
    Embedded,
    /// Compiled, as a distributed engine would run it, in this process: for tests
    Simulated,
}

#[derive(Args, Debug)]
pub struct ServeArguments {
    #[command(flatten)]
    pub application: Application,
    /// What moves events and keeps state
    #[arg(long, value_enum, default_value_t = ServeEngine::Embedded)]
    pub engine: ServeEngine,
    /// The data folder of the embedded engine; created if it does not exist
    #[arg(long, value_name = "FOLDER", required_unless_present = "engine")]
    pub data: Option<PathBuf>,
    /// What the simulated engine does follows from this number [default: any]
    #[arg(long, value_name = "NUMBER")]
    pub seed: Option<u64>,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,
    /// The port to listen on; 0 for any that is free
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// A file with the bearer token that clients must send
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How long a transaction of the embedded engine may run before it is interrupted and undone
    /// [default: 10]
    #[arg(long, value_name = "SECONDS|none")]
    pub transaction_timeout: Option<TransactionTimeout>,
    /// How long after --transaction-timeout code that cannot be interrupted may keep the server
    /// before it ends itself, for a supervisor to start it again [default: for ever]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub exit_when_stuck: Option<Duration>,
    #[command(flatten)]
    pub engine_options: EngineArguments,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum ServeEngine {
    /// Durable
    Embedded,
    /// In memory, for tests and comparisons: all is lost when the server ends
    Local,
    /// As a distributed engine would, in this process, for tests: all is lost when the server ends
    Simulated,
}

/// A data folder that no engine uses, or a running server.
#[derive(Args, Debug)]
pub struct SourceArguments {
    /// A data folder, or the URL of a running server: http://host:port
    #[arg(value_name = "FOLDER|URL")]
    pub source: String,
    /// A file with the bearer token that the server wants
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
}

/// How results are shown.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum ShowFormat {
    /// For people
    Table,
    /// For programs
    Json,
}

#[derive(Args, Debug)]
pub struct InspectArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// How to show it
    #[arg(long, value_enum, default_value_t = ShowFormat::Table)]
    pub format: ShowFormat,
}

#[derive(Args, Debug)]
pub struct GetArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// The entity class
    #[arg(value_name = "CLASS")]
    pub class: String,
    /// The key as in paths of the HTTP interface: the parts of a tuple joined by commas
    #[arg(value_name = "KEY", allow_hyphen_values = true)]
    pub key: String,
    /// How to show it
    #[arg(long, value_enum, default_value_t = ShowFormat::Table)]
    pub format: ShowFormat,
}

#[derive(Args, Debug)]
pub struct KeysArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// The entity class
    #[arg(value_name = "CLASS")]
    pub class: String,
    /// Only keys that start so
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub prefix: String,
    /// At most so many keys [default: all]
    #[arg(long, value_name = "COUNT")]
    pub limit: Option<u64>,
    /// One key a line, as it is given to `get`; or as JSON, one a line
    #[arg(long, value_enum, default_value_t = ShowFormat::Table)]
    pub format: ShowFormat,
}

#[derive(Args, Debug)]
pub struct BackupArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// The folder to make; new or empty
    #[arg(value_name = "TARGET")]
    pub target: PathBuf,
}

#[derive(Args, Debug)]
pub struct RestoreArguments {
    /// A folder that `backup` made; it stays as it is
    #[arg(value_name = "BACKUP")]
    pub backup: PathBuf,
    /// The data folder to make; new or empty
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
}

#[derive(Args, Debug)]
pub struct ExportArguments {
    #[command(flatten)]
    pub source: SourceArguments,
    /// The file to make, or - for standard output
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

#[derive(Args, Debug)]
pub struct ImportArguments {
    /// The file with the lines, or - for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// The data folder; created if it does not exist
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Replace entities that exist already, instead of refusing them
    #[arg(long)]
    pub replace: bool,
    /// The main file of the application whose entities these are: its classes and keys are checked
    #[arg(long, value_name = "FILE")]
    pub application: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub struct RepairArguments {
    /// The data folder
    #[arg(value_name = "FOLDER")]
    pub folder: PathBuf,
    /// Do it; without, only what would be lost is shown
    #[arg(long)]
    pub apply: bool,
}

#[derive(Args, Debug)]
pub struct MigrateArguments {
    /// The data folder
    #[arg(value_name = "FOLDER")]
    pub data: PathBuf,
    #[command(flatten)]
    pub application: Application,
    /// Do it; otherwise only say what there is to do, and write the functions to complete
    #[arg(long)]
    pub apply: bool,
}

#[derive(Args, Debug)]
pub struct CheckArguments {
    #[command(flatten)]
    pub application: Application,
    /// How to report: to people, or on standard output to programs
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    pub format: CheckFormat,
    /// Say what each method reads, writes, calls and touches
    #[arg(long)]
    pub explain: bool,
    /// Show where time and randomness come from, and what reaches outside of a transaction
    #[arg(long)]
    pub notes: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum CheckFormat {
    /// For people, with the source lines
    Text,
    /// One array of objects
    Json,
    /// Workflow commands, shown beside the lines of a pull request
    Github,
    /// SARIF 2.1.0, for code scanners and editors
    Sarif,
}

#[derive(Args, Debug)]
pub struct ExplainArguments {
    /// The code, as in error[AB015]
    #[arg(value_name = "CODE")]
    pub code: String,
}

#[derive(Args, Debug)]
pub struct CompileArguments {
    #[command(flatten)]
    pub application: Application,
    /// What to show
    #[arg(long, value_enum, default_value_t = Emit::Python)]
    pub emit: Emit,
    /// Where to write it [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum Emit {
    /// The program as text
    Ir,
    /// The segments as Python functions
    Python,
    /// The dataflow graph for Graphviz
    Dot,
    /// The dataflow graph as a picture
    Svg,
}

#[derive(Args, Debug)]
pub struct GraphArguments {
    #[command(flatten)]
    pub application: Application,
    /// Draw the segments of one method, for example User.buy_item
    #[arg(long, value_name = "METHOD")]
    pub method: Option<String>,
    /// Where to write it: .svg, .dot or .mmd [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// The kind of drawing [default: by the name of the output file, else svg]
    #[arg(long, value_enum)]
    pub format: Option<GraphFormat>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum GraphFormat {
    /// A picture
    Svg,
    /// For Graphviz
    Dot,
    /// For Markdown, as GitHub shows it
    Mermaid,
}
