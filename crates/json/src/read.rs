//! JSON to value, guided by a type hint.
//!
//! Mistakes are collected, all of them, each with its path; a value comes out only if there are
//! none inside it. Members of a union are tried in order.

use anabranch_ir::program::{EnumMember, EnumValue};
use anabranch_ir::{EnumClass, Hint, Program, Record};
use anabranch_kernel::Value;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use uuid::Uuid;

use crate::hashing;
use crate::mistakes::Mistakes;
use crate::references::{entity, reference, reference_parts};
use crate::scalars::{decimal, description, float, integer_or_mistake, is_integer};
use crate::{Json, JsonObject, instants};

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The value of `json` by `hint`, or `None` after adding to `mistakes`.
pub fn value(
    program: &Program,
    hint: &Hint,
    json: &Json,
    mistakes: &mut Mistakes,
) -> Option<Value> {
    let element = |hint, mistakes: &mut Mistakes| elements(program, hint, json, mistakes);
    match hint {
        Hint::Any => any(program, json, mistakes),
        Hint::None => leaf(hint, json, mistakes, json.is_null().then_some(Value::None)),
        Hint::Bool => leaf(hint, json, mistakes, json.as_bool().map(Value::Bool)),
        Hint::Int => integer_or_mistake(json, mistakes),
        Hint::Float => leaf(hint, json, mistakes, float(json)),
        Hint::Str => from_text(hint, json, mistakes, |text| Some(Value::Str(text.to_owned()))),
        Hint::Bytes => from_text("bytes as Base64", json, mistakes, |text| {
            BASE64.decode(text).ok().map(Value::Bytes)
        }),
        Hint::List(of) => element(of, mistakes).map(Value::List),
        Hint::TupleOf(of) => element(of, mistakes).map(Value::Tuple),
        Hint::Set(of) => hashable_elements(program, of, json, mistakes).map(Value::Set),
        Hint::FrozenSet(of) => hashable_elements(program, of, json, mistakes).map(Value::FrozenSet),
        Hint::Tuple(hints) => tuple(program, hints, json, mistakes),
        Hint::Dict(key_hint, value_hint) => dict(program, key_hint, value_hint, json, mistakes),
        Hint::Union(members) => mistakes.first_that_fits(
            members,
            |member, mistakes| value(program, member, json, mistakes),
            || format!("expected {hint}, got {}", description(json)),
        ),
        Hint::Entity(class) => entity(program, class, json, mistakes),
        Hint::Record(name) => match program.record_named(name) {
            Some(class) => record(program, class, json, mistakes),
            None => any(program, json, mistakes),
        },
        Hint::Enum(name) => match program.enum_named(name) {
            Some(class) => enum_member(class, json, mistakes),
            None => any(program, json, mistakes),
        },
        Hint::Date => from_text("date as YYYY-MM-DD", json, mistakes, |text| {
            instants::parse_date(text).map(Value::Date)
        }),
        Hint::Time => from_text("time in ISO 8601", json, mistakes, |text| {
            instants::parse_time(text).map(Value::Time)
        }),
        Hint::DateTime => from_text("datetime in ISO 8601", json, mistakes, |text| {
            instants::parse_date_time(text).map(|(date, time)| Value::DateTime(date, time))
        }),
        Hint::TimeDelta => from_text("timedelta as an ISO 8601 duration", json, mistakes, |text| {
            instants::parse_duration(text).map(Value::TimeDelta)
        }),
        Hint::Decimal => leaf(hint, json, mistakes, decimal(json)),
        Hint::Uuid => from_text(hint, json, mistakes, |text| {
            Uuid::try_parse(text).ok().map(|uuid| Value::Uuid(uuid.into_bytes()))
        }),
    }
}

fn leaf(
    expected: impl std::fmt::Display,
    json: &Json,
    mistakes: &mut Mistakes,
    value: Option<Value>,
) -> Option<Value> {
    if value.is_none() {
        mistakes.expected(expected, description(json));
    }
    value
}

fn from_text(
    expected: impl std::fmt::Display,
    json: &Json,
    mistakes: &mut Mistakes,
    parse: impl FnOnce(&str) -> Option<Value>,
) -> Option<Value> {
    leaf(expected, json, mistakes, json.as_str().and_then(parse))
}

fn any(program: &Program, json: &Json, mistakes: &mut Mistakes) -> Option<Value> {
    match json {
        Json::Null => Some(Value::None),
        Json::Bool(value) => Some(Value::Bool(*value)),
        Json::Number(number) if is_integer(number) => integer_or_mistake(json, mistakes),
        Json::Number(_) => leaf("a number that a float can hold", json, mistakes, float(json)),
        Json::String(text) => Some(Value::Str(text.clone())),
        Json::Array(_) => elements(program, &Hint::Any, json, mistakes).map(Value::List),
        Json::Object(object) => match reference_parts(object) {
            Some(parts) => reference(program, parts, None, mistakes),
            None => entries(program, &Hint::Any, &Hint::Any, object, mistakes).map(Value::Dict),
        },
    }
}

fn elements(
    program: &Program,
    hint: &Hint,
    json: &Json,
    mistakes: &mut Mistakes,
) -> Option<Vec<Value>> {
    let Json::Array(elements) = json else {
        mistakes.expected(format_args!("an array of {hint}"), description(json));
        return None;
    };
    let values: Vec<_> = elements
        .iter()
        .enumerate()
        .map(|(index, element)| {
            mistakes.within(format_args!("[{index}]"), |mistakes| {
                value(program, hint, element, mistakes)
            })
        })
        .collect();
    values.into_iter().collect()
}

fn hashable_elements(
    program: &Program,
    hint: &Hint,
    json: &Json,
    mistakes: &mut Mistakes,
) -> Option<Vec<Value>> {
    let values = elements(program, hint, json, mistakes)?;
    for (index, value) in values.iter().enumerate() {
        mistakes.within(format_args!("[{index}]"), |mistakes| require_hashable(value, mistakes))?;
    }
    Some(values)
}

fn require_hashable(value: &Value, mistakes: &mut Mistakes) -> Option<()> {
    match hashing::unhashable_type(value) {
        None => Some(()),
        Some(kind) => {
            mistakes.add(format!("a {kind} cannot be in a set or the key of a dict"));
            None
        }
    }
}

fn tuple(program: &Program, hints: &[Hint], json: &Json, mistakes: &mut Mistakes) -> Option<Value> {
    let parts = match json {
        Json::Array(parts) if parts.len() == hints.len() => parts,
        _ => {
            let expected = format_args!("an array of {} elements", hints.len());
            mistakes.expected(expected, description(json));
            return None;
        }
    };
    let values: Vec<_> = hints
        .iter()
        .zip(parts)
        .enumerate()
        .map(|(index, (hint, part))| {
            mistakes
                .within(format_args!("[{index}]"), |mistakes| value(program, hint, part, mistakes))
        })
        .collect();
    values.into_iter().collect::<Option<_>>().map(Value::Tuple)
}

fn dict(
    program: &Program,
    key_hint: &Hint,
    value_hint: &Hint,
    json: &Json,
    mistakes: &mut Mistakes,
) -> Option<Value> {
    let pairs = match json {
        Json::Object(object) => {
            return entries(program, key_hint, value_hint, object, mistakes).map(Value::Dict);
        }
        Json::Array(pairs) => pairs,
        _ => {
            mistakes.expected("an object or an array of [key, value] pairs", description(json));
            return None;
        }
    };
    let mut read = Vec::with_capacity(pairs.len());
    for (index, pair) in pairs.iter().enumerate() {
        let entry = mistakes.within(format_args!("[{index}]"), |mistakes| {
            let Some([key, element]) = pair.as_array().map(Vec::as_slice) else {
                mistakes.expected("a [key, value] pair", description(pair));
                return None;
            };
            let key = mistakes.within("[0]", |mistakes| {
                let key = value(program, key_hint, key, mistakes)?;
                require_hashable(&key, mistakes).map(|()| key)
            });
            let element =
                mistakes.within("[1]", |mistakes| value(program, value_hint, element, mistakes));
            key.zip(element)
        });
        read.push(entry);
    }
    read.into_iter().collect::<Option<_>>().map(Value::Dict)
}

fn entries(
    program: &Program,
    key_hint: &Hint,
    value_hint: &Hint,
    object: &JsonObject,
    mistakes: &mut Mistakes,
) -> Option<Vec<(Value, Value)>> {
    let mut read = Vec::with_capacity(object.len());
    for (name, member) in object {
        let entry = mistakes.within(format_args!(".{name}"), |mistakes| {
            let key = match key_hint {
                Hint::Str | Hint::Any => Some(Value::Str(name.clone())),
                _ => value(program, key_hint, &Json::String(name.clone()), mistakes),
            };
            key.zip(value(program, value_hint, member, mistakes))
        });
        read.push(entry);
    }
    read.into_iter().collect()
}

fn record(
    program: &Program,
    class: &Record,
    json: &Json,
    mistakes: &mut Mistakes,
) -> Option<Value> {
    let Json::Object(object) = json else {
        let name = Hint::Record(class.name.clone());
        mistakes.expected(format_args!("an object with the fields of {name}"), description(json));
        return None;
    };
    let mut complete = true;
    for name in object.keys() {
        if !class.fields.iter().any(|field| field.name == *name) {
            mistakes.within(format_args!(".{name}"), |mistakes| {
                mistakes.add("no such field");
            });
            complete = false;
        }
    }
    let mut fields = Vec::with_capacity(class.fields.len());
    for field in &class.fields {
        let Some(member) = object.get(&field.name) else {
            if !field.has_default {
                let step = format_args!(".{}", field.name);
                mistakes.within(step, |mistakes| mistakes.add("missing"));
                complete = false;
            }
            continue;
        };
        let read = mistakes.within(format_args!(".{}", field.name), |mistakes| {
            value(program, &field.hint, member, mistakes)
        });
        match read {
            Some(value) => fields.push((field.name.clone(), value)),
            None => complete = false,
        }
    }
    complete.then(|| Value::Record { class: class.name.clone(), fields })
}

fn enum_member(class: &EnumClass, json: &Json, mistakes: &mut Mistakes) -> Option<Value> {
    let is_named = |member: &&EnumMember| member_json(member) == *json;
    if let Some(member) = class.members.iter().find(is_named) {
        return Some(Value::Enum { class: class.name.clone(), member: member.name.clone() });
    }
    let choices: Vec<_> =
        class.members.iter().map(|member| member_json(member).to_string()).collect();
    mistakes.expected(format_args!("one of {}", choices.join(", ")), description(json));
    None
}

/// What a member goes by in JSON.
pub fn member_json(member: &EnumMember) -> Json {
    match &member.value {
        Some(EnumValue::Str(value)) => Json::String(value.clone()),
        Some(EnumValue::Int(value)) => Json::Number((*value).into()),
        None => Json::String(member.name.clone()),
    }
}
