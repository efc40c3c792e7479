//! Whether an encoded value fits a type hint, by the rules of Python's typing: a `bool` is an
//! `int`, an `int` is a `float`, a subclass of a dataclass is one.

use std::borrow::Cow;

use anabranch_ir::{Hint, Program};
use anabranch_kernel::Value;

use anabranch_json::mistakes::Mistakes;

/// Adds to `mistakes` where `value` does not fit `hint`.
pub(super) fn check(program: &Program, hint: &Hint, value: &Value, mistakes: &mut Mistakes) {
    match (hint, value) {
        (Hint::List(of), Value::List(elements))
        | (Hint::Set(of), Value::Set(elements))
        | (Hint::FrozenSet(of), Value::FrozenSet(elements))
        | (Hint::TupleOf(of), Value::Tuple(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                mistakes.within(format_args!("[{index}]"), |mistakes| {
                    check(program, of, element, mistakes);
                });
            }
        }
        (Hint::Tuple(hints), Value::Tuple(elements)) if hints.len() == elements.len() => {
            for (index, (hint, element)) in hints.iter().zip(elements).enumerate() {
                mistakes.within(format_args!("[{index}]"), |mistakes| {
                    check(program, hint, element, mistakes);
                });
            }
        }
        (Hint::Dict(key_hint, value_hint), Value::Dict(entries)) => {
            for (index, (key, value)) in entries.iter().enumerate() {
                mistakes.within(format_args!("[{index}]"), |mistakes| {
                    check(program, key_hint, key, mistakes);
                    check(program, value_hint, value, mistakes);
                });
            }
        }
        (Hint::Union(members), _) => {
            mistakes.first_that_fits(
                members,
                |member, mistakes| {
                    check(program, member, value, mistakes);
                    mistakes.is_empty().then_some(())
                },
                || format!("expected {hint}, got {}", type_name(value)),
            );
        }
        (Hint::Entity(class), Value::Reference(reference)) if reference.class == *class => {
            if let Some(operator) = program.operator_named(class) {
                check(program, &program.operator(operator).key, &reference.key, mistakes);
            }
        }
        (Hint::Record(base), Value::Record { class, fields }) if extends(program, class, base) => {
            check_fields(program, class, fields, mistakes);
        }
        _ if is_of_plain_type(hint, value) => {}
        _ => mistakes.expected(hint, type_name(value)),
    }
}

fn is_of_plain_type(hint: &Hint, value: &Value) -> bool {
    match (hint, value) {
        (Hint::Enum(expected), Value::Enum { class, .. }) => expected == class,
        _ => matches!(
            (hint, value),
            (Hint::Any, _)
                | (Hint::None, Value::None)
                | (Hint::Bool, Value::Bool(_))
                | (Hint::Int, Value::Bool(_) | Value::Int(_) | Value::BigInt(_))
                | (
                    Hint::Float,
                    Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_)
                )
                | (Hint::Str, Value::Str(_) | Value::SurrogateStr(_))
                | (Hint::Bytes, Value::Bytes(_))
                | (Hint::Date, Value::Date(_) | Value::DateTime(..))
                | (Hint::Time, Value::Time(_))
                | (Hint::DateTime, Value::DateTime(..))
                | (Hint::TimeDelta, Value::TimeDelta(_))
                | (Hint::Decimal, Value::Decimal(_))
                | (Hint::Uuid, Value::Uuid(_))
        ),
    }
}

/// Whether `class` may be a subclass of the dataclass `base`: the program does not say, but a
/// subclass has all of its fields.
fn extends(program: &Program, class: &str, base: &str) -> bool {
    if class == base {
        return true;
    }
    let (Some(class), Some(base)) = (program.record_named(class), program.record_named(base))
    else {
        return false;
    };
    base.fields.iter().all(|field| class.fields.iter().any(|known| known.name == field.name))
}

fn check_fields(
    program: &Program,
    class: &str,
    attributes: &[(String, Value)],
    mistakes: &mut Mistakes,
) {
    let Some(record) = program.record_named(class) else {
        return;
    };
    for field in &record.fields {
        let attribute = attributes.iter().find(|(name, _)| *name == field.name);
        mistakes.within(format_args!(".{}", field.name), |mistakes| match attribute {
            Some((_, value)) => check(program, &field.hint, value, mistakes),
            None if field.has_default => {}
            None => mistakes.add("missing"),
        });
    }
}

fn type_name(value: &Value) -> Cow<'_, str> {
    let name = match value {
        Value::None => "None",
        Value::Bool(_) => "bool",
        Value::Int(_) | Value::BigInt(_) => "int",
        Value::Float(_) => "float",
        Value::Str(_) | Value::SurrogateStr(_) => "str",
        Value::Bytes(_) => "bytes",
        Value::List(_) => "list",
        Value::Tuple(elements) => return format!("tuple of {}", elements.len()).into(),
        Value::Dict(_) => "dict",
        Value::Set(_) => "set",
        Value::FrozenSet(_) => "frozenset",
        Value::Date(_) => "date",
        Value::Time(_) => "time",
        Value::DateTime(..) => "datetime",
        Value::TimeDelta(_) => "timedelta",
        Value::Decimal(_) => "Decimal",
        Value::Uuid(_) => "UUID",
        Value::Enum { class, .. } | Value::Record { class, .. } => class,
        Value::Reference(reference) => return format!("a reference to {}", reference.class).into(),
        Value::Exception(exception) => &exception.class,
        Value::Opaque(_) => "an opaque value",
    };
    name.into()
}
