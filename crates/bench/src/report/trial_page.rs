//! A trial as a page to look at.

use super::PERCENTILES;
use super::page::Page;
use super::table::whole;
use crate::environment::Environment;
use crate::load::Pace;
use crate::measurement::Latencies;
use crate::plot::{Axis, Lines, Mark, Scale, Series, number};
use crate::trial::{Run, Trial};

/// As HTML.
pub fn trial_page(trial: &Trial, environment: &Environment) -> String {
    let mut page = Page::new(&format!("Anabranch: {}", trial.workload.name));
    page.paragraph(&trial.workload.summary);
    page.tiles(&tiles(trial));
    for remark in &trial.remarks {
        page.paragraph(&format!("Note: {remark}."));
    }
    if let [run] = &trial.runs[..] {
        over_time(&mut page, run);
    } else {
        page.heading("Latency over rate");
        page.paragraph(LATENCY);
        page.figure(&latency_over_rate(trial).svg());
        for run in trial.runs.iter().filter(|run| run.crash.is_some() || run.pace == Pace::Closed) {
            over_time(&mut page, run);
        }
    }
    page.heading("Latency by percentile");
    page.paragraph(
        "How long the slowest requests took: at 99 % the value that 99 of 100 requests did not \
         exceed.",
    );
    page.figure(&percentiles(&trial.runs).svg());
    tables(&mut page, trial);
    page.heading("Checked at the end");
    page.paragraph(
        "The state was read over the same interface after the load. Had one of these been broken, \
         there would be no report.",
    );
    page.checks(&trial.checked);
    page.heading("Configuration");
    let mut rows = trial.workload.parameters.clone();
    rows.extend(trial.configuration.clone());
    page.facts(&rows);
    page.heading("Machine and command");
    page.facts(&environment.rows());
    page.finish()
}

const LATENCY: &str = "In an open loop (a given rate) requests are due at equal distances, and a \
    latency counts from the instant at which its request was due, whatever the server does meanwhile: \
    a pause of the server is in the latencies of all requests that were due during it. At the maximum \
    (closed loop) each answer brings the next request, and latencies say mostly how many requests \
    were in flight.";

fn tiles(trial: &Trial) -> Vec<(String, String)> {
    let fastest = trial.runs.iter().map(|run| run.measurement.rate()).fold(0.0, f64::max);
    let what = if trial.runs.len() == 1 { "requests/s" } else { "requests/s at most" };
    let mut tiles = vec![(what.to_owned(), whole(fastest))];
    if let [run] = &trial.runs[..] {
        let latencies = &run.measurement.latencies;
        for (name, part) in [("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)] {
            let value = format!("{} ms", number(latencies.milliseconds(part)));
            tiles.push((format!("{name} latency"), value));
        }
    }
    let sum = |count: fn(&Run) -> u64| trial.runs.iter().map(count).sum::<u64>() as f64;
    tiles.push(("answered".to_owned(), whole(sum(|run| run.measurement.answered()))));
    let failed = sum(|run| run.measurement.failed());
    tiles.push(("failed as they should".to_owned(), whole(failed)));
    let refused = sum(|run| run.measurement.refused);
    tiles.push(("refused (overload)".to_owned(), whole(refused)));
    if let Some(crash) = trial.runs.iter().find_map(|run| run.crash) {
        let recovery = crash.listening - crash.killed;
        tiles.push(("from kill -9 to listening".to_owned(), format!("{recovery:.2} s")));
    }
    tiles.push(("invariants hold".to_owned(), format!("✓ {}", trial.checked.len())));
    tiles
}

/// What happened in a run, from its beginning to its end.
fn over_time(page: &mut Page, run: &Run) {
    page.heading(&match run.pace {
        Pace::Closed => "Over time, at the maximum".to_owned(),
        Pace::Open(rate) => format!("Over time, at {rate} requests/s"),
    });
    if let Some(crash) = run.crash {
        page.paragraph(&format!(
            "The server was killed with SIGKILL after {:.2} s. It listened again {:.3} s later, and \
             the first answer came {:.3} s after the kill. Requests that were under way were sent \
             again with their idempotency keys.",
            crash.killed,
            crash.listening - crash.killed,
            crash.answering - crash.killed
        ));
    }
    let moments = run.measurement.timeline.moments(run.measurement.time);
    let mut marks: Vec<Mark> = run.checkpoints.iter().copied().map(Mark::Checkpoint).collect();
    if let Some(crash) = run.crash {
        marks.push(Mark::Crash { killed: crash.killed, answering: crash.answering });
    }
    let time = Axis::linear("time since measuring began (s)");
    let rates = moments.iter().map(|moment| (moment.second, Some(moment.rate))).collect();
    let throughput = Lines {
        title: "Throughput over time".to_owned(),
        x: time.clone(),
        y: Axis::linear("answers per second"),
        series: vec![Series { name: "answers per second".to_owned(), points: rates }],
        marks: marks.clone(),
    };
    page.figure(&throughput.svg());
    let p50 = moments.iter().map(|moment| (moment.second, moment.p50)).collect();
    let p99 = moments.iter().map(|moment| (moment.second, moment.p99)).collect();
    let latency = Lines {
        title: "Latency over time, by when a request was due".to_owned(),
        x: time,
        y: Axis::logarithmic("latency (ms)"),
        series: vec![
            Series { name: "p50".to_owned(), points: p50 },
            Series { name: "p99".to_owned(), points: p99 },
        ],
        marks,
    };
    page.figure(&latency.svg());
}

fn latency_over_rate(trial: &Trial) -> Lines {
    let series = [("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)];
    let open = || trial.runs.iter().filter(|run| run.pace != Pace::Closed);
    let series = series.map(|(name, part)| Series {
        name: name.to_owned(),
        points: open()
            .map(|run| {
                let Pace::Open(rate) = run.pace else { unreachable!("closed loops are left out") };
                (rate, Some(run.measurement.latencies.milliseconds(part)))
            })
            .collect(),
    });
    let rates = open().filter_map(|run| match run.pace {
        Pace::Open(rate) => Some(rate),
        Pace::Closed => None,
    });
    let (least, most) = rates
        .fold((f64::INFINITY, 0.0_f64), |(least, most), rate| (least.min(rate), most.max(rate)));
    let label = "requests due per second";
    let x = if most > 50.0 * least { Axis::logarithmic(label) } else { Axis::linear(label) };
    Lines {
        title: "Latency over rate".to_owned(),
        x,
        y: Axis::logarithmic("latency (ms)"),
        series: series.into(),
        marks: Vec::new(),
    }
}

fn percentiles(runs: &[Run]) -> Lines {
    // At 90 % one, at 99 % two, and so on.
    let nines = |part: f64| -(1.0 - part).log10();
    let names = [
        (0.0, "0 %"),
        (0.5, "50 %"),
        (0.9, "90 %"),
        (0.99, "99 %"),
        (0.999, "99.9 %"),
        (0.9999, "99.99 %"),
    ];
    let names = names.iter().map(|(part, name)| (nines(*part), (*name).to_owned()));
    let series = runs.iter().map(|run| {
        let latencies = &run.measurement.latencies;
        // What fewer than ten requests say is no percentile.
        let most = nines(1.0 - 10.0 / latencies.count().max(20) as f64).min(4.0);
        let points = (0..=100).map(|step| {
            let place = most * f64::from(step) / 100.0;
            (place, Some(latencies.milliseconds(1.0 - 10_f64.powf(-place))))
        });
        Series { name: run.name(), points: points.collect() }
    });
    Lines {
        title: "Latency by percentile".to_owned(),
        x: Axis { label: "part of all requests".to_owned(), scale: Scale::Named(names.collect()) },
        y: Axis::logarithmic("latency (ms)"),
        series: series.collect(),
        marks: Vec::new(),
    }
}

fn tables(page: &mut Page, trial: &Trial) {
    page.heading("Figures");
    let mut head = vec!["load", "requests/s", "answered", "failed", "refused", "unsent"];
    head.extend(PERCENTILES.iter().map(|(name, _)| *name));
    head.push("longest");
    let rows = trial.runs.iter().map(|run| {
        let measurement = &run.measurement;
        let mut cells = vec![
            run.name(),
            whole(measurement.rate()),
            whole(measurement.answered() as f64),
            whole(measurement.failed() as f64),
            whole(measurement.refused as f64),
            whole(measurement.unsent as f64),
        ];
        cells.extend(cells_of(&measurement.latencies));
        cells
    });
    page.table(&head, &rows.collect::<Vec<_>>());
    page.paragraph(
        "Latencies in ms. Failed: refused by the application as the workload wants it. Refused: \
         turned away by the server for lack of room (429, 503). Unsent: due, but given up because \
         the server was too far behind.",
    );
    if trial.kinds.len() > 1 {
        let mut head = vec!["kind of request", "load", "answered", "failed"];
        head.extend(PERCENTILES.iter().map(|(name, _)| *name));
        head.push("longest");
        let mut rows = Vec::new();
        for run in &trial.runs {
            for (name, kind) in trial.kinds.iter().zip(&run.measurement.kinds) {
                if kind.latencies.count() == 0 {
                    continue;
                }
                let mut cells = vec![(*name).to_owned(), run.name()];
                cells.push(whole(kind.latencies.count() as f64));
                cells.push(whole(kind.failed as f64));
                cells.extend(cells_of(&kind.latencies));
                rows.push(cells);
            }
        }
        page.table(&head, &rows);
    }
    page.heading("Processor time");
    page.paragraph("Microseconds of a processor for each request, by thread, warm-up included.");
    let rows: Vec<Vec<String>> = trial.runs.iter().flat_map(usage_rows).collect();
    page.table(&["load", "thread", "µs"], &rows);
}

fn usage_rows(run: &Run) -> Vec<Vec<String>> {
    let usage = run.microseconds_each();
    let all: f64 = usage.values().sum();
    let parts = usage.iter().filter(|(_, microseconds)| **microseconds >= 0.05);
    let row = |name: &str, value: f64| vec![run.name(), name.to_owned(), format!("{value:.2}")];
    parts.map(|(name, it)| row(name, *it)).chain([row("all", all)]).collect()
}

fn cells_of(latencies: &Latencies) -> Vec<String> {
    let parts = PERCENTILES.iter().map(|(_, part)| latencies.milliseconds(*part));
    parts.chain([latencies.longest()]).map(|it| format!("{it:.2}")).collect()
}
