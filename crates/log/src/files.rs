//! The little that the log needs of a file system, behind traits: [`DiskFiles`] is the real one,
//! [`crate::testing::MemoryFiles`] one that fails where it is told to.
//!
//! What the log relies on:
//! - After [`File::sync_data`] a file's bytes and length survive a power failure; until then any
//!   subset of the sectors written since may.
//! - After [`Files::sync_folder`] so do names; until then any subset of what was done to them may.
//! - [`Files::rename`] replaces in one step: a name stands for the old file or the new one.

use std::fs;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    ReadAndWrite,
}

/// One folder of files, without folders in it.
pub trait Files: Send + Sync {
    /// Where a file is, for messages.
    fn path(&self, name: &str) -> PathBuf;

    /// The names of all files, in any order.
    fn list(&self) -> io::Result<Vec<String>>;

    /// Creates a file, which must not exist yet, and opens it for reading and writing.
    fn create(&self, name: &str) -> io::Result<Box<dyn File>>;

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn File>>;

    /// Gives a file another name; a file that had this name before is gone.
    fn rename(&self, from: &str, to: &str) -> io::Result<()>;

    fn remove(&self, name: &str) -> io::Result<()>;

    /// Makes everything done to names durable.
    fn sync_folder(&self) -> io::Result<()>;

    /// A number that nobody can guess.
    fn random(&self) -> io::Result<u64>;
}

/// An open file.
pub trait File: Send + Sync {
    fn length(&self) -> io::Result<u64>;

    /// Reads up to `buffer.len()` bytes, fewer only at the end of the file.
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes all of `bytes`. An error may leave any part of them written.
    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()>;

    /// Makes everything written to this file durable, its length included.
    fn sync_data(&self) -> io::Result<()>;
}

/// The files of a folder on disk.
#[derive(Clone, Debug)]
pub struct DiskFiles {
    folder: PathBuf,
}

impl DiskFiles {
    /// The files in `folder`, which must exist.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }
}

impl Files for DiskFiles {
    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            // A name that is not text is none of ours.
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        let mut options = fs::File::options();
        let file = options.read(true).write(true).create_new(true).open(self.path(name))?;
        Ok(Box::new(DiskFile(file)))
    }

    fn open(&self, name: &str, access: Access) -> io::Result<Box<dyn File>> {
        let writes = access == Access::ReadAndWrite;
        let file = fs::File::options().read(true).write(writes).open(self.path(name))?;
        Ok(Box::new(DiskFile(file)))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        fs::rename(self.path(from), self.path(to))
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.path(name))
    }

    fn sync_folder(&self) -> io::Result<()> {
        fs::File::open(&self.folder)?.sync_all()
    }

    fn random(&self) -> io::Result<u64> {
        getrandom::u64().map_err(io::Error::other)
    }
}

struct DiskFile(fs::File);

impl File for DiskFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.0.metadata()?.len())
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            match self.0.read_at(&mut buffer[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.0.sync_data()
    }
}
