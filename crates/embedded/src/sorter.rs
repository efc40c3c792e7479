//! Sorts more than fits into memory: by merging, over files that have no name and so vanish with
//! the process, however it ends.
//!
//! Entries are collected until there are too many. Those are sorted and written into a file, a
//! *run*. In the end the runs are merged, with what is still in memory as the last one.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// A key and what belongs to it.
pub type Entry = (Vec<u8>, Option<Vec<u8>>);

/// The length that stands for no value.
const NO_VALUE: u64 = u64::MAX;
/// What is counted for an entry beside its bytes.
const ENTRY_BYTES: usize = 64;
/// What is read of each run at once.
const READ_BYTES: usize = 32 << 10;

/// Takes entries in any order and gives them back sorted by key. Of entries with the same key the
/// one that was put last counts.
pub struct Sorter {
    folder: PathBuf,
    bytes_max: usize,
    collected: Vec<Entry>,
    bytes: usize,
    runs: Vec<File>,
}

impl Sorter {
    /// Collects up to `bytes_max` bytes in memory; what is more goes into files on the disk of
    /// `folder`.
    pub fn new(folder: &Path, bytes_max: usize) -> Self {
        let folder = folder.to_owned();
        Self { folder, bytes_max, collected: Vec::new(), bytes: 0, runs: Vec::new() }
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// The disk cannot be written.
    pub fn put(&mut self, key: Vec<u8>, value: Option<Vec<u8>>) -> io::Result<()> {
        self.bytes += ENTRY_BYTES + key.len() + value.as_ref().map_or(0, Vec::len);
        self.collected.push((key, value));
        if self.bytes >= self.bytes_max { self.write_run() } else { Ok(()) }
    }

    fn write_run(&mut self) -> io::Result<()> {
        let mut writer = BufWriter::new(tempfile::tempfile_in(&self.folder)?);
        for (key, value) in self.take_collected() {
            writer.write_all(&(key.len() as u64).to_le_bytes())?;
            let length = value.as_ref().map_or(NO_VALUE, |value| value.len() as u64);
            writer.write_all(&length.to_le_bytes())?;
            writer.write_all(&key)?;
            writer.write_all(value.as_deref().unwrap_or_default())?;
        }
        let mut file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        self.runs.push(file);
        Ok(())
    }

    fn take_collected(&mut self) -> Vec<Entry> {
        self.bytes = 0;
        let mut collected = std::mem::take(&mut self.collected);
        // Stable: of equal keys the last one stays the last one.
        collected.sort_by(|(one, _), (other, _)| one.cmp(other));
        collected
    }

    /// All entries, sorted, each key once.
    ///
    /// # Errors
    /// The files cannot be read; the iterator fails so too, and ends then.
    pub fn sorted(mut self) -> io::Result<impl Iterator<Item = io::Result<Entry>> + use<>> {
        let collected = self.take_collected().into_iter();
        let files = self
            .runs
            .into_iter()
            .map(|file| Run::Written(BufReader::with_capacity(READ_BYTES, file)));
        let runs = files.chain([Run::Collected(collected)]).collect();
        let mut merge = Merge { runs, heads: BinaryHeap::new() };
        for run in 0..merge.runs.len() {
            merge.advance(run)?;
        }
        let mut has_failed = false;
        Ok(std::iter::from_fn(move || {
            let next = if has_failed { None } else { merge.next().transpose() };
            has_failed |= next.as_ref().is_some_and(Result::is_err);
            next
        }))
    }
}

enum Run {
    Written(BufReader<File>),
    Collected(std::vec::IntoIter<Entry>),
}

impl Run {
    fn next(&mut self) -> io::Result<Option<Entry>> {
        let reader = match self {
            Self::Written(reader) => reader,
            Self::Collected(entries) => return Ok(entries.next()),
        };
        let mut number = [0; 8];
        if reader.read(&mut number[..1])? == 0 {
            return Ok(None);
        }
        reader.read_exact(&mut number[1..])?;
        let key = u64::from_le_bytes(number);
        reader.read_exact(&mut number)?;
        let value = u64::from_le_bytes(number);
        let mut bytes = |length: u64| {
            let length = usize::try_from(length).map_err(io::Error::other)?;
            let mut bytes = vec![0; length];
            reader.read_exact(&mut bytes)?;
            io::Result::Ok(bytes)
        };
        let key = bytes(key)?;
        let value = if value == NO_VALUE { None } else { Some(bytes(value)?) };
        Ok(Some((key, value)))
    }
}

/// Key, run and value.
type Head = (Reverse<Vec<u8>>, usize, Option<Vec<u8>>);

struct Merge {
    runs: Vec<Run>,
    /// The next entry of each run: the smallest key first, of equal ones the latest run.
    heads: BinaryHeap<Head>,
}

impl Merge {
    /// Brings the next entry of a run among the heads. Within a run the last one of a key counts,
    /// which comes after the others.
    fn advance(&mut self, run: usize) -> io::Result<()> {
        if let Some((key, value)) = self.runs[run].next()? {
            self.heads.push((Reverse(key), run, value));
        }
        Ok(())
    }

    fn next(&mut self) -> io::Result<Option<Entry>> {
        let Some((Reverse(key), mut latest, mut value)) = self.heads.pop() else {
            return Ok(None);
        };
        self.advance(latest)?;
        while self.heads.peek().is_some_and(|(Reverse(other), ..)| *other == key) {
            let (_, run, other) = self.heads.pop().expect("it was there");
            if run >= latest {
                (latest, value) = (run, other);
            }
            self.advance(run)?;
        }
        Ok(Some((key, value)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn entries_come_back_sorted_whatever_fits_into_memory() {
        let folder = tempfile::tempdir().unwrap();
        for bytes_max in [0, 100, 1000, 1 << 20] {
            let mut sorter = Sorter::new(folder.path(), bytes_max);
            let mut expected = BTreeMap::new();
            for number in 0..500_u32 {
                // Each key three times, and every fourth of them with nothing.
                let key = (number.wrapping_mul(2_654_435_761) % 167).to_be_bytes().to_vec();
                let value = (number % 4 > 0).then(|| vec![number as u8; number as usize % 50]);
                expected.insert(key.clone(), value.clone());
                sorter.put(key, value).unwrap();
            }
            let sorted: Vec<_> = sorter.sorted().unwrap().map(Result::unwrap).collect();
            assert_eq!(sorted, expected.into_iter().collect::<Vec<_>>(), "{bytes_max}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "files are left");
    }
}
