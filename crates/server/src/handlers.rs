//! What answers the routes, one file per operation.

pub(crate) mod call;
pub(crate) mod create;
pub(crate) mod export;
pub(crate) mod keys;
pub(crate) mod operations;
pub(crate) mod state;

mod answer;
mod posted;
