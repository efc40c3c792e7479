//! Accepts connections and ends them.
//!
//! The first byte of a connection tells which protocol its client speaks.

use std::sync::Arc;
use std::time::Duration;

use anabranch_protocol::PREFACE;
use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, watch};
use tokio::time::{sleep, timeout};

use super::write_deadline::WriteDeadline;
use crate::binary;
use crate::ingress::Ingress;
use crate::options::Options;
use crate::routes::router_of;

/// Most connections at a time; more wait in the system's queue.
const CONNECTIONS_MAX: usize = 4096;
/// Most bytes of a connection that wait to be parsed, and so of a request's head.
const HEAD_BYTES_MAX: usize = 32 * 1024;
/// How long to wait after the system could not accept, typically for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Connections that may still have requests under way.
pub(super) struct OpenConnections {
    http: GracefulShutdown,
    stop: watch::Sender<()>,
    /// Comes to its end with the last connection.
    all_ended: mpsc::Receiver<()>,
}

impl OpenConnections {
    /// Waits until all requests under way are answered, keeping no connection alive.
    pub(super) async fn finish(mut self) {
        self.stop.send_replace(());
        self.http.shutdown().await;
        let _none_is_sent = self.all_ended.recv().await;
    }
}

/// Accepts and serves connections until `stop`, then closes the listener.
pub(super) async fn accept_until(
    listener: TcpListener,
    ingress: &Arc<Ingress>,
    options: &Options,
    stop: impl Future<Output = ()>,
) -> OpenConnections {
    let router = router_of(Arc::clone(ingress));
    let graceful = GracefulShutdown::new();
    let (stopping, stopped) = watch::channel(());
    let (alive, all_ended) = mpsc::channel(1);
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    tokio::pin!(stop);
    loop {
        let (stream, place) = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &places) => accepted,
        };
        let watcher = graceful.watcher();
        let (ingress, router) = (Arc::clone(ingress), router.clone());
        let (mut stopped, alive) = (stopped.clone(), alive.clone());
        let timeouts = Timeouts { head: options.head_timeout, response: options.response_timeout };
        tokio::spawn(async move {
            let is_binary = tokio::select! {
                is_binary = speaks_binary(&stream, timeouts.head) => is_binary,
                _ = stopped.changed() => None,
            };
            match is_binary {
                Some(true) => binary::serve(ingress, stream, stopped).await,
                Some(false) => serve_http(stream, router, watcher, timeouts).await,
                None => {}
            }
            drop((place, alive));
        });
    }
    OpenConnections { http: graceful, stop: stopping, all_ended }
}

/// Whether the client speaks the binary protocol; `None` if it says nothing.
async fn speaks_binary(stream: &TcpStream, head_timeout: Duration) -> Option<bool> {
    let mut first = [0];
    match timeout(head_timeout, stream.peek(&mut first)).await {
        Ok(Ok(1)) => Some(first[0] == PREFACE),
        _ => None,
    }
}

/// How long a client may take.
#[derive(Clone, Copy)]
struct Timeouts {
    /// To send the head of a request.
    head: Duration,
    /// To take a response.
    response: Duration,
}

async fn serve_http(stream: TcpStream, router: Router, watcher: Watcher, timeouts: Timeouts) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(timeouts.head).max_buf_size(HEAD_BYTES_MAX);
    let stream = WriteDeadline::new(stream, timeouts.response);
    let service = TowerToHyperService::new(router);
    let connection = watcher.watch(http.serve_connection(TokioIo::new(stream), service));
    // A connection fails by what its client does, which is none of our concern.
    let _broken = connection.await;
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
