//! The application of scripts, its random requests, and the checkers.

mod serial;
mod workloads;
