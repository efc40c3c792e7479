//! The simulator on toys whose mistakes are known, and on the kernel.

mod costs;
mod differential;
mod engine;
mod flaws;
mod idempotency;
mod kernel;
mod mechanics;
mod toy;
