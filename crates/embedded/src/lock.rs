//! One process at a time in a data folder.
//!
//! The lock is the operating system's lock on an open file: it ends with the process, however that
//! ends. The file's content tells those who find the folder in use about its user: the process id,
//! and on a second line the address that it serves, if it does.

use std::fs::{self, File, TryLockError};
use std::io::{self, Seek, Write};
use std::path::Path;

pub(crate) const FILE_NAME: &str = "anabranch.lock";

/// Held as long as it lives.
#[derive(Debug)]
pub(crate) struct DirectoryLock {
    file: File,
}

/// Who uses a folder, as far as it has said.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Holder {
    pub(crate) process: Option<u32>,
    pub(crate) address: Option<String>,
}

/// Why there is no lock.
#[derive(Debug)]
pub(crate) enum LockError {
    /// Another process has it.
    Held(Holder),
    Io(io::Error),
}

impl DirectoryLock {
    /// Takes the lock of `directory`, without waiting.
    pub(crate) fn acquire(directory: &Path) -> Result<Self, LockError> {
        let path = directory.join(FILE_NAME);
        let file = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let file = file.map_err(LockError::Io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = fs::read_to_string(&path).unwrap_or_default();
                return Err(LockError::Held(Holder::from_text(&holder)));
            }
            Err(TryLockError::Error(error)) => return Err(LockError::Io(error)),
        }
        write(&file, "").map_err(LockError::Io)?;
        Ok(Self { file })
    }

    /// Notes the address under which the folder's content can be reached while it is locked.
    pub(crate) fn note_address(&self, address: &str) -> io::Result<()> {
        write(&self.file, &format!("{address}\n"))
    }
}

fn write(mut file: &File, address: &str) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(format!("{}\n{address}", std::process::id()).as_bytes())
}

impl Holder {
    fn from_text(text: &str) -> Self {
        let mut lines = text.lines();
        let process = lines.next().and_then(|line| line.trim().parse().ok());
        let address = lines.next().filter(|line| !line.is_empty()).map(str::to_owned);
        Self { process, address }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_finds_it_locked_learns_by_whom() {
        let directory = tempfile::tempdir().unwrap();
        let lock = DirectoryLock::acquire(directory.path()).unwrap();
        let holder = || match DirectoryLock::acquire(directory.path()) {
            Err(LockError::Held(holder)) => holder,
            other => panic!("{other:?}"),
        };
        let process = Some(std::process::id());
        assert_eq!(holder(), Holder { process, address: None });
        lock.note_address("http://127.0.0.1:8080").unwrap();
        let address = Some("http://127.0.0.1:8080".to_owned());
        assert_eq!(holder(), Holder { process, address });
        drop(lock);
        DirectoryLock::acquire(directory.path()).unwrap();
    }
}
