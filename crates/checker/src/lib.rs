//! What a simulation runs and how it is judged, apart from the code under test.
//!
//! - [`script`]: an application whose requests say what they do.
//! - [`generator`]: random requests to it, from a seed.
//! - [`history`]: what clients were told, and what was left in the end.
//! - The checkers, each of which gives a [`Finding`] if a history is not as it must be:
//!   [`replies`], [`leftovers`], [`conservation`], [`dependencies`] and [`reexecution`].
//!   [`check`] asks all of them.
//!
//! Nothing here knows how transactions are executed: the only part of the kernel that runs any is the
//! local transaction driver, one request after another.

#![warn(clippy::disallowed_methods, reason = "nothing here reaches outside")]

pub mod conservation;
pub mod dependencies;
pub mod finding;
pub mod generator;
pub mod history;
pub mod leftovers;
pub mod reexecution;
pub mod replies;
pub mod script;

pub use dependencies::SerialOrder;
pub use finding::{Finding, FindingKind};
pub use history::{Answer, History, Recorded};

/// Checks a history of the application of scripts with all checkers. Gives an order in which its requests
/// can have been executed one after another.
///
/// # Errors
/// The first finding.
pub fn check(history: &History) -> Result<SerialOrder, Finding> {
    replies::check(history)?;
    leftovers::check(history)?;
    // Before the others: what it finds says which requests have what to do with it.
    let order = dependencies::check(history)?;
    conservation::check(history)?;
    reexecution::check(history, &order, script::ScriptInterpreter::new())?;
    Ok(order)
}
