//! A connection of the binary protocol: many requests in flight.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;

use super::Load;
use super::schedule::{Next, Schedule};
use super::session::{Session, UnderWay};
use crate::connection::{LoadError, binary};
use crate::workload::Workload;

/// How much is read at a time.
const READ_BYTES: usize = 64 << 10;

/// Requests under way, by their numbers.
struct Slots<A> {
    under_way: Vec<Option<UnderWay<A>>>,
    free: Vec<usize>,
}

/// Sends and receives until nothing is due any more and everything was answered.
pub(super) async fn run<W: Workload>(
    stream: TcpStream,
    schedule: &Schedule,
    session: &Session<W>,
    load: &Load,
) -> Result<(), LoadError> {
    let (mut reading, mut writing) = stream.into_split();
    let free = (0..load.in_flight).rev().collect();
    let mut slots = Slots { under_way: (0..load.in_flight).map(|_| None).collect(), free };
    let (mut written, mut received) = (Vec::new(), Vec::new());
    let mut next = schedule.next();
    loop {
        while !slots.free.is_empty()
            && let Next::Send(due) = next
        {
            next = match send(due, &mut slots, session, &mut written) {
                true => schedule.next(),
                false => Next::End,
            };
        }
        if !written.is_empty() {
            writing.write_all(&written).await?;
            written.clear();
        }
        if next == Next::End && slots.free.len() == slots.under_way.len() {
            return Ok(());
        }
        let is_due = async {
            match next {
                Next::Wait if !slots.free.is_empty() => schedule.wait().await,
                _ => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            count = receive(&mut reading, &mut received) => {
                count?;
                take_answers(&mut received, &mut slots, session)?;
                if next == Next::Wait {
                    next = schedule.next();
                }
            }
            due = is_due => next = due,
        }
    }
}

/// Makes a request; `false` if the workload has no more.
fn send<W: Workload>(
    due: Instant,
    slots: &mut Slots<W::Asked>,
    session: &Session<W>,
    written: &mut Vec<u8>,
) -> bool {
    let slot = *slots.free.last().expect("there is room for the request");
    let id = slot as u64 + 1;
    let asked = session.ask(due, &mut |call, key| binary::write(call, id, key, written));
    if asked.is_some() {
        slots.free.pop();
        slots.under_way[slot] = asked;
        return true;
    }
    false
}

async fn receive(reading: &mut OwnedReadHalf, received: &mut Vec<u8>) -> Result<(), LoadError> {
    received.reserve(READ_BYTES);
    match reading.read_buf(received).await? {
        0 => Err(LoadError::Connection(std::io::ErrorKind::UnexpectedEof.into())),
        _ => Ok(()),
    }
}

fn take_answers<W: Workload>(
    received: &mut Vec<u8>,
    slots: &mut Slots<W::Asked>,
    session: &Session<W>,
) -> Result<(), LoadError> {
    let now = Instant::now();
    let mut start = 0;
    while let Some((id, answer, length)) = binary::read(&received[start..])? {
        start += length;
        let slot = usize::try_from(id - 1).ok();
        let request = slot.and_then(|slot| slots.under_way.get_mut(slot)?.take());
        let request =
            request.ok_or_else(|| LoadError::Protocol(format!("an answer to no request: {id}")))?;
        slots.free.push((id - 1) as usize);
        session.answer(request, answer, now)?;
    }
    received.drain(..start);
    Ok(())
}
