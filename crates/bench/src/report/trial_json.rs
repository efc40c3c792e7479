//! A trial for programs.

use serde_json::{Map, Value as Json, json};

use super::PERCENTILES;
use crate::environment::Environment;
use crate::load::Pace;
use crate::measurement::Latencies;
use crate::trial::{Run, Trial};

/// As JSON.
pub fn trial_json(trial: &Trial, environment: &Environment) -> Json {
    json!({
        "workload": trial.workload.name,
        "parameters": object(&trial.workload.parameters),
        "configuration": object(&trial.configuration),
        "environment": object(&environment.rows()),
        "runs": trial.runs.iter().map(|run| run_json(trial, run)).collect::<Vec<_>>(),
        "checked": trial.checked,
        "remarks": trial.remarks,
    })
}

fn object(rows: &[(String, String)]) -> Json {
    let members = rows.iter().map(|(name, value)| (name.clone(), Json::from(value.as_str())));
    Json::Object(members.collect())
}

fn run_json(trial: &Trial, run: &Run) -> Json {
    let measurement = &run.measurement;
    let kinds = trial.kinds.iter().zip(&measurement.kinds);
    let kinds: Map<String, Json> = kinds
        .map(|(name, kind)| {
            let members = json!({
                "answered": kind.latencies.count(),
                "failed": kind.failed,
                "latency_ms": latencies_json(&kind.latencies),
            });
            ((*name).to_owned(), members)
        })
        .collect();
    let moments = measurement.timeline.moments(measurement.time);
    let timeline = moments.iter().map(|moment| {
        json!({
            "second": moment.second,
            "requests_per_second": moment.rate,
            "p50_ms": moment.p50,
            "p99_ms": moment.p99,
        })
    });
    json!({
        "load": run.name(),
        "rate": match run.pace { Pace::Open(rate) => Json::from(rate), Pace::Closed => Json::Null },
        "requests_per_second": measurement.rate(),
        "requests": measurement.answered(),
        "seconds": measurement.time.as_secs_f64(),
        "failed": measurement.failed(),
        "refused": measurement.refused,
        "unsent": measurement.unsent,
        "latency_ms": latencies_json(&measurement.latencies),
        "kinds": kinds,
        "processor_us_per_request": run.microseconds_each(),
        "timeline": timeline.collect::<Vec<_>>(),
        "checkpoints": run.checkpoints,
        "crash": run.crash.map(|crash| json!({
            "killed": crash.killed,
            "listening": crash.listening,
            "answering": crash.answering,
            "recovery_seconds": crash.listening - crash.killed,
            "unavailable_seconds": crash.answering - crash.killed,
        })),
    })
}

fn latencies_json(latencies: &Latencies) -> Json {
    let parts = PERCENTILES
        .iter()
        .map(|(name, part)| ((*name).to_owned(), Json::from(latencies.milliseconds(*part))));
    let rest = [
        ("mean".to_owned(), Json::from(latencies.mean())),
        ("longest".to_owned(), Json::from(latencies.longest())),
    ];
    Json::Object(parts.chain(rest).collect())
}
