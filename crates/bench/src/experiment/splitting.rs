//! What splitting costs beside everything else, for states of some size.

use super::{
    Drawing, Figure, Findings, Settings, median_of, note_checked, server_microseconds,
    thread_microseconds,
};
use crate::load::{Load, Pace};
use crate::plot::{Axis, Lines, Series};
use crate::progress::{Observer, Progress};
use crate::trial::{Run, TrialError};
use crate::workload::splitting::{Pieces, Splitting};

/// As in the paper, in kilobytes.
const SIZES: [f64; 4] = [50.0, 100.0, 150.0, 200.0];
/// So many fit into the memory of the engine.
const RECORDS: u64 = 100;
const EXECUTOR: &str = "anabranch-execu";

pub(super) fn run(settings: &Settings, observer: Observer<'_>) -> Result<Findings, TrialError> {
    let names = ["one piece", "five segments"];
    let series =
        |what: &str| names.map(|name| Series { name: format!("{name}{what}"), points: Vec::new() });
    let (mut all, mut executor) = (series(""), series(", executor only"));
    let (mut checked, mut remarks) = (Vec::new(), Vec::new());
    for kilobytes in settings.points_or(&SIZES) {
        let mut workload = Splitting::new(RECORDS, (kilobytes * 1000.0) as usize, 1);
        let mut stage = settings.open(&mut workload, observer)?;
        let mut runs: [Vec<Run>; 2] = [Vec::new(), Vec::new()];
        // In turn, so that what disturbs the machine disturbs both.
        for _ in 0..settings.rounds {
            for (pieces, runs) in [Pieces::One, Pieces::Five].into_iter().zip(&mut runs) {
                workload.use_pieces(pieces);
                let load = Load { in_flight: 16, ..settings.load(Pace::Closed) };
                let run = stage.run(&mut workload, &load, None, observer)?;
                let cost = server_microseconds(&run);
                observer(Progress::Note(&format!("{kilobytes} KB, {pieces:?}: {cost:.1} µs")));
                runs.push(run);
            }
        }
        note_checked(&mut checked, stage.check(&mut workload, observer)?);
        for (position, runs) in runs.iter().enumerate() {
            let of_executor = |run: &Run| thread_microseconds(run, EXECUTOR);
            all[position].points.push((kilobytes, Some(median_of(runs, server_microseconds))));
            executor[position].points.push((kilobytes, Some(median_of(runs, of_executor))));
        }
        let last = |series: &[Series; 2], position: usize| {
            series[position].points.last().and_then(|(_, cost)| *cost).unwrap_or_default()
        };
        let (one, five) = (last(&executor, 0), last(&executor, 1));
        remarks.push(format!(
            "{kilobytes} KB: the executor takes {one:.2} µs in one piece and {five:.2} µs in five \
             segments; the difference is {:.1} % of {:.2} µs in all",
            (five - one) / last(&all, 1) * 100.0,
            last(&all, 1)
        ));
    }
    let lines = Lines {
        title: "Processor time of a request".to_owned(),
        x: Axis::linear("size of the state (KB)"),
        y: Axis::linear("processor time of a request (µs)"),
        series: all.into_iter().chain(executor).collect(),
        marks: Vec::new(),
    };
    Ok(Findings {
        name: "splitting",
        title: "What splitting costs".to_owned(),
        summary: "The same method on states of some size, once in one piece and once in five \
                  segments with four run-time tests. It writes small attributes of a record whose \
                  state is large. Processor time of all threads of the server, and of the one that \
                  runs segments; a closed loop. The two are measured in turn."
            .to_owned(),
        figures: vec![Figure { name: "splitting".to_owned(), drawing: Drawing::Lines(lines) }],
        checked,
        remarks,
    })
}
