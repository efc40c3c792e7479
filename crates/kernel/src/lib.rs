//! The engine-neutral runtime.
//!
//! # Layout
//! - [`value`]: values as data and their binary encoding.
//! - [`entity_id`], [`key`]: what an entity is found by.
//! - [`request`]: root calls and replies, as engines and servers exchange them.
//! - [`interpreter`]: what runs a segment, behind a trait.
//! - [`transaction`]: runs a root call to completion where all entities are at hand;
//!   [`limits`] bounds it, `live_entities` is what stays live between them,
//!   [`transaction_context`] is what it has of the outside, [`interrupt`] how it is stopped,
//!   [`prefetch`] and
//!   [`mentioned`] make waits for memory shorter.
//! - [`access`]: the entities that a root call may touch, computed before it runs.
//! - [`engine`]: what moves requests and keeps state, behind a trait.
//!
//! Invariants:
//! - No I/O, no clock, no randomness, no thread: all of these come in as data or through a trait.
//! - Nothing here knows Python objects; values are [`Interpreter::Value`](interpreter::Interpreter)
//!   handles or wire bytes.

#![warn(clippy::disallowed_methods, reason = "nothing here reaches outside")]

pub mod access;
pub mod engine;
pub mod entity_id;
pub mod interpreter;
pub mod interrupt;
pub mod key;
pub mod limits;
mod live_entities;
pub mod mentioned;
pub mod portable;
pub mod prefetch;
pub mod request;
pub mod step;
pub mod transaction;
pub mod transaction_context;
pub mod value;

pub use engine::{Engine, OnReply};
pub use entity_id::EntityId;
pub use interpreter::{Action, Arguments, Entry, Fault, Interpreter, Outcome};
pub use interrupt::{Interrupter, Manner, RunningTransaction, TransactionNumber};
pub use key::Key;
pub use limits::Limits;
pub use portable::PortableInterpreter;
pub use request::{Failure, IdempotencyKey, Operation, Raised, Reply, Request};
pub use transaction::{DriverSession, StateReader, TransactionDriver, Transition, Write};
pub use transaction_context::TransactionContext;
pub use value::Value;
