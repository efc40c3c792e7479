//! Tests of the embedded engine, each against a program and an interpreter written in Rust.

mod bank;
mod checkpoints;
mod client;
mod crash;
mod data_folder;
mod durability;
mod failures;
mod faults;
mod gate;
mod idempotency;
mod interrupts;
mod laboratory;
mod log_files;
mod memory_store;
mod queues;
mod random;
mod rewriting;
mod tools;
