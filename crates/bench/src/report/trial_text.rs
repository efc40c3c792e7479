//! A trial for people at a terminal.

use super::PERCENTILES;
use super::table::{table, whole};
use crate::measurement::Latencies;
use crate::trial::{Run, Trial};

/// As text.
pub fn trial_text(trial: &Trial) -> String {
    let mut text = String::new();
    let rows: Vec<Vec<String>> = trial.runs.iter().map(row).collect();
    let mut head = vec!["load", "requests/s", "answered", "failed", "refused"];
    head.extend(PERCENTILES.iter().map(|(name, _)| *name));
    head.push("longest ms");
    text.push_str(&table(&head, &rows));
    // Of many runs the page has the details.
    if let [run] = &trial.runs[..] {
        text.push_str(&details(trial, run));
    }
    for remark in &trial.remarks {
        text.push_str(&format!("{remark}\n"));
    }
    text.push_str(&format!("checked: {}\n", trial.checked.join("; ")));
    text
}

fn row(run: &Run) -> Vec<String> {
    let measurement = &run.measurement;
    let mut cells = vec![
        run.name(),
        whole(measurement.rate()),
        whole(measurement.answered() as f64),
        whole(measurement.failed() as f64),
        whole(measurement.refused as f64),
    ];
    cells.extend(latencies(&measurement.latencies));
    cells
}

fn latencies(latencies: &Latencies) -> Vec<String> {
    let parts = PERCENTILES.iter().map(|(_, part)| latencies.milliseconds(*part));
    parts.chain([latencies.longest()]).map(|it| format!("{it:.3}")).collect()
}

fn details(trial: &Trial, run: &Run) -> String {
    let mut text = format!("\n{}:\n", run.name());
    let kinds = trial.kinds.iter().zip(&run.measurement.kinds);
    let kinds: Vec<Vec<String>> = kinds
        .filter(|(_, kind)| kind.latencies.count() > 0)
        .map(|(name, kind)| {
            let mut cells = vec![
                format!("  {name}"),
                whole(kind.latencies.count() as f64),
                whole(kind.failed as f64),
            ];
            cells.extend(latencies(&kind.latencies));
            cells
        })
        .collect();
    if kinds.len() > 1 {
        let mut head = vec!["  latency in ms by kind", "answered", "failed"];
        head.extend(PERCENTILES.iter().map(|(name, _)| *name));
        head.push("longest");
        text.push_str(&table(&head, &kinds));
    }
    if run.measurement.unsent > 0 {
        text.push_str(&format!(
            "  could not be sent in time: {} (their latencies are at least what is shown)\n",
            whole(run.measurement.unsent as f64)
        ));
    }
    if let Some(crash) = run.crash {
        text.push_str(&format!(
            "  killed after {:.2} s; listening again {:.3} s later, answering {:.3} s later\n",
            crash.killed,
            crash.listening - crash.killed,
            crash.answering - crash.killed
        ));
    }
    if !run.checkpoints.is_empty() {
        text.push_str(&format!("  checkpoints: {}\n", run.checkpoints.len()));
    }
    let usage = run.microseconds_each();
    let total: f64 = usage.values().sum();
    let parts: Vec<String> =
        usage.iter().map(|(name, microseconds)| format!("{name} {microseconds:.2}")).collect();
    text.push_str(&format!(
        "  processor time in µs for each request: {total:.2} = {}\n",
        parts.join(" + ")
    ));
    text
}
