//! How long a server takes to come back after `kill -9`.

use super::{Drawing, Figure, Findings, Settings, note_checked};
use crate::comparison::median;
use crate::keys::{Distribution, Keys};
use crate::load::Pace;
use crate::plot::{Axis, Lines, Series};
use crate::progress::{Observer, Progress};
use crate::trial::TrialError;
use crate::workload::transfer::Transfers;

const SIZES: [f64; 4] = [1_000.0, 10_000.0, 100_000.0, 1_000_000.0];

pub(super) fn run(settings: &Settings, observer: Observer<'_>) -> Result<Findings, TrialError> {
    let mut line = Series { name: "from kill -9 to listening".to_owned(), points: Vec::new() };
    let (mut checked, mut remarks) = (Vec::new(), Vec::new());
    for size in settings.points_or(&SIZES) {
        let keys = Keys::new(size as u64, Distribution::Uniform);
        let mut workload = Transfers::new(keys, 1);
        let mut stage = settings.open(&mut workload, observer)?;
        let mut times = Vec::new();
        for _ in 0..settings.rounds {
            let what = format!("{size} entities");
            settings.measure(&mut stage, &mut workload, Pace::Closed, &what, observer)?;
            let Some(server) = stage.server() else {
                unreachable!("this is a bug in Anabranch: experiments have servers of their own");
            };
            let restart = server.kill_and_start()?;
            let seconds = (restart.listening - restart.killed).as_secs_f64();
            observer(Progress::Note(&format!("{what}: back after {seconds:.2} s")));
            times.push(seconds);
        }
        note_checked(&mut checked, stage.check(&mut workload, observer)?);
        let longest = times.iter().copied().fold(0.0, f64::max);
        remarks.push(format!("{size} entities: {longest:.2} s at most in {} kills", times.len()));
        line.points.push((size, median(&times)));
    }
    let lines = Lines {
        title: "Time to recover".to_owned(),
        x: Axis::logarithmic("entities"),
        y: Axis::linear("time from kill -9 to listening (s)"),
        series: vec![line],
        marks: Vec::new(),
    };
    Ok(Findings {
        name: "recovery",
        title: "Recovery".to_owned(),
        summary: format!(
            "Accounts are made, transfers run for {} s at the maximum, and the server is killed with \
             SIGKILL. The time from there until it listens again, the start of Python and of the \
             application included; medians. Afterwards every account must have what acknowledged \
             transfers leave it.",
            (settings.times.warm_up + settings.times.measured).as_secs_f64()
        ),
        figures: vec![Figure { name: "recovery".to_owned(), drawing: Drawing::Lines(lines) }],
        checked,
        remarks,
    })
}
