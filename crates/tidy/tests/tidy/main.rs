//! Tests of the repository itself: what neither the compiler nor a linter checks.
//!
//! # Layout
//! - `layers`: which crate may depend on which.
//! - `sources`: what every source file keeps to.
//! - `documents`: what the documents say, against what is there.
//! - `repository`: the files and crates that these tests look at.

mod documents;
mod layers;
mod repository;
mod sources;

/// Fails with all of `problems`, not the first.
fn assert_none(problems: &[String]) {
    assert!(problems.is_empty(), "\n  {}\n", problems.join("\n  "));
}
