//! What can be typed.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

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
    /// How long a transaction of the embedded engine may run [default: none]
    #[arg(long, value_name = "SECONDS|none")]
    pub transaction_timeout: Option<TransactionTimeout>,
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
}

#[derive(Args, Debug)]
pub struct ServeArguments {
    #[command(flatten)]
    pub application: Application,
    /// The data folder; created if it does not exist
    #[arg(long, value_name = "FOLDER")]
    pub data: PathBuf,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    pub host: String,
    /// The port to listen on; 0 for any that is free
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// A file with the bearer token that clients must send
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// How long a transaction may run before it is interrupted and undone
    #[arg(long, value_name = "SECONDS|none", default_value = "10")]
    pub transaction_timeout: TransactionTimeout,
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
