//! A connection of HTTP/1.1: one request after another.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use super::schedule::{Next, Schedule};
use super::session::{Answered, Sending, Session};
use super::{Load, Target, after_break};
use crate::call::Answer;
use crate::connection::{LoadError, http};
use crate::workload::Requests;

/// How long to wait before a request is sent again that was refused.
const RETRY: Duration = Duration::from_millis(5);

/// Sends and receives until nothing is due any more.
pub(super) async fn run<R: Requests>(
    mut stream: TcpStream,
    schedule: &Schedule,
    session: &Session<'_, R>,
    target: &Target,
    load: &Load,
) -> Result<(), LoadError> {
    let mut requests = http::Requests::new(&target.address, target.token.as_deref());
    let (mut written, mut received) = (Vec::new(), Vec::new());
    while let Next::Send(due) = schedule.wait().await {
        let mut asked = session.ask(due, &mut |call, key| requests.write(call, key, &mut written));
        while let Some(request) = asked.as_mut() {
            match exchange(&mut stream, &written, &mut received).await {
                Ok(answer) => match session.answer(&mut asked, answer, Instant::now())? {
                    Answered::Settled => break,
                    Answered::Open => sleep(RETRY).await,
                },
                Err(error) => {
                    request.sending = Sending::Again;
                    stream = after_break(error, target, load).await?;
                    received.clear();
                }
            }
        }
        if written.is_empty() {
            break;
        }
        written.clear();
    }
    Ok(())
}

async fn exchange(
    stream: &mut TcpStream,
    written: &[u8],
    received: &mut Vec<u8>,
) -> Result<Answer, LoadError> {
    stream.write_all(written).await?;
    loop {
        if let Some((answer, length)) = http::read(received)? {
            received.drain(..length);
            return Ok(answer);
        }
        received.reserve(4096);
        if stream.read_buf(received).await? == 0 {
            return Err(LoadError::Connection(std::io::ErrorKind::UnexpectedEof.into()));
        }
    }
}
