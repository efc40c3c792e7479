//! Whether all values of one hint fit another.

use anabranch_ir::Hint;

/// Whether whatever fits `before` fits `after`, by the rules of Python's typing: a `bool` is an
/// `int`, an `int` is a `float`, a `datetime` is a `date`. `Any` is compatible with everything.
pub fn widens(before: &Hint, after: &Hint) -> bool {
    match (before, after) {
        (Hint::Any, _) | (_, Hint::Any) => true,
        (before, after) if before == after => true,
        (Hint::Union(members), _) => members.iter().all(|member| widens(member, after)),
        (_, Hint::Union(members)) => members.iter().any(|member| widens(before, member)),
        (Hint::Bool, Hint::Int | Hint::Float)
        | (Hint::Int, Hint::Float)
        | (Hint::DateTime, Hint::Date) => true,
        (Hint::List(before), Hint::List(after))
        | (Hint::Set(before), Hint::Set(after))
        | (Hint::FrozenSet(before), Hint::FrozenSet(after))
        | (Hint::TupleOf(before), Hint::TupleOf(after)) => widens(before, after),
        (Hint::Tuple(before), Hint::Tuple(after)) => {
            before.len() == after.len()
                && before.iter().zip(after).all(|(before, after)| widens(before, after))
        }
        (Hint::Tuple(before), Hint::TupleOf(after)) => {
            before.iter().all(|before| widens(before, after))
        }
        (Hint::Dict(key_before, before), Hint::Dict(key_after, after)) => {
            widens(key_before, key_after) && widens(before, after)
        }
        _ => false,
    }
}

/// Why all values fit, for one who wonders.
pub(crate) fn reason(before: &Hint, after: &Hint) -> String {
    match (before, after) {
        (Hint::Any, _) => "what was stored before had no known type".to_owned(),
        (_, Hint::Any) => "any value fits".to_owned(),
        _ => format!("every {before} fits {after}"),
    }
}
