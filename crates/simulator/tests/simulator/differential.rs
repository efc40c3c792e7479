//! Random scripts without any mercy, one after another, on the simulated cluster and on the local
//! engine: cells are deleted and created anew while calls are suspended in them, called back, called
//! together, and what is said of them beforehand is mostly wrong. Both engines must reply the same.

use anabranch_checker::script::op::{Call, Check, arguments, values};
use anabranch_checker::script::{self, Condition, Mark, Method, Op, ScriptInterpreter, operation};
use anabranch_kernel::{Operation, Value};
use anabranch_local::LocalEngine;
use anabranch_simulator::random::Random;

use crate::engine::{ask, simulated};

const NAMES: [&str; 5] = ["a", "b", "c", "d", "e"];

const METHODS: [Method; 4] = [Method::Run, Method::Reshape, Method::Look, Method::Wander];

/// Of as many requests each.
const SEEDS: u64 = 60;

const REQUESTS: u64 = 40;

struct Scripts {
    random: Random,
    request: u64,
    marks: u64,
    operations_left: usize,
}

impl Scripts {
    fn request(&mut self, request: u64) -> Operation {
        self.request = request;
        self.marks = 0;
        self.operations_left = 25;
        let target = self.name();
        match self.random.below(12) {
            0 => operation::create(&target, Some(50), self.mark(), Some(&self.name())),
            1 => Operation::Delete { target: script::program::entity(&target) },
            2 => operation::point(&target, Some(&self.name()), self.mark()),
            3 => Operation::GetState { target: script::program::entity(&target) },
            _ => {
                let method = *self.random.pick(&METHODS);
                let script = self.script(0);
                let cells = self.names();
                let changed = self.names();
                operation::execute(method, &target, script, &cells, &changed)
            }
        }
    }

    fn mark(&mut self) -> Mark {
        self.marks += 1;
        Mark::new(self.request, self.marks - 1)
    }

    fn name(&mut self) -> String {
        (*self.random.pick(&NAMES)).to_owned()
    }

    fn names(&mut self) -> Vec<String> {
        let names = NAMES.iter().filter(|_| self.random.happens(4_000));
        names.map(|name| (*name).to_owned()).collect()
    }

    fn script(&mut self, depth: usize) -> Vec<Op> {
        let mut script = Vec::new();
        for _ in 0..self.random.between(1, 5) {
            if self.operations_left > 0 {
                self.operations_left -= 1;
                script.push(self.op(depth));
            }
        }
        script
    }

    fn call(&mut self, depth: usize) -> Call {
        let target = self.name();
        let method = *self.random.pick(&METHODS);
        let script = self.script(depth + 1);
        let (cells, changed) = (self.names(), self.names());
        Call { method, target, arguments: arguments(method, script, &cells, &changed) }
    }

    fn op(&mut self, depth: usize) -> Op {
        let choices = if depth < 6 { 18 } else { 9 };
        let (here, there) = (self.mark(), self.mark());
        match self.random.below(choices) {
            0..=1 => Op::Append { mark: here },
            2..=3 => Op::Read,
            4 => Op::Exists { target: self.name() },
            5 => Op::Create { name: self.name(), amount: Some(1), here, there },
            6 => Op::Delete { target: self.name(), here, there },
            7 => Op::Point { target: self.name(), next: Some(self.name()), mark: here },
            8 => self.small(here, there),
            9..=12 => Op::Call(self.call(depth)),
            13 => {
                let method = *self.random.pick(&[Method::Wander, Method::Append]);
                let arguments = match method {
                    Method::Append => vec![Value::Int(here.0)],
                    _ => arguments(method, self.script(depth + 1), &[], &[]),
                };
                Op::Follow { method, arguments }
            }
            14 => Op::Try {
                body: values(self.script(depth + 1)),
                handler: values(self.script(depth + 1)),
            },
            15 => Op::Nest { script: values(self.script(depth + 1)) },
            16 => Op::When {
                condition: Condition::EvenEntries,
                then: values(self.script(depth + 1)),
                otherwise: values(self.script(depth + 1)),
            },
            _ => {
                let parts = (0..self.random.between(2, 4)).map(|_| match self.random.below(3) {
                    0 => Op::Get { target: self.name(), attribute: "entries".to_owned() },
                    _ => Op::Call(self.call(depth)),
                });
                Op::Together { parts: values(parts.collect()) }
            }
        }
    }

    fn small(&mut self, here: Mark, there: Mark) -> Op {
        match self.random.below(4) {
            0 => Op::Raise { reason: "so".to_owned() },
            1 => Op::Get { target: self.name(), attribute: "summary".to_owned() },
            _ => {
                let check = *self.random.pick(&[Check::Before, Check::After]);
                Op::Move { amount: 5, target: self.name(), here, there, check }
            }
        }
    }
}

#[test]
fn merciless_scripts_get_the_replies_of_the_local_engine() {
    let (mut committed, mut misses) = (0, 0);
    for seed in 0..SEEDS {
        let simulated = simulated(seed);
        let local = LocalEngine::new(script::program().into(), ScriptInterpreter::new());
        let random = Random::new(seed, "scripts");
        let mut scripts = Scripts { random, request: 0, marks: 0, operations_left: 0 };
        for number in 0..REQUESTS {
            let operation = match NAMES.get(number as usize) {
                Some(name) => operation::create(name, Some(20), Mark::new(number, 0), Some("a")),
                None => scripts.request(number),
            };
            let what = operation::describe(&operation);
            let expected = ask(&local, operation.clone());
            committed += u32::from(expected.is_ok());
            assert_eq!(ask(&simulated, operation), expected, "seed {seed}, {number}: {what}");
        }
        simulated.settle().unwrap_or_else(|finding| panic!("seed {seed}: {finding}"));
        misses += simulated.statistics().misses;
    }
    // Otherwise nothing of the above says much.
    assert!(committed > 8 * SEEDS as u32, "{committed}");
    assert!(misses > SEEDS, "{misses}");
}

/// A call that says that it stays on its cell reads another one, which the other call changes. In order, it
/// reads before the change.
#[test]
fn a_call_together_with_others_that_touches_more_than_it_says() {
    for seed in 0..60 {
        let simulated = simulated(seed);
        let local = LocalEngine::new(script::program().into(), ScriptInterpreter::new());
        for (number, name) in (0..).zip(NAMES) {
            let create = operation::create(name, Some(20), Mark::new(number, 0), None);
            ask(&simulated, create.clone()).unwrap();
            ask(&local, create).unwrap();
        }
        let run = |target: &str, script| {
            let (target, arguments) = (target.to_owned(), arguments(Method::Run, script, &[], &[]));
            Op::Call(Call { method: Method::Run, target, arguments })
        };
        let get = Op::Get { target: "b".to_owned(), attribute: "entries".to_owned() };
        let append = Op::Append { mark: Mark::new(9, 0) };
        let parts = values(vec![run("a", vec![Op::Read, get]), run("b", vec![append])]);
        let script = vec![Op::Together { parts }];
        let operation = operation::execute(Method::Wander, "c", script, &[], &[]);
        assert_eq!(ask(&simulated, operation.clone()), ask(&local, operation), "seed {seed}");
    }
}
