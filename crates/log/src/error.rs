//! Why a log cannot be opened or written.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// Why the log cannot do what was asked, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error(
        "cannot {action} {} ({source}): the disk is full; make room and start again",
        path.display()
    )]
    Full { action: &'static str, path: PathBuf, source: io::Error },

    #[error(
        "cannot {action} {} ({source}); make the log's folder writable for this user and start \
         again",
        path.display()
    )]
    NotWritable { action: &'static str, path: PathBuf, source: io::Error },

    #[error("cannot {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },

    #[error(
        "the log takes nothing more after an earlier failure ({0}); what reached the disk is known \
         only when it is opened again: start again"
    )]
    Stopped(String),

    #[error(
        "the log is damaged: {0}; restore the data folder from a backup, or let `anabranch repair` \
         say what can be kept"
    )]
    Damaged(Damage),

    #[error(
        "{} has log format version {found}; this is Anabranch {}, which reads versions up to \
         {supported}; upgrade Anabranch to open it",
        path.display(), env!("CARGO_PKG_VERSION")
    )]
    NewerFormat { path: PathBuf, found: u32, supported: u32 },

    #[error(
        "there is a log with records in {} already; move it away to start a new one",
        path.display()
    )]
    Exists { path: PathBuf },

    #[error(
        "a group of {records} records and {bytes} bytes does not fit into one frame of the log \
         (records up to {} bytes, frames up to {} bytes); split the work into smaller transactions",
        crate::frame::LARGEST_RECORD,
        crate::frame::LARGEST_FRAME
    )]
    TooLarge { records: usize, bytes: u64 },
}

impl LogError {
    /// What an error of the operating system means.
    pub(crate) fn from_io(action: &'static str, path: PathBuf, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { action, path, source }
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { action, path, source }
            }
            _ => Self::Io { action, path, source },
        }
    }
}

/// One place where the log is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    pub path: PathBuf,
    /// In the file.
    pub offset: u64,
    /// The sequence number of the first record that is not readable because of it.
    pub sequence: u64,
    pub kind: DamageKind,
}

/// What is wrong at a damaged place.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DamageKind {
    #[error("a frame is expected here, for one follows at offset {following}")]
    NotAFrame { following: u64 },

    #[error("the checksum of a frame does not match, though more follows at offset {following}")]
    Checksum { following: u64 },

    #[error("a frame has records from {found} on where {expected} comes next")]
    Sequence { expected: u64, found: u64 },

    #[error("a frame has a right checksum, but its records do not fill it")]
    Records,

    #[error("the segment does not say that it is complete, but segment {next} goes on after it")]
    NotSealed { next: u64 },

    #[error("neither copy of the segment's header is readable")]
    Header,

    #[error("the header says segment {found}: this file had another name")]
    Renamed { found: u64 },

    #[error("the segment belongs to another log")]
    OtherLog,

    #[error("the segment is not the one that the segment before it names")]
    NotTheSuccessor,

    #[error("the file has {found} bytes where its header says {expected}")]
    Length { expected: u64, found: u64 },

    #[error("segment {number} is missing")]
    SegmentMissing { number: u64 },

    #[error("there is no segment")]
    NoSegments,

    #[error("the log starts with record {found}, those from {expected} on are missing")]
    StartsLate { expected: u64, found: u64 },

    #[error("the log ends with record {found}, but {expected} was in it once")]
    EndsEarly { expected: u64, found: u64 },
}

impl fmt::Display for Damage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, offset, sequence, kind } = self;
        let path = path.display();
        write!(formatter, "{path}, offset {offset}, record {sequence}: {kind}")
    }
}
