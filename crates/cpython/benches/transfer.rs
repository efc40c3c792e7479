//! What a transaction costs, beside the plain Python method that it runs.
//!
//! `transfer/plain Python` is the method on ordinary objects, `transfer/transaction` the same call as
//! a root call through the kernel: arguments decoded, dispatched, run in segments, states saved and
//! compared, reply encoded. What engines add is not in it. Both pick two of 1,000,000 accounts at
//! random, so both wait for the same memory; `transfer/…, 1,000 accounts` shows the time without.
//! `parts/…` are the pieces of a transaction on their own. `large/…` changes a small attribute beside
//! a large one.

#[path = "../tests/harness/mod.rs"]
mod harness;

mod bank;

use std::time::{Duration, Instant};

use anabranch_cpython::CPython;
use anabranch_kernel::value::state::StateWriter;
use anabranch_kernel::value::wire::encode;
use anabranch_kernel::{Interpreter, Operation, TransactionDriver, Value};
use bank::{
    account, create, execute, id, interpreter, open_two, operator, pairs, run_segments, text,
    transfer, transfer_arguments, transfer_functions,
};
use criterion::{Criterion, criterion_group, criterion_main};
use pyo3::prelude::*;

const ACCOUNTS: usize = 1_000_000;
/// Few enough for the processor's caches.
const FEW: usize = 1_000;
/// Transactions of one round.
const ROUND: usize = 100_000;

fn driver(interpreter: CPython) -> TransactionDriver<CPython> {
    TransactionDriver::new(interpreter)
}

/// The time of `iterations` calls of `step`, which is given numbers up to [`ROUND`].
fn timed(iterations: u64, mut step: impl FnMut(usize)) -> Duration {
    let start = Instant::now();
    for iteration in 0..iterations {
        step(iteration as usize % ROUND);
    }
    start.elapsed()
}

fn plain(criterion: &mut Criterion, name: &str, accounts: usize) {
    harness::python(|py| {
        let path = py.import("sys").unwrap().getattr("path").unwrap();
        path.call_method1("insert", (0, concat!(env!("CARGO_MANIFEST_DIR"), "/benches/bank")))
            .unwrap();
        let module = py.import("plain").unwrap();
        let objects = module.call_method1("open_accounts", (accounts,)).unwrap();
        let run = module.getattr("run").unwrap();
        let pairs = pairs(accounts, ROUND);
        criterion.bench_function(name, |bencher| {
            bencher.iter_custom(|iterations| {
                let iterations = iterations as usize;
                let rounds: Vec<_> = (0..iterations)
                    .step_by(ROUND)
                    .map(|start| {
                        let count = ROUND.min(iterations - start);
                        pairs[..count].to_vec().into_pyobject(py).unwrap()
                    })
                    .collect();
                let start = Instant::now();
                for round in rounds {
                    run.call1((&objects, round)).unwrap();
                }
                start.elapsed()
            });
        });
    });
}

fn transactions(criterion: &mut Criterion, name: &str, accounts: usize) {
    harness::python(|_| {
        let (program, interpreter) = interpreter();
        let class = operator(&program, "Account");
        driver(interpreter).session(|session| {
            for number in 0..accounts {
                create(session, class, vec![text(&account(number)), Value::Int(1_000_000)]);
            }
            let pairs = pairs(accounts, ROUND).into_iter();
            let transfers: Vec<Operation> =
                pairs.map(|(source, target)| transfer(&program, source, target)).collect();
            criterion.bench_function(name, |bencher| {
                bencher.iter_custom(|iterations| {
                    timed(iterations, |number| {
                        execute(session, &transfers[number]);
                    })
                });
            });
            session.forget_all();
        });
    });
}

fn transfers(criterion: &mut Criterion) {
    plain(criterion, "transfer/plain Python", ACCOUNTS);
    transactions(criterion, "transfer/transaction", ACCOUNTS);
    plain(criterion, "transfer/plain Python, 1,000 accounts", FEW);
    transactions(criterion, "transfer/transaction, 1,000 accounts", FEW);
}

fn parts(criterion: &mut Criterion) {
    harness::python(|_| {
        let (program, mut interpreter) = interpreter();
        let mut opened = open_two(&program, &mut interpreter);
        let functions = transfer_functions(&program);
        let message = transfer_arguments(2);
        criterion.bench_function("parts/arguments", |bencher| {
            bencher.iter(|| interpreter.decode_arguments(&message).unwrap());
        });
        let arguments = interpreter.decode_arguments(&message).unwrap();
        criterion.bench_function("parts/segments", |bencher| {
            let entities = opened.each_ref().map(|(id, entity)| (id, entity));
            bencher.iter(|| run_segments(&mut interpreter, entities, functions, arguments.clone()));
        });
        let reply = interpreter.decode(&encode(&Value::Bool(true))).unwrap();
        criterion.bench_function("parts/reply", |bencher| {
            bencher.iter(|| interpreter.encode(&reply).unwrap());
        });
        let mut state = StateWriter::new();
        interpreter.save(&mut opened[0].1, None, &mut state).unwrap();
        let committed: Vec<u8> = state.bytes().to_vec();
        criterion.bench_function("parts/save and compare", |bencher| {
            bencher.iter(|| {
                interpreter.save(&mut opened[0].1, None, &mut state).unwrap();
                state.bytes() == committed
            });
        });
        interpreter.end_transaction();
    });
}

fn large(criterion: &mut Criterion) {
    harness::python(|_| {
        let (program, interpreter) = interpreter();
        let class = operator(&program, "Ledger");
        driver(interpreter).session(|session| {
            for (kind, length) in [("ints", 250_000), ("text", 1_000_000), ("rows", 100_000)] {
                let name = text(kind);
                let length = Value::Int(length);
                create(session, class, vec![name.clone(), name, length]);
                let operation = Operation::Call {
                    target: id(class, kind),
                    method: program.method_named(class, "increment").unwrap(),
                    arguments: bank::arguments(Vec::new()),
                };
                criterion.bench_function(&format!("large/1 MB of {kind}"), |bencher| {
                    bencher.iter(|| execute(session, &operation));
                });
            }
            session.forget_all();
        });
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3));
    targets = parts, large, transfers
}
criterion_main!(benches);
