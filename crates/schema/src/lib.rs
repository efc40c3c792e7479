//! The shape of stored entities, and how it may change.
//!
//! # Algorithm
//! 1. A [`Schema`] is what a program says of stored values: the attributes and keys of its entity
//!    classes, its dataclasses and its enums. A data folder keeps the one it was written with.
//! 2. [`compare`] tells the differences between that and the one of the program that is to run.
//!    Most are safe whatever is stored ([`Verdict::Accepted`]); of the others only the stored values
//!    can tell ([`Verdict::Examined`]).
//! 3. An [`Examination`] looks at the stored entities, one after another, and counts those that stand
//!    in the way of each difference. If there are none, the program can run on them.
//! 4. Otherwise [`migration_text`] writes what the user has to complete.
//!
//! A hint is what somebody wrote, not what is stored: a changed hint that all values fit is no
//! reason to refuse anything.
//!
//! # Layout
//! - [`schema`]: the schema and its text form; [`leftovers`]: what classes had and entities still
//!   have.
//! - [`compatibility`]: whether all values of one hint fit another; [`conformance`]: whether a value
//!   fits a hint.
//! - [`difference`], [`comparison`], [`examination`]: as above.
//! - [`migration`]: the file with the functions that the user completes.
//! - [`rewriting`]: carries it out.
//! - [`display`]: keys as Python would write them.

pub mod comparison;
pub mod compatibility;
pub mod conformance;
pub mod difference;
pub mod display;
pub mod examination;
pub mod leftovers;
pub mod migration;
pub mod rewriting;
pub mod schema;

pub use comparison::compare;
pub use difference::{Difference, Verdict};
pub use examination::{Examination, Obstacle};
pub use leftovers::Leftovers;
pub use migration::migration_text;
pub use schema::Schema;
