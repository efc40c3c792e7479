//! Segments for later: written from end to end before they are used, so that a sync of the log has
//! only data to write, never the file system's own records of new space.
//!
//! A spare is made under a draft's name, synced, and then named a spare; or it is a segment that was
//! cut off, whose new name is durable before its bytes are written over. Either may be lost in a
//! crash: opening a log starts without any.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};

use crate::error::LogError;
use crate::file_name;
use crate::files::{Access, File, Files};
use crate::options::Preparation;

/// How much is written between two syncs while a segment is prepared: little, because the syncs of
/// appends wait behind it.
const CHUNK_BYTES: usize = 1 << 20;

/// A file to be used as a segment.
pub(crate) struct Spare {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) file: Box<dyn File>,
}

/// What is to be done apart from appends.
enum Job {
    Prepare { size: u64 },
    Recycle { segments: Vec<Retired>, wanted_size: u64 },
}

/// A segment that was cut off.
pub(crate) struct Retired {
    pub(crate) name: String,
    pub(crate) size: u64,
}

/// The spares of a log, and who makes them.
pub(crate) struct Spares {
    pool: Arc<Mutex<Pool>>,
    worker: Option<Worker>,
    is_closing: Arc<AtomicBool>,
}

struct Worker {
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

struct Pool {
    files: Arc<dyn Files>,
    limit: usize,
    spares: Vec<Spare>,
    /// Names the next spare.
    next_number: u64,
    failure: Option<LogError>,
    is_closing: Arc<AtomicBool>,
}

impl Spares {
    /// None yet. The folder has no files with the names of spares or drafts.
    pub(crate) fn new(
        files: Arc<dyn Files>,
        limit: usize,
        preparation: Preparation,
    ) -> Result<Self, LogError> {
        let is_closing = Arc::new(AtomicBool::new(false));
        let path = files.path("");
        let (spares, failure) = (Vec::new(), None);
        let pool =
            Pool { files, limit, spares, next_number: 1, failure, is_closing: is_closing.clone() };
        let pool = Arc::new(Mutex::new(pool));
        let worker = match preparation {
            Preparation::WhenNeeded => None,
            Preparation::Background => {
                let started = start_worker(pool.clone());
                Some(started.map_err(|error| {
                    LogError::from_io("start the thread that prepares", path, error)
                })?)
            }
        };
        Ok(Self { pool, worker, is_closing })
    }

    /// A segment of `size` bytes will be needed soon.
    pub(crate) fn announce(&self, size: u64) {
        // Without a worker, `take` makes it.
        if self.worker.is_some() {
            self.submit(Job::Prepare { size });
        }
    }

    /// Makes spares of `segments`, as many as are of use, and removes the others.
    pub(crate) fn recycle(&self, segments: Vec<Retired>, wanted_size: u64) -> Result<(), LogError> {
        self.submit(Job::Recycle { segments, wanted_size });
        if self.worker.is_some() {
            // What went wrong is told by the next call; this one does not wait.
            return self.pool.try_lock().map_or(Ok(()), |mut pool| pool.take_failure());
        }
        lock(&self.pool).take_failure()
    }

    /// A spare of `size` bytes: one that is ready, the one that is being made, or a new one.
    pub(crate) fn take(&self, size: u64) -> Result<Spare, LogError> {
        let mut pool = lock(&self.pool);
        pool.take_failure()?;
        if let Some(position) = pool.spares.iter().position(|spare| spare.size == size) {
            return Ok(pool.spares.swap_remove(position));
        }
        pool.make(size)
    }

    fn submit(&self, job: Job) {
        match &self.worker {
            Some(worker) => {
                worker.jobs.send(job).expect("this is a bug in Anabranch: no thread for spares");
            }
            None => lock(&self.pool).run(job),
        }
    }
}

impl Drop for Spares {
    fn drop(&mut self) {
        self.is_closing.store(true, Ordering::Relaxed);
        if let Some(Worker { jobs, thread }) = self.worker.take() {
            drop(jobs);
            // A panic there was told by then: `lock` repeats it.
            let _ = thread.join();
        }
    }
}

fn start_worker(pool: Arc<Mutex<Pool>>) -> std::io::Result<Worker> {
    let (jobs, received) = mpsc::channel();
    let thread = thread::Builder::new().name("anabranch-log".to_owned()).spawn(move || {
        for job in received {
            lock(&pool).run(job);
        }
    })?;
    Ok(Worker { jobs, thread })
}

fn lock(pool: &Mutex<Pool>) -> MutexGuard<'_, Pool> {
    pool.lock().expect("this is a bug in Anabranch: preparing a segment of the log panicked")
}

impl Pool {
    fn run(&mut self, job: Job) {
        match job {
            Job::Prepare { size } => {
                if self.spares.iter().all(|spare| spare.size != size) {
                    // When it is needed and is not there, making it is tried again: what goes
                    // wrong then stops the log.
                    let spare = self.make(size).ok();
                    self.spares.extend(spare);
                }
            }
            Job::Recycle { segments, wanted_size } => {
                let recycled = self.recycle(segments, wanted_size);
                self.failure = self.failure.take().or(recycled.err());
            }
        }
    }

    fn take_failure(&mut self) -> Result<(), LogError> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Writes a new file of zeros.
    fn make(&mut self, size: u64) -> Result<Spare, LogError> {
        let number = self.take_number();
        let draft = file_name::draft(number);
        let written = self.write_zeros(&draft, size).and_then(|file| {
            let name = file_name::spare(number);
            self.files.rename(&draft, &name)?;
            Ok(Spare { name, size, file })
        });
        written.map_err(|error| {
            // It may hold the last free bytes of the disk. The error to tell is the first.
            let _ = self.files.remove(&draft);
            LogError::from_io("prepare", self.files.path(&draft), error)
        })
    }

    fn write_zeros(&self, name: &str, size: u64) -> std::io::Result<Box<dyn File>> {
        let file = self.files.create(name)?;
        let zeros = vec![0; CHUNK_BYTES.min(size as usize)];
        let mut offset = 0;
        while offset < size {
            if self.is_closing.load(Ordering::Relaxed) {
                return Err(std::io::Error::other("the log is closing"));
            }
            let chunk = &zeros[..zeros.len().min((size - offset) as usize)];
            file.write_at(chunk, offset)?;
            offset += chunk.len() as u64;
            file.sync_data()?;
        }
        Ok(file)
    }

    fn recycle(&mut self, segments: Vec<Retired>, wanted_size: u64) -> Result<(), LogError> {
        let files = self.files.clone();
        let old = self.spares.extract_if(.., |spare| spare.size != wanted_size);
        for spare in old.collect::<Vec<_>>() {
            remove(&files, &spare.name)?;
        }
        let mut renamed = Vec::new();
        for Retired { name, size } in segments {
            if size != wanted_size || self.spares.len() + renamed.len() >= self.limit {
                remove(&files, &name)?;
                continue;
            }
            let spare = file_name::spare(self.take_number());
            let error = |error| LogError::from_io("recycle", files.path(&name), error);
            files.rename(&name, &spare).map_err(error)?;
            let file = files.open(&spare, Access::ReadAndWrite).map_err(error)?;
            renamed.push(Spare { name: spare, size, file });
        }
        let synced = files.sync_folder();
        synced.map_err(|error| LogError::from_io("sync", files.path(""), error))?;
        self.spares.extend(renamed);
        Ok(())
    }

    fn take_number(&mut self) -> u64 {
        self.next_number += 1;
        self.next_number - 1
    }
}

/// Removes a file of the log.
pub(crate) fn remove(files: &Arc<dyn Files>, name: &str) -> Result<(), LogError> {
    files.remove(name).map_err(|error| LogError::from_io("remove", files.path(name), error))
}
