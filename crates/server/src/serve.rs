//! Listening, serving, draining.
//!
//! The server has its own small runtime; all it does is to parse, check and wait. On SIGTERM or
//! SIGINT it stops accepting, lets connections finish what is under way, waits for the engine's
//! replies to what was submitted, lets the caller finish, and returns. The end of
//! [`Options::drain_timeout`] ends the wait for replies; a second signal ends it all at once.

mod connections;
mod log;
mod write_deadline;

use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::thread;

use anabranch_kernel::Engine;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::ingress::Ingress;
use crate::maintenance::Maintenance;
use crate::options::Options;

/// Most threads of the runtime. The engine needs as many processors for itself.
const WORKER_THREADS_MAX: usize = 4;

/// Why the server did not start or could not go on.
#[derive(Debug, Error)]
pub enum ServeError {
    #[error("port {port} is in use; choose another with --port")]
    PortInUse { port: u16 },
    #[error(
        "port {port} needs privileges that this process lacks; choose one above 1023 with --port"
    )]
    PortForbidden { port: u16 },
    #[error("cannot listen on {host}:{port}: {source}")]
    Bind { host: String, port: u16, source: io::Error },
    #[error("the bearer token is empty; give one or leave the option out")]
    EmptyToken,
    #[error("at least one request must be allowed in flight")]
    NoRequestInFlight,
    #[error("cannot start the server: {0}")]
    Start(#[source] io::Error),
}

/// Serves `engine` and its `maintenance` until a signal ends the process. `on_listening` is called with the address once
/// connections are accepted, `finish` when all is served; gives what that returns, or `None` if a
/// second signal came before.
///
/// # Errors
/// The options make no sense, or the address cannot be listened on.
pub fn serve<R: Send + 'static>(
    engine: Arc<dyn Engine>,
    maintenance: Arc<dyn Maintenance>,
    options: Options,
    on_listening: impl FnOnce(SocketAddr),
    finish: impl FnOnce() -> R + Send + 'static,
) -> Result<Option<R>, ServeError> {
    if options.token.as_ref().is_some_and(|token| token.trim().is_empty()) {
        return Err(ServeError::EmptyToken);
    }
    if options.in_flight_max == 0 {
        return Err(ServeError::NoRequestInFlight);
    }
    log::install();
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let runtime = runtime::Builder::new_multi_thread()
        .worker_threads((processors / 2).clamp(1, WORKER_THREADS_MAX))
        .thread_name("anabranch-http")
        .enable_all()
        .build()
        .map_err(ServeError::Start)?;
    let served = runtime.block_on(async {
        let mut signals = Signals::install().map_err(ServeError::Start)?;
        let listener = listen(&options).await?;
        let address = listener.local_addr().map_err(ServeError::Start)?;
        if options.token.is_none() && !address.ip().is_loopback() {
            tracing::warn!(%address, "everybody who can reach this address may use it; set a token");
        }
        on_listening(address);
        if serve_until(engine, maintenance, &options, listener, &mut signals).await == End::AtOnce {
            return Ok(None);
        }
        Ok(finish_until(finish, &mut signals).await)
    });
    // What was given up may block a thread for good.
    runtime.shutdown_background();
    served
}

/// How serving ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum End {
    /// All requests have their replies, or the time for that is over.
    Drained,
    /// After a second signal.
    AtOnce,
}

/// The signals that end the server.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn install() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }
}

/// What tells the server to end.
trait Stop {
    /// Comes back at the next signal.
    async fn next(&mut self);
}

impl Stop for Signals {
    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

async fn listen(options: &Options) -> Result<TcpListener, ServeError> {
    let Options { host, port, .. } = options;
    let bound = TcpListener::bind((host.as_str(), *port)).await;
    bound.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortInUse { port: *port },
        io::ErrorKind::PermissionDenied => ServeError::PortForbidden { port: *port },
        _ => ServeError::Bind { host: host.clone(), port: *port, source },
    })
}

async fn serve_until(
    engine: Arc<dyn Engine>,
    maintenance: Arc<dyn Maintenance>,
    options: &Options,
    listener: TcpListener,
    stop: &mut impl Stop,
) -> End {
    let ingress = Arc::new(Ingress::new(engine, maintenance, options));
    let open = connections::accept_until(listener, &ingress, options, stop.next()).await;
    tracing::info!("draining: requests under way go on, further ones are refused");
    let drained = async {
        open.finish().await;
        ingress.wait_until_idle().await;
    };
    tokio::select! {
        result = timeout(options.drain_timeout, drained) => {
            if result.is_err() {
                tracing::warn!("requests in flight did not end in time; ending without them");
            }
            End::Drained
        }
        () = stop.next() => {
            tracing::warn!("ending at once after a second signal");
            End::AtOnce
        }
    }
}

/// What `finish` returns; `None` if a signal comes first.
async fn finish_until<R: Send + 'static>(
    finish: impl FnOnce() -> R + Send + 'static,
    stop: &mut impl Stop,
) -> Option<R> {
    tokio::select! {
        finished = spawn_blocking(finish) => {
            Some(finished.unwrap_or_else(|error| resume_unwind(error.into_panic())))
        }
        () = stop.next() => {
            tracing::warn!("ending at once after a second signal");
            None
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
