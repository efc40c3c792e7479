//! Connections to a server: requests as bytes, and bytes as answers, for both protocols.
//!
//! The generator shares the processors with the server, so both are written by hand: requests of
//! one connection are written together, answers read together, and nothing is allocated that need
//! not be.

pub mod binary;
pub mod http;

use std::io;

use thiserror::Error;

use crate::call::Broken;

/// How requests reach the server.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Protocol {
    /// Any number of requests in flight on a connection.
    Binary,
    /// HTTP/1.1 with JSON, kept alive, one request in flight on a connection.
    Http,
}

impl Protocol {
    pub fn name(self) -> &'static str {
        match self {
            Protocol::Binary => "binary",
            Protocol::Http => "HTTP",
        }
    }
}

/// Why a load ended early.
#[derive(Debug, Error)]
pub enum LoadError {
    #[error("cannot reach {address}: {error}")]
    Unreachable { address: String, error: io::Error },
    #[error(
        "the connection to the server broke: {0}; requests were under way whose outcome nobody \
         knows, so that nothing can be checked"
    )]
    Connection(#[from] io::Error),
    #[error("the server sent what its protocol does not know: {0}")]
    Protocol(String),
    #[error(transparent)]
    Broken(#[from] Broken),
    #[error(
        "the server did not answer for {0} s; requests were sent whose outcome nobody knows, so \
         that nothing can be checked"
    )]
    Silent(u64),
}

impl LoadError {
    /// Whether there is no connection, and a new one could help.
    pub(crate) fn is_of_connection(&self) -> bool {
        matches!(self, LoadError::Unreachable { .. } | LoadError::Connection(_))
    }
}
