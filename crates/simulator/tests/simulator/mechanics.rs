//! Whether the simulated engine keeps what it promises: every event once, whatever crashes, and the same
//! again for the same seed; and whether it sees what a host does wrong.

use std::collections::BTreeMap;

use anabranch_simulator::finding::Finding;
use anabranch_simulator::options::Options;
use anabranch_simulator::simulation::{Run, Tracing, run};
use anabranch_simulator::statistics::Statistics;

use crate::toy::{Mistake, Toy, expected, requests};

fn simulate(seed: u64, mistake: Mistake) -> Run {
    let options = Options::new(seed, 80);
    run(
        &options,
        requests(seed, options.requests),
        Box::new(move || Toy::new(mistake)),
        Tracing::Off,
    )
}

/// The first finding of seeds, which there must be.
fn finding(mistake: Mistake) -> Finding {
    let mut findings = (0..100).filter_map(|seed| simulate(seed, mistake).finding);
    findings.next().unwrap_or_else(|| panic!("nothing was found of {mistake:?}"))
}

#[test]
fn every_request_is_applied_once_and_answered() {
    let mut statistics = Statistics::default();
    for seed in 0..300 {
        let run = simulate(seed, Mistake::None);
        assert_eq!(run.finding, None, "seed {seed}");
        let kept = run.asked.iter().filter(|asked| !asked.is_lost);
        let mut counts = BTreeMap::new();
        for (key, state) in run.partitions.iter().flatten() {
            if key.starts_with(b"cell") {
                counts.insert(key.to_vec(), u64::from_le_bytes((**state).try_into().unwrap()));
            }
        }
        assert_eq!(
            counts,
            expected(kept.map(|asked| &asked.planned.request.operation)),
            "seed {seed}"
        );
        for asked in &run.asked {
            assert_eq!(asked.replies.is_empty(), asked.is_lost, "seed {seed}");
        }
        statistics.add(&run.statistics);
    }
    let never: Vec<&str> = [
        ("crashes", statistics.crashes),
        ("snapshots", statistics.snapshots),
        ("overtaken", statistics.overtaken),
        ("hit by crash", statistics.hit_by_crash),
        ("lost", statistics.requests_lost),
        ("duplicates", statistics.duplicates),
        ("retries: timeout", statistics.retries_timeout),
        ("retries: crash", statistics.retries_crash),
        ("retries: answered", statistics.retries_answered),
        ("replies repeated", statistics.replies_repeated),
        ("replies dropped", statistics.replies_dropped),
        ("replayed", statistics.replayed),
        ("rechecked", statistics.rechecked),
    ]
    .into_iter()
    .filter_map(|(what, count)| (count < 50).then_some(what))
    .collect();
    assert!(never.is_empty(), "hardly ever happened: {never:?}");
}

#[test]
fn a_seed_does_the_same_twice() {
    for seed in 0..20 {
        let (one, other) = (simulate(seed, Mistake::None), simulate(seed, Mistake::None));
        assert_eq!(one.digest, other.digest, "seed {seed}");
        assert_eq!(one.statistics, other.statistics, "seed {seed}");
        assert_ne!(one.digest, simulate(seed + 1, Mistake::None).digest, "seed {seed}");
    }
}

#[test]
fn the_trace_changes_nothing() {
    let options = Options::new(3, 80);
    let make_host = Box::new(|| Toy::new(Mistake::None));
    let traced = run(&options, requests(3, options.requests), make_host, Tracing::On);
    assert!(traced.trace.iter().any(|line| line.contains("deliver")));
    assert_eq!(traced.digest, simulate(3, Mistake::None).digest);
}

#[test]
fn a_host_that_keeps_something_outside_is_found() {
    assert!(matches!(
        finding(Mistake::Impure),
        Finding::StepNotPure { .. } | Finding::ReplayDiffers { .. }
    ));
}

#[test]
fn a_replay_that_differs_is_found_without_taking_steps_twice() {
    let differs = (0..100).any(|seed| {
        let options = Options { recheck_rate: 0, ..Options::new(seed, 80) };
        let requests = requests(seed, options.requests);
        let run = run(&options, requests, Box::new(|| Toy::new(Mistake::Impure)), Tracing::Off);
        matches!(run.finding, Some(Finding::ReplayDiffers { .. }))
    });
    assert!(differs);
}

#[test]
fn a_request_that_is_applied_again_is_found() {
    assert!(matches!(finding(Mistake::Forgetful), Finding::ReplyChanged { .. }));
}

#[test]
fn a_reply_that_never_comes_is_found() {
    assert!(matches!(finding(Mistake::Silent), Finding::NeverAnswered(_)));
}

#[test]
fn a_reply_that_comes_twice_is_found() {
    assert!(matches!(finding(Mistake::Talkative), Finding::AnsweredTwice { .. }));
}

#[test]
fn what_does_not_end_is_found() {
    assert!(matches!(finding(Mistake::Endless), Finding::DoesNotEnd { .. }));
}
