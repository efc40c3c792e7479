//! A log's files in memory, where syncs can be held up and fail.

use std::collections::HashMap;
use std::io;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use anabranch_log::{Access, File, Files};

use crate::gate::Gate;

#[derive(Default)]
pub(crate) struct LogFiles {
    files: Mutex<HashMap<String, Arc<Mutex<Vec<u8>>>>>,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// Where a sync waits.
    gate: Gate,
    write_failure: Mutex<Option<io::ErrorKind>>,
    /// How many bytes were written.
    written: AtomicU64,
    salts: AtomicU64,
}

impl LogFiles {
    pub(crate) fn gate(&self) -> &Gate {
        &self.shared.gate
    }

    pub(crate) fn fail_writes(&self, kind: io::ErrorKind) {
        *self.shared.write_failure.lock().unwrap() = Some(kind);
    }

    pub(crate) fn mend(&self) {
        *self.shared.write_failure.lock().unwrap() = None;
    }

    pub(crate) fn written(&self) -> u64 {
        self.shared.written.load(Ordering::Relaxed)
    }

    fn opened(&self, content: &Arc<Mutex<Vec<u8>>>) -> Box<dyn File> {
        let (content, shared) = (Arc::clone(content), Arc::clone(&self.shared));
        Box::new(LogFile { content, shared })
    }
}

impl Files for LogFiles {
    fn path(&self, name: &str) -> PathBuf {
        PathBuf::from("log").join(name)
    }

    fn list(&self) -> io::Result<Vec<String>> {
        let mut names: Vec<_> = self.files.lock().unwrap().keys().cloned().collect();
        names.sort();
        Ok(names)
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn File>> {
        let content = Arc::default();
        let file = self.opened(&content);
        let before = self.files.lock().unwrap().insert(name.to_owned(), content);
        before.map_or(Ok(file), |_| Err(io::ErrorKind::AlreadyExists.into()))
    }

    fn open(&self, name: &str, _: Access) -> io::Result<Box<dyn File>> {
        let files = self.files.lock().unwrap();
        let content = files.get(name).ok_or(io::ErrorKind::NotFound)?;
        Ok(self.opened(content))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut files = self.files.lock().unwrap();
        let content = files.remove(from).ok_or(io::ErrorKind::NotFound)?;
        files.insert(to.to_owned(), content);
        Ok(())
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        let removed = self.files.lock().unwrap().remove(name);
        removed.map(drop).ok_or(io::ErrorKind::NotFound.into())
    }

    fn sync_folder(&self) -> io::Result<()> {
        Ok(())
    }

    fn random(&self) -> io::Result<u64> {
        Ok(self.shared.salts.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed))
    }
}

struct LogFile {
    content: Arc<Mutex<Vec<u8>>>,
    shared: Arc<Shared>,
}

impl File for LogFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.content.lock().unwrap().len() as u64)
    }

    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let content = self.content.lock().unwrap();
        let from = content.get(offset as usize..).unwrap_or(&[]);
        let count = from.len().min(buffer.len());
        buffer[..count].copy_from_slice(&from[..count]);
        Ok(count)
    }

    fn write_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        if let Some(kind) = *self.shared.write_failure.lock().unwrap() {
            return Err(kind.into());
        }
        self.shared.written.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        let mut content = self.content.lock().unwrap();
        let end = offset as usize + bytes.len();
        if content.len() < end {
            content.resize(end, 0);
        }
        content[offset as usize..end].copy_from_slice(bytes);
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        self.shared.gate.pass().map_err(io::Error::other)
    }
}
