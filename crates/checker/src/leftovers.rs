//! When all requests have been answered, nothing is left of them but their effects.

use crate::finding::FindingKind;
use crate::{Finding, History};

/// Checks that no key holds anything of a transaction.
///
/// # Errors
/// What they hold.
pub fn check(history: &History) -> Result<(), Finding> {
    match history.leftovers.is_empty() {
        true => Ok(()),
        false => Err(Finding::new(FindingKind::Leftover, [], history.leftovers.join("\n"))),
    }
}
