//! The application that simulations run: cells that execute scripts.
//!
//! A [`Cell`](cell::Cell) keeps a list of *marks*, which only grows, a balance, and a reference to
//! another cell. Its methods execute a script that comes as an argument: plain values, see [`Op`].
//! So a request says all that it does, and a generator can make any request it likes.
//!
//! Whatever changes a cell also appends a mark to its list. A mark is in one place of one script
//! only, and tells the request ([`Mark`]). Whatever depends on the state of a cell observes its list.
//! So all that one transaction owes to another shows in lists: the observations are the reply, and
//! those of a failure are in its exception.
//!
//! - [`mod@program`]: the program, with its access sets.
//! - [`op`]: what a script is made of; [`observation`]: what it gives.
//! - [`interpreter`]: runs the methods, in the kernel's terms; `methods`: what they do; `frame`: a script
//!   that is being executed, which can be written down between two operations.
//! - [`operation`]: root calls; [`told`]: what the reply to one tells.

pub mod cell;
mod frame;
pub mod interpreter;
pub mod mark;
mod methods;
pub mod observation;
pub mod op;
pub mod operation;
pub mod program;
pub mod told;

pub use interpreter::ScriptInterpreter;
pub use mark::Mark;
pub use observation::Observation;
pub use op::{Condition, Op};
pub use program::{CELL, CLASS, Method, program};
