//! `simulate`: many seeds, and a table of what was injected how often.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command prints")]

use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Instant;

use anabranch_simulator::campaign::{self, Summary};
use anabranch_simulator::scripts;
use anabranch_simulator::simulation::Tracing;
use clap::{Args, Parser};

/// Runs the kernel's step in a simulated engine that reorders, crashes and replays.
#[derive(Parser)]
#[command(name = "anabranch-simulator")]
enum Command {
    /// Runs seeds, and checks each.
    Simulate(Simulate),
}

#[derive(Args)]
struct Simulate {
    /// How many seeds.
    #[arg(long, default_value_t = 1_000)]
    seeds: u64,
    /// The first one.
    #[arg(long, default_value_t = 0)]
    first_seed: u64,
    /// How many seeds run at the same time; all processors without it.
    #[arg(long)]
    threads: Option<usize>,
    /// About how many requests a seed has.
    #[arg(long, default_value_t = 120)]
    requests: usize,
    /// Prints all that happens, for one seed.
    #[arg(long)]
    trace: bool,
}

fn main() -> ExitCode {
    let Command::Simulate(arguments) = Command::parse();
    let Simulate { seeds, first_seed, requests, .. } = arguments;
    println!("seeds {first_seed} to {}, about {requests} requests each", first_seed + seeds - 1);
    if arguments.trace {
        return trace(first_seed, requests);
    }
    let threads = arguments
        .threads
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get));
    let start = Instant::now();
    let done = AtomicU64::new(0);
    let progress = |_| {
        let done = done.fetch_add(1, Ordering::Relaxed) + 1;
        if done.is_multiple_of(1_000) {
            eprintln!("{done} seeds after {:.0} s", start.elapsed().as_secs_f64());
        }
    };
    let simulate = |seed| scripts::simulate(seed, requests, Tracing::Off).0;
    let range = first_seed..first_seed + seeds;
    let summary = campaign::run(range, threads, simulate, progress);
    print(&summary, start.elapsed().as_secs_f64(), threads);
    for (seed, findings) in &summary.findings {
        println!("\nseed {seed}:");
        for finding in findings {
            println!("  {finding}");
        }
        println!(
            "again: cargo run --release -p anabranch-simulator -- simulate --seeds 1 \
             --first-seed {seed} --requests {requests} --trace"
        );
    }
    if summary.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(summary: &Summary, seconds: f64, threads: usize) {
    let statistics = &summary.statistics;
    println!("\n{}", statistics.markdown());
    println!(
        "{:.1} % span several entities, {:.1} % were under way during a crash",
        statistics.share_of_transactions(statistics.spanning_keys),
        statistics.share_of_transactions(statistics.hit_by_crash),
    );
    println!("digest {:016x}; {seconds:.0} s on {threads} threads", summary.digest);
}

fn trace(seed: u64, requests: usize) -> ExitCode {
    let (outcome, trace) = scripts::simulate(seed, requests, Tracing::On);
    for line in trace {
        println!("{line}");
    }
    for finding in &outcome.findings {
        println!("{finding}");
    }
    if outcome.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
