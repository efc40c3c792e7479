//! Drawings of the dataflow: operators, their methods, and the events between them; and of one
//! method: its segments, and how they follow each other.

mod dot;
mod layout;
mod markup;
mod mermaid;
mod method;
mod svg;

pub use dot::dot;
pub use mermaid::mermaid;
pub use method::{MethodGraph, UnknownMethod};
pub use svg::svg;
