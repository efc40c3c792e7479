//! Whether a stored value fits a hint.
//!
//! Dataclasses are looked at by name only: what became of their fields is a difference of its own,
//! and counted there.

use anabranch_ir::Hint;
use anabranch_kernel::Value;

use crate::schema::Schema;

/// Whether `value` fits `hint`; `schema` says which dataclass may stand for which.
pub fn fits(schema: &Schema, hint: &Hint, value: &Value) -> bool {
    let all = |hint: &Hint, values: &[Value]| values.iter().all(|it| fits(schema, hint, it));
    match (hint, value) {
        (Hint::List(of), Value::List(elements))
        | (Hint::Set(of), Value::Set(elements))
        | (Hint::FrozenSet(of), Value::FrozenSet(elements))
        | (Hint::TupleOf(of), Value::Tuple(elements)) => all(of, elements),
        (Hint::Tuple(hints), Value::Tuple(elements)) => {
            hints.len() == elements.len()
                && hints.iter().zip(elements).all(|(hint, it)| fits(schema, hint, it))
        }
        (Hint::Dict(key_hint, value_hint), Value::Dict(entries)) => entries
            .iter()
            .all(|(key, value)| fits(schema, key_hint, key) && fits(schema, value_hint, value)),
        (Hint::Union(members), _) => members.iter().any(|member| fits(schema, member, value)),
        (Hint::Entity(class), Value::Reference(reference)) => reference.class == *class,
        (Hint::Record(base), Value::Record { class, .. }) => extends(schema, class, base),
        (Hint::Enum(expected), Value::Enum { class, .. }) => expected == class,
        _ => is_of_plain_type(hint, value),
    }
}

fn is_of_plain_type(hint: &Hint, value: &Value) -> bool {
    matches!(
        (hint, value),
        (Hint::Any, _)
            | (Hint::None, Value::None)
            | (Hint::Bool, Value::Bool(_))
            | (Hint::Int, Value::Bool(_) | Value::Int(_) | Value::BigInt(_))
            | (Hint::Float, Value::Bool(_) | Value::Int(_) | Value::BigInt(_) | Value::Float(_))
            | (Hint::Str, Value::Str(_) | Value::SurrogateStr(_))
            | (Hint::Bytes, Value::Bytes(_))
            | (Hint::Date, Value::Date(_) | Value::DateTime(..))
            | (Hint::Time, Value::Time(_))
            | (Hint::DateTime, Value::DateTime(..))
            | (Hint::TimeDelta, Value::TimeDelta(_))
            | (Hint::Decimal, Value::Decimal(_))
            | (Hint::Uuid, Value::Uuid(_))
    )
}

/// Whether `class` may be a subclass of the dataclass `base`: it has all of its fields.
fn extends(schema: &Schema, class: &str, base: &str) -> bool {
    class == base
        || match (schema.records.get(class), schema.records.get(base)) {
            (Some(class), Some(base)) => base.keys().all(|field| class.contains_key(field)),
            _ => false,
        }
}

/// Calls `visit` with `value` and all values inside of it.
pub(crate) fn walk<'v>(value: &'v Value, visit: &mut impl FnMut(&'v Value)) {
    visit(value);
    match value {
        Value::List(values)
        | Value::Tuple(values)
        | Value::Set(values)
        | Value::FrozenSet(values) => values.iter().for_each(|value| walk(value, visit)),
        Value::Dict(entries) => {
            for (key, value) in entries {
                walk(key, visit);
                walk(value, visit);
            }
        }
        Value::Record { fields, .. } => fields.iter().for_each(|(_, value)| walk(value, visit)),
        Value::Reference(reference) => walk(&reference.key, visit),
        Value::Exception(exception) => {
            exception.args.iter().for_each(|value| walk(value, visit));
            exception.attributes.iter().for_each(|(_, value)| walk(value, visit));
        }
        _ => {}
    }
}
