//! The binary protocol, with exact values as the Python client sends them.

use anabranch_kernel::Value;
use anabranch_kernel::value::Date;
use anabranch_kernel::value::wire::{self, Writer};
use anabranch_protocol::frame::{Front, HEADER_BYTES, front};
use anabranch_protocol::{ClientHello, Content, Request, Response, ServerHello, VERSION};
use rmpv::Value as Packed;
use serde_json::{Map, Value as Json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::LoadError;
use crate::call::{Answer, Argument, Arguments, Call, Key};

/// Most bytes of a response.
const CONTENT_MAX: usize = 64 << 20;

/// Says hello and waits until the server has done so too.
///
/// # Errors
/// The server does not take the client.
pub async fn greet(stream: &mut TcpStream, token: Option<&str>) -> Result<(), LoadError> {
    let mut hello = Vec::new();
    ClientHello { version: VERSION, token }.write(&mut hello);
    stream.write_all(&hello).await?;
    let mut header = [0; HEADER_BYTES];
    stream.read_exact(&mut header).await?;
    let length = u32::from_le_bytes(header) as usize;
    if length > CONTENT_MAX {
        return Err(LoadError::Protocol(format!("a greeting of {length} bytes")));
    }
    let mut content = vec![0; length];
    stream.read_exact(&mut content).await?;
    if ServerHello::read(&content).is_err() {
        let refusal = Response::read(&content).map_err(|error| protocol(&error))?;
        let text = match refusal.body {
            Content::Natural(body) => body.to_string(),
            Content::Message(_) => String::new(),
        };
        return Err(LoadError::Protocol(format!("it refused the connection: {text}")));
    }
    Ok(())
}

/// Appends the frame of a request.
pub fn write(call: Call<'_>, id: u64, idempotency_key: Option<&str>, stream: &mut Vec<u8>) {
    match call {
        Call::Create { class, arguments } => {
            let arguments = arguments_message(arguments);
            let arguments = Content::Message(&arguments);
            Request::Create { class, arguments, idempotency_key }.write(id, stream);
        }
        Call::Method { class, key, method, arguments } => {
            let (key, arguments) = (key_message(key), arguments_message(arguments));
            let (key, arguments) = (Content::Message(&key), Content::Message(&arguments));
            Request::Call { class, key, method, arguments, idempotency_key }.write(id, stream);
        }
        Call::State { class, key } => {
            let key = key_message(key);
            Request::State { class, key: Content::Message(&key) }.write(id, stream);
        }
        Call::Function { name, .. } => {
            unreachable!("this is a bug in Anabranch: {name} is reached over HTTP only")
        }
    }
}

fn key_message(key: Key<'_>) -> Vec<u8> {
    let mut writer = Writer::with_capacity(32);
    write_key(&mut writer, key);
    writer.finish()
}

fn write_key(writer: &mut Writer, key: Key<'_>) {
    match key {
        Key::Integer(value) => writer.int(value),
        Key::Text(text) => writer.str(text),
        Key::Tuple(parts) => {
            writer.tuple(parts.len());
            for &part in parts {
                write_key(writer, part);
            }
        }
    }
}

/// A tuple of positional arguments, of which there are none, and a dict of the others.
fn arguments_message(arguments: Arguments<'_>) -> Vec<u8> {
    let mut writer = Writer::with_capacity(128);
    writer.tuple(2);
    writer.tuple(0);
    writer.dict(arguments.len());
    for (name, argument) in arguments {
        writer.str(name);
        write_argument(&mut writer, *argument);
    }
    writer.finish()
}

fn write_argument(writer: &mut Writer, argument: Argument<'_>) {
    match argument {
        Argument::None => writer.none(),
        Argument::Boolean(value) => writer.bool(value),
        Argument::Integer(value) => writer.int(value),
        Argument::Float(value) => writer.float(value),
        Argument::Text(text) => writer.str(text),
        Argument::List(elements) => {
            writer.list(elements.len());
            for &element in elements {
                write_argument(writer, element);
            }
        }
        Argument::Tuple(elements) => {
            writer.tuple(elements.len());
            for &element in elements {
                write_argument(writer, element);
            }
        }
        Argument::Entity { class, key } => {
            writer.reference(class);
            write_key(writer, key);
        }
        Argument::Record { class, fields } => {
            writer.record(class, fields.len());
            for (name, value) in fields {
                writer.name(name);
                write_argument(writer, *value);
            }
        }
        Argument::Member { class, name, .. } => writer.enum_member(class, name),
        Argument::Date(date) => writer.date(date),
    }
}

/// The first whole frame of `received`: which request it answers, how, and how many bytes it has.
///
/// # Errors
/// It is no response.
pub fn read(received: &[u8]) -> Result<Option<(u64, Answer, usize)>, LoadError> {
    let content = match front(received, CONTENT_MAX) {
        Front::Missing(_) => return Ok(None),
        Front::TooLarge(length) => {
            return Err(LoadError::Protocol(format!("a frame of {length} bytes")));
        }
        Front::Whole(length) => &received[HEADER_BYTES..][..length],
    };
    let response = Response::read(content).map_err(|error| protocol(&error))?;
    let body = match response.body {
        Content::Message(message) => json(wire::decode(message).map_err(|error| protocol(&error))?),
        Content::Natural(body) => natural(body),
    };
    let answer = Answer { status: response.status, body };
    if response.id == 0 {
        return Err(LoadError::Protocol(format!("it ends the connection: {}", answer.body)));
    }
    Ok(Some((response.id, answer, HEADER_BYTES + content.len())))
}

fn protocol(error: &dyn std::error::Error) -> LoadError {
    LoadError::Protocol(error.to_string())
}

/// A problem as HTTP would have it.
fn natural(value: Packed) -> Json {
    match value {
        Packed::Nil => Json::Null,
        Packed::Boolean(value) => Json::Bool(value),
        Packed::Integer(value) => value.as_i64().map_or(Json::Null, Json::from),
        Packed::F32(value) => value.into(),
        Packed::F64(value) => value.into(),
        Packed::Array(elements) => Json::Array(elements.into_iter().map(natural).collect()),
        Packed::Map(entries) => {
            let members = entries.into_iter();
            let members = members
                .filter_map(|(name, value)| Some((name.as_str()?.to_owned(), natural(value))));
            Json::Object(members.collect())
        }
        Packed::String(text) => Json::String(text.into_str().unwrap_or_default()),
        Packed::Binary(_) | Packed::Ext(..) => Json::String(value.to_string()),
    }
}

/// As HTTP would have it, as far as workloads look at answers.
fn json(value: Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Bool(value) => Json::Bool(value),
        Value::Int(value) => value.into(),
        Value::Float(value) => value.into(),
        Value::Str(text) => Json::String(text),
        Value::List(values) | Value::Tuple(values) => {
            Json::Array(values.into_iter().map(json).collect())
        }
        Value::Dict(entries) => {
            let mut members = Map::new();
            for (name, value) in entries {
                let name = match name {
                    Value::Str(name) => name,
                    Value::Int(number) => number.to_string(),
                    Value::Date(date) => date_text(date),
                    Value::Reference(reference) => match *reference.key {
                        Value::Str(key) => key,
                        other => format!("{other:?}"),
                    },
                    other => format!("{other:?}"),
                };
                members.insert(name, json(value));
            }
            Json::Object(members)
        }
        Value::Record { fields, .. } => {
            let members = fields.into_iter().map(|(name, value)| (name, json(value)));
            Json::Object(members.collect())
        }
        Value::Date(date) => Json::String(date_text(date)),
        Value::Reference(reference) => json(*reference.key),
        other => Json::String(format!("{other:?}")),
    }
}

fn date_text(Date { year, month, day }: Date) -> String {
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_come_out_of_a_stream_one_by_one() {
        let mut stream = Vec::new();
        let yes = wire::encode(&Value::Bool(true));
        Response { id: 1, status: 200, body: Content::Message(&yes) }.write(&mut stream);
        let first = stream.len();
        let state = Value::Dict(vec![(Value::Str("balance".into()), Value::Int(7))]);
        let state = wire::encode(&state);
        Response { id: 2, status: 200, body: Content::Message(&state) }.write(&mut stream);
        let (id, answer, length) = read(&stream).unwrap().unwrap();
        assert_eq!((id, length), (1, first));
        assert_eq!(answer, Answer { status: 200, body: Json::Bool(true) });
        let (_, answer, _) = read(&stream[first..]).unwrap().unwrap();
        assert_eq!(answer.body["balance"], 7);
        assert!(read(&stream[first..stream.len() - 1]).unwrap().is_none());
    }

    #[test]
    fn the_end_of_a_connection_is_an_error() {
        let mut stream = Vec::new();
        let body = Content::Message(b"\x01\x00");
        Response { id: 0, status: 503, body }.write(&mut stream);
        assert!(read(&stream).is_err());
    }
}
