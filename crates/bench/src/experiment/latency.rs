//! Latency of YCSB with little to do.

use super::{Drawing, Figure, Findings, Settings, median_of, note_checked};
use crate::comparison::ZIPF;
use crate::keys::{Distribution, Keys};
use crate::load::Pace;
use crate::plot::{Axis, Bars};
use crate::progress::Observer;
use crate::trial::TrialError;
use crate::workload::ycsb::{Mix, Ycsb};

/// Requests in a second, as in the paper.
const RATE: f64 = 100.0;
const RECORD_BYTES: usize = 100;
const PARTS: [(&str, f64); 3] = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99)];

pub(super) fn run(settings: &Settings, observer: Observer<'_>) -> Result<Findings, TrialError> {
    let (mut groups, mut checked) = (Vec::new(), Vec::new());
    for (mix, distribution, name) in [
        (Mix::A, Distribution::Uniform, "A uniform"),
        (Mix::A, ZIPF, "A zipf"),
        (Mix::B, Distribution::Uniform, "B uniform"),
        (Mix::B, ZIPF, "B zipf"),
        (Mix::T, Distribution::Uniform, "T uniform"),
        (Mix::T, ZIPF, "T zipf"),
    ] {
        let keys = Keys::new(settings.records, distribution);
        let mut workload = Ycsb::new(mix, keys, RECORD_BYTES, 1);
        let mut stage = settings.open(&mut workload, observer)?;
        let mut runs = Vec::new();
        for _ in 0..settings.rounds {
            runs.push(settings.measure(
                &mut stage,
                &mut workload,
                Pace::Open(RATE),
                name,
                observer,
            )?);
        }
        note_checked(&mut checked, stage.check(&mut workload, observer)?);
        let latencies = PARTS
            .map(|(_, part)| median_of(&runs, |run| run.measurement.latencies.milliseconds(part)));
        groups.push((name.to_owned(), latencies.to_vec()));
    }
    let bars = Bars {
        title: format!("Latency at {RATE} requests/s"),
        x: "YCSB workload and distribution of keys".to_owned(),
        y: Axis::linear("latency (ms)"),
        series: PARTS.map(|(name, _)| name.to_owned()).into(),
        groups,
    };
    Ok(Findings {
        name: "latency",
        title: "Latency of YCSB A, B and T".to_owned(),
        summary: format!(
            "{} records, {RATE} requests per second in an open loop: a latency counts from when its \
             request was due. A: half reads, half updates. B: 95 % reads. T: transfers between two \
             records in one transaction. Every update is durable before it is answered. After \
             Figure 3 of the paper.",
            settings.records
        ),
        figures: vec![Figure { name: "latency".to_owned(), drawing: Drawing::Bars(bars) }],
        checked,
        remarks: Vec::new(),
    })
}
