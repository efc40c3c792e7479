//! Puts load on a server and measures it.
//!
//! All connections are tasks of one thread, so that the generator takes at most one processor and
//! needs no locks. Requests come from a [`Workload`] by one of three *schedules*:
//!
//! - *closed loop*: a connection sends the next request as soon as one was answered; what is found
//!   is the most that the server does with so many requests in flight;
//! - *open loop*: requests are due at a fixed rate, whatever the server does. A latency counts from
//!   the instant at which its request was due, not from when it could be sent, so that a server
//!   that stops for a second has a second in the latencies of all requests of that second (no
//!   coordinated omission). Every request that was due is sent and counted, if late;
//! - *everything*: until the workload has no more requests, as fast as in a closed loop.

mod pipelined;
mod schedule;
mod sequential;
mod session;

use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::net::TcpStream;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

use crate::connection::{LoadError, Protocol, binary};
use crate::measurement::Measurement;
use crate::workload::Workload;

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
        }
    }
}

/// Runs `load` with the requests of `workload` against `target`; gives the workload back.
///
/// # Errors
/// The server cannot be reached, stops answering, or answers what the workload does not expect.
pub fn run<W: Workload>(
    target: &Target,
    load: &Load,
    workload: W,
) -> Result<(W, Measurement), LoadError> {
    assert!(load.connections > 0 && (1..=IN_FLIGHT_MAX).contains(&load.in_flight));
    assert!(load.protocol == Protocol::Binary || load.in_flight == 1, "no pipelining over HTTP");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, drive(target, load, workload))
}

async fn drive<W: Workload>(
    target: &Target,
    load: &Load,
    workload: W,
) -> Result<(W, Measurement), LoadError> {
    let mut streams = Vec::with_capacity(load.connections);
    for _ in 0..load.connections {
        streams.push(connect(target, load.protocol).await?);
    }
    let schedule = Rc::new(Schedule::start(load));
    let session = Rc::new(Session::new(workload, &schedule, load));
    let mut connections = JoinSet::new();
    for stream in streams {
        let (schedule, session) = (Rc::clone(&schedule), Rc::clone(&session));
        let (target, load) = (target.clone(), *load);
        connections.spawn_local(async move {
            match load.protocol {
                Protocol::Binary => pipelined::run(stream, &schedule, &session, &load).await,
                Protocol::Http => sequential::run(stream, &schedule, &session, &target).await,
            }
        });
    }
    let ended = async {
        while let Some(ended) = connections.join_next().await {
            ended.expect("this is a bug in Anabranch: a connection of the load panicked")?;
        }
        Ok(())
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
    let session = Rc::into_inner(session);
    let session = session.expect("this is a bug in Anabranch: a connection is still there");
    Ok(session.finish())
}

/// Waits for `ended` as long as answers come.
async fn answered_or_silent<W: Workload>(
    session: &Session<W>,
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
