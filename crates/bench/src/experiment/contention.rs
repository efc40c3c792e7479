//! Transfers on keys that are more and more skewed.

use super::{Drawing, Figure, Findings, Settings, median_of, note_checked};
use crate::keys::{Distribution, Keys};
use crate::load::Pace;
use crate::plot::{Axis, Lines, Scale, Series};
use crate::progress::Observer;
use crate::trial::{Run, TrialError};
use crate::workload::transfer::Transfers;

const EXPONENTS: [f64; 7] = [0.0, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999];

pub(super) fn run(settings: &Settings, observer: Observer<'_>) -> Result<Findings, TrialError> {
    let exponents = settings.points_or(&EXPONENTS);
    let keys_of = |exponent: f64| {
        let distribution = match exponent {
            0.0 => Distribution::Uniform,
            exponent => Distribution::Zipf(exponent),
        };
        Keys::new(settings.records, distribution)
    };
    let uniform = keys_of(0.0);
    let mut workload = Transfers::new(uniform.clone(), 1);
    let mut stage = settings.open(&mut workload, observer)?;
    let most = settings.measure(&mut stage, &mut workload, Pace::Closed, "uniform", observer)?;
    let half = (most.measurement.rate() / 2.0).round();
    let series = |name: &str| Series { name: name.to_owned(), points: Vec::new() };
    let mut rates = series("transfers/s at most");
    let mut latencies = [series("p50"), series("p99")];
    for (position, exponent) in exponents.iter().enumerate() {
        workload.choose_by(&keys_of(*exponent));
        let name = format!("zipf {exponent}");
        let mut closed: Vec<Run> = Vec::new();
        let mut open: Vec<Run> = Vec::new();
        for _ in 0..settings.rounds {
            for (pace, runs) in [(Pace::Closed, &mut closed), (Pace::Open(half), &mut open)] {
                runs.push(settings.measure(&mut stage, &mut workload, pace, &name, observer)?);
            }
        }
        let at = position as f64;
        rates.points.push((at, Some(median_of(&closed, |run| run.measurement.rate()))));
        for (line, part) in latencies.iter_mut().zip([0.5, 0.99]) {
            let latency = median_of(&open, |run| run.measurement.latencies.milliseconds(part));
            line.points.push((at, Some(latency)));
        }
    }
    let checked = stage.check(&mut workload, observer)?;
    let mut all_checked = Vec::new();
    note_checked(&mut all_checked, checked);
    let names = exponents.iter().enumerate();
    let names = names.map(|(position, exponent)| match exponent {
        0.0 => (position as f64, "0 (uniform)".to_owned()),
        exponent => (position as f64, exponent.to_string()),
    });
    let x = Axis {
        label: "exponent of the Zipf distribution".to_owned(),
        scale: Scale::Named(names.collect()),
    };
    let throughput = Lines {
        title: "Throughput under contention".to_owned(),
        x: x.clone(),
        y: Axis::linear("transfers per second"),
        series: vec![rates],
        marks: Vec::new(),
    };
    let latency = Lines {
        title: format!("Latency under contention, at {half} requests/s"),
        x,
        y: Axis::logarithmic("latency (ms)"),
        series: latencies.into(),
        marks: Vec::new(),
    };
    Ok(Findings {
        name: "contention",
        title: "Transfers under contention".to_owned(),
        summary: format!(
            "Transfers between two of {} accounts, which are chosen by Zipf distributions from \
             uniform to one in which a handful of accounts is in most transfers. Throughput in a \
             closed loop; latency in an open loop at half of the maximum for uniform keys.",
            settings.records
        ),
        figures: vec![
            Figure { name: "throughput".to_owned(), drawing: Drawing::Lines(throughput) },
            Figure { name: "latency".to_owned(), drawing: Drawing::Lines(latency) },
        ],
        checked: all_checked,
        remarks: Vec::new(),
    })
}
