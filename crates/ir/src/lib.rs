//! The program: a whole application as data.
//!
//! The compiler makes a [`Program`] and everything after it (kernel, interpreters, engines, server,
//! drawings) reads it. It names one [`Operator`] per entity class, one [`Function`] per method or
//! helper function, and for each function that can suspend the [`Segment`]s it was split into.
//!
//! # Layout
//! - [`ids`]: typed indices into the program's tables; their `Display` is the text form (`fn3`).
//! - [`program`]: the tables and the look-ups over them.
//! - [`operator`], [`function`], [`segment`]: one noun a file.
//! - [`hint`]: the type hints of the user's signatures, as far as values can be checked against them.
//! - [`python`]: the emitted Python text of a module.
//! - [`text`]: the text form that `anabranch compile --emit ir` prints.

#![warn(clippy::disallowed_methods, reason = "nothing here reaches outside")]

pub mod function;
pub mod hint;
pub mod ids;
pub mod operator;
pub mod program;
pub mod python;
pub mod segment;
pub mod text;

pub use function::{Body, Function, Parameter, ParameterKind, Signature};
pub use hint::Hint;
pub use ids::{FunctionId, ModuleId, OperatorId, SegmentId};
pub use operator::{Attribute, Operator};
pub use program::{
    CallEdge, CallKind, EnumClass, EnumMember, EnumValue, Field, Module, Program, Record,
};
pub use segment::{Exit, Segment, SourceLine, Span};
