//! What was found, as text for people and as JSON for programs.

mod comparison;
mod run;
mod table;

pub use comparison::{comparison_json, comparison_text};
pub use run::{run_json, run_text};
