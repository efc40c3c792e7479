//! One process at a time in a data folder.
//!
//! The lock is the operating system's lock on an open file: it ends with the process, however that
//! ends. The file's content, the process id, is for people only.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::Path;

pub(crate) const FILE_NAME: &str = "anabranch.lock";

/// Held as long as it lives.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    _file: File,
}

/// Why there is no lock.
#[derive(Debug)]
pub(crate) enum LockError {
    /// Another process has it, this one as far as it has said.
    Held(Option<u32>),
    Io(io::Error),
}

impl DirectoryLock {
    /// Takes the lock of `directory`, without waiting.
    pub(crate) fn acquire(directory: &Path) -> Result<Self, LockError> {
        let path = directory.join(FILE_NAME);
        let file = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = file.map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(&path).ok();
                let holder = holder.and_then(|text| text.trim().parse().ok());
                return Err(LockError::Held(holder));
            }
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
        }
        file.set_len(0).map_err(LockError::Io)?;
        writeln!(file, "{}", std::process::id()).map_err(LockError::Io)?;
        Ok(Self { _file: file })
    }
}
