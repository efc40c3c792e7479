//! Keys of entities in paths.
//!
//! A key is one percent-encoded path segment. A tuple is its parts joined by `,`, each
//! percent-encoded on its own, so that a comma inside a part is `%2C`. A tuple inside a tuple is
//! written flat; where the inner one has any number of parts, it takes all that are left. The
//! key's type hint says how to read a part: `bytes` in Base64 for URLs, `int` in decimal digits
//! without leading zeros (a key has one spelling), `UUID` with hyphens; without a hint it is a
//! `str`.

use std::iter::Peekable;

use anabranch_ir::{Hint, OperatorId};
use anabranch_kernel::value::wire;
use anabranch_kernel::{EntityId, Value};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use uuid::Uuid;

use crate::scalars;

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The entity of `operator` with `key`.
pub fn entity_id(operator: OperatorId, key: &Value) -> EntityId {
    EntityId { operator, key: wire::encode(key).into() }
}

/// Reads a path segment as a key.
///
/// # Errors
/// What the segment should have been.
pub fn parse(hint: &Hint, segment: &str) -> Result<Value, String> {
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
pub fn segment(hint: &Hint, key: &Value) -> Option<String> {
    let segment = match written(key)? {
        // A lone dot means something else to those who normalise paths.
        dots if dots == "." || dots == ".." => dots.replace('.', "%2E"),
        segment => segment,
    };
    let is_faithful = parse(hint, &segment).is_ok_and(|parsed| parsed == *key);
    is_faithful.then_some(segment)
}

/// Most values that a text may stand for.
const READINGS_MAX: usize = 4096;

/// All keys that `segment` may stand for, where the class's type hint is not known; none if there
/// would be too many to try.
pub fn readings(segment: &str) -> Vec<Value> {
    const HINTS: [Hint; 4] = [Hint::Str, Hint::Int, Hint::Uuid, Hint::Bytes];
    let of_part = |part: &str| -> Vec<Value> {
        HINTS.iter().filter_map(|hint| parse_part(hint, part)).collect()
    };
    let mut tuples = vec![Vec::new()];
    for part in segment.split(',') {
        let values = of_part(part);
        if tuples.len() * values.len() > READINGS_MAX {
            return Vec::new();
        }
        let longer = tuples.iter().flat_map(|tuple| {
            values.iter().map(|value| tuple.iter().cloned().chain([value.clone()]).collect())
        });
        tuples = longer.collect();
    }
    let mut readings = of_part(segment);
    readings.extend(tuples.into_iter().map(Value::Tuple));
    readings
}

/// How `key` is written in a path and on the command line; `None` for what cannot be written.
pub fn written(key: &Value) -> Option<String> {
    let mut parts = Vec::new();
    push_parts(key, &mut parts)?;
    Some(parts.join(","))
}

/// The key in `message`.
///
/// # Errors
/// It is none.
pub fn of_message(message: &[u8]) -> Result<Value, String> {
    let is_part = |value: &Value| {
        use Value::{BigInt, Bytes, Int, Str, SurrogateStr, Uuid};
        matches!(value, Str(_) | SurrogateStr(_) | Int(_) | BigInt(_) | Bytes(_) | Uuid(_))
    };
    let key = wire::decode(message).map_err(|error| error.to_string())?;
    let is_key = match &key {
        Value::Tuple(parts) => !parts.is_empty() && parts.iter().all(is_part),
        part => is_part(part),
    };
    let problem = "a key is a str, int, bytes, UUID or a tuple of them";
    if is_key { Ok(key) } else { Err(problem.to_owned()) }
}

/// `text` with all but unreserved characters encoded.
pub fn percent_encoded(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_stands_for_all_that_it_may_be() {
        let text = |text: &str| Value::Str(text.to_owned());
        assert!(readings("7").contains(&Value::Int(7)));
        assert!(readings("7").contains(&text("7")));
        let pairs = readings("a,7");
        assert!(pairs.contains(&Value::Tuple(vec![text("a"), Value::Int(7)])));
        assert!(pairs.contains(&text("a,7")));
        assert!(readings("a%2Cb").contains(&text("a,b")));
        assert_eq!(readings(&vec!["7"; 20].join(",")), []);
    }

    #[test]
    fn only_keys_are_keys() {
        let is_key = |value: &Value| of_message(&wire::encode(value)).is_ok();
        assert!(is_key(&Value::Tuple(vec![Value::Int(1), Value::Bytes(vec![])])));
        assert!(!is_key(&Value::Tuple(vec![])));
        assert!(!is_key(&Value::Float(1.0)));
        assert!(!is_key(&Value::Tuple(vec![Value::Tuple(vec![Value::Int(1)])])));
    }
}
