//! JSON Schemas of type hints.
//!
//! The same schema describes arguments and results, so it allows whatever form either of them has.

use anabranch_ir::{Hint, Program};
use serde_json::json;

use anabranch_json::read::member_json;
use anabranch_json::references::REFERENCE_MEMBER;
use anabranch_json::{Json, JsonObject};

/// The component of problems. It cannot clash: names of classes are qualified if need be.
pub(crate) const PROBLEM: &str = "anabranch.Problem";

/// The schema of values with this hint.
pub(crate) fn of(program: &Program, hint: &Hint) -> Json {
    match hint {
        Hint::Any => json!({}),
        Hint::None => json!({ "type": "null" }),
        Hint::Bool => json!({ "type": "boolean" }),
        Hint::Int => json!({ "type": "integer" }),
        Hint::Float => json!({
            "anyOf": [{ "type": "number" }, { "enum": ["NaN", "Infinity", "-Infinity"] }],
        }),
        Hint::Str => json!({ "type": "string" }),
        Hint::Bytes => json!({ "type": "string", "contentEncoding": "base64" }),
        Hint::List(element) | Hint::TupleOf(element) => {
            json!({ "type": "array", "items": of(program, element) })
        }
        Hint::Set(element) | Hint::FrozenSet(element) => {
            json!({ "type": "array", "items": of(program, element), "uniqueItems": true })
        }
        Hint::Tuple(elements) => tuple(program, elements),
        Hint::Dict(key, value) => dict(program, key, value),
        Hint::Union(members) => {
            let members: Vec<_> = members.iter().map(|member| of(program, member)).collect();
            json!({ "anyOf": members })
        }
        Hint::Entity(class) => entity(program, class),
        Hint::Record(name) if program.record_named(name).is_some() => component(program, name),
        Hint::Enum(name) if program.enum_named(name).is_some() => component(program, name),
        Hint::Record(_) | Hint::Enum(_) => json!({}),
        Hint::Date => json!({ "type": "string", "format": "date" }),
        Hint::Time => json!({ "type": "string", "format": "time" }),
        Hint::DateTime => json!({ "type": "string", "format": "date-time" }),
        Hint::TimeDelta => json!({ "type": "string", "format": "duration" }),
        Hint::Decimal => json!({ "type": ["string", "number"] }),
        Hint::Uuid => json!({ "type": "string", "format": "uuid" }),
    }
}

/// The schema of a key as a path segment.
pub(crate) fn of_key_in_path(program: &Program, hint: &Hint) -> Json {
    match hint {
        Hint::Int | Hint::Uuid => of(program, hint),
        _ => json!({ "type": "string" }),
    }
}

/// The schemas of all dataclasses and enums.
pub(crate) fn components(program: &Program) -> JsonObject {
    let mut schemas = JsonObject::new();
    for record in &program.records {
        let mut properties = JsonObject::new();
        let mut required: Vec<&str> = Vec::new();
        for field in &record.fields {
            properties.insert(field.name.clone(), of(program, &field.hint));
            if !field.has_default {
                required.push(&field.name);
            }
        }
        let mut schema = json!({ "type": "object", "properties": properties });
        if !required.is_empty() {
            schema["required"] = json!(required);
        }
        schemas.insert(component_name(program, &record.name), schema);
    }
    for class in &program.enums {
        let members: Vec<_> = class.members.iter().map(member_json).collect();
        schemas.insert(component_name(program, &class.name), json!({ "enum": members }));
    }
    schemas
}

fn tuple(program: &Program, elements: &[Hint]) -> Json {
    let mut schema = json!({
        "type": "array",
        "minItems": elements.len(),
        "maxItems": elements.len(),
    });
    // JSON Schema allows no empty list of prefix items.
    if !elements.is_empty() {
        let elements: Vec<_> = elements.iter().map(|element| of(program, element)).collect();
        schema["prefixItems"] = json!(elements);
    }
    schema
}

fn dict(program: &Program, key: &Hint, value: &Hint) -> Json {
    let object = json!({ "type": "object", "additionalProperties": of(program, value) });
    if *key == Hint::Str {
        return object;
    }
    let pair = tuple(program, &[key.clone(), value.clone()]);
    json!({ "anyOf": [object, { "type": "array", "items": pair }] })
}

fn entity(program: &Program, class: &str) -> Json {
    let operator = program.operator_named(class);
    let key = operator.map_or(json!({}), |operator| of(program, &program.operator(operator).key));
    let reference = json!({
        "type": "object",
        "required": [REFERENCE_MEMBER],
        "properties": {
            REFERENCE_MEMBER: {
                "type": "array",
                "prefixItems": [{ "const": class }, key],
                "minItems": 2,
                "maxItems": 2,
            },
        },
        "additionalProperties": false,
    });
    json!({ "anyOf": [key, reference], "description": format!("A reference to {class}") })
}

fn component(program: &Program, name: &str) -> Json {
    json!({ "$ref": format!("#/components/schemas/{}", component_name(program, name)) })
}

/// The plain class name where only one class has it, else with its module.
fn component_name(program: &Program, name: &str) -> String {
    let plain = |name: &str| name.rsplit(':').next().unwrap_or(name).to_owned();
    let records = program.records.iter().map(|record| record.name.as_str());
    let enums = program.enums.iter().map(|class| class.name.as_str());
    let namesakes = records.chain(enums).filter(|known| plain(known) == plain(name)).count();
    let chosen = if namesakes > 1 { name.replace(':', ".") } else { plain(name) };
    // Other characters are not allowed in the names of components.
    let mut escaped = String::new();
    for character in chosen.chars() {
        if character.is_ascii_alphanumeric() || "._-".contains(character) {
            escaped.push(character);
        } else {
            escaped.push_str(&format!("-u{:x}", u32::from(character)));
        }
    }
    escaped
}
