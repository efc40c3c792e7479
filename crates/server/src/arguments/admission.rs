//! Which encoded values are taken from a network client, whatever the hints say.
//!
//! Decoding a value may import modules and call classes, so a client may name only what belongs to
//! the application; and what the interpreter could not decode is refused here, where it is known
//! whose mistake it is.

use anabranch_ir::Program;
use anabranch_kernel::Value;
use anabranch_kernel::value::ExceptionValue;

use anabranch_json::hashing;
use anabranch_json::mistakes::Mistakes;
use anabranch_json::scalars;

/// Modules besides the application's own whose exceptions are taken.
const EXCEPTION_MODULES: [&str; 2] = ["builtins", "anabranch"];

/// Checks all arguments.
pub(super) fn check_all(
    program: &Program,
    positional: &[Value],
    keywords: &[(&str, &Value)],
    mistakes: &mut Mistakes,
) {
    check_elements(program, positional, mistakes);
    for (name, value) in keywords {
        mistakes.within(format_args!(".{name}"), |mistakes| {
            check(program, value, mistakes);
        });
    }
}

fn check(program: &Program, value: &Value, mistakes: &mut Mistakes) {
    match value {
        Value::Opaque(_) => mistakes.add(
            "an object of this type is not taken from a client: it would have to be unpickled",
        ),
        Value::List(elements) | Value::Tuple(elements) => {
            check_elements(program, elements, mistakes);
        }
        Value::Set(elements) | Value::FrozenSet(elements) => {
            elements.iter().for_each(|element| check_hashable(element, mistakes));
            check_elements(program, elements, mistakes);
        }
        Value::Dict(entries) => {
            for (index, (key, value)) in entries.iter().enumerate() {
                mistakes.within(format_args!("[{index}]"), |mistakes| {
                    check_hashable(key, mistakes);
                    check(program, key, mistakes);
                    check(program, value, mistakes);
                });
            }
        }
        Value::Decimal(text) if !scalars::is_decimal(text) => {
            mistakes.expected("a Decimal", format_args!("{text:?}"));
        }
        Value::Enum { class, member } => {
            let known = program.enum_named(class);
            let is_member =
                known.is_none_or(|known| known.members.iter().any(|known| known.name == *member));
            if !is_member {
                mistakes.add(format!("{class} has no member {member:?}"));
            }
            check_class(program, class, mistakes);
        }
        Value::Record { class, fields } => {
            check_class(program, class, mistakes);
            check_attributes(program, fields, mistakes);
        }
        Value::Reference(reference) => {
            if program.operator_named(&reference.class).is_none() {
                mistakes.add(format!("there is no entity class {:?}", reference.class));
            }
            if !is_key(&reference.key) {
                mistakes.add("the key of a reference is no str, int, bytes, UUID or tuple of them");
            }
        }
        Value::Exception(exception) => check_exception(program, exception, mistakes),
        _ => {}
    }
}

fn check_elements(program: &Program, elements: &[Value], mistakes: &mut Mistakes) {
    for (index, element) in elements.iter().enumerate() {
        mistakes.within(format_args!("[{index}]"), |mistakes| {
            check(program, element, mistakes);
        });
    }
}

fn check_attributes(program: &Program, attributes: &[(String, Value)], mistakes: &mut Mistakes) {
    for (name, value) in attributes {
        mistakes.within(format_args!(".{name}"), |mistakes| {
            check(program, value, mistakes);
        });
    }
}

fn check_exception(program: &Program, exception: &ExceptionValue, mistakes: &mut Mistakes) {
    let module = module_of(&exception.class);
    if !EXCEPTION_MODULES.contains(&module) {
        check_class(program, &exception.class, mistakes);
    }
    check_elements(program, &exception.args, mistakes);
    check_attributes(program, &exception.attributes, mistakes);
}

fn check_hashable(value: &Value, mistakes: &mut Mistakes) {
    if let Some(kind) = hashing::unhashable_type(value) {
        mistakes.add(format!("a {kind} cannot be in a set or the key of a dict"));
    }
}

fn check_class(program: &Program, class: &str, mistakes: &mut Mistakes) {
    let module = module_of(class);
    let is_ours = program.record_named(class).is_some()
        || program.enum_named(class).is_some()
        || program.modules.iter().any(|known| known.name == module);
    if !is_ours {
        mistakes.add(format!("the class {class} is not part of the application"));
    }
}

fn module_of(class: &str) -> &str {
    class.split_once(':').map_or("", |(module, _)| module)
}

/// Whether `value` may be the key of an entity.
pub(crate) fn is_key(value: &Value) -> bool {
    match value {
        Value::Str(_) | Value::Int(_) | Value::BigInt(_) | Value::Bytes(_) | Value::Uuid(_) => true,
        Value::Tuple(parts) => !parts.is_empty() && parts.iter().all(is_key),
        _ => false,
    }
}
