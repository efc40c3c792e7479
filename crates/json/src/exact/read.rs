//! JSON to message.

use anabranch_kernel::value::wire::{DEPTH_MAX, DecodeError, Reader, Token, Writer};
use anabranch_kernel::value::{Date, Time, Zone};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use num_bigint::BigInt;
use uuid::Uuid;

use super::{
    BYTES, DATE, DATE_TIME, DECIMAL, DICT, ENUM, EXCEPTION, FLOAT, FROZEN_SET, MARK, OPAQUE,
    RECORD, REFERENCE, SET, SHARED, STR, TIME, TIME_DELTA, TUPLE,
};
use crate::scalars::{self, description};
use crate::{Json, JsonObject, instants};

/// Why JSON is not the exact form of a value.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct ExactError(pub String);

/// The message of the value whose exact form `json` is.
///
/// # Errors
/// What is wrong with it.
pub fn to_message(json: &Json) -> Result<Vec<u8>, ExactError> {
    let mut writing = Writing { writer: Writer::new(), containers: 0 };
    writing.value(json, 0)?;
    let message = writing.writer.finish();
    // The reader knows what dates, times and offsets there can be.
    check(&message).map_err(|error| ExactError(error.to_string()))?;
    Ok(message)
}

fn check(message: &[u8]) -> Result<(), DecodeError> {
    let mut reader = Reader::new(message)?;
    one(&mut reader)?;
    reader.finish()
}

fn named(reader: &mut Reader<'_>, count: usize) -> Result<(), DecodeError> {
    for _ in 0..count {
        reader.name()?;
        one(reader)?;
    }
    Ok(())
}

fn one(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    match reader.token()? {
        Token::List(count) | Token::Tuple(count) | Token::Set(count) | Token::FrozenSet(count) => {
            (0..count).try_for_each(|_| one(reader))
        }
        Token::Dict(count) => (0..count * 2).try_for_each(|_| one(reader)),
        Token::Reference { .. } => one(reader),
        Token::Record { count, .. } => named(reader, count),
        Token::Exception { args, attributes, .. } => {
            (0..args).try_for_each(|_| one(reader))?;
            named(reader, attributes)
        }
        _ => Ok(()),
    }
}

struct Writing {
    writer: Writer,
    /// How many numbered containers there are.
    containers: usize,
}

fn error<T>(message: impl Into<String>) -> Result<T, ExactError> {
    Err(ExactError(message.into()))
}

fn expected<T>(what: &str, found: &Json) -> Result<T, ExactError> {
    error(format!("expected {what}, got {}", description(found)))
}

impl Writing {
    fn value(&mut self, json: &Json, depth: usize) -> Result<(), ExactError> {
        if depth > DEPTH_MAX {
            return error(format!("values nest deeper than {DEPTH_MAX} levels"));
        }
        let depth = depth + 1;
        match json {
            Json::Null => self.writer.none(),
            Json::Bool(value) => self.writer.bool(*value),
            Json::Number(number) if scalars::is_integer(number) => {
                let Ok(value) = number.as_str().parse::<BigInt>() else {
                    return expected("an integer", json);
                };
                self.writer.big_int(&value);
            }
            Json::Number(number) => match number.as_str().parse::<f64>() {
                Ok(value) if value.is_finite() => self.writer.float(value),
                _ => return expected("a number that a float can hold", json),
            },
            Json::String(text) => self.writer.str(text),
            Json::Array(elements) => {
                self.containers += 1;
                self.writer.list(elements.len());
                self.values(elements, depth)?;
            }
            Json::Object(object) => match special(object)? {
                Some((tag, content)) => self.special(tag, content, depth)?,
                None => {
                    self.containers += 1;
                    self.writer.dict(object.len());
                    for (name, member) in object {
                        self.writer.str(name);
                        self.value(member, depth)?;
                    }
                }
            },
        }
        Ok(())
    }

    fn values(&mut self, elements: &[Json], depth: usize) -> Result<(), ExactError> {
        elements.iter().try_for_each(|element| self.value(element, depth))
    }

    fn special(&mut self, tag: &str, content: &Json, depth: usize) -> Result<(), ExactError> {
        match tag {
            TUPLE => {
                let elements = array(content)?;
                self.writer.tuple(elements.len());
                self.values(elements, depth)
            }
            SET | FROZEN_SET => {
                let elements = array(content)?;
                elements.iter().try_for_each(hashable)?;
                if tag == SET {
                    self.containers += 1;
                    self.writer.set(elements.len());
                } else {
                    self.writer.frozen_set(elements.len());
                }
                self.values(elements, depth)
            }
            DICT => self.dict(array(content)?, depth),
            RECORD => {
                let (class, [fields]) = class_and(content)?;
                let fields = object(fields)?;
                self.containers += 1;
                self.writer.record(class, fields.len());
                self.named(fields, depth)
            }
            REFERENCE => {
                let (class, [key]) = class_and(content)?;
                self.writer.reference(class);
                self.value(key, depth)
            }
            EXCEPTION => {
                let (class, [args, attributes]) = class_and(content)?;
                let (args, attributes) = (array(args)?, object(attributes)?);
                self.writer.exception(class, args.len(), attributes.len());
                self.values(args, depth)?;
                self.named(attributes, depth)
            }
            SHARED => match content.as_u64() {
                Some(number) if number < self.containers as u64 => {
                    self.writer.shared(number as usize);
                    Ok(())
                }
                _ => expected("the number of a container that starts earlier", content),
            },
            _ => self.scalar(tag, content),
        }
    }

    fn scalar(&mut self, tag: &str, content: &Json) -> Result<(), ExactError> {
        let writer = &mut self.writer;
        match tag {
            BYTES => writer.bytes(&base64(content)?),
            OPAQUE => writer.opaque(&base64(content)?),
            STR => writer.surrogate_str(&base64(content)?),
            FLOAT => writer.float(float(content)?),
            DATE => writer.date(date(content)?),
            TIME => writer.time(&time(content)?),
            DATE_TIME => {
                let (date, time) = date_time(content)?;
                writer.date_time(date, &time);
            }
            TIME_DELTA => match instants::parse_duration(text(content)?) {
                Some(delta) => writer.time_delta(delta),
                None => return expected("a duration in ISO 8601", content),
            },
            DECIMAL => match text(content)? {
                text if scalars::is_decimal(text) => writer.decimal(text),
                _ => return expected("a decimal number", content),
            },
            super::UUID => match Uuid::try_parse(text(content)?) {
                Ok(uuid) => writer.uuid(uuid.into_bytes()),
                Err(_) => return expected("a UUID", content),
            },
            ENUM => {
                let (class, [member]) = class_and(content)?;
                writer.enum_member(class, text(member)?);
            }
            unknown => return error(format!("there is no kind of value called {unknown:?}")),
        }
        Ok(())
    }

    fn dict(&mut self, pairs: &[Json], depth: usize) -> Result<(), ExactError> {
        self.containers += 1;
        self.writer.dict(pairs.len());
        for pair in pairs {
            let Some([key, value]) = pair.as_array().map(Vec::as_slice) else {
                return expected("a [key, value] pair", pair);
            };
            hashable(key)?;
            self.value(key, depth)?;
            self.value(value, depth)?;
        }
        Ok(())
    }

    fn named(&mut self, fields: &JsonObject, depth: usize) -> Result<(), ExactError> {
        for (name, member) in fields {
            self.writer.name(name);
            self.value(member, depth)?;
        }
        Ok(())
    }
}

/// The special member of an object that is no dict.
fn special(object: &JsonObject) -> Result<Option<(&str, &Json)>, ExactError> {
    match object.iter().find(|(name, _)| name.starts_with(MARK)) {
        Some((name, content)) if object.len() == 1 => Ok(Some((name, content))),
        Some((name, _)) => error(format!(
            "{name:?} stands alone in its object; a dict with such a key is written as {DICT:?}"
        )),
        None => Ok(None),
    }
}

/// Refuses what Python cannot have in a set or as the key of a dict.
fn hashable(json: &Json) -> Result<(), ExactError> {
    let kind = match json {
        Json::Array(_) => "list",
        Json::Object(object) => match special(object)? {
            None | Some((DICT, _)) => "dict",
            Some((SET, _)) => "set",
            Some((TUPLE, content)) => return array(content)?.iter().try_for_each(hashable),
            Some(_) => return Ok(()),
        },
        _ => return Ok(()),
    };
    error(format!("a {kind} cannot be in a set or the key of a dict"))
}

fn array(json: &Json) -> Result<&[Json], ExactError> {
    json.as_array().map_or_else(|| expected("an array", json), |elements| Ok(&elements[..]))
}

fn object(json: &Json) -> Result<&JsonObject, ExactError> {
    json.as_object().map_or_else(|| expected("an object", json), Ok)
}

fn text(json: &Json) -> Result<&str, ExactError> {
    json.as_str().map_or_else(|| expected("a string", json), Ok)
}

/// The name of a class and `N` more.
fn class_and<const N: usize>(json: &Json) -> Result<(&str, &[Json; N]), ExactError> {
    let parts = json.as_array().and_then(|parts| parts.split_first());
    match parts.map(|(class, rest)| (class.as_str(), rest.try_into())) {
        Some((Some(class), Ok(rest))) => Ok((class, rest)),
        _ => expected(&format!("an array of the name of a class and {N} more"), json),
    }
}

fn base64(json: &Json) -> Result<Vec<u8>, ExactError> {
    STANDARD.decode(text(json)?).or_else(|_| expected("Base64", json))
}

fn float(json: &Json) -> Result<f64, ExactError> {
    match text(json)? {
        "NaN" => Ok(f64::NAN),
        "Infinity" => Ok(f64::INFINITY),
        "-Infinity" => Ok(f64::NEG_INFINITY),
        digits if digits.len() == 16 => match u64::from_str_radix(digits, 16) {
            Ok(bits) => Ok(f64::from_bits(bits)),
            Err(_) => expected("16 hexadecimal digits", json),
        },
        _ => expected("NaN, Infinity or -Infinity", json),
    }
}

fn date(json: &Json) -> Result<Date, ExactError> {
    instants::parse_date(text(json)?).map_or_else(|| expected("a date", json), Ok)
}

fn time(json: &Json) -> Result<Time, ExactError> {
    let parsed = |text: &str| {
        let time = instants::parse_time(text);
        time.map_or_else(|| expected("a time in ISO 8601", json), Ok)
    };
    let Json::Object(form) = json else { return parsed(text(json)?) };
    let clock = form.get("clock").and_then(Json::as_str).unwrap_or("");
    let Some(fold) = form.get("fold").and_then(Json::as_bool) else {
        return error("a time has the members clock, fold and zone");
    };
    let zone = match form.get("zone") {
        Some(Json::Null) => Zone::Naive,
        Some(Json::String(name)) => Zone::Named(name.clone()),
        Some(Json::Number(number)) => match number.as_i64() {
            Some(microseconds) => Zone::Offset { microseconds },
            None => return error("the offset of a time zone is a number of microseconds"),
        },
        _ => return error("a time has the members clock, fold and zone"),
    };
    Ok(Time { fold, zone, ..parsed(clock)? })
}

fn date_time(json: &Json) -> Result<(Date, Time), ExactError> {
    if let Json::Object(form) = json {
        let day = form.get("date").unwrap_or(&Json::Null);
        return Ok((date(day)?, time(json)?));
    }
    let parsed = instants::parse_date_time(text(json)?);
    parsed.map_or_else(|| expected("a datetime in ISO 8601", json), Ok)
}
