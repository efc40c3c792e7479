//! Ingress over any engine, by HTTP and by the binary protocol.
//!
//! A request becomes one [`Operation`](anabranch_kernel::Operation), its reply a response. Nothing
//! here knows Python: JSON is read by the program's type hints, and results are written as they are.
//!
//! # Layout
//! - [`options`], [`mod@serve`]: setting up, listening, draining.
//! - [`routes`], `handlers`, `observation`, `auth`: from a request to a response.
//! - `paths`: what a path names.
//! - `body`, `idempotency`, `arguments`: what a request brings, and what is wrong with it.
//! - `binary`: the binary protocol, beside HTTP on the same port.
//! - [`maintenance`]: what the server asks of an engine for its operators.
//! - `ingress`, `delivery`: shared state, the way to the engine and back.
//! - `problem`: errors as problem+json.
//! - `openapi`, `metrics`: documents about the server.
//!
//! Invariants:
//! - Nothing reaches the engine before all of the request has been checked.
//! - What was submitted is never cancelled: not by a client that goes away, not by a timeout.
//! - Bodies, requests in flight, connections and waiting are bounded.
//! - Tracebacks, causes and tokens never reach a client.

pub mod maintenance;
pub mod options;
pub mod routes;
pub mod serve;

mod arguments;
mod auth;
mod binary;
mod body;
mod delivery;
mod handlers;
mod idempotency;
mod ingress;
mod metrics;
mod observation;
mod openapi;
mod paths;
mod problem;
#[cfg(test)]
mod tests;

pub use maintenance::Maintenance;
pub use options::Options;
pub use routes::router;
pub use serve::{ServeError, serve};
