//! The application of scripts, its random requests, and the checkers.

mod dependencies;
mod faults;
mod made;
mod serial;
mod simple_checkers;
mod suspension;
mod workloads;
