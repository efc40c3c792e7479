//! Random requests.

use std::collections::BTreeMap;

use anabranch_checker::check;
use anabranch_checker::generator::{Kind, Options, Weights, Workload, generate};
use anabranch_checker::script::{ScriptInterpreter, operation, program};
use anabranch_kernel::access::access_set;
use anabranch_kernel::{Failure, TransactionDriver};

use crate::serial;

#[test]
fn the_same_seed_gives_the_same_requests() {
    let text = |seed| format!("{:?}", generate(seed, &Options::varied(seed, 50)));
    assert_eq!(text(1), text(1));
    assert_ne!(text(1), text(2));
}

#[test]
fn requests_executed_one_after_another_pass() {
    for seed in 0..60 {
        let history = serial::history(&generate(seed, &Options::varied(seed, 120)));
        let order = check(&history).unwrap_or_else(|finding| panic!("seed {seed}: {finding}"));
        assert!(order.into_iter().eq(0..history.requests.len()), "there is no other order");
    }
}

#[test]
fn what_was_seen_is_enough_to_find_an_order() {
    for seed in 0..60 {
        let mut history = serial::history(&generate(seed, &Options::varied(seed, 120)));
        serial::forget_times(&mut history, seed);
        check(&history).unwrap_or_else(|finding| panic!("seed {seed}: {finding}"));
    }
}

/// What the requests of many seeds touch and give, executed one after another.
struct Tally {
    requests: usize,
    spanning: usize,
    failed: BTreeMap<String, usize>,
    by_kind: BTreeMap<Kind, usize>,
}

fn tally(seeds: u64) -> Tally {
    let mut tally =
        Tally { requests: 0, spanning: 0, failed: BTreeMap::new(), by_kind: BTreeMap::new() };
    for seed in 0..seeds {
        let Workload { setup, requests } = generate(seed, &Options::varied(seed, 120));
        let mut driver = TransactionDriver::new(ScriptInterpreter::new());
        let mut states = serial::States::default();
        for generated in setup.iter().chain(&requests) {
            let operation = &generated.request.operation;
            let (transition, touched) = driver.session(|session| {
                session.execute_recording_touched(operation, &generated.context, &mut states)
            });
            states.apply(transition.writes);
            if generated.kind == Kind::Setup {
                continue;
            }
            tally.requests += 1;
            tally.spanning += usize::from(touched.len() > 1);
            *tally.by_kind.entry(generated.kind).or_default() += 1;
            if let Err(failure) = transition.reply {
                let Failure::Raised(raised) = failure else { panic!("{failure:?}") };
                *tally.failed.entry(raised.class).or_default() += 1;
            }
        }
    }
    tally
}

#[test]
fn more_than_a_third_of_the_requests_span_cells_and_most_succeed() {
    let tally = tally(60);
    let Tally { requests, spanning, failed, by_kind } = tally;
    let failures: usize = failed.values().sum();
    assert!(spanning * 5 > requests * 2, "{spanning} of {requests} span cells");
    assert!(failures * 10 > requests && failures * 2 < requests, "{failures} of {requests} fail");
    for class in ["anabranch:EntityNotFound", "anabranch:EntityExists", "script:Overdrawn"] {
        assert!(failed.contains_key(class), "no request fails with {class}: {failed:?}");
    }
    assert_eq!(by_kind.len(), 13, "{by_kind:?}");
}

#[test]
fn the_access_set_is_known_where_it_should_be() {
    let program = program();
    for generated in generate(3, &Options { requests: 1000, ..Options::default() }).requests {
        let set = access_set(&program, &generated.request.operation);
        let operation = operation::describe(&generated.request.operation);
        let is_unknown = matches!(generated.kind, Kind::Wander | Kind::Chase | Kind::Unplanned);
        assert_eq!(set.is_none(), is_unknown, "{operation}: {set:?}");
        let is_single = matches!(generated.kind, Kind::Single | Kind::LyingSingle | Kind::Create);
        if let Some(set) = set
            && is_single
        {
            assert_eq!(set.len(), 1, "{operation}: {set:?}");
        }
    }
}

#[test]
fn scripts_do_all_that_scripts_can_do() {
    let workload = generate(4, &Options { requests: 2000, ..Options::default() });
    let texts: Vec<String> = workload
        .requests
        .iter()
        .map(|generated| operation::describe(&generated.request.operation))
        .collect();
    let words = [
        "append [",
        "read",
        "time",
        "move ",
        "check later",
        ".run(",
        ".reshape(",
        ".look(",
        ".wander(",
        ".peek(",
        ".entries",
        ".summary",
        ".next = ",
        "try {",
        "raise ",
        "create ",
        "delete ",
        "exists ",
        "next.wander(",
        "if BalanceAtLeast",
        "if EvenEntries",
        "if HasNext",
        "together {",
        "nest {",
        "state of ",
    ];
    for word in words {
        assert!(texts.iter().any(|text| text.contains(word)), "no request has {word}");
    }
    // Whatever has no text of its own is written as Rust does.
    assert!(!texts.iter().any(|text| text.contains("Tuple(")));
}

#[test]
fn requests_without_a_weight_do_not_come() {
    let weights = Weights { lying_single: 0, lying_look: 0, short: 0, ..Weights::default() };
    let options = Options { requests: 2000, weights, ..Options::default() };
    let requests = generate(5, &options).requests;
    let lies = [Kind::LyingSingle, Kind::LyingLook, Kind::Short];
    assert!(!requests.iter().any(|generated| lies.contains(&generated.kind)));
    let texts = requests.iter().map(|it| operation::describe(&it.request.operation));
    assert!(!texts.into_iter().any(|text| text.contains("peek")));
}
