//! A write-ahead log of opaque records.

pub mod error;
pub mod files;
pub mod log;
pub mod options;
pub mod recovery;
pub mod testing;

mod chain;
mod file_name;
mod frame;
mod header;
mod segment_reader;
mod spares;
mod walk;

pub use error::{Damage, DamageKind, LogError};
pub use files::{Access, DiskFiles, File, Files};
pub use frame::{LARGEST_FRAME, LARGEST_RECORD};
pub use log::Log;
pub use options::{Options, Preparation};
pub use recovery::{Record, Recovery};
