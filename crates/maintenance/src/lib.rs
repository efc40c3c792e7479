//! What operators do with stored state: look at it, copy it, take it out and bring it in.
//!
//! A [`Source`] is a data folder that no engine uses, or a running server; what is asked of it has
//! the same answer in both cases. Neither needs Python.
//!
//! # Layout
//! - [`source`]: what a command names; `folder`, `remote`: the two kinds.
//! - [`summary`], [`keys`]: what there is; [`lines`]: entities as JSON lines, out ([`Source`]) and in
//!   ([`import`]).
//! - [`engine`]: the same for a server, over a running engine.
//! - [`repair`]: a damaged log.
//! - [`size`]: sizes and times as people write and read them.
//!
//! Invariants:
//! - What is read is as of one moment, also while requests go on.
//! - Nothing is overwritten, and what is not complete is never taken for complete.
//! - Prints nothing: what is to be shown is returned.

pub mod engine;
pub mod import;
mod in_memory;
pub mod keys;
pub mod lines;
pub mod repair;
pub mod size;
pub mod source;
pub mod summary;

mod folder;
mod remote;

use anabranch_embedded::{ArchiveError, CopyError, ImportError, OpenError};

pub use engine::EngineMaintenance;
pub use in_memory::InMemory;
pub use source::Source;

/// Why something cannot be done, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}")]
    Folder(#[from] OpenError),
    #[error("{0}")]
    Copy(#[from] CopyError),
    #[error("{0}")]
    Archive(#[from] ArchiveError),
    #[error("{0}")]
    Import(#[from] ImportError),
    #[error("the data folder is damaged: {0}; restore it from a backup")]
    Damaged(String),
    #[error("{0}")]
    Server(String),
    /// Something that is asked for is not there, or cannot be.
    #[error("{0}")]
    Mistake(String),
    #[error("cannot read or write the file: {0}")]
    File(std::io::Error),
}

impl From<lines::ExportError> for Error {
    fn from(error: lines::ExportError) -> Self {
        match error {
            lines::ExportError::Damaged(error) => Self::Damaged(error.to_string()),
            lines::ExportError::Io(error) => Self::File(error),
        }
    }
}

impl From<anabranch_embedded::store::StoreError> for Error {
    fn from(error: anabranch_embedded::store::StoreError) -> Self {
        Self::Damaged(error.to_string())
    }
}
