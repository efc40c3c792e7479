//! Memory and disk for each entity.

use super::{Drawing, Figure, Findings, Settings, note_checked};
use crate::keys::{Distribution, Keys};
use crate::plot::{Axis, Lines, Series};
use crate::progress::{Observer, Progress};
use crate::trial::TrialError;
use crate::workload::transfer::Transfers;

const SIZES: [f64; 4] = [10_000.0, 100_000.0, 1_000_000.0, 3_000_000.0];
/// Of these a server needs next to nothing.
const FEW: u64 = 2;

pub(super) fn run(settings: &Settings, observer: Observer<'_>) -> Result<Findings, TrialError> {
    let series = |name: &str| Series { name: name.to_owned(), points: Vec::new() };
    let mut lines = [series("memory (resident)"), series("disk (data folder)")];
    let (mut checked, mut remarks) = (Vec::new(), Vec::new());
    let (memory_of_few, disk_of_few) = size_of(FEW, settings, &mut checked, observer)?;
    remarks.push(format!(
        "a server with {FEW} accounts has {:.0} MB of memory and {:.0} MB on disk, which are \
         subtracted",
        memory_of_few / 1e6,
        disk_of_few / 1e6
    ));
    for size in settings.points_or(&SIZES) {
        let (memory, disk) = size_of(size as u64, settings, &mut checked, observer)?;
        let note = format!("{size} entities: {:.0} MB, on disk {:.0} MB", memory / 1e6, disk / 1e6);
        observer(Progress::Note(&note));
        remarks.push(note);
        lines[0].points.push((size, Some((memory - memory_of_few).max(0.0) / size)));
        lines[1].points.push((size, Some((disk - disk_of_few).max(0.0) / size)));
    }
    let figure = Lines {
        title: "Memory and disk for each entity".to_owned(),
        x: Axis::logarithmic("entities"),
        y: Axis::linear("bytes for each entity"),
        series: lines.into(),
        marks: Vec::new(),
    };
    Ok(Findings {
        name: "memory",
        title: "Memory for each entity".to_owned(),
        summary: "Accounts with a key of 16 characters and a balance are made and read once. The \
                  resident memory of the server and the size of its data folder, less what a server \
                  with two accounts has, for each account. Memory is bounded (--memory, 2 GiB unless \
                  told otherwise): what is more stays on disk."
            .to_owned(),
        figures: vec![Figure { name: "memory".to_owned(), drawing: Drawing::Lines(figure) }],
        checked,
        remarks,
    })
}

/// Bytes of memory and on disk of a server with so many accounts.
fn size_of(
    count: u64,
    settings: &Settings,
    checked: &mut Vec<String>,
    observer: Observer<'_>,
) -> Result<(f64, f64), TrialError> {
    let mut workload = Transfers::new(Keys::new(count, Distribution::Uniform), 1);
    let mut stage = settings.open(&mut workload, observer)?;
    note_checked(checked, stage.check(&mut workload, observer)?);
    let Some(server) = stage.server() else {
        unreachable!("this is a bug in Anabranch: experiments have servers of their own");
    };
    Ok((server.resident_bytes()? as f64, server.disk_bytes()? as f64))
}
