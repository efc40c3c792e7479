//! Histories of an executor that makes a mistake: it must be found.

use std::collections::BTreeMap;

use anabranch_checker::generator::{Generated, Options, Workload, generate};
use anabranch_checker::script::ScriptInterpreter;
use anabranch_checker::script::program::name_of;
use anabranch_checker::{Finding, FindingKind, History, check};
use anabranch_kernel::{TransactionDriver, Transition};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::serial::{self, States, recorded};

/// A mistake with one request.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Fault {
    /// One of the states that it changed stays as it was.
    LosesWrite,
    /// It is executed twice.
    ExecutesTwice,
    /// It is executed on the states of some requests before; what it changed comes over the present.
    ReadsStaleStates,
    /// Nothing that it changed is kept.
    LosesRequest,
    /// It fails, but what it changed is kept.
    RepliesWithFailure,
}

const FAULTS: [Fault; 5] = [
    Fault::LosesWrite,
    Fault::ExecutesTwice,
    Fault::ReadsStaleStates,
    Fault::LosesRequest,
    Fault::RepliesWithFailure,
];

/// The history of an executor with a mistake in the request at `place`, and the cells that it had to
/// do with.
fn history(workload: &Workload, place: usize, fault: Fault) -> (History, Vec<String>) {
    let mut driver = TransactionDriver::new(ScriptInterpreter::new());
    let mut states = States::default();
    let mut before: Vec<States> = Vec::new();
    let (mut history, mut concerned) = (History::default(), Vec::new());
    for (index, generated) in workload.setup.iter().chain(&workload.requests).enumerate() {
        let mut execute = |states: &mut States| {
            driver.session(|session| {
                session.forget_all();
                let Generated { request, context, .. } = generated;
                session.execute(&request.operation, context, states)
            })
        };
        before.push(states.clone());
        let Transition { mut reply, mut writes } = execute(&mut states);
        if index == place {
            concerned = writes.iter().map(|write| name_of(&write.id)).collect();
            match fault {
                Fault::LosesWrite => drop(writes.pop()),
                Fault::LosesRequest => writes.clear(),
                Fault::ExecutesTwice => {
                    states.apply(writes);
                    Transition { reply, writes } = execute(&mut states);
                }
                Fault::ReadsStaleStates => {
                    let stale = &mut before[index.saturating_sub(20).max(workload.setup.len())];
                    Transition { reply, writes } = execute(stale);
                }
                Fault::RepliesWithFailure => reply = crate::made::failure(Vec::new()),
            }
        }
        states.apply(writes);
        history.requests.push(recorded(generated, index, reply));
    }
    history.final_states = states.encoded();
    (history, concerned)
}

/// Whether clients, and who looks at the states in the end, can tell them apart.
fn is_same(one: &History, other: &History) -> bool {
    let replies = |history: &History| -> Vec<_> {
        history.requests.iter().map(|request| request.reply().cloned()).collect()
    };
    replies(one) == replies(other) && one.final_states == other.final_states
}

/// Makes mistakes with random requests; `judge` gets each history that shows one, with the cells
/// concerned.
fn with_faults(fault: Fault, mut judge: impl FnMut(u64, History, &[String])) -> usize {
    let mut made = 0;
    for seed in 0..40 {
        let workload = generate(seed, &Options { requests: 80, ..Options::default() });
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let place = workload.setup.len() + random.random_range(0..workload.requests.len());
        let right = serial::history(&workload);
        let (history, concerned) = history(&workload, place, fault);
        if !is_same(&history, &right) {
            made += 1;
            judge(seed, history, &concerned);
        }
    }
    made
}

#[test]
fn mistakes_are_found() {
    let mut kinds = BTreeMap::new();
    for fault in FAULTS {
        let made = with_faults(fault, |seed, history, _| match check(&history) {
            Ok(_) => panic!("seed {seed}: {fault:?} was not found"),
            Err(Finding { kind, .. }) => *kinds.entry(kind).or_insert(0) += 1,
        });
        assert!(made >= 10, "{fault:?} can be seen in {made} histories only");
    }
    for kind in [FindingKind::Cycle, FindingKind::LostMark, FindingKind::AbortedMark] {
        assert!(kinds.contains_key(&kind), "{kinds:?}");
    }
}

/// With many requests at a time, a stale read may be right. These are not.
#[test]
fn mistakes_are_found_among_concurrent_requests() {
    for fault in [Fault::LosesWrite, Fault::ExecutesTwice, Fault::LosesRequest] {
        with_faults(fault, |seed, mut history, concerned| {
            serial::forget_times(&mut history, seed);
            // What was appended before a deletion, and nobody saw, may be lost.
            let is_kept = concerned.iter().any(|cell| !cell.starts_with('e'));
            assert!(!is_kept || check(&history).is_err(), "seed {seed}: {fault:?} was not found");
        });
    }
}

#[test]
fn replies_that_were_swapped_are_found() {
    for seed in 0..20 {
        let workload = generate(seed, &Options { requests: 80, ..Options::default() });
        let right = serial::history(&workload);
        let mut history = right.clone();
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let [one, other] = [(); 2].map(|()| random.random_range(0..history.requests.len()));
        let replies = [one, other].map(|place| right.requests[place].answers[0].reply.clone());
        let [of_one, of_other] = replies;
        history.requests[one].answers[0].reply = of_other;
        history.requests[other].answers[0].reply = of_one;
        assert_eq!(check(&history).is_ok(), is_same(&history, &right), "seed {seed}");
    }
}

/// A state that is what no requests made, with the same list.
#[test]
fn states_that_were_changed_are_found() {
    let workload = generate(1, &Options::default());
    let right = serial::history(&workload);
    for id in right.final_states.keys() {
        let mut history = right.clone();
        let state = history.final_states.get_mut(id).unwrap();
        let mut content = anabranch_checker::script::cell::Content::decode(state).unwrap();
        content.next = Some("elsewhere".to_owned());
        let mut writer = anabranch_kernel::value::state::StateWriter::new();
        content.save(&mut writer);
        *state = writer.bytes().to_vec();
        assert_eq!(check(&history).unwrap_err().kind, FindingKind::OtherState);
    }
}
