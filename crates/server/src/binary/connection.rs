//! One connection: greeting, reading, sending.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use anabranch_protocol::frame::{Front, HEADER_BYTES, front};
use anabranch_protocol::{ClientHello, PREFACE, ServerHello, VERSION};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::watch;
use tokio::time::timeout;

use super::exchange;
use super::outbox::Outbox;
use crate::ingress::Ingress;
use crate::problem::{Kind, Problem};

/// For how long a frame that has begun may take to arrive.
const FRAME_TIMEOUT: Duration = Duration::from_secs(30);
/// For how long a client may take to read what it is sent.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// Bytes of a frame beside arguments: names, keys, numbers.
const HEAD_BYTES_MAX: usize = 16 << 10;
/// How much is read at a time. A buffer beyond it is given back when it has been worked off.
const BUFFER_BYTES: usize = 64 << 10;
/// Most bytes of the first frame.
const HELLO_BYTES_MAX: usize = 4 << 10;

/// Why a connection is not read from any more.
enum End {
    /// The client closed it, or it broke.
    Closed,
    /// The client is told.
    Refused(Problem),
}

/// Serves a connection until the client closes it, or until `stop` and the last answer.
pub(crate) async fn serve(ingress: Arc<Ingress>, stream: TcpStream, mut stop: watch::Receiver<()>) {
    let (mut reading, mut writing) = stream.into_split();
    let mut received = Received { bytes: Vec::new(), start: 0 };
    match timeout(FRAME_TIMEOUT, greet(&ingress, &mut reading, &mut received)).await {
        Ok(Ok(())) => {}
        Ok(Err(End::Refused(problem))) => {
            // Whether or not the client reads it, the connection ends.
            let _unread =
                timeout(SEND_TIMEOUT, writing.write_all(&exchange::refusal(&problem))).await;
            return;
        }
        Ok(Err(End::Closed)) | Err(_) => return,
    }
    let outbox = Arc::new(Outbox::new());
    outbox.begin();
    outbox.answer(|stream| ServerHello { version: VERSION }.write(stream));
    let read = async {
        let end = tokio::select! {
            end = read(&ingress, &outbox, &mut reading, received) => end,
            _ = stop.changed() => End::Closed,
        };
        if let End::Refused(problem) = end {
            outbox.begin();
            outbox.answer(|stream| stream.extend(exchange::refusal(&problem)));
        }
        outbox.end_reading();
        pending::<()>().await;
    };
    tokio::select! {
        () = send(&outbox, &mut writing) => {}
        () = read => {}
    }
    outbox.end_writing();
}

/// Bytes that arrived; those before `start` have been worked off.
struct Received {
    bytes: Vec<u8>,
    start: usize,
}

impl Received {
    /// Waits for more bytes; `Err` if there are none any more.
    async fn more(&mut self, reading: &mut OwnedReadHalf, missing: usize) -> Result<(), End> {
        self.bytes.drain(..self.start);
        self.start = 0;
        if self.bytes.is_empty() && self.bytes.capacity() > 2 * BUFFER_BYTES {
            self.bytes = Vec::new();
        }
        // Memory is taken for what arrives, not for what a header announces.
        self.bytes.reserve(missing.clamp(HEADER_BYTES, BUFFER_BYTES));
        match reading.read_buf(&mut self.bytes).await {
            Ok(0) | Err(_) => Err(End::Closed),
            Ok(_) => Ok(()),
        }
    }

    fn rest(&self) -> &[u8] {
        &self.bytes[self.start..]
    }

    /// Waits for the next frame; its content is the range.
    async fn frame(
        &mut self,
        reading: &mut OwnedReadHalf,
        content_max: usize,
    ) -> Result<std::ops::Range<usize>, End> {
        loop {
            match front(self.rest(), content_max) {
                Front::Whole(length) => {
                    let content = self.start + HEADER_BYTES;
                    self.start = content + length;
                    return Ok(content..self.start);
                }
                Front::Missing(missing) if self.rest().is_empty() => {
                    // A client may say nothing for as long as it likes.
                    self.more(reading, missing.max(BUFFER_BYTES)).await?;
                }
                Front::Missing(missing) => {
                    let more = timeout(FRAME_TIMEOUT, self.more(reading, missing));
                    more.await.map_err(|_| {
                        let detail = "send the frame faster or make it smaller";
                        End::Refused(Problem::new(Kind::SlowBody, detail))
                    })??;
                }
                Front::TooLarge(length) => {
                    let detail = format!(
                        "a frame of {length} bytes; a frame may have at most {content_max}"
                    );
                    return Err(End::Refused(Problem::new(Kind::BodyTooLarge, detail)));
                }
            }
        }
    }
}

/// Reads what the client says first.
async fn greet(
    ingress: &Ingress,
    reading: &mut OwnedReadHalf,
    received: &mut Received,
) -> Result<(), End> {
    while received.rest().is_empty() {
        received.more(reading, BUFFER_BYTES).await?;
    }
    let refuse = |kind, detail: &str| Err(End::Refused(Problem::new(kind, detail)));
    if received.rest()[0] != PREFACE {
        return Err(End::Closed);
    }
    received.start += 1;
    let content = received.frame(reading, HELLO_BYTES_MAX).await?;
    let Ok(hello) = ClientHello::read(&received.bytes[content]) else {
        return refuse(Kind::NotARequest, "the first frame is [\"anabranch\", version, token]");
    };
    if hello.version != VERSION {
        let detail = format!("this server speaks version {VERSION} of the binary protocol");
        return refuse(Kind::ProtocolVersion, &detail);
    }
    match (&ingress.token, hello.token) {
        (None, _) => Ok(()),
        (Some(token), Some(presented)) if token.is(presented.as_bytes()) => Ok(()),
        (Some(_), Some(_)) => refuse(Kind::Unauthorized, "the bearer token is not the right one"),
        (Some(_), None) => refuse(Kind::Unauthorized, "send a bearer token in the first frame"),
    }
}

/// Hands requests to the engine as they come.
async fn read(
    ingress: &Arc<Ingress>,
    outbox: &Arc<Outbox>,
    reading: &mut OwnedReadHalf,
    mut received: Received,
) -> End {
    let content_max = ingress.body_max + HEAD_BYTES_MAX;
    loop {
        outbox.room().await;
        match received.frame(reading, content_max).await {
            Ok(content) => exchange::run(ingress, outbox, &received.bytes[content]),
            Err(end) => return end,
        }
    }
}

/// Sends answers as they come; comes back after the last one, or if the client does not read.
async fn send(outbox: &Outbox, writing: &mut OwnedWriteHalf) {
    let mut sent = Vec::new();
    while outbox.take(&mut sent).await {
        match timeout(SEND_TIMEOUT, writing.write_all(&sent)).await {
            Ok(Ok(())) => {}
            // The connection broke, or the client does not read.
            Ok(Err(_)) | Err(_) => return,
        }
        if sent.capacity() > 2 * BUFFER_BYTES {
            sent = Vec::new();
        } else {
            sent.clear();
        }
    }
}
