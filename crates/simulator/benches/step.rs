//! The kernel's step alone, on one core, with an interpreter in Rust that executes scripts: how many
//! messages it takes in a second, and what whole transactions cost.
//!
//! ```sh
//! cargo bench -p anabranch-simulator
//! ```
//!
//! A step depends on key, state and event only. So the steps of many transactions are taken down once,
//! and what is measured is to take them again: no engine, no look-up, no queue.

use std::hint::black_box;
use std::time::Duration;

use anabranch_checker::script::{self, Mark, Method, Op, ScriptInterpreter, op, operation};
use anabranch_kernel::step::StepHost;
use anabranch_kernel::{Operation, Value};
use anabranch_simulator::in_order::InOrder;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

/// How many transactions of a kind are measured: each cell of as many has been through few.
const TRANSACTIONS: u64 = 200;

fn name(number: u64) -> String {
    format!("account-{number}")
}

/// Cells with enough money, each referring to the next.
fn cells() -> InOrder<StepHost<ScriptInterpreter>> {
    let host = StepHost::new(script::program().into(), ScriptInterpreter::new());
    let mut engine = InOrder::new(host);
    for number in 0..TRANSACTIONS {
        let next = name((number + 1) % TRANSACTIONS);
        let create =
            operation::create(&name(number), Some(1_000), Mark::new(number, 0), Some(&next));
        engine.submit(create).expect("the step takes its own events");
    }
    engine
}

fn transfer(number: u64, mark: impl Fn(u64) -> Mark) -> Operation {
    let target = name((number * 7 + 1) % TRANSACTIONS);
    let (here, there, check) = (mark(0), mark(1), op::Check::Before);
    let cells = [target.clone()];
    let script = vec![Op::Move { amount: 1, target, here, there, check }];
    operation::execute(Method::Run, &name(number), script, &cells, &[])
}

fn look(number: u64, _: impl Fn(u64) -> Mark) -> Operation {
    let target = name((number * 7 + 1) % TRANSACTIONS);
    let cells = [target.clone()];
    let script = vec![Op::Read, Op::Get { target, attribute: "entries".to_owned() }];
    operation::execute(Method::Look, &name(number), script, &cells, &[])
}

fn reconnaissance(number: u64, mark: impl Fn(u64) -> Mark) -> Operation {
    let arguments = vec![Value::Int(mark(0).0)];
    let script = vec![Op::Follow { method: Method::Append, arguments }];
    operation::execute(Method::Wander, &name(number), script, &[], &[])
}

fn single(number: u64, mark: impl Fn(u64) -> Mark) -> Operation {
    operation::append(&name(number), mark(0))
}

fn measure(
    criterion: &mut Criterion,
    title: &str,
    operation: impl Fn(u64, &dyn Fn(u64) -> Mark) -> Operation,
) {
    let mut engine = cells();
    engine.taken.clear();
    for number in 0..TRANSACTIONS {
        let mark = |place| Mark::new(TRANSACTIONS + number, place);
        let replies = engine.submit(operation(number, &mark)).expect("it takes its own events");
        let reply = engine.host.decode_reply(&replies[0]).expect("a reply can be read");
        assert!(reply.is_ok(), "{title}: {reply:?}");
    }
    let InOrder { mut host, taken, .. } = engine;
    let mut group = criterion.benchmark_group("step");
    group.throughput(Throughput::Elements(taken.len() as u64));
    let messages = taken.len() as u64 / TRANSACTIONS;
    group.bench_function(format!("{title}, {messages} messages each"), |bencher| {
        bencher.iter(|| {
            for step in &taken {
                black_box(host.step(&step.key, &step.state, &step.event).expect("it was taken"));
            }
        });
    });
    group.finish();
}

fn steps(criterion: &mut Criterion) {
    measure(criterion, "single entity", |number, mark| single(number, mark));
    measure(criterion, "transfer", |number, mark| transfer(number, mark));
    measure(criterion, "look at two", |number, mark| look(number, mark));
    measure(criterion, "reconnaissance", |number, mark| reconnaissance(number, mark));
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(2));
    targets = steps
}
criterion_main!(benches);
