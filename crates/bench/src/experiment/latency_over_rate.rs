//! Latency of YCSB M at growing rates.

use super::{Drawing, Figure, Findings, Settings, median_of, note_checked};
use crate::comparison::ZIPF;
use crate::keys::{Distribution, Keys};
use crate::load::Pace;
use crate::plot::{Axis, Lines, Series};
use crate::progress::Observer;
use crate::trial::TrialError;
use crate::workload::ycsb::{Mix, Ycsb};

const RECORD_BYTES: usize = 100;
/// Parts of the maximum, which is measured first.
const FRACTIONS: [f64; 8] = [0.01, 0.05, 0.1, 0.25, 0.5, 0.7, 0.8, 0.9];

pub(super) fn run(settings: &Settings, observer: Observer<'_>) -> Result<Findings, TrialError> {
    let (mut series, mut checked, mut remarks) = (Vec::new(), Vec::new(), Vec::new());
    for (distribution, name) in [(Distribution::Uniform, "uniform"), (ZIPF, "zipf 0.99")] {
        let keys = Keys::new(settings.records, distribution);
        let mut workload = Ycsb::new(Mix::M, keys, RECORD_BYTES, 1);
        let mut stage = settings.open(&mut workload, observer)?;
        let rates = match &settings.points {
            Some(rates) => rates.clone(),
            None => {
                let run =
                    settings.measure(&mut stage, &mut workload, Pace::Closed, name, observer)?;
                let most = run.measurement.rate();
                remarks.push(format!("{name}: {most:.0} requests/s at most (closed loop)"));
                FRACTIONS.iter().map(|part| (most * part).round()).collect()
            }
        };
        let parts = [("p50", 0.5), ("p99", 0.99)];
        let mut lines =
            parts.map(|(part, _)| Series { name: format!("{name}, {part}"), points: Vec::new() });
        for rate in rates {
            let mut runs = Vec::new();
            for _ in 0..settings.rounds {
                let pace = Pace::Open(rate);
                runs.push(settings.measure(&mut stage, &mut workload, pace, name, observer)?);
            }
            for (line, (_, part)) in lines.iter_mut().zip(parts) {
                let latency = median_of(&runs, |run| run.measurement.latencies.milliseconds(part));
                line.points.push((rate, Some(latency)));
            }
            if runs.iter().any(|run| !run.is_reached()) {
                remarks.push(format!("{name}: {rate} requests/s were not reached"));
                break;
            }
        }
        note_checked(&mut checked, stage.check(&mut workload, observer)?);
        series.extend(lines);
    }
    let lines = Lines {
        title: "Latency over rate, YCSB M".to_owned(),
        x: Axis::linear("requests per second"),
        y: Axis::logarithmic("latency (ms)"),
        series,
        marks: Vec::new(),
    };
    Ok(Findings {
        name: "latency-over-rate",
        title: "Latency of YCSB M over the rate".to_owned(),
        summary: format!(
            "{} records; 45 % reads, 45 % updates and 10 % transfers in an open loop at growing \
             rates. After Figure 4 of the paper.",
            settings.records
        ),
        figures: vec![Figure {
            name: "latency-over-rate".to_owned(),
            drawing: Drawing::Lines(lines),
        }],
        checked,
        remarks,
    })
}
