//! Numbers in JSON, and how messages name what was found.

use std::borrow::Cow;

use anabranch_ir::Hint;
use anabranch_kernel::Value;
use num_bigint::BigInt;
use serde_json::Number;

use crate::Json;
use crate::mistakes::Mistakes;

/// Most digits of an integer, as Python's own limit: more take quadratic time to convert.
const INTEGER_DIGITS_MAX: usize = 4300;

/// Most characters of a text that a message repeats.
const QUOTED_CHARACTERS_MAX: usize = 40;

/// Whether a number has neither fraction nor exponent.
pub(crate) fn is_integer(number: &Number) -> bool {
    !number.as_str().contains(['.', 'e', 'E'])
}

/// The integer in `json`, or `None` after adding to `mistakes`.
pub(crate) fn integer_or_mistake(json: &Json, mistakes: &mut Mistakes) -> Option<Value> {
    let Json::Number(number) = json else {
        mistakes.expected(Hint::Int, description(json));
        return None;
    };
    if !is_integer(number) {
        mistakes.expected(Hint::Int, description(json));
        return None;
    }
    let value = integer(number.as_str());
    if value.is_none() {
        mistakes.add(format!("an integer of more than {INTEGER_DIGITS_MAX} digits is not taken"));
    }
    value
}

/// The integer of decimal digits with at most a minus sign.
pub fn integer(text: &str) -> Option<Value> {
    if let Ok(small) = text.parse::<i64>() {
        return Some(Value::Int(small));
    }
    if text.len() > INTEGER_DIGITS_MAX {
        return None;
    }
    text.parse::<BigInt>().ok().map(Value::BigInt)
}

/// The float in `json`, also one of the three that are no numbers in JSON.
pub(crate) fn float(json: &Json) -> Option<Value> {
    match json {
        Json::Number(number) => {
            let value: f64 = number.as_str().parse().ok()?;
            value.is_finite().then_some(Value::Float(value))
        }
        Json::String(text) => match text.as_str() {
            "NaN" => Some(Value::Float(f64::NAN)),
            "Infinity" => Some(Value::Float(f64::INFINITY)),
            "-Infinity" => Some(Value::Float(f64::NEG_INFINITY)),
            _ => None,
        },
        _ => None,
    }
}

/// The decimal number in `json`.
pub(crate) fn decimal(json: &Json) -> Option<Value> {
    let text = match json {
        Json::Number(number) => number.as_str(),
        Json::String(text) => text,
        _ => return None,
    };
    is_decimal(text).then(|| Value::Decimal(text.to_owned()))
}

/// Whether Python's `Decimal` takes `text`.
pub fn is_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    if unsigned == "Infinity" {
        return true;
    }
    let quiet = unsigned.strip_prefix('s').unwrap_or(unsigned);
    if let Some(payload) = quiet.strip_prefix("NaN") {
        return payload.bytes().all(|byte| byte.is_ascii_digit());
    }
    let (number, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let valid_exponent = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        // Python's limit of the exponent has 18 digits.
        (1..=18).contains(&exponent.len()) && digits(exponent)
    });
    let has_digits = !whole.is_empty() || !fraction.is_empty();
    has_digits && digits(whole) && digits(fraction) && valid_exponent
}

/// How a message names what was found: `"two"`, `an array of 3`.
pub fn description(json: &Json) -> Cow<'static, str> {
    match json {
        Json::Null => "null".into(),
        Json::Bool(true) => "true".into(),
        Json::Bool(false) => "false".into(),
        Json::Number(number) => shortened(number.as_str().to_owned()).into(),
        Json::String(text) => {
            let start: String = text.chars().take(QUOTED_CHARACTERS_MAX + 1).collect();
            format!("\"{}\"", shortened(start).escape_debug()).into()
        }
        Json::Array(elements) => format!("an array of {}", elements.len()).into(),
        Json::Object(_) => "an object".into(),
    }
}

fn shortened(text: String) -> String {
    match text.char_indices().nth(QUOTED_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
