//! Value to natural JSON.

use anabranch_ir::Program;
use anabranch_kernel::Value;
use anabranch_kernel::value::{ExceptionValue, Reference};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Number, json};
use uuid::Uuid;

use crate::read::member_json;
use crate::{Json, JsonObject, instants};

/// `value` as natural JSON (see the table in [the crate](crate)).
pub fn natural(program: &Program, value: &Value) -> Json {
    match value {
        Value::None => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Int(value) => Json::Number((*value).into()),
        Value::BigInt(value) => {
            let number = value.to_string().parse::<Number>();
            Json::Number(number.expect("this is a bug in Anabranch: an integer is no number"))
        }
        Value::Float(value) => float(*value),
        Value::Str(text) => Json::String(text.clone()),
        Value::SurrogateStr(bytes) => Json::String(without_surrogates(bytes)),
        Value::Bytes(bytes) => Json::String(STANDARD.encode(bytes)),
        Value::List(elements)
        | Value::Tuple(elements)
        | Value::Set(elements)
        | Value::FrozenSet(elements) => array(program, elements),
        Value::Dict(entries) => dict(program, entries),
        Value::Date(date) => Json::String(instants::date_text(date)),
        Value::Time(time) => Json::String(instants::time_text(time)),
        Value::DateTime(date, time) => Json::String(instants::date_time_text(date, time)),
        Value::TimeDelta(duration) => Json::String(instants::duration_text(duration)),
        Value::Decimal(text) => Json::String(text.clone()),
        Value::Uuid(bytes) => Json::String(Uuid::from_bytes(*bytes).to_string()),
        Value::Enum { class, member } => enum_member(program, class, member),
        Value::Record { fields, .. } => attributes(program, fields),
        Value::Reference(reference) => reference_object(program, reference),
        Value::Exception(exception) => exception_object(program, exception),
        Value::Opaque(pickle) => json!({ "$opaque": pickle.len() }),
    }
}

/// The attributes of an exception that say what caused it.
const LINKS: [&str; 3] = ["__cause__", "__context__", "__suppress_context__"];

/// `{"type": …, "args": […], "attributes": {…}}`, without attributes if there are none.
pub fn exception_object(program: &Program, exception: &ExceptionValue) -> Json {
    let mut object = JsonObject::new();
    object.insert("type".to_owned(), Json::String(exception.class.clone()));
    object.insert("args".to_owned(), array(program, &exception.args));
    // What caused it is for programs that can handle it, and may name what is not for everybody.
    let mut own = exception.attributes.clone();
    own.retain(|(name, _)| !LINKS.contains(&name.as_str()));
    if !own.is_empty() {
        object.insert("attributes".to_owned(), attributes(program, &own));
    }
    Json::Object(object)
}

fn reference_object(program: &Program, reference: &Reference) -> Json {
    json!({ "$ref": [reference.class, natural(program, &reference.key)] })
}

fn array(program: &Program, elements: &[Value]) -> Json {
    Json::Array(elements.iter().map(|element| natural(program, element)).collect())
}

fn attributes(program: &Program, attributes: &[(String, Value)]) -> Json {
    let pairs = attributes.iter().map(|(name, value)| (name.clone(), natural(program, value)));
    Json::Object(pairs.collect())
}

fn dict(program: &Program, entries: &[(Value, Value)]) -> Json {
    let mut object = JsonObject::new();
    for (key, value) in entries {
        let Value::Str(name) = key else {
            let pair = |(key, value)| json!([natural(program, key), natural(program, value)]);
            return Json::Array(entries.iter().map(|(key, value)| pair((key, value))).collect());
        };
        object.insert(name.clone(), natural(program, value));
    }
    Json::Object(object)
}

fn enum_member(program: &Program, class: &str, member: &str) -> Json {
    let class = program.enum_named(class);
    let found = class.and_then(|class| class.members.iter().find(|known| known.name == member));
    found.map_or_else(|| Json::String(member.to_owned()), member_json)
}

fn float(value: f64) -> Json {
    match Number::from_f64(value) {
        Some(number) => Json::Number(number),
        None if value.is_nan() => Json::String("NaN".to_owned()),
        None if value > 0.0 => Json::String("Infinity".to_owned()),
        None => Json::String("-Infinity".to_owned()),
    }
}

/// Lone surrogates, three bytes each in `surrogatepass` form, become U+FFFD: JSON text in UTF-8
/// has no place for them.
fn without_surrogates(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        // A surrogate is reported as three invalid chunks of one byte, led by 0xED.
        if chunk.invalid().first() == Some(&0xED) {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    text
}
