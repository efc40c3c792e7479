//! A load against a server of the test, which breaks connections when it wants to.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use anabranch_kernel::Value;
use anabranch_kernel::value::wire;
use anabranch_protocol::frame::HEADER_BYTES;
use anabranch_protocol::{Content, NumberedRequest, Request, Response, ServerHello, VERSION};

use super::*;
use crate::call::{Answer, Broken, Call, Key, Send};
use crate::workload::Outcome;

/// Requests that count their answers.
#[derive(Default)]
struct Counting {
    asked: u64,
    answered: u64,
}

const COUNT: u64 = 3;

impl Requests for Counting {
    type Asked = ();

    fn ask(&mut self, send: &mut Send<'_>) -> Option<()> {
        if self.asked == COUNT {
            return None;
        }
        self.asked += 1;
        send(Call::Method { class: "C", key: Key::Integer(1), method: "m", arguments: &[] });
        Some(())
    }

    fn answered(&mut self, (): (), answer: Answer) -> Result<Outcome, Broken> {
        assert_eq!(answer.status, 200);
        self.answered += 1;
        Ok(Outcome::Done(0))
    }
}

/// Says hello, and then reads frames.
fn accept(listener: &TcpListener) -> TcpStream {
    let (mut stream, _) = listener.accept().unwrap();
    let mut preface = [0; 1];
    stream.read_exact(&mut preface).unwrap();
    frame(&mut stream);
    let mut hello = Vec::new();
    ServerHello { version: VERSION }.write(&mut hello);
    stream.write_all(&hello).unwrap();
    stream
}

fn frame(stream: &mut TcpStream) -> Vec<u8> {
    let mut header = [0; HEADER_BYTES];
    stream.read_exact(&mut header).unwrap();
    let mut content = vec![0; u32::from_le_bytes(header) as usize];
    stream.read_exact(&mut content).unwrap();
    content
}

/// The number and the idempotency key of the next request.
fn request(stream: &mut TcpStream) -> (u64, String) {
    let content = frame(stream);
    let NumberedRequest { id, request, .. } = NumberedRequest::read(&content).unwrap();
    let Request::Call { idempotency_key: Some(key), .. } = request else {
        panic!("a request without an idempotency key: {request:?}");
    };
    (id, key.to_owned())
}

fn answer(stream: &mut TcpStream, id: u64, status: u16) {
    let message = wire::encode(&Value::None);
    let mut bytes = Vec::new();
    Response { id, status, body: Content::Message(&message) }.write(&mut bytes);
    stream.write_all(&bytes).unwrap();
}

fn load(on_break: OnBreak) -> Load {
    let everything = Load::everything(Protocol::Binary);
    let idempotency_keys = IdempotencyKeys::Fresh;
    Load { connections: 1, in_flight: 3, idempotency_keys, on_break, ..everything }
}

fn listen() -> (TcpListener, Target) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    (listener, Target { address, token: None })
}

#[test]
fn what_was_not_answered_is_sent_again_with_the_same_keys_until_it_is_settled() {
    let (listener, target) = listen();
    let server = thread::spawn(move || {
        let mut stream = accept(&listener);
        let sent: Vec<_> = (0..COUNT).map(|_| request(&mut stream)).collect();
        answer(&mut stream, sent[0].0, 200);
        drop(stream);
        let mut stream = accept(&listener);
        let mut again: Vec<_> = (0..COUNT - 1).map(|_| request(&mut stream)).collect();
        again.sort();
        let mut expected = sent[1..].to_vec();
        expected.sort();
        assert_eq!(again, expected);
        // Refused for lack of room; but the first time it may have been applied.
        answer(&mut stream, again[0].0, 503);
        answer(&mut stream, again[1].0, 200);
        assert_eq!(request(&mut stream), again[0]);
        answer(&mut stream, again[0].0, 200);
    });
    let mut counting = Counting::default();
    let measurement = run(&target, &load(OnBreak::SendAgain), &mut counting, &|_| {}).unwrap();
    server.join().unwrap();
    assert_eq!((counting.asked, counting.answered), (COUNT, COUNT));
    assert_eq!((measurement.answered(), measurement.refused), (COUNT, 0));
}

#[test]
fn a_connection_that_breaks_is_an_error_unless_that_is_expected() {
    let (listener, target) = listen();
    let server = thread::spawn(move || {
        let mut stream = accept(&listener);
        request(&mut stream);
    });
    let mut counting = Counting::default();
    let error = run(&target, &load(OnBreak::Fail), &mut counting, &|_| {}).unwrap_err();
    server.join().unwrap();
    assert!(error.is_of_connection(), "{error}");
}
