//! One seed of the kernel's step on scripts: random requests, the simulation, all checkers.

use std::collections::BTreeSet;
use std::sync::Arc;

use anabranch_checker::generator::{self, Generated, Kind, Weights};
use anabranch_checker::script::told::Told;
use anabranch_checker::script::{self, Observation, ScriptInterpreter, operation};
use anabranch_checker::{Answer, History, Recorded, check};
use anabranch_ir::Program;
use anabranch_kernel::Failure;
use anabranch_kernel::access::access_set;
use anabranch_kernel::step::StepHost;

use crate::campaign::Outcome;
use crate::clients::{Asked, Planned};
use crate::finding::Finding;
use crate::options::Options;
use crate::random::Random;
use crate::simulation::{Requests, Run, Tracing, run};
use crate::statistics::Statistics;

/// A host of the step on scripts.
pub type ScriptHost = StepHost<ScriptInterpreter>;

/// What a seed came to, before it is checked.
pub struct Simulated {
    pub history: History,
    pub statistics: Statistics,
    pub digest: u64,
    /// What was wrong with the run itself. It may have been cut short by that.
    pub findings: Vec<Finding>,
    pub trace: Vec<String>,
}

/// Runs a seed with about so many requests and asks all checkers; gives what it came to, and the trace.
pub fn simulate(seed: u64, requests: usize, tracing: Tracing) -> (Outcome, Vec<String>) {
    let simulated = simulate_host(seed, requests, tracing, |host| host);
    let Simulated { history, statistics, digest, findings, trace } = simulated;
    let mut findings: Vec<String> = findings.iter().map(ToString::to_string).collect();
    // What was cut short has no end to check.
    if findings.is_empty() {
        findings.extend(check(&history).err().map(|finding| finding.to_string()));
    }
    let requests = history.requests.iter().map(|request| {
        format!("request {}: {}", request.number, operation::describe(&request.operation))
    });
    let trace = if tracing == Tracing::On { requests.chain(trace).collect() } else { trace };
    (Outcome { statistics, digest, findings }, trace)
}

/// Runs a seed on hosts that `change` was applied to.
pub fn simulate_host(
    seed: u64,
    requests: usize,
    tracing: Tracing,
    change: impl Fn(ScriptHost) -> ScriptHost + Send + 'static,
) -> Simulated {
    let options = Options::new(seed, requests);
    let program = Arc::new(script::program());
    let workload = generator::generate(seed, &generator_options(seed, options.requests));
    let preparation = workload.setup.len();
    let generated: Vec<Generated> = workload.setup.into_iter().chain(workload.requests).collect();
    let planned = generated.iter().map(|generated| Planned {
        number: generated.number,
        request: generated.request.clone(),
        context: generated.context.clone(),
    });
    let planned = Requests { planned: planned.collect(), preparation };
    let of_hosts = Arc::clone(&program);
    let make_host = move || change(StepHost::new(Arc::clone(&of_hosts), ScriptInterpreter::new()));
    let run = run(&options, planned, Box::new(make_host), tracing);
    simulated(&program, generated, run)
}

/// What requests are like in a seed: most kinds alike, or many of some.
fn generator_options(seed: u64, requests: usize) -> generator::Options {
    let random = &mut Random::new(seed, "generator");
    let weights = Weights::default();
    let weights = match random.below(8) {
        0 => Weights { single: 5, transfer: 60, ..weights },
        1 => Weights { wander: 40, reshape: 20, ..weights },
        2 => Weights { short: 20, unplanned: 10, lying_look: 10, lying_single: 5, ..weights },
        3 => Weights { create: 20, delete: 10, reshape: 20, ..weights },
        // Enough of them change references under each other for some to run alone.
        4 => Weights { chase: 150, ..weights },
        _ => weights,
    };
    let named_percent = *random.pick(&[100, 80, 30]);
    generator::Options { weights, named_percent, ..generator::Options::varied(seed, requests) }
}

/// Takes down what clients know, and counts.
fn simulated(program: &Arc<Program>, generated: Vec<Generated>, run: Run) -> Simulated {
    let Run { asked, entities, mut statistics, digest, finding, trace, .. } = run;
    let mut findings: Vec<Finding> = finding.into_iter().collect();
    let host = StepHost::new(Arc::clone(program), ScriptInterpreter::new());
    let mut history = History::default();
    for (generated, asked) in generated.into_iter().zip(asked) {
        if asked.is_lost || asked.sent.is_none() {
            continue;
        }
        match recorded(&host, &generated, &asked) {
            Ok(recorded) => {
                count(program, &generated, &recorded, &mut statistics);
                findings.extend(failure(&recorded));
                history.requests.push(recorded);
            }
            Err(finding) => findings.push(finding),
        }
    }
    history.final_states = entities.into_iter().collect();
    Simulated { history, statistics, digest, findings, trace }
}

fn recorded(host: &ScriptHost, generated: &Generated, asked: &Asked) -> Result<Recorded, Finding> {
    let answers = asked
        .replies
        .iter()
        .map(|(time, reply)| Ok(Answer { time: *time, reply: host.decode_reply(reply)? }));
    Ok(Recorded {
        number: generated.number,
        operation: generated.request.operation.clone(),
        context: generated.context.clone(),
        submitted: asked.sent.expect("it was sent"),
        answers: answers.collect::<Result<_, Finding>>()?,
    })
}

/// A reply that no simulated request should get.
fn failure(recorded: &Recorded) -> Option<Finding> {
    match recorded.reply()? {
        Ok(_) | Err(Failure::Raised(_)) => None,
        Err(failure) => {
            Some(Finding::Failed { request: recorded.number, failure: format!("{failure:?}") })
        }
    }
}

fn count(
    program: &Program,
    generated: &Generated,
    recorded: &Recorded,
    statistics: &mut Statistics,
) {
    statistics.transactions += 1;
    match recorded.reply() {
        Some(Ok(_)) => statistics.committed += 1,
        Some(Err(Failure::Raised(_))) => statistics.raised += 1,
        _ => {}
    }
    let is_spanning = match access_set(program, &recorded.operation) {
        _ if matches!(generated.kind, Kind::Setup | Kind::Create) => {
            statistics.single += 1;
            false
        }
        Some(set) if set.len() == 1 => {
            statistics.single += 1;
            tells_of_several(recorded)
        }
        Some(_) => {
            statistics.with_access_set += 1;
            true
        }
        None => {
            statistics.reconnaissance += 1;
            tells_of_several(recorded)
        }
    };
    statistics.spanning_keys += u64::from(is_spanning);
}

/// Whether the reply tells of several cells.
fn tells_of_several(recorded: &Recorded) -> bool {
    let told = Told::by(&recorded.operation, recorded.reply());
    let observations = told.map(|told| told.observations).unwrap_or_default();
    observations.iter().filter_map(Observation::cell).collect::<BTreeSet<_>>().len() > 1
}
