//! Messages to and from [`Value`] trees.
//!
//! A tree has no aliasing, so decoding repeats a shared container at each place. The container is
//! read again from where it stands in the message; nothing is kept of it but the place. What is
//! read again is bounded, since containers that share containers would otherwise grow
//! exponentially.

use super::{DEPTH_MAX, DecodeError, Reader, Token, Writer};
use crate::value::{ExceptionValue, Reference, Value};

/// The message of `value`.
///
/// # Panics
/// If values nest deeper than [`DEPTH_MAX`]; [`decode`] never makes such a value.
pub fn encode(value: &Value) -> Vec<u8> {
    let mut writer = Writer::new();
    write(&mut writer, value, 0);
    writer.finish()
}

/// The value in `message`.
///
/// # Errors
/// The bytes are no message; or a container holds itself, which a tree cannot; or shared
/// containers would make the tree far larger than the message.
pub fn decode(message: &[u8]) -> Result<Value, DecodeError> {
    let mut reader = Reader::new(message)?;
    let mut shared = SharedContainers {
        places: Vec::new(),
        open: Vec::new(),
        budget: message.len().saturating_mul(4).saturating_add(64 * 1024),
    };
    let value = read(&mut reader, &mut shared, 0)?;
    reader.finish()?;
    Ok(value)
}

fn write(writer: &mut Writer, value: &Value, depth: usize) {
    assert!(depth <= DEPTH_MAX, "this is a bug in Anabranch: a value is nested too deeply");
    let depth = depth + 1;
    match value {
        Value::None => writer.none(),
        Value::Bool(value) => writer.bool(*value),
        Value::Int(value) => writer.int(*value),
        Value::BigInt(value) => writer.big_int(value),
        Value::Float(value) => writer.float(*value),
        Value::Str(value) => writer.str(value),
        Value::SurrogateStr(value) => writer.surrogate_str(value),
        Value::Bytes(value) => writer.bytes(value),
        Value::List(elements) => {
            writer.list(elements.len());
            write_all(writer, elements, depth);
        }
        Value::Tuple(elements) => {
            writer.tuple(elements.len());
            write_all(writer, elements, depth);
        }
        Value::Set(elements) => {
            writer.set(elements.len());
            write_all(writer, elements, depth);
        }
        Value::FrozenSet(elements) => {
            writer.frozen_set(elements.len());
            write_all(writer, elements, depth);
        }
        Value::Dict(pairs) => {
            writer.dict(pairs.len());
            for (key, value) in pairs {
                write(writer, key, depth);
                write(writer, value, depth);
            }
        }
        Value::Date(date) => writer.date(*date),
        Value::Time(time) => writer.time(time),
        Value::DateTime(date, time) => writer.date_time(*date, time),
        Value::TimeDelta(delta) => writer.time_delta(*delta),
        Value::Decimal(text) => writer.decimal(text),
        Value::Uuid(uuid) => writer.uuid(*uuid),
        Value::Enum { class, member } => writer.enum_member(class, member),
        Value::Record { class, fields } => {
            writer.record(class, fields.len());
            write_named(writer, fields, depth);
        }
        Value::Reference(Reference { class, key }) => {
            writer.reference(class);
            write(writer, key, depth);
        }
        Value::Exception(exception) => {
            let ExceptionValue { class, args, attributes } = &**exception;
            writer.exception(class, args.len(), attributes.len());
            write_all(writer, args, depth);
            write_named(writer, attributes, depth);
        }
        Value::Opaque(pickle) => writer.opaque(pickle),
    }
}

fn write_all(writer: &mut Writer, values: &[Value], depth: usize) {
    for value in values {
        write(writer, value, depth);
    }
}

fn write_named(writer: &mut Writer, fields: &[(String, Value)], depth: usize) {
    for (name, value) in fields {
        writer.name(name);
        write(writer, value, depth);
    }
}

/// What is known of the numbered containers of a message.
struct SharedContainers<'a> {
    /// For each number a reader that stands before the container.
    places: Vec<Reader<'a>>,
    /// The containers under way.
    open: Vec<usize>,
    /// How many more bytes may be read again.
    budget: usize,
}

fn read<'a>(
    reader: &mut Reader<'a>,
    shared: &mut SharedContainers<'a>,
    depth: usize,
) -> Result<Value, DecodeError> {
    if depth > DEPTH_MAX {
        return Err(DecodeError::TooDeep);
    }
    let depth = depth + 1;
    let before = reader.clone();
    let token = reader.token()?;
    let number = before.containers();
    let numbered = reader.containers() > number;
    if numbered {
        if shared.places.len() == number {
            shared.places.push(before);
        }
        shared.open.push(number);
    }
    let value = match token {
        Token::None => Value::None,
        Token::Bool(value) => Value::Bool(value),
        Token::Int(value) => Value::Int(value),
        Token::BigInt(value) => Value::BigInt(value),
        Token::Float(value) => Value::Float(value),
        Token::Str(value) => Value::Str(value.to_owned()),
        Token::SurrogateStr(value) => Value::SurrogateStr(value.to_owned()),
        Token::Bytes(value) => Value::Bytes(value.to_owned()),
        Token::List(count) => Value::List(read_all(reader, shared, count, depth)?),
        Token::Tuple(count) => Value::Tuple(read_all(reader, shared, count, depth)?),
        Token::Set(count) => Value::Set(read_all(reader, shared, count, depth)?),
        Token::FrozenSet(count) => Value::FrozenSet(read_all(reader, shared, count, depth)?),
        Token::Dict(count) => {
            let mut pairs = Vec::with_capacity(count);
            for _ in 0..count {
                pairs.push((read(reader, shared, depth)?, read(reader, shared, depth)?));
            }
            Value::Dict(pairs)
        }
        Token::Date(date) => Value::Date(date),
        Token::Time(time) => Value::Time(time),
        Token::DateTime(date, time) => Value::DateTime(date, time),
        Token::TimeDelta(delta) => Value::TimeDelta(delta),
        Token::Decimal(text) => Value::Decimal(text.to_owned()),
        Token::Uuid(uuid) => Value::Uuid(uuid),
        Token::EnumMember { class, member } => {
            Value::Enum { class: class.to_owned(), member: member.to_owned() }
        }
        Token::Record { class, count } => Value::Record {
            class: class.to_owned(),
            fields: read_named(reader, shared, count, depth)?,
        },
        Token::Reference { class } => Value::Reference(Reference {
            class: class.to_owned(),
            key: Box::new(read(reader, shared, depth)?),
        }),
        Token::Exception { class, args, attributes } => {
            Value::Exception(Box::new(ExceptionValue {
                class: class.to_owned(),
                args: read_all(reader, shared, args, depth)?,
                attributes: read_named(reader, shared, attributes, depth)?,
            }))
        }
        Token::Opaque(pickle) => Value::Opaque(pickle.to_owned()),
        Token::Shared(number) => read_again(shared, number, depth)?,
    };
    if numbered {
        shared.open.pop();
    }
    Ok(value)
}

fn read_again(
    shared: &mut SharedContainers<'_>,
    number: usize,
    depth: usize,
) -> Result<Value, DecodeError> {
    if shared.open.contains(&number) {
        return Err(DecodeError::Cyclic);
    }
    let mut reader = shared.places[number].clone();
    let before = reader.remaining();
    let value = read(&mut reader, shared, depth)?;
    let length = before - reader.remaining();
    let budget = shared.budget.checked_sub(length);
    shared.budget =
        budget.ok_or(DecodeError::Invalid("shared containers make the value far too large"))?;
    Ok(value)
}

fn read_all<'a>(
    reader: &mut Reader<'a>,
    shared: &mut SharedContainers<'a>,
    count: usize,
    depth: usize,
) -> Result<Vec<Value>, DecodeError> {
    let mut values = Vec::with_capacity(count);
    for _ in 0..count {
        values.push(read(reader, shared, depth)?);
    }
    Ok(values)
}

fn read_named<'a>(
    reader: &mut Reader<'a>,
    shared: &mut SharedContainers<'a>,
    count: usize,
    depth: usize,
) -> Result<Vec<(String, Value)>, DecodeError> {
    let mut fields = Vec::with_capacity(count);
    for _ in 0..count {
        fields.push((reader.name()?.to_owned(), read(reader, shared, depth)?));
    }
    Ok(fields)
}
