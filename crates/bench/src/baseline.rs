//! The same transfers elsewhere, on the same machine and disk: what ours is compared with.

pub mod hand_written;
pub mod postgres;
pub mod script;

use thiserror::Error;

/// What a baseline did in one turn.
#[derive(Clone, PartialEq, Debug)]
pub struct Turn {
    /// Transfers in a second.
    pub rate: f64,
    /// How it was set up, and how it is known to be durable.
    pub configuration: String,
}

/// Why a baseline has no figure.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum BaselineError {
    /// Something that it needs is not on this machine.
    #[error("skipped: {0}")]
    Missing(String),
    /// It is here, but did not do what it should.
    #[error("failed: {0}")]
    Failed(String),
}

impl From<std::io::Error> for BaselineError {
    fn from(error: std::io::Error) -> Self {
        BaselineError::Failed(error.to_string())
    }
}
