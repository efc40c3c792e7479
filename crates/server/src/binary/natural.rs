//! MessagePack's own types as JSON and back, so that both have the same forms.
//!
//! MessagePack has types that JSON lacks: byte strings are taken as Base64, as JSON has them; keys
//! of maps that are no strings, NaN and infinities keep their JSON forms. Integers beyond 64 bits
//! leave as decimal text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rmpv::Value;
use serde_json::Number;

use anabranch_json::{Json, JsonObject};

/// `value` as JSON, or what of it has no form there.
pub(super) fn to_json(value: Value) -> Result<Json, &'static str> {
    Ok(match value {
        Value::Nil => Json::Null,
        Value::Boolean(value) => Json::Bool(value),
        Value::Integer(value) => match (value.as_i64(), value.as_u64()) {
            (Some(value), _) => Json::Number(value.into()),
            (None, value) => Json::Number(value.expect("an integer is signed or not").into()),
        },
        Value::F32(value) => float(value.into()),
        Value::F64(value) => float(value),
        Value::String(text) => Json::String(text.into_str().ok_or("a string that is not UTF-8")?),
        Value::Binary(bytes) => Json::String(STANDARD.encode(bytes)),
        Value::Array(elements) => {
            let elements = elements.into_iter().map(to_json);
            Json::Array(elements.collect::<Result<_, _>>()?)
        }
        Value::Map(entries) => map(entries)?,
        Value::Ext(..) => return Err("an extension type inside of a value"),
    })
}

fn map(entries: Vec<(Value, Value)>) -> Result<Json, &'static str> {
    let mut object = JsonObject::new();
    if entries.iter().all(|(key, _)| key.is_str()) {
        for (key, value) in entries {
            let Json::String(key) = to_json(key)? else { continue };
            object.insert(key, to_json(value)?);
        }
        return Ok(Json::Object(object));
    }
    let mut pairs = Vec::with_capacity(entries.len());
    for (key, value) in entries {
        pairs.push(Json::Array(vec![to_json(key)?, to_json(value)?]));
    }
    Ok(Json::Array(pairs))
}

fn float(value: f64) -> Json {
    match Number::from_f64(value) {
        Some(number) => Json::Number(number),
        None if value.is_nan() => Json::String("NaN".to_owned()),
        None if value > 0.0 => Json::String("Infinity".to_owned()),
        None => Json::String("-Infinity".to_owned()),
    }
}

/// `json` in MessagePack.
pub(super) fn from_json(json: Json) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(value) => Value::Boolean(value),
        Json::Number(number) => from_number(&number),
        Json::String(text) => text.into(),
        Json::Array(elements) => Value::Array(elements.into_iter().map(from_json).collect()),
        Json::Object(members) => {
            let entries = members.into_iter().map(|(key, value)| (key.into(), from_json(value)));
            Value::Map(entries.collect())
        }
    }
}

fn from_number(number: &Number) -> Value {
    let text = number.as_str();
    if let Some(value) = number.as_i64() {
        return value.into();
    }
    if let Some(value) = number.as_u64() {
        return value.into();
    }
    if text.contains(['.', 'e', 'E'])
        && let Some(value) = number.as_f64()
    {
        return Value::F64(value);
    }
    text.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_comes_back() {
        for json in [
            json!(null),
            json!([true, -1, 0, i64::MIN, u64::MAX, "ä"]),
            json!({"a": {"b": []}, "c": 1.5, "d": 2.0}),
        ] {
            assert_eq!(to_json(from_json(json.clone())), Ok(json));
        }
    }

    #[test]
    fn what_json_lacks_gets_its_forms() {
        assert_eq!(to_json(Value::Binary(vec![0xFF])), Ok(json!("/w==")));
        assert_eq!(to_json(Value::F64(f64::NAN)), Ok(json!("NaN")));
        assert_eq!(to_json(Value::F32(f32::NEG_INFINITY)), Ok(json!("-Infinity")));
        let entries = vec![(1.into(), "one".into()), ("a".into(), Value::Nil)];
        assert_eq!(to_json(Value::Map(entries)), Ok(json!([[1, "one"], ["a", null]])));
        assert!(to_json(Value::Array(vec![Value::Ext(1, vec![])])).is_err());
    }

    #[test]
    fn large_integers_leave_as_text() {
        let large: Number = "123456789012345678901234567890".parse().unwrap();
        assert_eq!(from_json(Json::Number(large)), "123456789012345678901234567890".into());
    }
}
