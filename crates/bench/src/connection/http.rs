//! HTTP/1.1 with JSON over a connection that is kept alive.

use std::io::Write;

use anabranch_kernel::value::Date;
use serde_json::Value as Json;

use super::LoadError;
use crate::call::{Answer, Argument, Arguments, Call, Key};

/// Writes requests to one server.
#[derive(Clone, Debug)]
pub struct Requests {
    /// The headers that are the same in all requests.
    headers: String,
    body: Vec<u8>,
}

impl Requests {
    pub fn new(host: &str, token: Option<&str>) -> Self {
        let mut headers = format!("Host: {host}\r\n");
        if let Some(token) = token {
            headers.push_str(&format!("Authorization: Bearer {token}\r\n"));
        }
        Self { headers, body: Vec::new() }
    }

    /// Appends a request. Names of classes and methods need no escape.
    pub fn write(&mut self, call: Call<'_>, idempotency_key: Option<&str>, stream: &mut Vec<u8>) {
        let headers = &self.headers;
        let (path_written, arguments) = match call {
            Call::Create { class, arguments } => {
                (write!(stream, "POST /v1/{class} HTTP/1.1\r\n{headers}"), arguments)
            }
            Call::Method { class, key, method, arguments } => {
                let written = write!(stream, "POST /v1/{class}/");
                written.expect("a Vec takes all");
                write_path_key(stream, key);
                (write!(stream, "/{method} HTTP/1.1\r\n{headers}"), arguments)
            }
            Call::Function { name, arguments } => {
                (write!(stream, "POST /{name} HTTP/1.1\r\n{headers}"), arguments)
            }
            Call::State { class, key } => {
                write!(stream, "GET /v1/{class}/").expect("a Vec takes all");
                write_path_key(stream, key);
                let written = write!(stream, " HTTP/1.1\r\n{headers}\r\n");
                return written.expect("a Vec takes all");
            }
        };
        path_written.expect("a Vec takes all");
        self.write_body(arguments).expect("a Vec takes all");
        if let Some(key) = idempotency_key {
            write!(stream, "Idempotency-Key: {key}\r\n").expect("a Vec takes all");
        }
        let length = self.body.len();
        write!(stream, "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n")
            .expect("a Vec takes all");
        stream.extend_from_slice(&self.body);
    }

    fn write_body(&mut self, arguments: Arguments<'_>) -> std::io::Result<()> {
        let body = &mut self.body;
        body.clear();
        write_object(body, arguments)
    }
}

fn write_object(body: &mut Vec<u8>, members: Arguments<'_>) -> std::io::Result<()> {
    body.push(b'{');
    for (position, (name, argument)) in members.iter().enumerate() {
        if position > 0 {
            body.push(b',');
        }
        write!(body, "\"{name}\":")?;
        write_argument(body, *argument)?;
    }
    body.push(b'}');
    Ok(())
}

/// A key as a part of a path: percent-encoded, the parts of a tuple joined by commas.
fn write_path_key(stream: &mut Vec<u8>, key: Key<'_>) {
    match key {
        Key::Integer(value) => write!(stream, "{value}").expect("a Vec takes all"),
        Key::Text(text) => {
            for &byte in text.as_bytes() {
                match byte {
                    b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                        stream.push(byte);
                    }
                    _ => write!(stream, "%{byte:02X}").expect("a Vec takes all"),
                }
            }
        }
        Key::Tuple(parts) => {
            for (position, part) in parts.iter().enumerate() {
                if position > 0 {
                    stream.push(b',');
                }
                write_path_key(stream, *part);
            }
        }
    }
}

/// An argument in JSON; an entity is its key, as the type hint says what it is.
fn write_argument(body: &mut Vec<u8>, argument: Argument<'_>) -> std::io::Result<()> {
    match argument {
        Argument::None => body.write_all(b"null"),
        Argument::Boolean(value) => write!(body, "{value}"),
        Argument::Integer(value) => write!(body, "{value}"),
        Argument::Float(value) => Ok(serde_json::to_writer(body, &value)?),
        Argument::Text(text) => Ok(serde_json::to_writer(body, text)?),
        Argument::List(elements) | Argument::Tuple(elements) => {
            write_array(body, elements, write_argument)
        }
        Argument::Entity { key, .. } => write_key(body, key),
        Argument::Record { fields, .. } => write_object(body, fields),
        Argument::Member { value, .. } => Ok(serde_json::to_writer(body, value)?),
        Argument::Date(Date { year, month, day }) => {
            write!(body, "\"{year:04}-{month:02}-{day:02}\"")
        }
    }
}

fn write_key(body: &mut Vec<u8>, key: Key<'_>) -> std::io::Result<()> {
    match key {
        Key::Integer(value) => write!(body, "{value}"),
        Key::Text(text) => Ok(serde_json::to_writer(body, text)?),
        Key::Tuple(parts) => write_array(body, parts, write_key),
    }
}

fn write_array<T: Copy>(
    body: &mut Vec<u8>,
    elements: &[T],
    write: fn(&mut Vec<u8>, T) -> std::io::Result<()>,
) -> std::io::Result<()> {
    body.push(b'[');
    for (position, element) in elements.iter().enumerate() {
        if position > 0 {
            body.push(b',');
        }
        write(body, *element)?;
    }
    body.push(b']');
    Ok(())
}

/// The first whole response of `received` and how many bytes it has.
///
/// # Errors
/// It is no response as the server sends them.
pub fn read(received: &[u8]) -> Result<Option<(Answer, usize)>, LoadError> {
    let Some(head_end) = received.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&received[..head_end]);
    let head = head.map_err(|_| protocol("a head that is not text"))?;
    let status = head.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    let status: u16 = status.ok_or_else(|| protocol(head))?;
    let length = head.split("\r\n").find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
    });
    let length = length.ok_or_else(|| protocol("a response without a length"))?;
    let start = head_end + 4;
    let Some(body) = received.get(start..start + length) else { return Ok(None) };
    let mut body: Json = match serde_json::from_slice(body) {
        Ok(body) => body,
        // Other systems say in plain text what went wrong.
        Err(_) if status >= 400 => String::from_utf8_lossy(body).into_owned().into(),
        Err(error) => return Err(protocol(&error.to_string())),
    };
    if status < 400 {
        // The member that the binary protocol answers with: what a method or a state gives.
        let inner = ["result", "state", "key"].into_iter().find(|name| body.get(name).is_some());
        let inner = inner.ok_or_else(|| protocol("an answer without a result"))?;
        body = body[inner].take();
    }
    Ok(Some((Answer { status, body }, start + length)))
}

fn protocol(what: &str) -> LoadError {
    LoadError::Protocol(what.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_as_the_server_reads_it() {
        let mut requests = Requests::new("localhost:1", Some("secret"));
        let mut stream = Vec::new();
        let arguments = [
            ("amount", Argument::Integer(7)),
            ("to", Argument::Entity { class: "Account", key: Key::Text("b\"c") }),
            ("lines", Argument::List(&[Argument::Tuple(&[Argument::Float(0.5), Argument::None])])),
        ];
        let key = Key::Tuple(&[Key::Integer(3), Key::Text("a/b")]);
        let call = Call::Method { class: "Account", key, method: "pay", arguments: &arguments };
        requests.write(call, Some("k1"), &mut stream);
        assert_eq!(
            String::from_utf8(stream).unwrap(),
            "POST /v1/Account/3,a%2Fb/pay HTTP/1.1\r\nHost: localhost:1\r\n\
             Authorization: Bearer secret\r\nIdempotency-Key: k1\r\n\
             Content-Type: application/json\r\nContent-Length: 45\r\n\r\n\
             {\"amount\":7,\"to\":\"b\\\"c\",\"lines\":[[0.5,null]]}"
        );
    }

    #[test]
    fn responses_come_out_of_a_stream() {
        let stream = b"HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"result\":true}HTTP/1.1 ";
        let (answer, length) = read(stream).unwrap().unwrap();
        assert_eq!(answer, Answer { status: 200, body: Json::Bool(true) });
        assert_eq!(length, stream.len() - 9);
        assert!(read(&stream[length..]).unwrap().is_none());
        assert!(read(&stream[..40]).unwrap().is_none());
        assert!(read(b"HTTP/1.1 abc\r\n\r\n").is_err());
    }

    #[test]
    fn a_problem_stays_whole() {
        let stream = b"HTTP/1.1 409 Conflict\r\ncontent-length: 12\r\n\r\n{\"status\":1}";
        let (answer, _) = read(stream).unwrap().unwrap();
        assert_eq!((answer.status, &answer.body["status"]), (409, &Json::from(1)));
        let stream = b"HTTP/1.1 500 Oops\r\ncontent-length: 4\r\n\r\nOops";
        assert_eq!(read(stream).unwrap().unwrap().0.body, Json::from("Oops"));
        assert!(read(b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nOops").is_err());
    }
}
