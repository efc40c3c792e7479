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
//! - [`workload`]: what a workload is, and one file for each. It makes entities and requests, and
//!   checks at the end that the state is what the answers promised. [`call`]: requests and answers.
//! - [`load`]: sends requests in a closed or an open loop; [`connection`] has the two protocols;
//!   [`exchange`]: many requests as fast as possible.
//! - [`measurement`], [`timeline`]: latencies and counts; [`processors`]: who used the processors;
//!   [`monitor`]: the server's own metrics meanwhile.
//! - [`trial`]: a workload on a server, at one rate or several, perhaps with a crash;
//!   [`server`]: a server of one trial.
//! - [`baseline`]: the same transfers elsewhere; [`peer`]: the same behind HTTP, as people build it
//!   today; [`comparison`] runs all in turn.
//! - [`report`]: tables, JSON and pages with plots; [`plot`] draws; [`environment`]: the machine.
//! - [`target`]: what has to be reached.
//! - [`keys`], [`random`]: which entities are touched.
//! - [`progress`]: who is told how far it is.
//!
//! Invariants:
//! - A workload knows neither protocol nor load, a load knows no workload.
//! - A run whose state is not what its answers promised is an error, never a figure.
//! - Nothing is printed here; what goes on is told to a closure.

pub mod baseline;
pub mod call;
pub mod comparison;
pub mod connection;
pub mod environment;
pub mod exchange;
pub mod experiment;
pub mod keys;
pub mod load;
pub mod measurement;
pub mod monitor;
pub mod peer;
pub mod plot;
pub mod processors;
pub mod progress;
pub mod random;
pub mod report;
pub mod server;
pub mod target;
pub mod timeline;
pub mod trial;
pub mod workload;
