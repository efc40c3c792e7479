//! Simulations of the kernel's step on scripts.
use std::sync::Arc;

use anabranch_checker::script::op::{Call, Check};
use anabranch_checker::script::{self, Mark, Method, Op, ScriptInterpreter, operation};
use anabranch_kernel::step::StepHost;

use crate::campaign::Outcome;
use crate::options::Options;
use crate::random::Random;
use crate::simulation::{Requests, Tracing, run};

fn requests(seed: u64, count: usize) -> Requests {
    let mut random = Random::new(seed, "interim");
    let name = |n: usize| format!("c{n}");
    let mut operations = Vec::new();
    for n in 0..8 {
        operations.push(operation::create(&name(n), Some(100), Mark::new(n as u64, 0), Some(&name((n + 3) % 8))));
    }
    for n in 8..count as u64 {
        let a = name(random.below(8));
        let b = name(random.below(8));
        let m = |p| Mark::new(n, p);
        let mv = Op::Move { amount: random.between(1, 60) as i64, target: b.clone(), here: m(1), there: m(2), check: Check::After };
        operations.push(match random.below(6) {
            0 => operation::append(&a, m(0)),
            1 => operation::read(&a),
            2 => operation::execute(Method::Run, &a, vec![mv, Op::Read], &[b], &[]),
            3 => operation::execute(Method::Look, &a, vec![Op::Read, Op::Get { target: b.clone(), attribute: "entries".into() }], &[b], &[]),
            4 => operation::execute(Method::Wander, &a, vec![Op::Follow { method: Method::Append, arguments: vec![anabranch_kernel::Value::Int(m(3).0)] }, mv], &[], &[]),
            _ => operation::execute(Method::Run, &a, vec![Op::Call(Call { method: Method::Append, target: b.clone(), arguments: vec![anabranch_kernel::Value::Int(m(3).0)] }), mv], &[], &[]),
        });
    }
    Requests { operations, preparation: 8 }
}

/// Runs a seed.
pub fn simulate(seed: u64, requests_count: usize, tracing: Tracing) -> (Outcome, Vec<String>) {
    let options = Options::new(seed, requests_count);
    let program = Arc::new(script::program());
    let make_host = Box::new(move || StepHost::new(Arc::clone(&program), ScriptInterpreter::new()));
    let run = run(&options, requests(seed, options.requests), make_host, tracing);
    let findings = run.finding.iter().map(ToString::to_string).collect();
    (Outcome { statistics: run.statistics, digest: run.digest, findings }, run.trace)
}
