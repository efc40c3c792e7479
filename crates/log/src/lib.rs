//! A write-ahead log of opaque records.

pub mod error;
pub mod files;
pub mod inspection;
pub mod log;
pub mod options;
pub mod recovery;
pub mod repair;
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
pub use inspection::{Inspection, Lost, SegmentSummary, inspect};
pub use log::Log;
pub use options::{Options, Preparation};
pub use recovery::{Record, Recovery};
pub use repair::{Cut, Repair, repair};
