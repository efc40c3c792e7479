//! Tests of the embedded engine, each against a program and an interpreter written in Rust.

mod archives;
mod bank;
mod checkpoints;
mod client;
mod crash;
mod damage;
mod data_folder;
mod durability;
mod every_byte;
mod failures;
mod faults;
mod faulty_store;
mod gate;
mod idempotency;
mod interrupts;
mod laboratory;
mod log_files;
mod memory_store;
mod queues;
mod random;
mod real_disk;
mod rewriting;
mod tools;
