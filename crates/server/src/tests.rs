//! Tests of the whole crate over an engine that records requests and gives canned replies.

mod application;
mod arguments_bound;
mod documents;
pub(crate) mod fake_engine;
mod idempotent_requests;
mod json_mistakes;
mod json_tables;
mod key_segments;
mod operators;
mod overload;
mod request_log;
mod statuses;
