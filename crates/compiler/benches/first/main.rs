//! How fast the compiler is for who compiles once: `cargo bench -p anabranch-compiler --bench first`.
//!
//! That is what a user's command does. Each measurement is a process of its own, which finds neither
//! memory that it has used before nor anything in the processor's caches; `compile` measures a process that compiles
//! the same again and again, which for a small application means that all of it stays in the caches.
//! Time is that of one processor, without making up the sources.

#![expect(clippy::print_stdout, reason = "a command prints")]

#[path = "../compile/processor_time.rs"]
#[allow(dead_code, reason = "criterion is not used here")]
mod processor_time;
#[path = "../compile/services.rs"]
#[allow(dead_code, reason = "only modules are compiled")]
mod services;

use std::env;
use std::process::Command;

use anabranch_compiler::{SourceText, Sources, compile};
use criterion::measurement::Measurement;
use mimalloc::MiMalloc;
use processor_time::ProcessorTime;
use services::{in_modules, line_count};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

/// How many processes compile each size; the sizes take turns.
const ROUNDS: usize = 21;

const ONCE: &str = "--once";

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let Some(place) = arguments.iter().position(|argument| argument == ONCE) {
        let size = arguments[place + 1].parse().expect("a number of lines follows");
        let (lines, nanoseconds) = once(size);
        println!("{lines} {nanoseconds}");
        return;
    }
    let mut times = SIZES.map(|_| Vec::new());
    let mut lines = SIZES;
    for _ in 0..ROUNDS {
        for (place, size) in SIZES.into_iter().enumerate() {
            let (counted, nanoseconds) = in_process(size);
            lines[place] = counted;
            times[place].push(nanoseconds);
        }
    }
    println!("| lines | lines/s | least | most |\n| ---: | ---: | ---: | ---: |");
    for (lines, mut times) in lines.into_iter().zip(times) {
        times.sort_by(f64::total_cmp);
        let speed = |nanoseconds: f64| (lines as f64 / nanoseconds * 1e6).round() * 1e3;
        let (least, most) = (speed(times[ROUNDS - 1]), speed(times[0]));
        println!("| {lines} | {} | {least} | {most} |", speed(times[ROUNDS / 2]));
    }
}

/// Compiles once; gives the number of lines and the nanoseconds.
fn once(size: usize) -> (usize, f64) {
    let application = in_modules(size);
    let clock = ProcessorTime;
    let start = clock.start();
    let mut read = |name: &str| {
        let bytes = application.get(name)?.clone().into_bytes();
        Some(SourceText { path: format!("{name}.py"), bytes })
    };
    let compilation = compile("main", &mut Sources { read: &mut read, is_reserved: &|_| false });
    let nanoseconds = clock.end(start);
    assert!(compilation.program.is_some(), "{:#?}", compilation.diagnostics);
    (line_count(&application), nanoseconds)
}

fn in_process(size: usize) -> (usize, f64) {
    let this = env::current_exe().expect("the path of this program");
    let output = Command::new(this).args([ONCE, &size.to_string()]).output();
    let output = output.expect("this program starts again");
    let text = String::from_utf8(output.stdout).expect("numbers");
    let mut numbers = text.split_whitespace();
    let mut next = || numbers.next().unwrap_or_else(|| panic!("no number in {text:?}"));
    (next().parse().expect("lines"), next().parse().expect("nanoseconds"))
}
