//! Whether the checkers find mistakes in the protocol: each variant that is broken on purpose is found, by
//! seeds that find nothing in the one that is not.

use anabranch_kernel::step::Flaw;
use anabranch_simulator::campaign::run_seed;
use anabranch_simulator::scripts;
use anabranch_simulator::simulation::Tracing;

/// How many seeds may be needed to find a flaw.
const SEEDS_MAX: u64 = 200;

const REQUESTS: usize = 100;

/// The first finding in a flawed protocol, with its seed.
fn find(flaw: Flaw) -> (u64, String) {
    let simulate = |seed| {
        scripts::simulate_host(seed, REQUESTS, Tracing::Off, move |host| host.with_flaw(flaw)).0
    };
    let mut findings = (0..SEEDS_MAX).filter_map(|seed| {
        let finding = run_seed(seed, simulate).findings.into_iter().next()?;
        Some((seed, finding))
    });
    findings.next().unwrap_or_else(|| panic!("{flaw:?} is not found in {SEEDS_MAX} seeds"))
}

#[test]
fn all() {
    for flaw in Flaw::ALL {
        let (seed, finding) = find(flaw);
        let sound = run_seed(seed, |seed| scripts::simulate(seed, REQUESTS, Tracing::Off).0);
        assert!(sound.findings.is_empty(), "seed {seed}: {:?}", sound.findings);
        println!("{flaw:?}: seed {seed}: {}", finding.chars().take(150).collect::<String>());
    }
}
