//! Requests.

use rmp::encode::{write_array_len, write_nil, write_str, write_uint};

use crate::reader::{Malformed, Reader};
use crate::{Content, frame};

/// What a client asks for.
#[derive(Clone, PartialEq, Debug)]
pub enum Request<'a> {
    /// Makes an entity.
    Create { class: &'a str, arguments: Content<'a>, idempotency_key: Option<&'a str> },
    /// Calls a method of an entity.
    Call {
        class: &'a str,
        key: Content<'a>,
        method: &'a str,
        arguments: Content<'a>,
        idempotency_key: Option<&'a str>,
    },
    /// Reads all attributes of an entity.
    State { class: &'a str, key: Content<'a> },
    /// Asks whether the server answers.
    Ping,
}

/// A request with its number.
#[derive(Clone, PartialEq, Debug)]
pub struct NumberedRequest<'a> {
    pub id: u64,
    pub request: Request<'a>,
    /// The bytes between operation and idempotency key: what was asked, as it came.
    pub asked: &'a [u8],
}

/// A request that cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unreadable {
    /// Its number, if so much could be read: then it can be answered.
    pub id: Option<u64>,
    pub malformed: Malformed,
}

impl Request<'_> {
    /// Appends the frame of this request, as number `id`, to `stream`.
    pub fn write(&self, id: u64, stream: &mut Vec<u8>) {
        frame::append(stream, |content| match self {
            Request::Create { class, arguments, idempotency_key } => {
                start(content, 5, id, "create", Some(class));
                arguments.write(content);
                optional_text(content, *idempotency_key);
            }
            Request::Call { class, key, method, arguments, idempotency_key } => {
                start(content, 7, id, "call", Some(class));
                key.write(content);
                text(content, method);
                arguments.write(content);
                optional_text(content, *idempotency_key);
            }
            Request::State { class, key } => {
                start(content, 4, id, "state", Some(class));
                key.write(content);
            }
            Request::Ping => start(content, 2, id, "ping", None),
        });
    }
}

impl<'a> NumberedRequest<'a> {
    /// Reads the content of a frame.
    ///
    /// # Errors
    /// It is no request.
    pub fn read(content: &'a [u8]) -> Result<Self, Unreadable> {
        let unnumbered = |malformed| Unreadable { id: None, malformed };
        let mut reader = Reader::new(content).map_err(unnumbered)?;
        let id = reader.unsigned("the number of the request").map_err(unnumbered)?;
        let request = read_request(&mut reader);
        let (request, asked) =
            request.map_err(|malformed| Unreadable { id: Some(id), malformed })?;
        Ok(Self { id, request, asked })
    }
}

fn read_request<'a>(reader: &mut Reader<'a>) -> Result<(Request<'a>, &'a [u8]), Malformed> {
    let operation = reader.text("an operation")?;
    let before = reader.rest();
    let mut asked = before;
    let request = match operation {
        "create" => {
            let class = reader.text("the name of an entity class")?;
            let arguments = reader.content("arguments")?;
            asked = until(before, reader);
            let idempotency_key = reader.optional_text("an idempotency key or nil")?;
            Request::Create { class, arguments, idempotency_key }
        }
        "call" => {
            let class = reader.text("the name of an entity class")?;
            let key = reader.content("a key")?;
            let method = reader.text("the name of a method")?;
            let arguments = reader.content("arguments")?;
            asked = until(before, reader);
            let idempotency_key = reader.optional_text("an idempotency key or nil")?;
            Request::Call { class, key, method, arguments, idempotency_key }
        }
        "state" => {
            let class = reader.text("the name of an entity class")?;
            Request::State { class, key: reader.content("a key")? }
        }
        "ping" => Request::Ping,
        _ => return Err(Malformed { expected: "create, call, state or ping" }),
    };
    reader.end()?;
    Ok((request, asked))
}

/// What of `before` has been read.
fn until<'a>(before: &'a [u8], reader: &Reader<'a>) -> &'a [u8] {
    &before[..before.len() - reader.rest().len()]
}

fn start(content: &mut Vec<u8>, elements: u32, id: u64, operation: &str, class: Option<&&str>) {
    write_array_len(content, elements).expect("a Vec takes all");
    write_uint(content, id).expect("a Vec takes all");
    text(content, operation);
    if let Some(class) = class {
        text(content, class);
    }
}

fn text(content: &mut Vec<u8>, text: &str) {
    write_str(content, text).expect("a Vec takes all");
}

fn optional_text(content: &mut Vec<u8>, value: Option<&str>) {
    match value {
        Some(value) => text(content, value),
        None => write_nil(content).expect("a Vec takes all"),
    }
}

#[cfg(test)]
mod tests {
    use rmpv::Value;

    use super::*;
    use crate::frame::HEADER_BYTES;

    fn named(amount: i64) -> Content<'static> {
        Content::Natural(Value::Map(vec![("amount".into(), amount.into())]))
    }

    fn requests() -> Vec<Request<'static>> {
        vec![
            Request::Create { class: "Item", arguments: named(1), idempotency_key: None },
            Request::Create {
                class: "Item",
                arguments: Content::Message(&[1, 2, 3]),
                idempotency_key: Some("k"),
            },
            Request::Call {
                class: "User",
                key: Content::Natural("alice".into()),
                method: "pay",
                arguments: named(-300),
                idempotency_key: Some("k"),
            },
            Request::Call {
                class: "User",
                key: Content::Message(&[0; 16]),
                method: "pay",
                arguments: Content::Message(&[7; 70_000]),
                idempotency_key: None,
            },
            Request::State { class: "User", key: Content::Natural(Value::Array(vec![1.into()])) },
            Request::Ping,
        ]
    }

    #[test]
    fn requests_come_back() {
        for request in requests() {
            let mut stream = Vec::new();
            request.write(u64::MAX, &mut stream);
            let read = NumberedRequest::read(&stream[HEADER_BYTES..]).unwrap();
            assert_eq!((read.id, read.request), (u64::MAX, request));
        }
    }

    #[test]
    fn what_was_asked_does_not_depend_on_number_and_idempotency_key() {
        let asked = |id, idempotency_key| {
            let mut stream = Vec::new();
            let request = Request::Create { class: "Item", arguments: named(1), idempotency_key };
            request.write(id, &mut stream);
            NumberedRequest::read(&stream[HEADER_BYTES..]).unwrap().asked.to_vec()
        };
        assert_eq!(asked(1, None), asked(70_000, Some("k")));
        assert!(!asked(1, None).is_empty());
    }

    #[test]
    fn every_cut_and_every_changed_byte_is_read_or_refused() {
        for request in requests() {
            let mut stream = Vec::new();
            request.write(3, &mut stream);
            let content = &stream[HEADER_BYTES..];
            let length = content.len().min(64);
            for end in 0..length {
                assert!(NumberedRequest::read(&content[..end]).is_err());
            }
            for position in 0..length {
                for byte in 0..=u8::MAX {
                    let mut damaged = content.to_vec();
                    damaged[position] = byte;
                    let _read_or_refused = NumberedRequest::read(&damaged);
                }
            }
        }
    }

    #[test]
    fn a_numbered_mistake_can_be_answered() {
        let mut content = Vec::new();
        start(&mut content, 2, 9, "destroy", None);
        let unreadable = NumberedRequest::read(&content).unwrap_err();
        assert_eq!(unreadable.id, Some(9));
        assert_eq!(unreadable.malformed.to_string(), "expected create, call, state or ping");
    }

    #[test]
    fn deep_nesting_is_refused() {
        let mut content = Vec::new();
        start(&mut content, 5, 1, "create", Some(&"Item"));
        content.extend([0x91; 100_000]);
        assert!(NumberedRequest::read(&content).is_err());
    }
}
