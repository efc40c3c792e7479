//! References and keys in JSON.

use anabranch_ir::{Hint, Program};
use anabranch_kernel::Value;
use anabranch_kernel::value::Reference;

use crate::mistakes::Mistakes;
use crate::scalars::{description, integer_or_mistake};
use crate::{Json, JsonObject, read};

/// The member of an object that makes it a reference.
pub const REFERENCE_MEMBER: &str = "$ref";

/// The key of an entity whose class annotates its key with `hint`.
fn key(program: &Program, hint: &Hint, json: &Json, mistakes: &mut Mistakes) -> Option<Value> {
    if *hint != Hint::Any {
        return read::value(program, hint, json, mistakes);
    }
    match json {
        Json::String(text) => Some(Value::Str(text.clone())),
        Json::Number(_) => integer_or_mistake(json, mistakes),
        Json::Array(parts) if !parts.is_empty() => {
            let parts = parts.iter().enumerate().map(|(index, part)| {
                mistakes.within(format_args!("[{index}]"), |mistakes| {
                    key(program, hint, part, mistakes)
                })
            });
            // Collected first, so that the mistakes in all parts are found.
            let parts: Vec<_> = parts.collect();
            parts.into_iter().collect::<Option<_>>().map(Value::Tuple)
        }
        _ => {
            mistakes.expected("a key (str, int or an array of them)", description(json));
            None
        }
    }
}

/// Class and key of `{"$ref": [class, key]}`.
pub(crate) fn reference_parts(object: &JsonObject) -> Option<&Json> {
    if object.len() == 1 { object.get(REFERENCE_MEMBER) } else { None }
}

/// The reference to an entity of `class`, given as its key or as a `$ref`.
pub(crate) fn entity(
    program: &Program,
    class: &str,
    json: &Json,
    mistakes: &mut Mistakes,
) -> Option<Value> {
    if let Some(parts) = json.as_object().and_then(reference_parts) {
        return reference(program, parts, Some(class), mistakes);
    }
    let hint = program.operator_named(class).map(|operator| &program.operator(operator).key);
    let key = key(program, hint.unwrap_or(&Hint::Any), json, mistakes)?;
    Some(Value::Reference(Reference { class: class.to_owned(), key: Box::new(key) }))
}

/// The reference of the content of a `$ref`, of class `expected` if that is known.
pub(crate) fn reference(
    program: &Program,
    parts: &Json,
    expected: Option<&str>,
    mistakes: &mut Mistakes,
) -> Option<Value> {
    mistakes.within(format_args!(".{REFERENCE_MEMBER}"), |mistakes| {
        let Some([Json::String(class), key_json]) = parts.as_array().map(Vec::as_slice) else {
            mistakes.expected("[class, key]", description(parts));
            return None;
        };
        if let Some(expected) = expected.filter(|expected| expected != class) {
            mistakes.expected(format_args!("a reference to {expected}"), format_args!("{class:?}"));
            return None;
        }
        let Some(operator) = program.operator_named(class) else {
            mistakes.add(format!("there is no entity class {class:?}"));
            return None;
        };
        let hint = &program.operator(operator).key;
        let key = mistakes.within("[1]", |mistakes| key(program, hint, key_json, mistakes))?;
        Some(Value::Reference(Reference { class: class.clone(), key: Box::new(key) }))
    })
}
