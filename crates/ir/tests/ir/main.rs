//! The program's forms and its verifier.
//!
//! - `sample`: a program with one of everything.
//! - `text`, `wire`: there and back, golden files, and input that is nothing.
//! - `verify`: for each property a program that breaks it alone.

mod sample;
mod text;
mod verify;
mod wire;
