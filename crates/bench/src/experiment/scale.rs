//! What a transaction costs, by the number of entities.

use super::{
    Drawing, Figure, Findings, Settings, median_of, note_checked, server_microseconds,
    thread_microseconds,
};
use crate::keys::{Distribution, Keys};
use crate::load::Pace;
use crate::plot::{Axis, Lines, Series};
use crate::progress::Observer;
use crate::trial::TrialError;
use crate::workload::transfer::Transfers;

const SIZES: [f64; 5] = [1_000.0, 10_000.0, 100_000.0, 1_000_000.0, 10_000_000.0];

pub(super) fn run(settings: &Settings, observer: Observer<'_>) -> Result<Findings, TrialError> {
    let series = |name: &str| Series { name: name.to_owned(), points: Vec::new() };
    let mut costs = [series("all threads of the server"), series("the executor")];
    let mut rates = series("transfers/s");
    let mut checked = Vec::new();
    for size in settings.points_or(&SIZES) {
        let mut workload = Transfers::new(Keys::new(size as u64, Distribution::Uniform), 1);
        let mut stage = settings.open(&mut workload, observer)?;
        let mut runs = Vec::new();
        for _ in 0..settings.rounds {
            let what = format!("{size} entities");
            runs.push(settings.measure(
                &mut stage,
                &mut workload,
                Pace::Closed,
                &what,
                observer,
            )?);
        }
        note_checked(&mut checked, stage.check(&mut workload, observer)?);
        let executor = |run: &_| thread_microseconds(run, "anabranch-execu");
        costs[0].points.push((size, Some(median_of(&runs, server_microseconds))));
        costs[1].points.push((size, Some(median_of(&runs, executor))));
        rates.points.push((size, Some(median_of(&runs, |run| run.measurement.rate()))));
    }
    let lines = |title: &str, y: &str, series| Lines {
        title: title.to_owned(),
        x: Axis::logarithmic("entities"),
        y: Axis::linear(y),
        series,
        marks: Vec::new(),
    };
    let cost = lines("Cost of a transfer", "processor time of a transfer (µs)", costs.into());
    let rate = lines("Throughput", "transfers per second", vec![rates]);
    Ok(Findings {
        name: "scale",
        title: "Cost of a transaction by the number of entities".to_owned(),
        summary:
            "Transfers between two accounts chosen uniformly, in a closed loop. Processor time \
                  as Linux counts it for the threads of the server, for each transfer; medians."
                .to_owned(),
        figures: vec![
            Figure { name: "cost".to_owned(), drawing: Drawing::Lines(cost) },
            Figure { name: "throughput".to_owned(), drawing: Drawing::Lines(rate) },
        ],
        checked,
        remarks: Vec::new(),
    })
}
