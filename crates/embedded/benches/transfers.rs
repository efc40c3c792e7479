//! Durable transfers between accounts, without Python and without a network: what the engine itself
//! costs.
//!
//! ```sh
//! cargo bench -p anabranch-embedded --bench transfers -- [ACCOUNTS [SECONDS [GIGABYTES]]]
//! ```
//!
//! With a limit of that much memory it creates the accounts, runs transfers between two random ones
//! with 1, 64 and 1,000 requests in
//! flight, then starts itself as a second process under full load, kills that, and measures how
//! long it takes to open what was left until the first reply.

#![expect(clippy::print_stdout, reason = "a bench prints")]

#[path = "../tests/embedded/bank.rs"]
#[expect(dead_code, reason = "the bench needs a part of the tests' application")]
mod bank;

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::time::{Duration, Instant};

use anabranch_embedded::{Embedded, Options};
use anabranch_kernel::{Engine, Operation, Request};

use crate::bank::{Teller, balance, create, transfer};

const VICTIM: &str = "ANABRANCH_BENCH_VICTIM";

fn main() {
    let numbers = numbers();
    let accounts = numbers.first().copied().unwrap_or(1_000_000);
    let seconds = numbers.get(1).copied().unwrap_or(10);
    if let Some(directory) = env::var_os(VICTIM) {
        return run_victim(Path::new(&directory), accounts);
    }
    let folder = tempfile::tempdir().unwrap();
    let load = Load::new(folder.path(), accounts);
    let started = Instant::now();
    let cpu = cpu_seconds();
    load.run(1000, (0..accounts).map(|number| create(&account(number), 1_000_000)));
    let wall = started.elapsed().as_secs_f64();
    let cpu = describe_cpu(&cpu, accounts as usize);
    println!("{accounts} accounts created in {wall:.2} s; {cpu}");
    for in_flight in [1, 64, 1000] {
        load.measure(in_flight, Duration::from_secs(seconds));
    }
    let started = Instant::now();
    load.engine.close().unwrap();
    println!("closed in {:.2} s", started.elapsed().as_secs_f64());
    drop(load);
    measure_opening(folder.path(), accounts, seconds);
}

fn numbers() -> Vec<u64> {
    env::args().filter_map(|argument| argument.parse().ok()).collect()
}

/// An engine with requests in flight.
struct Load {
    engine: Embedded,
    accounts: u64,
    sender: Sender<Instant>,
    replies: Receiver<Instant>,
}

impl Load {
    fn new(directory: &Path, accounts: u64) -> Self {
        let engine = Embedded::open(directory, bank::program(), Teller::new(), &Options::default());
        let (sender, replies) = mpsc::channel();
        Self { engine: engine.unwrap(), accounts, sender, replies }
    }

    fn submit(&self, operation: Operation) {
        let sender = self.sender.clone();
        let started = Instant::now();
        let on_reply = move |reply: anabranch_kernel::Reply| {
            reply.unwrap();
            let _ = sender.send(started);
        };
        let request = Request { operation, idempotency_key: None };
        self.engine.submit(request, Box::new(on_reply));
    }

    /// Runs all `operations`; gives how long each took, in microseconds.
    fn run(&self, in_flight: usize, operations: impl Iterator<Item = Operation>) -> Vec<u32> {
        let mut latencies = Vec::new();
        let mut under_way = 0;
        let note = |started: Instant, latencies: &mut Vec<u32>| {
            latencies.push(started.elapsed().as_micros().try_into().unwrap_or(u32::MAX));
        };
        for operation in operations {
            if under_way == in_flight {
                note(self.replies.recv().unwrap(), &mut latencies);
                under_way -= 1;
            }
            self.submit(operation);
            under_way += 1;
        }
        for _ in 0..under_way {
            note(self.replies.recv().unwrap(), &mut latencies);
        }
        latencies
    }

    fn transfers(&self, seed: u64, time: Duration) -> impl Iterator<Item = Operation> {
        let accounts = self.accounts;
        let mut random = Random(seed);
        let started = Instant::now();
        std::iter::from_fn(move || {
            (started.elapsed() < time).then(|| {
                let source = random.below(accounts);
                let target = (source + 1 + random.below(accounts - 1)) % accounts;
                transfer(&account(source), &account(target), 1)
            })
        })
    }

    fn measure(&self, in_flight: usize, time: Duration) {
        let before = self.engine.statistics();
        let cpu = cpu_seconds();
        let started = Instant::now();
        let mut latencies = self.run(in_flight, self.transfers(in_flight as u64, time));
        let wall = started.elapsed().as_secs_f64();
        let cpu = describe_cpu(&cpu, latencies.len());
        let after = self.engine.statistics();
        latencies.sort_unstable();
        let count = latencies.len();
        let quantile = |part: f64| f64::from(latencies[(count as f64 * part) as usize]) / 1000.0;
        println!(
            "{in_flight:5} in flight: {:8.0} transfers/s, p50 {:.2} ms, p99 {:.2} ms, worst {:.1} \
             ms; {:.0} per group, {} checkpoints; {cpu}",
            count as f64 / wall,
            quantile(0.5),
            quantile(0.99),
            quantile(0.999_999_9),
            count as f64 / (after.groups - before.groups) as f64,
            after.checkpoints - before.checkpoints,
        );
    }
}

fn measure_opening(directory: &Path, accounts: u64, seconds: u64) {
    let mut victim = Command::new(env::current_exe().unwrap())
        .args(env::args().skip(1))
        .env(VICTIM, directory)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(victim.stdout.take().unwrap()).read_line(&mut line).unwrap();
    std::thread::sleep(Duration::from_secs(seconds));
    victim.kill().unwrap();
    victim.wait().unwrap();
    let started = Instant::now();
    let load = Load::new(directory, accounts);
    let opened = started.elapsed().as_secs_f64();
    let log_bytes = load.engine.statistics().log_bytes;
    load.run(1, std::iter::once(balance(&account(7))));
    println!(
        "opened after kill -9 in {opened:.2} s, first reply after {:.2} s ({} MB of log)",
        started.elapsed().as_secs_f64(),
        log_bytes >> 20
    );
}

fn run_victim(directory: &Path, accounts: u64) {
    let load = Load::new(directory, accounts);
    println!("running");
    load.run(1000, load.transfers(1, Duration::from_secs(3600)));
}

fn account(number: u64) -> String {
    format!("account-{number:07}")
}

/// What each thread of this process has used of the processors, in seconds, by its name; the load
/// generator is the thread called `main`.
fn cpu_seconds() -> BTreeMap<String, f64> {
    let mut seconds = BTreeMap::new();
    for task in std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten() {
        let is_main = task.file_name().to_str() == Some(&std::process::id().to_string());
        let text = std::fs::read_to_string(task.path().join("stat")).unwrap_or_default();
        let Some((head, fields)) = text.rsplit_once(')') else { continue };
        let name = head.rsplit_once("anabranch-").map_or("other", |(_, name)| name);
        let name = if is_main { "main" } else { name };
        let fields = fields.split_whitespace().skip(11).take(2);
        let ticks: f64 = fields.filter_map(|field| field.parse::<f64>().ok()).sum();
        *seconds.entry(name.to_owned()).or_default() += ticks / 100.0;
    }
    seconds
}

/// How much of the processors each thread used since `before`, for each of `count` requests.
fn describe_cpu(before: &BTreeMap<String, f64>, count: usize) -> String {
    let after = cpu_seconds();
    let each = after.iter().map(|(name, seconds)| {
        let used = seconds - before.get(name).unwrap_or(&0.0);
        (name, used * 1e6 / count as f64)
    });
    let each: Vec<_> = each.collect();
    let total: f64 = each.iter().map(|(_, microseconds)| microseconds).sum();
    let parts = each.iter().map(|(name, microseconds)| format!("{name} {microseconds:.2}"));
    format!("{total:.2} µs of processor each: {}", parts.collect::<Vec<_>>().join(", "))
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}
