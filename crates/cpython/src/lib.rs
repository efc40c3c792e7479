//! The interpreter on CPython; the only crate, with the Python module itself, that touches Python.
//!
//! # Layout
//! - [`interpreter`]: what the kernel calls, [`CPython`].
//! - [`application`]: the user's modules, classes and functions in this process; [`loader`] makes
//!   segments callable, [`run`] runs them, [`traceback`] shows who called, [`call`] calls Python.
//! - [`encode`], [`decode`], [`copy`]: values to messages, back, and to copies; [`class`] says what
//!   a class means to them, [`scalar`] and [`clock`] know types without parts, [`key`] those of keys;
//!   [`key_attributes`] tells when a key cannot have changed.
//! - [`state`]: entities to their stored bytes and back; [`initial`]: what stored entities lack;
//!   [`migration`]: what the user makes of them.
//! - [`portable`], [`suspension`]: suspended calls to bytes and back.
//! - [`reference`]: what stands for an entity elsewhere.
//! - [`backend`]: what driver code uses; [`driver`] runs the user's `main()`.
//! - [`method`]: methods that are looked up before arguments are evaluated.
//! - [`together`]: actions that are handed over together.
//! - [`exception`], [`exception_links`], [`entity_code`]: errors, and whether the running thread runs
//!   entity code.
//! - [`interrupt`]: ends entity code that runs too long; [`output`]: what it prints and logs;
//!   [`held_output`]: the same where code may run several times.
//!
//! Invariants:
//! - User code never runs while a lock of ours is held.
//! - Nothing here keeps state between transactions but caches.

mod application;
mod backend;
mod call;
mod class;
mod clock;
mod consumption;
mod copy;
mod decode;
mod driver;
mod encode;
mod entity_code;
mod exception;
mod exception_links;
mod handled_exception;
mod held_output;
mod host;
mod huge_pages;
mod initial;
mod instance;
mod interpreter;
mod interrupt;
mod key;
mod key_attributes;
mod loader;
mod method;
mod migration;
mod module;
mod name_table;
mod output;
mod portable;
mod prefetch;
mod reference;
mod run;
mod scalar;
mod state;
mod suspension;
mod together;
mod trace;
mod traceback;
mod unbound;
mod well_known;

pub use application::{Application, ImportError, Mode};
pub use backend::EngineBackend;
pub use copy::copy;
pub use decode::{Source, decode};
pub use driver::run_main;
pub use encode::{OpaqueValues, encode};
pub use entity_code::in_entity_code;
pub use held_output::HeldOutput;
pub use host::{collect_garbage_in_small_steps, executable, install_backend, is_reserved_module};
pub use huge_pages::use_huge_pages;
pub use interpreter::{CPython, LiveEntity};
pub use migration::{Migrated, Migration};
pub use module::add_to_module;
pub use output::{hold_output, send_output_to_log, send_records_to_log};
pub use reference::Reference;
pub use together::times_handed_over;
