//! Names: identifiers, and unique ones.

use std::collections::BTreeSet;

use super::{Place, Violations};

/// So many names are compared one by one.
const FEW: usize = 12;

/// Whether Python could take `name` for an identifier. What is not ASCII is taken for a letter.
pub(super) fn is_identifier(name: &str) -> bool {
    let is_letter = |character: char| {
        character == '_'
            || character.is_ascii_alphabetic()
            || !(character.is_ascii() || character.is_whitespace() || character.is_control())
    };
    // Nearly all are ASCII.
    if let [first, rest @ ..] = name.as_bytes()
        && (*first == b'_' || first.is_ascii_alphabetic())
        && rest.iter().all(|byte| *byte == b'_' || byte.is_ascii_alphanumeric())
    {
        return true;
    }
    let mut characters = name.chars();
    characters.next().is_some_and(is_letter)
        && characters.all(|character| is_letter(character) || character.is_ascii_digit())
}

/// Reports names that are no identifiers, and those that come twice; `kind` says of what.
pub(super) fn check<'n>(
    place: Place,
    kind: &str,
    names: impl IntoIterator<Item = &'n str>,
    violations: &mut Violations,
) {
    // A few names are compared faster than put into a table.
    let mut few: Vec<&str> = Vec::new();
    let mut many = BTreeSet::new();
    for name in names {
        check_identifier(place, kind, name, violations);
        let is_new = if few.len() < FEW {
            let is_new = !few.contains(&name);
            few.push(name);
            is_new
        } else {
            many.insert(name) && !few.contains(&name)
        };
        if !is_new {
            violations.add(place, format!("the {kind} {name} is there twice"));
        }
    }
}

/// Reports a name that is no identifier.
pub(super) fn check_identifier(place: Place, kind: &str, name: &str, violations: &mut Violations) {
    if !is_identifier(name) {
        violations.add(place, format!("the {kind} {name:?} has no identifier for its name"));
    }
}
