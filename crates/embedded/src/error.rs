//! Why a data folder cannot be opened.

use std::io;
use std::path::{Path, PathBuf};

use anabranch_log::LogError;

use crate::manifest;
use crate::store::StoreError;

/// Why a data folder cannot be opened, and what to do about it.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(
        "the data folder {} is in use by another process{}; {}",
        directory.display(),
        process.map(|id| format!(" (process {id})")).unwrap_or_default(),
        match address {
            Some(address) => format!("ask that one at {address}, or stop it"),
            None => "stop that process or choose another folder".to_owned(),
        }
    )]
    InUse { directory: PathBuf, process: Option<u32>, address: Option<String> },

    #[error(
        "the data folder {} is not complete: the restore, backup or import that made it was \
         interrupted; make it again (the same command does it), or remove the folder",
        directory.display()
    )]
    Incomplete { directory: PathBuf },

    #[error(
        "the data folder {} has format version {found}, written by Anabranch {written_by}; this \
         is Anabranch {}, which reads versions up to {}; upgrade Anabranch to open it",
        directory.display(), manifest::CREATED_BY, manifest::FORMAT_VERSION
    )]
    NewerFormat { directory: PathBuf, found: u64, written_by: String },

    #[error(
        "the data folder {} has format version {found}, written by Anabranch {written_by}; this \
         is Anabranch {}, which reads version {} only; open it with the version that wrote it, or \
         move it away to start with an empty one",
        directory.display(), manifest::CREATED_BY, manifest::FORMAT_VERSION
    )]
    OlderFormat { directory: PathBuf, found: u64, written_by: String },

    #[error(
        "the data folder {} has log and store but no {}; restore that file from a backup, or move \
         the folder away to start with an empty one",
        directory.display(), manifest::FILE_NAME
    )]
    ManifestMissing { directory: PathBuf },

    #[error(
        "the data folder {} has a {} but its {part} is gone; restore the folder from a backup, or \
         move it away to start with an empty one",
        directory.display(), manifest::FILE_NAME
    )]
    PartMissing { directory: PathBuf, part: &'static str },

    #[error(
        "the log of the data folder {} is damaged: {problem}; `anabranch repair {}` says what can \
         be kept and what is lost",
        directory.display(), directory.display()
    )]
    LogDamaged { directory: PathBuf, problem: String },

    #[error(
        "the data folder {} is damaged: {problem}; restore it from a backup, or move it away to \
         start with an empty one",
        directory.display()
    )]
    Damaged { directory: PathBuf, problem: String },

    #[error(
        "the folder {} is not empty and is not a data folder of Anabranch (it holds {found:?}); \
         choose an empty or a new folder",
        directory.display()
    )]
    Foreign { directory: PathBuf, found: String },

    #[error(
        "the folder {} is a data folder already; choose an empty or a new folder",
        directory.display()
    )]
    Exists { directory: PathBuf },

    #[error("{} is not a data folder of Anabranch; choose another path", directory.display())]
    NoDataFolder { directory: PathBuf },

    #[error("{} is not a folder; choose another path", directory.display())]
    NotDirectory { directory: PathBuf },

    #[error(
        "the data folder {} is not writable ({source}); make it writable for this user or choose \
         another folder",
        directory.display()
    )]
    NotWritable { directory: PathBuf, source: io::Error },

    #[error(
        "the disk of the data folder {} is full ({source}); make room and start again",
        directory.display()
    )]
    Full { directory: PathBuf, source: io::Error },

    #[error("cannot {action} in the data folder {}: {source}", directory.display())]
    Io { directory: PathBuf, action: &'static str, source: io::Error },

    #[error(
        "the entities in the data folder {} were written with other classes than the application \
         has now; `anabranch migrate {} APPLICATION` says how they differ",
        directory.display(), directory.display()
    )]
    SchemaDiffers { directory: PathBuf },

    #[error("cannot read or write the store: {0}")]
    Store(StoreError),

    #[error("{0}")]
    Log(LogError),

    /// Log and store are readable, but do not make sense together.
    #[error("{0}")]
    Unusable(String),

    #[error("cannot start the threads of the engine: {0}")]
    Threads(io::Error),
}

impl OpenError {
    /// What an error of log or store means for the one who wants to open `directory`.
    pub(crate) fn in_directory(self, directory: &Path) -> Self {
        let directory = directory.to_owned();
        match self {
            Self::Store(StoreError(problem)) | Self::Unusable(problem) => {
                Self::Damaged { directory, problem }
            }
            Self::SchemaDiffers { .. } => Self::SchemaDiffers { directory },
            Self::Log(LogError::Damaged(damage)) => {
                Self::LogDamaged { directory, problem: damage.to_string() }
            }
            Self::Log(
                LogError::Full { action, source, .. }
                | LogError::NotWritable { action, source, .. }
                | LogError::Io { action, source, .. },
            ) => Self::from_io(&directory, action, source),
            other => other,
        }
    }

    /// What an operating system error means for the one who wants to open `directory`.
    pub(crate) fn from_io(directory: &Path, action: &'static str, source: io::Error) -> Self {
        let directory = directory.to_owned();
        match source.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NotWritable { directory, source }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                Self::Full { directory, source }
            }
            io::ErrorKind::NotADirectory => Self::NotDirectory { directory },
            _ => Self::Io { directory, action, source },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_operating_system_say_what_to_do() {
        let directory = Path::new("/data/shop");
        let error_for = |kind: io::ErrorKind| {
            OpenError::from_io(directory, "create files", kind.into()).to_string()
        };
        assert_eq!(
            error_for(io::ErrorKind::StorageFull),
            "the disk of the data folder /data/shop is full (no storage space); make room and \
             start again"
        );
        assert!(error_for(io::ErrorKind::ReadOnlyFilesystem).contains("is not writable"));
        assert!(error_for(io::ErrorKind::PermissionDenied).contains("is not writable"));
        assert!(error_for(io::ErrorKind::NotADirectory).contains("is not a folder"));
        assert!(error_for(io::ErrorKind::TimedOut).contains("cannot create files in the data"));
    }
}
