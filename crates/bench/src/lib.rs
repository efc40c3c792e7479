//! Workloads, the load generator, and reports.
//!
//! ```text
//! workload ── requests ──► load ── bytes (connection) ──► a server
//!     ▲                     │ ▲                             │
//!     └────── answers ──────┘ └───────── answers ───────────┘
//!                           └──► measurement ──► report
//! ```
//!
//! # Layout
//! - [`workload`]: what a workload is; [`transfer`] is one. It makes requests and checks at the end
//!   that the state is what the answers promised.
//! - [`load`]: sends the requests of a workload in a closed or an open loop; [`connection`] has the
//!   two protocols.
//! - [`measurement`]: latencies and counts; [`processors`]: who used the processors.
//! - [`server`]: a server of one run; [`experiment`] puts load on it and checks it.
//! - [`baseline`]: the same transfers elsewhere; [`comparison`] runs all in turn.
//! - [`report`]: tables and JSON; [`target`]: what has to be reached.
//! - [`keys`], [`random`]: which entities are touched.
//!
//! Invariants:
//! - A workload knows neither protocol nor load, a load knows no workload.
//! - A run whose state is not what its answers promised is an error, never a figure.
//! - Nothing is printed here; what goes on is told to a closure.

pub mod baseline;
pub mod comparison;
pub mod connection;
pub mod experiment;
pub mod keys;
pub mod load;
pub mod measurement;
pub mod processors;
pub mod random;
pub mod report;
pub mod server;
pub mod target;
pub mod transfer;
pub mod workload;
