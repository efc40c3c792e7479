//! A workload on a server: entities are made, load is put on it once or at several rates, and in
//! the end the state is checked. There are no findings without that check.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use crate::connection::{LoadError, Protocol};
use crate::exchange::Exchange;
use crate::load::{IdempotencyKeys, Length, Load, OnBreak, Pace, Target};
use crate::measurement::Measurement;
use crate::monitor::Monitor;
use crate::processors::{self, Usage};
use crate::progress::{Observer, Progress};
use crate::server::{CommandLine, Engine, Restart, Server, ServerError};
use crate::workload::{AnyWorkload, Description};

/// Of a maximum, for a sweep.
const FRACTIONS: [f64; 7] = [0.02, 0.1, 0.25, 0.5, 0.7, 0.8, 0.9];
/// A rate is reached if so much of it is.
const REACHED: f64 = 0.95;

/// Where the server is.
#[derive(Clone, Debug)]
pub enum Host {
    /// A process of its own, with a new data folder.
    Own {
        command: CommandLine,
        engine: Engine,
    },
    Running(Target),
}

/// At which rates.
#[derive(Clone, PartialEq, Debug)]
pub enum Rates {
    /// As fast as it answers.
    Maximum,
    /// Each in turn.
    Given(Vec<f64>),
    /// The maximum, and then parts of it.
    OfMaximum,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Plan {
    pub host: Host,
    /// Pace and length aside, how load is put on the server.
    pub load: Load,
    pub rates: Rates,
    pub times: Times,
    /// When the server is killed, after measuring began.
    pub crash_at: Option<Duration>,
}

/// How long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Times {
    pub warm_up: Duration,
    pub measured: Duration,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Trial {
    pub workload: Description,
    pub kinds: &'static [&'static str],
    /// Names and values.
    pub configuration: Vec<(String, String)>,
    pub runs: Vec<Run>,
    /// What was compared in the end, and found right.
    pub checked: Vec<String>,
    /// What is to be known of the figures.
    pub remarks: Vec<String>,
}

/// What a load measured and used.
#[derive(Clone, Debug)]
pub struct Run {
    pub pace: Pace,
    pub measurement: Measurement,
    /// Seconds of a processor that the generator used, warm-up included.
    pub generator: f64,
    /// What the threads of the server used, warm-up included.
    pub server: Usage,
    /// Seconds since measuring began.
    pub checkpoints: Vec<f64>,
    pub crash: Option<Crash>,
}

/// A server that was killed and came back. In seconds since measuring began.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Crash {
    pub killed: f64,
    pub listening: f64,
    /// When the first request was answered again.
    pub answering: f64,
}

/// Why there are no findings.
#[derive(Debug, Error)]
pub enum TrialError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Load(#[from] LoadError),
    #[error("cannot look at the server: {0}")]
    Look(#[from] std::io::Error),
}

/// What the generator is called among the threads.
const GENERATOR: &str = "load generator";

impl Run {
    /// Microseconds of a processor for each request, by thread.
    pub fn microseconds_each(&self) -> Usage {
        let requests = self.measurement.answered_in_all.max(1);
        let each = |seconds: f64| seconds * 1e6 / requests as f64;
        let server = self.server.iter().map(|(name, seconds)| (name.clone(), each(*seconds)));
        server.chain([(GENERATOR.to_owned(), each(self.generator))]).collect()
    }

    /// What the load was.
    pub fn name(&self) -> String {
        match self.pace {
            Pace::Closed => "maximum".to_owned(),
            Pace::Open(rate) => format!("{rate} requests/s"),
        }
    }

    /// Whether about as many requests were answered as were due.
    pub fn is_reached(&self) -> bool {
        match self.pace {
            Pace::Closed => true,
            Pace::Open(rate) => self.measurement.rate() >= REACHED * rate,
        }
    }
}

/// The load unless something else is asked for.
pub fn standard_load(protocol: Protocol, pace: Pace, times: Times) -> Load {
    let (connections, in_flight) = match protocol {
        Protocol::Binary => (4, 128),
        Protocol::Http => (64, 1),
    };
    Load {
        protocol,
        connections,
        in_flight,
        pace,
        length: Length::Times { warm_up: times.warm_up, measured: times.measured },
        idempotency_keys: IdempotencyKeys::None,
        on_break: OnBreak::Fail,
    }
}

/// A server with the entities that a workload begins with.
#[derive(Debug)]
pub struct Stage {
    host: Hosted,
}

#[derive(Debug)]
enum Hosted {
    Own(Box<Server>),
    Running(Target),
}

impl Stage {
    /// Starts or takes the server, and lets `workload` make its entities there.
    ///
    /// # Errors
    /// The server does not start or fails.
    pub fn open(
        host: &Host,
        workload: &mut dyn AnyWorkload,
        observer: Observer<'_>,
    ) -> Result<Self, TrialError> {
        let host = match host {
            Host::Running(target) => Hosted::Running(target.clone()),
            Host::Own { command, engine } => {
                let server = Server::start(command, *engine, workload.application())?;
                Hosted::Own(Box::new(server))
            }
        };
        let stage = Self { host };
        workload.prepare(&exchange(stage.target(), observer))?;
        Ok(stage)
    }

    pub fn target(&self) -> &Target {
        match &self.host {
            Hosted::Own(server) => server.target(),
            Hosted::Running(target) => target,
        }
    }

    /// The server, if it is ours.
    pub fn server(&mut self) -> Option<&mut Server> {
        match &mut self.host {
            Hosted::Own(server) => Some(server),
            Hosted::Running(_) => None,
        }
    }

    fn usage(&self) -> Usage {
        match &self.host {
            Hosted::Own(server) => processors::of_process(server.process()),
            Hosted::Running(_) => Usage::new(),
        }
    }

    /// Puts `load` on the server.
    ///
    /// # Errors
    /// The server fails; what it must have is then not known any more.
    pub fn run(
        &mut self,
        workload: &mut dyn AnyWorkload,
        load: &Load,
        crash_at: Option<Duration>,
        observer: Observer<'_>,
    ) -> Result<Run, TrialError> {
        let target = self.target().clone();
        let monitor = Monitor::start(&target);
        let (generator, before) = (processors::of_this_thread(), self.usage());
        let (outcome, restart) = match (crash_at, &mut self.host) {
            (Some(crash_at), Hosted::Own(server)) => thread::scope(|scope| {
                let (ended, until_end) = mpsc::channel::<()>();
                let crash = scope.spawn(move || crash(server, crash_at, &until_end));
                let outcome = workload.run(&target, load, observer);
                drop(ended);
                (outcome, crash.join().expect("this is a bug in Anabranch: the crash panicked"))
            }),
            _ => (workload.run(&target, load, observer), Ok(None)),
        };
        let checkpoints = monitor.stop();
        // Why the server did not come back says more than that it does not answer.
        let restart = restart?;
        let measurement = outcome?;
        let since = |at: Instant| at.saturating_duration_since(measurement.start).as_secs_f64();
        let end = measurement.time.as_secs_f64();
        let checkpoints = checkpoints.into_iter().filter(|at| *at >= measurement.start);
        let server = match restart {
            // The threads of the process that was killed are gone with what they used.
            Some(_) => Usage::new(),
            None => processors::between(&before, &self.usage()),
        };
        Ok(Run {
            pace: load.pace,
            generator: processors::of_this_thread() - generator,
            server,
            checkpoints: checkpoints.map(since).filter(|second| *second <= end).collect(),
            crash: restart.map(|restart| {
                let (killed, listening) = (since(restart.killed), since(restart.listening));
                let answering = measurement.timeline.answer_after(restart.listening);
                let answering = answering.map_or(listening, |answering| answering.as_secs_f64());
                Crash { killed, listening, answering }
            }),
            measurement,
        })
    }

    /// Compares the state with what it must be; says what was compared.
    ///
    /// # Errors
    /// The server fails, or an invariant is broken.
    pub fn check(
        &self,
        workload: &mut dyn AnyWorkload,
        observer: Observer<'_>,
    ) -> Result<Vec<String>, TrialError> {
        Ok(workload.check(&exchange(self.target(), observer))?)
    }
}

/// How entities are made and read, whatever the load's protocol is.
fn exchange<'a>(target: &'a Target, observer: Observer<'a>) -> Exchange<'a> {
    Exchange { target, protocol: Protocol::Binary, observer }
}

/// Kills the server after `crash_at` and starts it again, unless the load has ended before.
fn crash(
    server: &mut Server,
    crash_at: Duration,
    until_end: &mpsc::Receiver<()>,
) -> Result<Option<Restart>, ServerError> {
    match until_end.recv_timeout(crash_at) {
        Err(mpsc::RecvTimeoutError::Timeout) => server.kill_and_start().map(Some),
        _ => Ok(None),
    }
}

/// Does what is planned.
///
/// # Errors
/// The server fails, or an invariant is broken: then there are no figures.
pub fn run(
    plan: &Plan,
    workload: &mut dyn AnyWorkload,
    observer: Observer<'_>,
) -> Result<Trial, TrialError> {
    observer(Progress::Note("entities are made or read"));
    let mut stage = Stage::open(&plan.host, workload, observer)?;
    let mut remarks = Vec::new();
    let runs = run_all(plan, &mut stage, workload, &mut remarks, observer)?;
    observer(Progress::Note("the state is checked"));
    let checked = stage.check(workload, observer)?;
    Ok(Trial {
        workload: workload.describe(),
        kinds: workload.kinds(),
        configuration: configuration(plan),
        runs,
        checked,
        remarks,
    })
}

fn run_all(
    plan: &Plan,
    stage: &mut Stage,
    workload: &mut dyn AnyWorkload,
    remarks: &mut Vec<String>,
    observer: Observer<'_>,
) -> Result<Vec<Run>, TrialError> {
    let mut runs = Vec::new();
    let mut crash_at = plan.crash_at.map(|after| plan.times.warm_up + after);
    let mut measure = |pace, runs: &mut Vec<Run>| {
        let load = Load { pace, ..plan.load };
        observer(Progress::Note(&match pace {
            Pace::Closed => "load: as much as the server answers".to_owned(),
            Pace::Open(rate) => format!("load: {rate} requests/s"),
        }));
        let run = stage.run(workload, &load, crash_at.take(), observer)?;
        let p99 = run.measurement.latencies.milliseconds(0.99);
        let found = format!("{}: {:.0}/s, p99 {p99:.2} ms", run.name(), run.measurement.rate());
        observer(Progress::Note(&found));
        runs.push(run);
        Ok::<(), TrialError>(())
    };
    let rates = match &plan.rates {
        Rates::Maximum => {
            measure(Pace::Closed, &mut runs)?;
            return Ok(runs);
        }
        Rates::Given(rates) => rates.clone(),
        Rates::OfMaximum => {
            measure(Pace::Closed, &mut runs)?;
            let most = runs[0].measurement.rate();
            FRACTIONS.iter().map(|part| (most * part).round().max(1.0)).collect()
        }
    };
    for (position, &rate) in rates.iter().enumerate() {
        measure(Pace::Open(rate), &mut runs)?;
        let rest: Vec<String> = rates[position + 1..].iter().map(f64::to_string).collect();
        if runs.last().is_some_and(|run| !run.is_reached()) && !rest.is_empty() {
            remarks.push(format!(
                "at {rate} requests/s the server could not keep up, so these rates were left out: {}",
                rest.join(", ")
            ));
            break;
        }
    }
    Ok(runs)
}

fn configuration(plan: &Plan) -> Vec<(String, String)> {
    let host = match &plan.host {
        Host::Own { engine: Engine::Embedded, .. } => {
            "a server of its own, engine embedded: durable, each group of requests is synced \
             before its replies"
                .to_owned()
        }
        Host::Own { engine: Engine::Local, .. } => {
            "a server of its own, engine local: in memory, nothing is durable".to_owned()
        }
        Host::Own { engine: Engine::Plain, .. } => {
            "a server of its own, engine plain: ordinary Python objects behind a loop in Python, in \
             memory, nothing is durable"
                .to_owned()
        }
        Host::Running(target) => format!("the server that runs at {}", target.address),
    };
    let load = &plan.load;
    let mut rows = vec![
        ("server", host),
        ("protocol", load.protocol.name().to_owned()),
        ("connections", load.connections.to_string()),
        ("most requests in flight on each", load.in_flight.to_string()),
        (
            "idempotency keys",
            match load.idempotency_keys {
                IdempotencyKeys::None => "none".to_owned(),
                IdempotencyKeys::Fresh => "one for each request".to_owned(),
            },
        ),
        ("warm-up", format!("{} s", plan.times.warm_up.as_secs_f64())),
        ("measured", format!("{} s", plan.times.measured.as_secs_f64())),
    ];
    if let Some(at) = plan.crash_at {
        rows.push(("killed with SIGKILL after", format!("{} s", at.as_secs_f64())));
    }
    rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
