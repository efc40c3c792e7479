//! Whether the checkers find mistakes in the protocol: each variant that is broken on purpose is found, by
//! seeds that find nothing in the one that is not.
//!
//! The kernel's own assertions notice some of them too. Here they do not count: a seed that ends in a panic
//! is passed over.

use anabranch_kernel::step::Flaw;
use anabranch_simulator::campaign::run_seed;
use anabranch_simulator::scripts;
use anabranch_simulator::simulation::Tracing;

/// How many seeds may be needed to find a flaw.
const SEEDS_MAX: u64 = 200;

const REQUESTS: usize = 100;

fn assert_found(flaw: Flaw) {
    let simulate = |seed| {
        scripts::simulate_host(seed, REQUESTS, Tracing::Off, move |host| host.with_flaw(flaw)).0
    };
    let mut found = (0..SEEDS_MAX).filter_map(|seed| {
        let finding = run_seed(seed, simulate).findings.into_iter().next()?;
        (!finding.starts_with("it panicked")).then_some((seed, finding))
    });
    let (seed, finding) =
        found.next().unwrap_or_else(|| panic!("{flaw:?} is not found in {SEEDS_MAX} seeds"));
    println!("{flaw:?}: seed {seed}: {finding}");
    for seed in 0..=seed {
        let sound = run_seed(seed, |seed| scripts::simulate(seed, REQUESTS, Tracing::Off).0);
        assert!(sound.findings.is_empty(), "seed {seed}: {:?}", sound.findings);
    }
}

/// A test for each flaw, and that there is one for each.
macro_rules! flaws {
    ($($name:ident: $flaw:ident,)*) => {
        $(
            #[test]
            fn $name() {
                assert_found(Flaw::$flaw);
            }
        )*

        #[test]
        fn no_flaw_is_left_out() {
            assert_eq!([$(Flaw::$flaw),*], Flaw::ALL);
        }
    };
}

flaws! {
    a_queue_that_is_not_in_order: QueueNotInOrder,
    a_buffer_that_is_visible_early: BufferVisibleEarly,
    a_lock_that_is_released_before_the_commit: LockReleasedBeforeCommit,
    a_reply_before_the_decision: ReplyBeforeDecision,
    a_duplicate_that_is_applied: DuplicateApplied,
    a_call_before_its_lock: CallBeforeLock,
    a_miss_that_is_ignored: MissIgnored,
    a_shared_lock_that_is_not_checked: SharedLockUnchecked,
}
