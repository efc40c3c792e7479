//! `GET /export` and `GET /backup`: everything as it is at one moment, as a stream.
//!
//! Nothing is written on the server's side, so a client of these routes can read everything but
//! change nothing. What is sent ahead of the client is bounded; a client that does not take it is
//! disconnected as any other (`serve/write_deadline.rs`).

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use anabranch_kernel::Failure;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use hyper::body::Frame;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::spawn_blocking;

use crate::ingress::Ingress;
use crate::maintenance::{Maintenance, WriteAll};
use crate::problem::{Problem, from_failure};

/// The media type of JSON lines.
pub(crate) const JSON_LINES: &str = "application/jsonl";
/// The media type of archives.
pub(crate) const ARCHIVE: &str = "application/vnd.anabranch.archive";

const CHUNK_BYTES: usize = 256 * 1024;
/// How many chunks may wait for the client.
const CHUNKS_MAX: usize = 4;

/// `GET /export`: 200 with one entity per line.
pub(crate) async fn export(State(ingress): State<Arc<Ingress>>) -> Result<Response, Problem> {
    stream(&ingress, JSON_LINES, |maintenance| maintenance.export()).await
}

/// `GET /backup`: 200 with an archive.
pub(crate) async fn backup(State(ingress): State<Arc<Ingress>>) -> Result<Response, Problem> {
    stream(&ingress, ARCHIVE, |maintenance| maintenance.backup()).await
}

async fn stream(
    ingress: &Arc<Ingress>,
    content_type: &'static str,
    prepare: impl FnOnce(&dyn Maintenance) -> Result<WriteAll, Failure> + Send + 'static,
) -> Result<Response, Problem> {
    let place = ingress.take_operator_place().await?;
    let maintenance = Arc::clone(&ingress.maintenance);
    let prepared = spawn_blocking(move || prepare(maintenance.as_ref())).await;
    let prepared = prepared.map_err(|error| Problem::bug(error.to_string()))?;
    let write_all = prepared.map_err(|failure| from_failure(ingress.program(), failure))?;
    let (sender, receiver) = channel(CHUNKS_MAX);
    spawn_blocking(move || {
        let _place = place;
        let mut chunks = ChunkWriter { sender, chunk: Vec::with_capacity(CHUNK_BYTES) };
        if let Err(error) = write_all(&mut chunks).and_then(|()| chunks.end()) {
            if error.kind() != io::ErrorKind::BrokenPipe {
                tracing::error!(%error, content_type, "a stream of all state breaks off");
            }
            // The client must not take what it got for the whole.
            let _gone = chunks.sender.blocking_send(Err(error));
        }
    });
    let body = Body::new(Chunks(receiver));
    Ok(([(CONTENT_TYPE, content_type)], body).into_response())
}

/// Sends what is written in chunks, waiting for the client. An empty chunk is the end: without it
/// the writer has failed.
struct ChunkWriter {
    sender: Sender<io::Result<Bytes>>,
    chunk: Vec<u8>,
}

impl ChunkWriter {
    fn send(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK_BYTES));
        let sent = self.sender.blocking_send(Ok(Bytes::from(chunk)));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    fn end(&mut self) -> io::Result<()> {
        self.send()?;
        let sent = self.sender.blocking_send(Ok(Bytes::new()));
        sent.map_err(|_| io::ErrorKind::BrokenPipe.into())
    }
}

impl Write for ChunkWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if self.chunk.len() >= CHUNK_BYTES {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}

/// The body of a response, as its chunks come.
struct Chunks(Receiver<io::Result<Bytes>>);

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        self.0.poll_recv(context).map(|chunk| match chunk {
            Some(Ok(end)) if end.is_empty() => None,
            Some(chunk) => Some(chunk.map(Frame::data)),
            // The writer has panicked.
            None => Some(Err(io::ErrorKind::UnexpectedEof.into())),
        })
    }
}
