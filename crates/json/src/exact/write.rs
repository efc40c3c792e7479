//! Message to JSON.

use anabranch_kernel::value::wire::{DEPTH_MAX, DecodeError, Reader, Token};
use anabranch_kernel::value::{Date, Time, Zone};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Number, json};
use uuid::Uuid;

use super::{
    BYTES, DATE, DATE_TIME, DECIMAL, DICT, ENUM, EXCEPTION, FLOAT, FROZEN_SET, MARK, OPAQUE,
    RECORD, REFERENCE, SET, SHARED, STR, TIME, TIME_DELTA, TUPLE,
};
use crate::instants;
use crate::{Json, JsonObject};

/// The exact form of the value in `message`.
///
/// # Errors
/// The bytes are no message.
pub fn to_json(message: &[u8]) -> Result<Json, DecodeError> {
    let mut reader = Reader::new(message)?;
    let json = value(&mut reader, 0)?;
    reader.finish()?;
    Ok(json)
}

fn value(reader: &mut Reader<'_>, depth: usize) -> Result<Json, DecodeError> {
    if depth > DEPTH_MAX {
        return Err(DecodeError::TooDeep);
    }
    let depth = depth + 1;
    Ok(match reader.token()? {
        Token::None => Json::Null,
        Token::Bool(value) => Json::Bool(value),
        Token::Int(value) => Json::Number(value.into()),
        Token::BigInt(value) => {
            let number = value.to_string().parse::<Number>();
            Json::Number(number.expect("this is a bug in Anabranch: an integer is no number"))
        }
        Token::Float(value) => float(value),
        Token::Str(text) => Json::String(text.to_owned()),
        Token::SurrogateStr(bytes) => tagged(STR, STANDARD.encode(bytes)),
        Token::Bytes(bytes) => tagged(BYTES, STANDARD.encode(bytes)),
        Token::List(count) => Json::Array(values(reader, count, depth)?),
        Token::Tuple(count) => tagged(TUPLE, values(reader, count, depth)?),
        Token::Set(count) => tagged(SET, values(reader, count, depth)?),
        Token::FrozenSet(count) => tagged(FROZEN_SET, values(reader, count, depth)?),
        Token::Dict(count) => dict(reader, count, depth)?,
        Token::Date(date) => tagged(DATE, instants::date_text(&date)),
        Token::Time(time) => tagged(TIME, time_form(&time)),
        Token::DateTime(date, time) => tagged(DATE_TIME, date_time_form(date, &time)),
        Token::TimeDelta(delta) => tagged(TIME_DELTA, instants::duration_text(&delta)),
        Token::Decimal(text) => tagged(DECIMAL, text),
        Token::Uuid(bytes) => tagged(super::UUID, Uuid::from_bytes(bytes).to_string()),
        Token::EnumMember { class, member } => tagged(ENUM, json!([class, member])),
        Token::Record { class, count } => {
            tagged(RECORD, json!([class, named(reader, count, depth)?]))
        }
        Token::Reference { class } => tagged(REFERENCE, json!([class, value(reader, depth)?])),
        Token::Exception { class, args, attributes } => {
            let args = values(reader, args, depth)?;
            tagged(EXCEPTION, json!([class, args, named(reader, attributes, depth)?]))
        }
        Token::Opaque(pickle) => tagged(OPAQUE, STANDARD.encode(pickle)),
        Token::Shared(number) => tagged(SHARED, number),
    })
}

fn tagged(tag: &str, content: impl Into<Json>) -> Json {
    let mut object = JsonObject::new();
    object.insert(tag.to_owned(), content.into());
    Json::Object(object)
}

fn float(value: f64) -> Json {
    match Number::from_f64(value) {
        Some(number) => Json::Number(number),
        None if value == f64::INFINITY => tagged(FLOAT, "Infinity"),
        None if value == f64::NEG_INFINITY => tagged(FLOAT, "-Infinity"),
        None if value.to_bits() == f64::NAN.to_bits() => tagged(FLOAT, "NaN"),
        None => tagged(FLOAT, format!("{:016x}", value.to_bits())),
    }
}

fn values(reader: &mut Reader<'_>, count: usize, depth: usize) -> Result<Vec<Json>, DecodeError> {
    (0..count).map(|_| value(reader, depth)).collect()
}

fn named(reader: &mut Reader<'_>, count: usize, depth: usize) -> Result<JsonObject, DecodeError> {
    let mut object = JsonObject::new();
    for _ in 0..count {
        let name = reader.name()?.to_owned();
        if object.insert(name, value(reader, depth)?).is_some() {
            return Err(DecodeError::Invalid("two fields have the same name"));
        }
    }
    Ok(object)
}

fn dict(reader: &mut Reader<'_>, count: usize, depth: usize) -> Result<Json, DecodeError> {
    let mut pairs = Vec::new();
    for _ in 0..count {
        pairs.push((value(reader, depth)?, value(reader, depth)?));
    }
    let is_plain = |(key, _): &(Json, Json)| key.as_str().is_some_and(|key| !key.starts_with(MARK));
    if !pairs.iter().all(is_plain) {
        let pairs = pairs.into_iter().map(|(key, value)| Json::Array(vec![key, value]));
        return Ok(tagged(DICT, pairs.collect::<Vec<_>>()));
    }
    let mut object = JsonObject::new();
    for (key, value) in pairs {
        let Json::String(key) = key else { unreachable!("all keys are strings") };
        if object.insert(key, value).is_some() {
            return Err(DecodeError::Invalid("a dict has a key twice"));
        }
    }
    Ok(Json::Object(object))
}

fn time_form(time: &Time) -> Json {
    let text = instants::time_text(time);
    if instants::parse_time(&text).as_ref() == Some(time) {
        return Json::String(text);
    }
    let clock = Time { fold: false, zone: Zone::Naive, ..*time };
    let zone = match &time.zone {
        Zone::Naive => Json::Null,
        Zone::Offset { microseconds } => (*microseconds).into(),
        Zone::Named(name) => name.as_str().into(),
    };
    json!({ "clock": instants::time_text(&clock), "fold": time.fold, "zone": zone })
}

fn date_time_form(date: Date, time: &Time) -> Json {
    match time_form(time) {
        Json::Object(mut form) => {
            form.shift_insert(0, "date".to_owned(), instants::date_text(&date).into());
            Json::Object(form)
        }
        _ => Json::String(instants::date_time_text(&date, time)),
    }
}
