//! Experiments: figures of the paper *Stateful Entities* (EDBT 2024), and some beyond it, each on
//! servers of its own.
//!
//! | | |
//! | --- | --- |
//! | [`latency`] | YCSB A, B and T, uniform and zipf 0.99, at 100 requests/s (its Figure 3) |
//! | [`latency_over_rate`] | YCSB M (its Figure 4) |
//! | [`splitting`] | what splitting costs, for states of 50 to 200 KB |
//! | [`contention`] | transfers from uniform to zipf 0.999 |
//! | [`recovery`] | how long a killed server takes to come back, by the size of its state |
//! | [`scale`] | what a transaction costs, by the number of entities |
//! | [`memory`] | memory and disk for each entity |

mod contention;
mod latency;
mod latency_over_rate;
mod memory;
mod recovery;
mod scale;
mod splitting;

use crate::comparison::median;
use crate::connection::Protocol;
use crate::load::{Load, Pace};
use crate::plot::{Bars, Lines};
use crate::progress::{Observer, Progress};
use crate::server::{CommandLine, Engine};
use crate::trial::{Host, Run, Stage, Times, TrialError, standard_load};
use crate::workload::AnyWorkload;

/// Which experiment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Experiment {
    Latency,
    LatencyOverRate,
    Splitting,
    Contention,
    Recovery,
    Scale,
    Memory,
}

/// How experiments are made.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How servers are started.
    pub command: CommandLine,
    pub times: Times,
    /// Each point is measured so often; its median counts.
    pub rounds: usize,
    /// Where the horizontal axis has points, instead of the usual ones.
    pub points: Option<Vec<f64>>,
    /// Records of the workload, where they are not the points.
    pub records: u64,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Findings {
    pub name: &'static str,
    pub title: String,
    /// What was done, and how to read the figures.
    pub summary: String,
    pub figures: Vec<Figure>,
    /// What was compared in the end, and found right.
    pub checked: Vec<String>,
    pub remarks: Vec<String>,
}

/// A figure with its file name, without extension.
#[derive(Clone, Debug)]
pub struct Figure {
    pub name: String,
    pub drawing: Drawing,
}

#[derive(Clone, Debug)]
pub enum Drawing {
    Lines(Lines),
    Bars(Bars),
}

impl Figure {
    pub fn svg(&self) -> String {
        match &self.drawing {
            Drawing::Lines(lines) => lines.svg(),
            Drawing::Bars(bars) => bars.svg(),
        }
    }
}

/// Makes an experiment.
///
/// # Errors
/// A server fails, or its state is not what it acknowledged.
pub fn run(
    experiment: Experiment,
    settings: &Settings,
    observer: Observer<'_>,
) -> Result<Findings, TrialError> {
    match experiment {
        Experiment::Latency => latency::run(settings, observer),
        Experiment::LatencyOverRate => latency_over_rate::run(settings, observer),
        Experiment::Splitting => splitting::run(settings, observer),
        Experiment::Contention => contention::run(settings, observer),
        Experiment::Recovery => recovery::run(settings, observer),
        Experiment::Scale => scale::run(settings, observer),
        Experiment::Memory => memory::run(settings, observer),
    }
}

impl Settings {
    /// Whether the points are those of the experiment.
    ///
    /// # Errors
    /// What points there may be.
    pub fn check(&self, experiment: Experiment) -> Result<(), String> {
        let Some(points) = &self.points else { return Ok(()) };
        let (wanted, is_right): (&str, fn(f64) -> bool) = match experiment {
            Experiment::Latency => ("no points: its groups are those of the paper", |_| false),
            Experiment::LatencyOverRate => ("rates above zero", |point| point > 0.0),
            Experiment::Splitting => {
                ("sizes of 1 to 900 KB", |point| (1.0..=900.0).contains(&point))
            }
            Experiment::Contention => ("exponents below 1", |point| point < 1.0),
            Experiment::Recovery | Experiment::Scale | Experiment::Memory => {
                ("numbers of entities from 2 on", |point| point >= 2.0 && point.fract() == 0.0)
            }
        };
        match points.iter().all(|point| is_right(*point)) && !points.is_empty() {
            true => Ok(()),
            false => Err(format!("this experiment takes {wanted}")),
        }
    }

    fn points_or(&self, usual: &[f64]) -> Vec<f64> {
        self.points.clone().unwrap_or_else(|| usual.to_vec())
    }

    fn load(&self, pace: Pace) -> Load {
        standard_load(Protocol::Binary, pace, self.times)
    }

    fn open(
        &self,
        workload: &mut dyn AnyWorkload,
        observer: Observer<'_>,
    ) -> Result<Stage, TrialError> {
        let host = Host::Own { command: self.command.clone(), engine: Engine::Embedded };
        Stage::open(&host, workload, observer)
    }

    fn measure(
        &self,
        stage: &mut Stage,
        workload: &mut dyn AnyWorkload,
        pace: Pace,
        what: &str,
        observer: Observer<'_>,
    ) -> Result<Run, TrialError> {
        let run = stage.run(workload, &self.load(pace), None, observer)?;
        let p99 = run.measurement.latencies.milliseconds(0.99);
        let rate = run.measurement.rate();
        observer(Progress::Note(&format!("{what}, {}: {rate:.0}/s, p99 {p99:.2} ms", run.name())));
        Ok(run)
    }
}

/// The median over runs of what each has; runs are never empty.
fn median_of(runs: &[Run], figure: impl Fn(&Run) -> f64) -> f64 {
    let figures: Vec<f64> = runs.iter().map(figure).collect();
    median(&figures).expect("there is at least one round")
}

/// What requests of a run cost all processors, in microseconds for each: the server, without the
/// load generator.
fn server_microseconds(run: &Run) -> f64 {
    run.server.values().sum::<f64>() * 1e6 / run.measurement.answered_in_all.max(1) as f64
}

/// The same of one thread of the server, whose name begins so.
fn thread_microseconds(run: &Run, thread: &str) -> f64 {
    let threads = run.server.iter().filter(|(name, _)| name.starts_with(thread));
    let seconds: f64 = threads.map(|(_, seconds)| seconds).sum();
    seconds * 1e6 / run.measurement.answered_in_all.max(1) as f64
}

/// Adds what was checked, if it is new.
fn note_checked(all: &mut Vec<String>, checked: Vec<String>) {
    for check in checked {
        if !all.contains(&check) {
            all.push(check);
        }
    }
}
