//! The report of one load.

use std::fmt::Write;

use serde_json::{Value as Json, json};

use super::table::whole;
use crate::experiment::Run;

/// For people.
pub fn run_text(run: &Run) -> String {
    let measurement = &run.measurement;
    let mut text = format!(
        "{} transfers/s ({} in {:.1} s)\n",
        whole(measurement.rate()),
        whole(measurement.answered() as f64),
        measurement.time.as_secs_f64()
    );
    let parts = [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p99.9", 0.999)];
    let latencies: Vec<String> = parts
        .iter()
        .map(|(name, part)| format!("{name} {:.3}", measurement.milliseconds(*part)))
        .collect();
    let longest = measurement.longest();
    writeln!(text, "latency in ms: {}, longest {longest:.3}", latencies.join(", "))
        .expect("a String takes all");
    if measurement.refused > 0 {
        writeln!(text, "refused for lack of room: {}", whole(measurement.refused as f64))
            .expect("a String takes all");
    }
    let usage = run.microseconds_each();
    let total: f64 = usage.values().sum();
    let parts: Vec<String> =
        usage.iter().map(|(name, microseconds)| format!("{name} {microseconds:.2}")).collect();
    writeln!(text, "processor time in µs for each transfer: {total:.2} = {}", parts.join(" + "))
        .expect("a String takes all");
    text.push_str("checked: money is conserved, every acknowledged transfer is there once\n");
    text
}

/// For programs.
pub fn run_json(run: &Run) -> Json {
    let measurement = &run.measurement;
    json!({
        "transfers_per_second": measurement.rate(),
        "transfers": measurement.answered(),
        "seconds": measurement.time.as_secs_f64(),
        "refused": measurement.refused,
        "latency_ms": {
            "p50": measurement.milliseconds(0.5),
            "p90": measurement.milliseconds(0.9),
            "p99": measurement.milliseconds(0.99),
            "p99.9": measurement.milliseconds(0.999),
            "longest": measurement.longest(),
        },
        "processor_us_per_transfer": run.microseconds_each(),
        "checked": true,
    })
}
