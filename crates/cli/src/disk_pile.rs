//! The new states of a migration, on disk as far as they do not fit into memory.

use std::io;
use std::path::Path;

use anabranch_embedded::Sorter;
use anabranch_schema::rewriting::{NewState, Pile, Sorted};

/// How much of them is in memory.
const BYTES_MAX: usize = 32 << 20;

pub(crate) struct DiskPile(Sorter);

impl DiskPile {
    /// On the disk of `folder`, in files without names.
    pub(crate) fn in_folder(folder: &Path) -> Self {
        Self(Sorter::new(folder, BYTES_MAX))
    }
}

impl Pile for DiskPile {
    fn put(&mut self, state: NewState) -> Result<(), String> {
        let NewState { class, key, state } = state;
        // Ends the name: classes sort as in the data folder.
        let key = [class.as_bytes(), &[0], &key].concat();
        self.0.put(key, state).map_err(describe)
    }

    fn sorted(self: Box<Self>) -> Result<Sorted, String> {
        let sorted = self.0.sorted().map_err(describe)?;
        Ok(Box::new(sorted.map(|entry| {
            let (key, state) = entry.map_err(describe)?;
            let end = key.iter().position(|byte| *byte == 0);
            let end = end.expect("this is a bug in Anabranch: a class without an end");
            let class = String::from_utf8_lossy(&key[..end]).into_owned();
            Ok(NewState { class, key: key[end + 1..].to_vec(), state })
        })))
    }
}

fn describe(error: io::Error) -> String {
    format!("the new states cannot be kept on the disk of the data folder: {error}")
}
