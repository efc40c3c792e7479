//! The command line: argument parsing and wiring.
//!
//! # Layout
//! - [`arguments`]: what can be typed.
//! - `commands`: one file for each command.
//! - `source`: which data folder or server is meant.
//! - `folder_schema`: opens a data folder whose entities were written with other classes;
//!   `migration_files`: finds and writes migrations.
//! - `target`: which application is meant, and where its files are.
//! - `output`: what goes to the terminal. Standard output is data, standard error is talk.
//!
//! Invariants:
//! - No logic of its own: a command opens what it needs and calls it.
//! - A mistake of the user ends with exit code 1 and one message that says what to do.

pub mod arguments;
mod commands;
mod disk_pile;
mod folder_schema;
mod migration_files;
mod output;
mod source;
mod target;

use clap::Parser;

use arguments::{Arguments, Command};

/// Runs the command line `argv`, program name first, and gives the exit code.
pub fn main(argv: Vec<String>) -> i32 {
    let arguments = match Arguments::try_parse_from(argv) {
        Ok(arguments) => arguments,
        Err(error) => return output::usage(&error),
    };
    let result = match arguments.command {
        Command::Run(arguments) => commands::run::run(&arguments),
        Command::Serve(arguments) => commands::serve::run(&arguments),
        Command::Migrate(arguments) => commands::migrate::run(&arguments),
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Explain(arguments) => commands::explain::run(&arguments),
        Command::Compile(arguments) => commands::compile::run(&arguments),
        Command::Graph(arguments) => commands::graph::run(&arguments),
        Command::Inspect(arguments) => commands::inspect::run(&arguments),
        Command::Get(arguments) => commands::get::run(&arguments),
        Command::Keys(arguments) => commands::keys::run(&arguments),
        Command::Backup(arguments) => commands::backup::run(&arguments),
        Command::Restore(arguments) => commands::restore::run(&arguments),
        Command::Export(arguments) => commands::export::run(&arguments),
        Command::Import(arguments) => commands::import::run(&arguments),
        Command::Repair(arguments) => commands::repair::run(&arguments),
        Command::Bench(arguments) => commands::bench::run(&arguments),
    };
    match result {
        Ok(code) => code,
        Err(failure) => {
            output::failure(&failure);
            1
        }
    }
}

/// A message for the user, or one that has been shown already.
#[derive(Debug)]
pub(crate) enum Failure {
    Message(String),
    /// The diagnostics were printed.
    Diagnosed,
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Message(error.to_string())
    }
}
