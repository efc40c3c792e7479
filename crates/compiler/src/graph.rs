//! Drawings of the dataflow: operators, their methods, and the events between them.

mod dot;
mod layout;
mod svg;

pub use dot::dot;
pub use svg::svg;
