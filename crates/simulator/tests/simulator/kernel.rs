//! The kernel's step in simulation: some hundred seeds, with everything that can be injected.

use anabranch_simulator::campaign::{self, Summary};
use anabranch_simulator::scripts;
use anabranch_simulator::simulation::Tracing;

const REQUESTS: usize = 50;

fn summary(seeds: std::ops::Range<u64>) -> Summary {
    campaign::run(seeds, 2, |seed| scripts::simulate(seed, REQUESTS, Tracing::Off).0, |_| ())
}

#[test]
fn transactions_are_serializable_whatever_happens() {
    let Summary { statistics, findings, .. } = summary(0..150);
    assert!(findings.is_empty(), "{findings:?}");
    let table = statistics.markdown();
    for (title, count) in statistics.rows() {
        assert!(count > 0, "{title} never happened:\n{table}");
    }
    let spanning = statistics.share_of_transactions(statistics.spanning_keys);
    let hit = statistics.share_of_transactions(statistics.hit_by_crash);
    assert!(spanning > 34.0 && hit > 10.0, "{spanning} % and {hit} %:\n{table}");
}

#[test]
fn a_seed_does_the_same_twice() {
    assert_eq!(summary(0..5).digest, summary(0..5).digest);
    assert_ne!(summary(0..5).digest, summary(1..6).digest);
}
