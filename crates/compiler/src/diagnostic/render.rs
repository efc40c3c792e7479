//! Diagnostics as text, for people and for programs. One form a file:
//!
//! - [`text`]: one diagnostic as people read it, in the shape rustc made familiar.
//! - [`json`]: all of them as one array.
//! - [`github`]: workflow commands, which GitHub shows beside the lines of a pull request.
//! - [`sarif`]: SARIF 2.1.0, which code scanners and editors read.
//!
//! Lines and columns are one-based, and columns count code points. An end is where the marked text
//! is over: the column behind its last character.

mod github;
mod json;
mod sarif;
mod span;
mod text;

#[cfg(test)]
mod examples;

pub use github::github;
pub use json::json;
pub use sarif::sarif;
pub use text::{Renderer, explain_hint, text};
