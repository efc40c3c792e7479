//! A connection of HTTP/1.1: one request after another.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::Target;
use super::schedule::{Next, Schedule};
use super::session::Session;
use crate::connection::{LoadError, http};
use crate::workload::Workload;

/// Sends and receives until nothing is due any more.
pub(super) async fn run<W: Workload>(
    mut stream: TcpStream,
    schedule: &Schedule,
    session: &Session<W>,
    target: &Target,
) -> Result<(), LoadError> {
    let mut requests = http::Requests::new(&target.address, target.token.as_deref());
    let (mut written, mut received) = (Vec::new(), Vec::new());
    while let Next::Send(due) = schedule.wait().await {
        let asked = session.ask(due, &mut |call, key| requests.write(call, key, &mut written));
        let Some(request) = asked else { break };
        stream.write_all(&written).await?;
        written.clear();
        let answer = loop {
            if let Some((answer, length)) = http::read(&received)? {
                received.drain(..length);
                break answer;
            }
            received.reserve(4096);
            if stream.read_buf(&mut received).await? == 0 {
                return Err(LoadError::Connection(std::io::ErrorKind::UnexpectedEof.into()));
            }
        };
        session.answer(request, answer, Instant::now())?;
    }
    Ok(())
}
