//! The kernel's step with CPython, on one core: how many messages it takes in a second, and what a
//! transfer costs.
//!
//! ```sh
//! cargo bench -p anabranch-cpython --bench step
//! ```
//!
//! A step depends on key, state and event only. So the steps of many transactions are taken down once,
//! and what is measured is to take them again: no engine, no look-up, no queue.

#[path = "../tests/harness/mod.rs"]
mod harness;

#[allow(dead_code, reason = "not every benchmark uses all of it")]
mod bank;

use std::collections::{HashMap, VecDeque};
use std::hint::black_box;
use std::time::Duration;

use anabranch_cpython::CPython;
use anabranch_kernel::step::{Output, StepHost, Submission};
use anabranch_kernel::{Operation, Request, Value};
use bank::{CONTEXT, account, arguments, id, interpreter, operator, pairs, text, transfer};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};

const ACCOUNTS: usize = 1_000;
const TRANSACTIONS: usize = 1_000;

/// An engine of one partition that takes one message after another, and notes each.
struct InOrder {
    host: StepHost<CPython>,
    states: HashMap<Vec<u8>, Vec<u8>>,
    taken: Vec<Taken>,
    submitted: u64,
}

/// What a step was taken with.
struct Taken {
    key: Vec<u8>,
    state: Vec<u8>,
    event: Vec<u8>,
}

impl InOrder {
    fn submit(&mut self, operation: Operation) {
        let request = Request { operation, idempotency_key: None };
        let (number, client, context) = (self.submitted, Vec::new(), CONTEXT);
        self.submitted += 1;
        let submission = Submission { request, number, client, context };
        let mut under_way = VecDeque::from([self.host.admit(&submission)]);
        while let Some(output) = under_way.pop_front() {
            match output {
                Output::Key { key, event } => {
                    let state = self.states.remove(&key).unwrap_or_default();
                    let stepped = self.host.step(&key, &state, &event).expect("it is its own");
                    self.states.insert(key.clone(), stepped.state);
                    under_way.extend(stepped.outputs);
                    self.taken.push(Taken { key, state, event });
                }
                Output::Client { reply, .. } => {
                    let reply = self.host.decode_reply(&reply).expect("a reply can be read");
                    assert!(reply.is_ok(), "{reply:?}");
                }
            }
        }
    }
}

fn measure(criterion: &mut Criterion, title: &str, operations: &[Operation]) {
    let (program, interpreter) = interpreter();
    let class = operator(&program, "Account");
    let host = StepHost::new(program, interpreter);
    let mut engine = InOrder { host, states: HashMap::new(), taken: Vec::new(), submitted: 0 };
    for number in 0..ACCOUNTS {
        let arguments = arguments(vec![text(&account(number)), Value::Int(1_000_000)]);
        engine.submit(Operation::Create { operator: class, arguments });
    }
    engine.taken.clear();
    for operation in operations {
        engine.submit(operation.clone());
    }
    let InOrder { mut host, taken, .. } = engine;
    let messages = taken.len() / operations.len();
    let mut group = criterion.benchmark_group("step with CPython");
    group.throughput(Throughput::Elements(taken.len() as u64));
    group.bench_function(format!("{title}, {messages} messages each"), |bencher| {
        bencher.iter(|| {
            for Taken { key, state, event } in &taken {
                black_box(host.step(key, state, event).expect("it was taken"));
            }
        });
    });
    group.finish();
}

fn steps(criterion: &mut Criterion) {
    harness::python(|_| {
        let (program, _) = interpreter();
        let class = operator(&program, "Account");
        let deposit = program.method_named(class, "deposit").expect("a method");
        let pairs = pairs(ACCOUNTS, TRANSACTIONS);
        let deposits = pairs.iter().map(|(source, _)| Operation::Call {
            target: id(class, &account(*source)),
            method: deposit,
            arguments: arguments(vec![Value::Int(1)]),
        });
        measure(criterion, "single entity", &deposits.collect::<Vec<_>>());
        let transfers = pairs.iter().map(|(source, target)| transfer(&program, *source, *target));
        measure(criterion, "transfer", &transfers.collect::<Vec<_>>());
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3));
    targets = steps
}
criterion_main!(benches);
