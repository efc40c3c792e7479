//! Whether the checkers find mistakes in the protocol: each variant that is broken on purpose is found, by
//! seeds that find nothing in the one that is not.
//!
//! The kernel's own assertions notice some of the flaws too. Here they do not count: a seed that ends in a
//! panic is passed over.

use std::panic::catch_unwind;

use anabranch_checker::{conservation, dependencies};
use anabranch_kernel::step::Flaw;
use anabranch_simulator::finding::Finding;
use anabranch_simulator::scripts::{self, Simulated};
use anabranch_simulator::simulation::Tracing;

/// How many seeds may be needed to find a flaw.
const SEEDS_MAX: u64 = 200;

const REQUESTS: usize = 100;

/// Who has to find it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum By {
    /// The clients, by what they are told.
    Clients,
    /// The exact search in what was appended and read.
    Dependencies,
    /// The sum of all money.
    Conservation,
}

impl By {
    fn finds(self, simulated: &Simulated) -> bool {
        let Simulated { history, findings, .. } = simulated;
        match self {
            By::Clients => matches!(
                findings[..],
                [Finding::ReplyChanged { .. } | Finding::AnsweredTwice { .. }]
            ),
            By::Dependencies => findings.is_empty() && dependencies::check(history).is_err(),
            By::Conservation => findings.is_empty() && conservation::check(history).is_err(),
        }
    }
}

fn assert_found(flaw: Flaw, all: &[By]) {
    let mut first_seeds = vec![None; all.len()];
    for seed in 0..SEEDS_MAX {
        let simulate = || {
            scripts::simulate_host(seed, REQUESTS, Tracing::Off, move |host| host.with_flaw(flaw))
        };
        let Ok(simulated) = catch_unwind(simulate) else { continue };
        for (first_seed, by) in first_seeds.iter_mut().zip(all) {
            if first_seed.is_none() && by.finds(&simulated) {
                *first_seed = Some(seed);
            }
        }
        if first_seeds.iter().all(Option::is_some) {
            break;
        }
    }
    for (first_seed, by) in first_seeds.into_iter().zip(all) {
        let seed = first_seed.unwrap_or_else(|| panic!("{flaw:?} is not found by {by:?}"));
        let findings = scripts::simulate(seed, REQUESTS, Tracing::Off).0.findings;
        assert!(findings.is_empty(), "seed {seed} finds something without {flaw:?}: {findings:?}");
    }
}

/// A test for each flaw, and that there is one for each.
macro_rules! flaws {
    ($($name:ident: $flaw:ident by $by:expr,)*) => {
        $(
            #[test]
            fn $name() {
                assert_found(Flaw::$flaw, &$by);
            }
        )*

        #[test]
        fn no_flaw_is_left_out() {
            assert_eq!([$(Flaw::$flaw),*], Flaw::ALL);
        }
    };
}

flaws! {
    a_queue_that_is_not_in_order: QueueNotInOrder by [By::Dependencies, By::Conservation],
    a_buffer_that_is_visible_early: BufferVisibleEarly by [By::Dependencies, By::Conservation],
    a_lock_that_is_released_before_the_commit:
        LockReleasedBeforeCommit by [By::Dependencies, By::Conservation],
    a_reply_before_the_decision: ReplyBeforeDecision by [By::Clients],
    a_duplicate_that_is_applied: DuplicateApplied by [By::Clients],
    a_call_before_its_lock: CallBeforeLock by [By::Dependencies, By::Conservation],
    a_miss_that_is_ignored: MissIgnored by [By::Dependencies, By::Conservation],
    a_shared_lock_that_is_not_checked: SharedLockUnchecked by [By::Dependencies],
}
