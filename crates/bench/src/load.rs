//! Puts load on a server and measures it.
//!
//! All connections are tasks of one thread, so that the generator takes at most one processor and
//! needs no locks. [`Requests`] are sent by one of three *schedules*:
//!
//! - *closed loop*: a connection sends the next request as soon as one was answered; what is found
//!   is the most that the server does with so many requests in flight;
//! - *open loop*: requests are due at a fixed rate, whatever the server does. A latency counts from
//!   the instant at which its request was due, not from when it could be sent, so that a server
//!   that stops for a second has a second in the latencies of all requests of that second (no
//!   coordinated omission). Every request that was due is sent and counted, if late;
//!   Only what could not be sent for seconds after the end is given up, and counted apart;
//! - *everything*: until the workload has no more requests, as fast as in a closed loop.

mod pipelined;
mod schedule;
mod sequential;
mod session;

use std::time::{Duration, Instant};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::connection::{LoadError, Protocol, binary};
use crate::measurement::Measurement;
use crate::progress::{Observer, Progress};
use crate::workload::Requests;

use schedule::Schedule;
use session::Session;

/// A server.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// `host:port`
    pub address: String,
    pub token: Option<String>,
}

/// When requests are sent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Pace {
    /// As soon as a request was answered.
    Closed,
    /// So many in a second.
    Open(f64),
}

/// How long a load goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Length {
    Times {
        /// Before measuring.
        warm_up: Duration,
        measured: Duration,
    },
    /// Until the workload has no more requests.
    Everything,
}

/// Whether requests have an idempotency key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum IdempotencyKeys {
    None,
    /// One for each request.
    Fresh,
}

/// What is done when a connection breaks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnBreak {
    /// The load has failed.
    Fail,
    /// Connect again, and send what was not answered again; requests must have idempotency keys.
    SendAgain,
}

/// How load is put on a server.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Load {
    pub protocol: Protocol,
    pub connections: usize,
    /// Most requests in flight on a connection; 1 over HTTP.
    pub in_flight: usize,
    pub pace: Pace,
    pub length: Length,
    pub idempotency_keys: IdempotencyKeys,
    pub on_break: OnBreak,
}

/// Most requests in flight on a connection: below what a server takes, which would stop reading.
pub const IN_FLIGHT_MAX: usize = 1024;

/// How long to wait for the answers to the last requests.
const DRAIN: Duration = Duration::from_secs(60);

impl Load {
    /// As fast as possible until the workload has no more requests.
    pub fn everything(protocol: Protocol) -> Self {
        let (connections, in_flight) = match protocol {
            // Together less than a server takes.
            Protocol::Binary => (4, 200),
            Protocol::Http => (64, 1),
        };
        Self {
            protocol,
            connections,
            in_flight,
            pace: Pace::Closed,
            length: Length::Everything,
            idempotency_keys: IdempotencyKeys::None,
            on_break: OnBreak::Fail,
        }
    }
}

/// How long to try to connect again.
const RECONNECT: Duration = Duration::from_secs(300);
const RECONNECT_INTERVAL: Duration = Duration::from_millis(5);
/// How often somebody is told how far it is.
const TICK: Duration = Duration::from_millis(100);

/// Runs `load` with `requests` against `target`.
///
/// # Errors
/// The server cannot be reached, stops answering, or answers what nobody expects.
pub fn run<R: Requests>(
    target: &Target,
    load: &Load,
    requests: &mut R,
    observer: Observer<'_>,
) -> Result<Measurement, LoadError> {
    assert!(load.connections > 0 && (1..=IN_FLIGHT_MAX).contains(&load.in_flight));
    assert!(load.protocol == Protocol::Binary || load.in_flight == 1, "no pipelining over HTTP");
    let has_keys = load.idempotency_keys == IdempotencyKeys::Fresh;
    assert!(has_keys || load.on_break == OnBreak::Fail, "what is sent again needs keys");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(drive(target, load, requests, observer))
}

async fn drive<R: Requests>(
    target: &Target,
    load: &Load,
    requests: &mut R,
    observer: Observer<'_>,
) -> Result<Measurement, LoadError> {
    let mut streams = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        streams.push(connect(target, load.protocol).await?);
    }
    let schedule = Schedule::start(load);
    let session = Session::new(requests, &schedule, load);
    let (schedule_of, session_of) = (&schedule, &session);
    let mut connections: FuturesUnordered<_> = streams
        .into_iter()
        .map(|stream| async move {
            match load.protocol {
                Protocol::Binary => {
                    pipelined::run(stream, schedule_of, session_of, target, load).await
                }
                Protocol::Http => {
                    sequential::run(stream, schedule_of, session_of, target, load).await
                }
            }
        })
        .collect();
    let ended = async {
        while let Some(ended) = connections.next().await {
            ended?;
        }
        Ok(())
    };
    let ended = async {
        tokio::select! {
            ended = ended => ended,
            () = tell(&session, load.length, observer) => Ok(()),
        }
    };
    match schedule.end() {
        Some(end) => {
            let patience = end.saturating_duration_since(Instant::now()) + DRAIN;
            let ended = timeout(patience, ended).await;
            ended.map_err(|_| LoadError::Silent(DRAIN.as_secs()))??;
        }
        None => answered_or_silent(&session, ended).await?,
    }
    drop(connections);
    Ok(session.finish())
}

/// Tells how far it is, for ever.
async fn tell<R: Requests>(session: &Session<'_, R>, length: Length, observer: Observer<'_>) {
    let start = Instant::now();
    loop {
        sleep(TICK).await;
        let (done, answered) = (start.elapsed(), session.answered());
        let total = match length {
            Length::Times { warm_up, measured } => warm_up + measured,
            Length::Everything => done,
        };
        observer(Progress::Time { done: done.min(total), total, answered });
    }
}

/// Waits for `ended` as long as answers come.
async fn answered_or_silent<R: Requests>(
    session: &Session<'_, R>,
    ended: impl Future<Output = Result<(), LoadError>>,
) -> Result<(), LoadError> {
    let silence = async {
        let mut answered = u64::MAX;
        while session.answered() != answered {
            answered = session.answered();
            sleep(DRAIN).await;
        }
    };
    tokio::select! {
        ended = ended => ended,
        () = silence => Err(LoadError::Silent(DRAIN.as_secs())),
    }
}

async fn connect(target: &Target, protocol: Protocol) -> Result<TcpStream, LoadError> {
    let address = &target.address;
    let unreachable = |error| LoadError::Unreachable { address: address.clone(), error };
    let mut stream = TcpStream::connect(address).await.map_err(unreachable)?;
    stream.set_nodelay(true)?;
    if protocol == Protocol::Binary {
        binary::greet(&mut stream, target.token.as_deref()).await?;
    }
    Ok(stream)
}

/// A new connection after one broke with `error`, if that is wanted and helps.
async fn after_break(
    error: LoadError,
    target: &Target,
    load: &Load,
) -> Result<TcpStream, LoadError> {
    if load.on_break == OnBreak::Fail || !error.is_of_connection() {
        return Err(error);
    }
    let start = Instant::now();
    loop {
        match connect(target, load.protocol).await {
            Err(error) if error.is_of_connection() && start.elapsed() < RECONNECT => {
                sleep(RECONNECT_INTERVAL).await;
            }
            outcome => return outcome,
        }
    }
}
