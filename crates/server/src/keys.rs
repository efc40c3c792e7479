//! Keys of entities in paths.
//!
//! A key is one percent-encoded path segment. A tuple is its parts joined by `,`, each
//! percent-encoded on its own, so that a comma inside a part is `%2C`. A tuple inside a tuple is
//! written flat; where the inner one has any number of parts, it takes all that are left. The
//! key's type hint says how to read a part: `bytes` in Base64 for URLs, `int` in decimal digits
//! without leading zeros (a key has one spelling), `UUID` with hyphens; without a hint it is a
//! `str`.

use std::iter::Peekable;
use std::sync::Arc;

use anabranch_ir::{Hint, OperatorId};
use anabranch_kernel::value::wire;
use anabranch_kernel::{EntityId, Value};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use uuid::Uuid;

use crate::json::scalars;

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The entity of `operator` with `key`.
pub(crate) fn entity_id(operator: OperatorId, key: &Value) -> EntityId {
    EntityId { operator, key: Arc::from(wire::encode(key)) }
}

/// Reads a path segment as a key.
///
/// # Errors
/// What the segment should have been.
pub(crate) fn parse(hint: &Hint, segment: &str) -> Result<Value, String> {
    let mismatch = || format!("a key of this class is a {hint}, which {segment:?} is not");
    match hint {
        Hint::Union(members) => {
            members.iter().find_map(|member| parse(member, segment).ok()).ok_or_else(mismatch)
        }
        Hint::Tuple(_) | Hint::TupleOf(_) => {
            let mut parts = segment.split(',').peekable();
            let value = parse_parts(hint, &mut parts).ok_or_else(mismatch)?;
            if parts.next().is_some() {
                return Err(mismatch());
            }
            Ok(value)
        }
        _ => parse_part(hint, segment).ok_or_else(mismatch),
    }
}

/// The path segment that [`parse`] reads as `key`; `None` if there is none.
pub(crate) fn segment(hint: &Hint, key: &Value) -> Option<String> {
    let mut parts = Vec::new();
    push_parts(key, &mut parts)?;
    let segment = match parts.join(",") {
        // A lone dot means something else to those who normalise paths.
        dots if dots == "." || dots == ".." => dots.replace('.', "%2E"),
        segment => segment,
    };
    let is_faithful = parse(hint, &segment).is_ok_and(|parsed| parsed == *key);
    is_faithful.then_some(segment)
}

/// `text` with all but unreserved characters encoded.
pub(crate) fn percent_encoded(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

fn parse_parts<'a>(
    hint: &Hint,
    parts: &mut Peekable<impl Iterator<Item = &'a str>>,
) -> Option<Value> {
    match hint {
        // An entity has no empty key.
        Hint::Tuple(hints) if hints.is_empty() => None,
        Hint::Tuple(hints) => {
            let mut values = Vec::with_capacity(hints.len());
            for hint in hints {
                values.push(parse_parts(hint, parts)?);
            }
            Some(Value::Tuple(values))
        }
        Hint::TupleOf(hint) => {
            let mut values = Vec::new();
            while parts.peek().is_some() {
                values.push(parse_parts(hint, parts)?);
            }
            Some(Value::Tuple(values))
        }
        Hint::Union(members) => {
            let part = parts.next()?;
            members.iter().find_map(|member| parse_part(member, part))
        }
        _ => parse_part(hint, parts.next()?),
    }
}

fn parse_part(hint: &Hint, part: &str) -> Option<Value> {
    let text = percent_decode_str(part).decode_utf8().ok()?;
    match hint {
        Hint::Str | Hint::Any => Some(Value::Str(text.into_owned())),
        Hint::Int => parse_integer(&text),
        Hint::Uuid if text.len() == 36 => {
            Uuid::try_parse(&text).ok().map(|uuid| Value::Uuid(uuid.into_bytes()))
        }
        Hint::Bytes => URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok().map(Value::Bytes),
        _ => None,
    }
}

fn parse_integer(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_canonical = text == "0" || !digits.starts_with('0');
    if is_plain && is_canonical { scalars::integer(text) } else { None }
}

fn push_parts(key: &Value, parts: &mut Vec<String>) -> Option<()> {
    let text = match key {
        Value::Str(text) => text.clone(),
        Value::Int(value) => value.to_string(),
        Value::BigInt(value) => value.to_string(),
        Value::Uuid(bytes) => Uuid::from_bytes(*bytes).to_string(),
        Value::Bytes(bytes) => URL_SAFE_NO_PAD.encode(bytes),
        Value::Tuple(elements) => {
            return elements.iter().try_for_each(|element| push_parts(element, parts));
        }
        _ => return None,
    };
    parts.push(percent_encoded(&text));
    Some(())
}
