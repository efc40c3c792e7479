//! Who used the processors, by thread, as Linux counts it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Seconds of a processor by the names of threads.
pub type Usage = BTreeMap<String, f64>;

/// What each thread of a process has used so far; empty where that cannot be known.
pub fn of_process(id: u32) -> Usage {
    let mut usage = Usage::new();
    let tasks = fs::read_dir(format!("/proc/{id}/task"));
    for task in tasks.into_iter().flatten().flatten() {
        let Some(seconds) = seconds(&task.path()) else { continue };
        let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default();
        *usage.entry(name.trim().to_owned()).or_default() += seconds;
    }
    usage
}

/// What the calling thread has used so far.
pub fn of_this_thread() -> f64 {
    seconds(Path::new("/proc/thread-self")).unwrap_or(0.0)
}

/// What was used between two looks, without threads that used nothing.
pub fn between(before: &Usage, after: &Usage) -> Usage {
    let used = after.iter().map(|(name, seconds)| {
        let before = before.get(name).copied().unwrap_or(0.0);
        (name.clone(), (seconds - before).max(0.0))
    });
    used.filter(|(_, seconds)| *seconds > 0.0).collect()
}

fn seconds(task: &Path) -> Option<f64> {
    let text = fs::read_to_string(task.join("schedstat")).ok()?;
    let nanoseconds: u64 = text.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds as f64 / 1e9)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_used_between_two_looks_is_told_by_thread() {
        let usage = |pairs: &[(&str, f64)]| {
            pairs.iter().map(|(name, seconds)| ((*name).to_owned(), *seconds)).collect::<Usage>()
        };
        let before = usage(&[("executor", 1.0), ("idle", 2.0)]);
        let after = usage(&[("executor", 1.5), ("idle", 2.0), ("new", 0.25)]);
        assert_eq!(between(&before, &after), usage(&[("executor", 0.5), ("new", 0.25)]));
    }
}
