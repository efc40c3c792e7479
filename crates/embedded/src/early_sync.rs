//! Brings the tables that the store writes to the disk while they are written.
//!
//! The library syncs a table when it is complete. By then many megabytes have come together in the
//! system's memory, and while they go to the disk, each sync of the log waits behind them: on a disk
//! with 700 MB a second some 25 ms for a checkpoint of half a million states. A little at a time, the
//! log waits for a little.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// So much is written before it is synced.
const PIECE_BYTES: usize = 512 << 10;

/// Where the library has the files that it writes, in the store's folder. Their names are numbers.
const FOLDERS: [&str; 2] = ["tables", "blobs"];

/// So many of a folder's files are written at the same time: by a checkpoint and by a merge.
const WRITERS: usize = 2;

/// What somebody writes into a store.
pub(crate) struct EarlySync {
    store: PathBuf,
    unsynced_bytes: usize,
}

impl EarlySync {
    /// `store` is the store's folder.
    pub(crate) fn new(store: &Path) -> Self {
        Self { store: store.to_owned(), unsynced_bytes: 0 }
    }

    /// Notes that so many bytes were written.
    pub(crate) fn wrote(&mut self, bytes: usize) {
        self.unsynced_bytes += bytes;
        if self.unsynced_bytes >= PIECE_BYTES {
            self.unsynced_bytes = 0;
            for folder in FOLDERS {
                sync_newest(&self.store.join(folder));
            }
        }
    }
}

/// A file that cannot be synced says so again when the library syncs it (Linux tells each opened
/// file), so nothing is made of that here.
fn sync_newest(folder: &Path) {
    let Ok(files) = fs::read_dir(folder) else { return };
    let number = |file: fs::DirEntry| file.file_name().to_str()?.parse::<u64>().ok();
    let mut numbers: Vec<u64> = files.flatten().filter_map(number).collect();
    numbers.sort_unstable();
    for number in numbers.iter().rev().take(WRITERS) {
        let file = File::open(folder.join(number.to_string()));
        let _ = file.and_then(|file| file.sync_data());
    }
}
