//! The simulated cluster as an engine: what it replies is what the local engine replies.

use std::sync::mpsc;
use std::thread;

use anabranch_checker::script::{self, Mark, Method, Op, ScriptInterpreter, op, operation};
use anabranch_kernel::value::wire;
use anabranch_kernel::{Engine, Operation, Reply, Request, Value};
use anabranch_local::LocalEngine;
use anabranch_simulator::engine::{Repeatability, SimulatedEngine};
use anabranch_simulator::random::Random;
use anabranch_simulator::statistics::Statistics;

const CELLS: usize = 6;

fn name(number: usize) -> String {
    format!("c{number}")
}

fn creation(number: usize) -> Operation {
    operation::create(&name(number), Some(100), Mark::new(number as u64, 0), Some(&name(0)))
}

/// Something that does not look at the time, which the engines do not agree on.
fn random_operation(random: &mut Random, number: usize) -> Operation {
    let [source, target] = [random.below(CELLS), random.below(CELLS)].map(name);
    let mark = |place| Mark::new(number as u64, place);
    let arguments = vec![Value::Int(mark(2).0)];
    let follow = Op::Follow { method: Method::Append, arguments };
    let movement = Op::Move {
        amount: random.below(60) as i64,
        target: target.clone(),
        here: mark(0),
        there: mark(1),
        check: *random.pick(&[op::Check::Before, op::Check::After]),
    };
    match random.below(6) {
        0 => operation::append(&source, mark(0)),
        1 => operation::read(&source),
        2 => operation::point(&source, Some(&target), mark(0)),
        3 => operation::execute(Method::Wander, &source, vec![movement, follow], &[], &[]),
        4 => operation::read("nobody"),
        _ => operation::execute(Method::Run, &source, vec![movement, Op::Read], &[target], &[]),
    }
}

pub(crate) fn ask(engine: &impl Engine, operation: Operation) -> Reply {
    let (sender, receiver) = mpsc::channel();
    let on_reply = Box::new(move |reply| sender.send(reply).unwrap());
    engine.submit(Request { operation, idempotency_key: None }, on_reply);
    receiver.recv().unwrap()
}

pub(crate) fn simulated(seed: u64) -> SimulatedEngine<ScriptInterpreter> {
    simulated_as(seed, Repeatability::Compared)
}

fn simulated_as(seed: u64, repeatability: Repeatability) -> SimulatedEngine<ScriptInterpreter> {
    SimulatedEngine::new(script::program().into(), ScriptInterpreter::new(), seed, repeatability)
}

#[test]
fn requests_of_one_client_get_the_replies_of_the_local_engine() {
    let mut statistics = Statistics::default();
    let repeatabilities = [Repeatability::Compared, Repeatability::Unknown];
    for (seed, repeatability) in (0..30).flat_map(|seed| repeatabilities.map(|it| (seed, it))) {
        let simulated = simulated_as(seed, repeatability);
        let local = LocalEngine::new(script::program().into(), ScriptInterpreter::new());
        let random = &mut Random::new(seed, "operations");
        for number in 0..60 {
            let operation =
                if number < CELLS { creation(number) } else { random_operation(random, number) };
            let expected = ask(&local, operation.clone());
            let what = operation::describe(&operation);
            assert_eq!(
                ask(&simulated, operation),
                expected,
                "seed {seed} {repeatability:?}: {what}"
            );
        }
        simulated.settle().unwrap();
        statistics.add(&simulated.statistics());
    }
    let Statistics { crashes, overtaken, duplicates, retries_answered, .. } = statistics;
    let all = [crashes, overtaken, duplicates, retries_answered];
    assert!(all.iter().all(|count| *count > 10), "{}", statistics.markdown());
}

#[test]
fn requests_of_several_threads_are_all_answered() {
    let engine = &simulated(1);
    for number in 0..CELLS {
        ask(engine, creation(number)).unwrap();
    }
    thread::scope(|scope| {
        for thread in 0..4 {
            scope.spawn(move || {
                let random = &mut Random::new(thread, "thread");
                for number in 0..50 {
                    let number = 100 * (thread as usize + 1) + number;
                    let _ = ask(engine, random_operation(random, number));
                }
            });
        }
    });
    engine.settle().unwrap();
    let balances = (0..CELLS).map(|number| {
        let target = script::program::entity(&name(number));
        let state = ask(engine, Operation::GetState { target }).unwrap();
        let Ok(Value::Dict(attributes)) = wire::decode(&state) else { panic!("a dict") };
        let balance = attributes.iter().find_map(|(attribute, value)| match (attribute, value) {
            (Value::Str(attribute), Value::Int(balance)) if attribute == "balance" => {
                Some(*balance)
            }
            _ => None,
        });
        balance.expect("a cell has a balance")
    });
    assert_eq!(balances.sum::<i64>(), 100 * CELLS as i64);
}
