//! Names: identifiers, and unique ones.

use std::collections::BTreeSet;

use super::{Place, Violations};

/// Whether Python could take `name` for an identifier. What is not ASCII is taken for a letter.
pub(super) fn is_identifier(name: &str) -> bool {
    let is_letter = |character: char| {
        character == '_'
            || character.is_ascii_alphabetic()
            || !(character.is_ascii() || character.is_whitespace() || character.is_control())
    };
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
    let mut seen = BTreeSet::new();
    for name in names {
        check_identifier(place, kind, name, violations);
        if !seen.insert(name) {
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
