//! Compiles Python source to a [`Program`](anabranch_ir::Program), or says why not.
//!
//! The stages, in order; each takes typed data from the one before and can be tested alone:
//!
//! 1. [`parse`]: text to syntax tree (Ruff's parser).
//! 2. [`load`]: from the entry module along imports to all modules of the application.
//! 3. [`resolve`]: what each module-level name means; the tables of entity classes, functions,
//!    dataclasses and enums.
//! 4. [`types`]: local inference: which expressions may be references.
//! 5. [`effects`]: which functions are entity code, and which of them can suspend.
//!    [`footprint`] adds what each function touches, and its access set.
//! 6. [`rules`]: what cannot be compiled, as diagnostics.
//! 7. [`lower`]: a function that can suspend becomes a control-flow graph ([`cfg`]) with the order
//!    of evaluation made explicit.
//! 8. [`liveness`]: which variables each block needs, and which may be unbound there.
//! 9. [`emit`]: the graph is split at its suspension points into segments, as Python text.
//! 10. [`assemble`]: everything into one program.
//!
//! Beside them, [`notes`] says what of the compiled code is worth knowing.
//!
//! Invariants:
//! - No I/O: sources come through a closure, diagnostics go out as data.
//! - Never panics on user source, and reports all it finds, not the first.
//! - Never guesses: what is not compiled right is refused with a line.

#![warn(clippy::disallowed_methods, reason = "nothing here reaches outside")]

pub mod assemble;
pub mod builtins;
mod call_graph;
pub mod cfg;
mod comprehension;
pub mod diagnostic;
pub mod effects;
pub mod emit;
pub mod footprint;
pub mod graph;
pub mod hints;
pub mod liveness;
pub mod load;
pub mod lower;
pub mod names;
mod node_ranges;
pub mod notes;
pub mod parse;
pub mod pipeline;
pub mod resolve;
pub mod rules;
mod similar;
pub mod source;
pub mod types;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use load::Sources;
pub use pipeline::{Compilation, compile};
pub use source::{SourceFile, SourceText};

/// The version of Anabranch.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
