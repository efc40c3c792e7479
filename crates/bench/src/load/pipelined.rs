//! A connection of the binary protocol: many requests in flight.

use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::time::sleep;

use super::schedule::{Next, Schedule};
use super::session::{Answered, Sending, Session, UnderWay};
use super::{Load, Target, after_break};
use crate::connection::{LoadError, binary};
use crate::workload::Requests;

/// How much is read at a time.
const READ_BYTES: usize = 64 << 10;
/// How long to wait before a request is sent again that was refused.
const RETRY: Duration = Duration::from_millis(5);

/// Requests under way, by their numbers.
struct Slots<A> {
    under_way: Vec<Option<UnderWay<A>>>,
    /// What was sent, for sending it again.
    frames: Vec<Vec<u8>>,
    free: Vec<usize>,
    /// Those to be sent again.
    again: Vec<usize>,
}

/// Sends and receives until nothing is due any more and everything was answered.
pub(super) async fn run<R: Requests>(
    mut stream: TcpStream,
    schedule: &Schedule,
    session: &Session<'_, R>,
    target: &Target,
    load: &Load,
) -> Result<(), LoadError> {
    let mut slots = Slots {
        under_way: (0..load.in_flight).map(|_| None).collect(),
        frames: vec![Vec::new(); load.in_flight],
        free: (0..load.in_flight).rev().collect(),
        again: Vec::new(),
    };
    let mut next = schedule.next();
    loop {
        let Err(error) = converse(stream, schedule, session, &mut slots, &mut next).await else {
            return Ok(());
        };
        stream = after_break(error, target, load).await?;
        slots.again.clear();
        for (slot, request) in slots.under_way.iter_mut().enumerate() {
            if let Some(request) = request {
                request.sending = Sending::Again;
                slots.again.push(slot);
            }
        }
    }
}

async fn converse<R: Requests>(
    stream: TcpStream,
    schedule: &Schedule,
    session: &Session<'_, R>,
    slots: &mut Slots<R::Asked>,
    next: &mut Next,
) -> Result<(), LoadError> {
    let (mut reading, mut writing) = stream.into_split();
    let (mut written, mut received) = (Vec::new(), Vec::new());
    loop {
        for slot in slots.again.drain(..) {
            written.extend_from_slice(&slots.frames[slot]);
        }
        while !slots.free.is_empty()
            && let Next::Send(due) = *next
        {
            *next = match send(due, slots, session, &mut written) {
                true => schedule.next(),
                false => Next::End,
            };
        }
        if !written.is_empty() {
            writing.write_all(&written).await?;
            written.clear();
        }
        if *next == Next::End && slots.free.len() == slots.under_way.len() {
            return Ok(());
        }
        let is_waiting = *next == Next::Wait && !slots.free.is_empty();
        let is_due = async {
            match is_waiting {
                true => schedule.wait().await,
                false => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            count = receive(&mut reading, &mut received) => {
                count?;
                take_answers(&mut received, slots, session)?;
                if *next == Next::Wait {
                    *next = schedule.next();
                }
            }
            due = is_due => *next = due,
        }
        if !slots.again.is_empty() {
            sleep(RETRY).await;
        }
    }
}

/// Makes a request; `false` if there are no more.
fn send<R: Requests>(
    due: Instant,
    slots: &mut Slots<R::Asked>,
    session: &Session<'_, R>,
    written: &mut Vec<u8>,
) -> bool {
    let slot = *slots.free.last().expect("there is room for the request");
    let id = slot as u64 + 1;
    let frame = &mut slots.frames[slot];
    frame.clear();
    let asked = session.ask(due, &mut |call, key| binary::write(call, id, key, frame));
    if asked.is_some() {
        written.extend_from_slice(frame);
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

fn take_answers<R: Requests>(
    received: &mut Vec<u8>,
    slots: &mut Slots<R::Asked>,
    session: &Session<'_, R>,
) -> Result<(), LoadError> {
    let now = Instant::now();
    let mut start = 0;
    while let Some((id, answer, length)) = binary::read(&received[start..])? {
        start += length;
        let slot = usize::try_from(id - 1).unwrap_or(usize::MAX);
        let Some(under_way) = slots.under_way.get_mut(slot) else {
            return Err(LoadError::Protocol(format!("an answer to no request: {id}")));
        };
        match session.answer(under_way, answer, now)? {
            Answered::Settled => slots.free.push(slot),
            Answered::Open => slots.again.push(slot),
        }
    }
    received.drain(..start);
    Ok(())
}
