//! Transfers on keys that are more and more skewed.

use super::{Drawing, Figure, Findings, Settings, median_of};
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
    let mut closed: Vec<Vec<Run>> = exponents.iter().map(|_| Vec::new()).collect();
    let mut open: Vec<Vec<Run>> = exponents.iter().map(|_| Vec::new()).collect();
    // In turn, so that what disturbs the machine disturbs all.
    for _ in 0..settings.rounds {
        for (position, exponent) in exponents.iter().enumerate() {
            workload.choose_by(&keys_of(*exponent));
            let name = format!("zipf {exponent}");
            for (pace, runs) in [(Pace::Closed, &mut closed), (Pace::Open(half), &mut open)] {
                let run = settings.measure(&mut stage, &mut workload, pace, &name, observer)?;
                runs[position].push(run);
            }
        }
    }
    let line = |name: &str, runs: &[Vec<Run>], figure: fn(&Run) -> f64| {
        let points = runs.iter().enumerate();
        let points =
            points.map(|(position, runs)| (position as f64, Some(median_of(runs, figure))));
        Series { name: name.to_owned(), points: points.collect() }
    };
    let rates = line("at most", &closed, |run| run.measurement.rate());
    let latencies = [
        line("p50", &open, |run| run.measurement.latencies.milliseconds(0.5)),
        line("p99", &open, |run| run.measurement.latencies.milliseconds(0.99)),
    ];
    let checked = stage.check(&mut workload, observer)?;
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
        checked,
        remarks: Vec::new(),
    })
}
