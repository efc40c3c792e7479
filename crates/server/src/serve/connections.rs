//! Accepts connections and ends them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

use super::write_deadline::WriteDeadline;
use crate::options::Options;

/// Most connections at a time; more wait in the system's queue.
const CONNECTIONS_MAX: usize = 4096;
/// Most bytes of a connection that wait to be parsed, and so of a request's head.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How long to wait after the system could not accept, typically for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections that may still have requests under way.
pub(super) struct OpenConnections(GracefulShutdown);

impl OpenConnections {
    /// Waits until all requests under way are answered, keeping no connection alive.
    pub(super) async fn finish(self) {
        self.0.shutdown().await;
    }
}

/// Accepts and serves connections until `stop`, then closes the listener.
pub(super) async fn accept_until(
    listener: TcpListener,
    router: Router,
    options: &Options,
    stop: impl Future<Output = ()>,
) -> OpenConnections {
    let graceful = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    tokio::pin!(stop);
    loop {
        let (stream, place) = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(options.head_timeout)
            .max_buf_size(HEAD_BYTES_MAX);
        let stream = WriteDeadline::new(stream, options.response_timeout);
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // A connection fails by what its client does, which is none of our concern.
            let _broken = connection.await;
            drop(place);
        });
    }
    OpenConnections(graceful)
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, OwnedSemaphorePermit) {
    let place = Arc::clone(places).acquire_owned().await;
    let place = place.expect("this is a bug in Anabranch: the semaphore was closed");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Without it small responses may wait for the client's acknowledgement.
                let _unsupported = stream.set_nodelay(true);
                return (stream, place);
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}
