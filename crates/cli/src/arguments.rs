//! What can be typed.

use std::path::PathBuf;

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
    /// Look for mistakes without running anything
    Check(CheckArguments),
    /// Show what an application compiles to
    Compile(CompileArguments),
}

/// Which application.
#[derive(Args, Debug)]
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
}

#[derive(Args, Debug)]
pub struct CheckArguments {
    #[command(flatten)]
    pub application: Application,
    /// Say what each method reads, writes, calls and touches
    #[arg(long)]
    pub explain: bool,
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
