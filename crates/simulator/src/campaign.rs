//! Many seeds, on several threads: each seed for itself, in one thread.

use std::any::Any;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use crate::finding::Finding;
use crate::statistics::Statistics;

/// What a seed came to.
#[derive(Debug, Default)]
pub struct Outcome {
    pub statistics: Statistics,
    pub digest: u64,
    /// What was found, in words.
    pub findings: Vec<String>,
}

/// What all seeds came to.
#[derive(Debug, Default)]
pub struct Summary {
    pub statistics: Statistics,
    /// Of the digests of all seeds.
    pub digest: u64,
    /// Seeds with findings, in order.
    pub findings: Vec<(u64, Vec<String>)>,
}

/// After so many seeds with findings a campaign ends: more would say the same.
const FINDINGS_MAX: usize = 5;

/// Runs `simulate` for each of `seeds`. A panic is a finding too. `progress` is called after each seed.
pub fn run(
    seeds: Range<u64>,
    threads: usize,
    simulate: impl Fn(u64) -> Outcome + Sync,
    progress: impl Fn(u64) + Sync,
) -> Summary {
    let next = AtomicU64::new(seeds.start);
    let is_over = AtomicBool::new(false);
    let summary = Mutex::new(Summary::default());
    let work = || {
        while !is_over.load(Ordering::Relaxed) {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= seeds.end {
                return;
            }
            let outcome = run_seed(seed, &simulate);
            let mut summary = summary.lock().expect("nobody panics who holds it");
            summary.statistics.add(&outcome.statistics);
            // A sum, because threads come in any order.
            summary.digest = summary.digest.wrapping_add(outcome.digest);
            if !outcome.findings.is_empty() {
                summary.findings.push((seed, outcome.findings));
                is_over.store(summary.findings.len() >= FINDINGS_MAX, Ordering::Relaxed);
            }
            drop(summary);
            progress(seed);
        }
    };
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(work);
        }
    });
    let mut summary = summary.into_inner().expect("nobody panics who holds it");
    summary.findings.sort_by_key(|(seed, _)| *seed);
    summary
}

/// Runs one seed.
pub fn run_seed(seed: u64, simulate: impl Fn(u64) -> Outcome) -> Outcome {
    // What a seed leaves half done is dropped with it.
    match catch_unwind(AssertUnwindSafe(|| simulate(seed))) {
        Ok(outcome) => outcome,
        Err(panic) => {
            let finding = Finding::Panicked(panic_text(&*panic));
            Outcome { findings: vec![finding.to_string()], ..Outcome::default() }
        }
    }
}

/// What a panic said.
pub(crate) fn panic_text(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("nothing").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simulate(seed: u64) -> Outcome {
        assert!(seed != 7, "seven");
        let statistics = Statistics { seeds: 1, ..Statistics::default() };
        let findings = if seed == 3 { vec!["three".to_owned()] } else { Vec::new() };
        Outcome { statistics, digest: seed * seed, findings }
    }

    #[test]
    fn every_seed_runs_once_and_findings_come_in_order() {
        let summary = run(0..20, 3, simulate, |_| ());
        assert_eq!(summary.statistics.seeds, 19);
        assert_eq!(summary.digest, (0..20).filter(|seed| *seed != 7).map(|seed| seed * seed).sum());
        let found: Vec<_> =
            summary.findings.iter().map(|(seed, texts)| (*seed, &*texts[0])).collect();
        assert_eq!(found, [(3, "three"), (7, "it panicked: seven")]);
    }

    #[test]
    fn a_campaign_ends_after_some_findings() {
        let always = |seed| Outcome { findings: vec![format!("{seed}")], ..Outcome::default() };
        let summary = run(0..1_000, 2, always, |_| ());
        assert!((FINDINGS_MAX..FINDINGS_MAX + 2).contains(&summary.findings.len()));
    }
}
