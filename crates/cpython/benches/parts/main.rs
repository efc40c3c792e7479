//! What each part of the product costs, in time and in instructions.
//!
//! - `cargo bench -p anabranch-cpython --bench parts` measures times, with criterion.
//! - `… -- list` names the parts, each with how many steps are enough to count their instructions.
//! - `… -- count PART STEPS` sets a part up and runs so many steps of it, for a program that counts
//!   instructions: `workloads/instructions.py`, behind `make bench-check`.
//!
//! Steps of one part do the same, so the difference of two counts, divided by the difference of
//! their steps, is what a step costs, without the setup.

#![expect(clippy::print_stdout, reason = "a list is printed")]

#[path = "../../tests/harness/mod.rs"]
mod harness;

#[path = "../bank/mod.rs"]
mod bank;

#[path = "../../../embedded/tests/embedded/bank.rs"]
#[expect(dead_code, reason = "the parts need a part of the tests' application")]
mod teller;

#[path = "../../../compiler/benches/compile/services.rs"]
#[expect(dead_code, reason = "one size of application is enough")]
mod services;

mod part;

use std::env;

use criterion::Criterion;
use part::Part;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).filter(|it| it != "--bench").collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["list"] => Part::ALL.iter().for_each(|part| println!("{}\t{}", part.name(), part.steps())),
        ["count", name, steps] => {
            let part = Part::ALL.into_iter().find(|part| part.name() == name);
            let part = part.expect("a part that `list` names");
            let steps: usize = steps.parse().expect("a number of steps");
            part.run(&mut |step| (0..steps).for_each(|_| step()));
        }
        _ => {
            let mut criterion = Criterion::default().configure_from_args();
            for part in Part::ALL {
                part.run(&mut |step| {
                    criterion.bench_function(part.name(), |bencher| bencher.iter(&mut *step));
                });
            }
            criterion.final_summary();
        }
    }
}
