//! A data folder that no engine uses, for tools.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anabranch_ir::Program;
use anabranch_log::{Inspection, Repair, inspect};

use crate::checkpoint::checkpoint;
use crate::classes::Classes;
use crate::copy::{CopyError, copy_into};
use crate::directory;
use crate::error::OpenError;
use crate::lock::DirectoryLock;
use crate::metadata::StoreProgress;
use crate::options::Application;
use crate::overlay::Frozen;
use crate::recovery::{open_log, replay};
use crate::retention::Retention;
use crate::schema_note::SchemaNote;
use crate::storage::Storage;
use crate::view::{Verification, View};

/// How much a tool may use to cache what it reads.
const CACHE_BYTES: u64 = 16 << 20;

/// An open data folder. No engine can use it as long as this exists.
pub struct DataFolder {
    /// The version of Anabranch that created it.
    pub created_by: String,
    pub application: Option<Application>,
    /// The schema that its entities were written with, if there is a note of it.
    pub schema: Option<SchemaNote>,
    /// What it holds, including what is only in the log.
    pub view: View,
    /// The log's files and where it stands.
    pub log: Inspection,
    directory: PathBuf,
    pub(crate) storage: Storage,
    _lock: DirectoryLock,
}

impl DataFolder {
    /// Opens a data folder to read it. Log and store stay as they are.
    ///
    /// # Errors
    /// As for [`crate::Embedded::open`]; a folder that does not exist is not created.
    pub fn open_read_only(directory: &Path) -> Result<Self, OpenError> {
        let (lock, storage, manifest) = open(directory)?;
        let in_directory = |error: OpenError| error.in_directory(directory);
        let stored = StoreProgress::read(storage.store.as_ref());
        let stored = stored.map_err(|error| in_directory(OpenError::Store(error)))?;
        let log = inspect(&storage.log_files, stored.sequence);
        let log = log.map_err(|error| in_directory(OpenError::Log(error)))?;
        let view = view(&storage, stored).map_err(in_directory)?;
        let schema = view.schema();
        let schema = schema.map_err(|error| in_directory(OpenError::Store(error)))?;
        Ok(Self {
            created_by: manifest.created_by,
            application: manifest.application,
            schema,
            view,
            log,
            directory: directory.to_owned(),
            storage,
            _lock: lock,
        })
    }

    /// Copies the folder into a new or empty one, which becomes a data folder of its own: a backup
    /// is one, and restoring it means copying it to where it is needed. Both are read whole and
    /// checked.
    ///
    /// # Errors
    /// What is damaged, or why nothing can be written there.
    pub fn copy(&self, into: &Path) -> Result<Verification, CopyError> {
        copy_into(&self.view, into, self.application.clone())
    }

    /// Where it is.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// Whether `directory` is a data folder that can be opened, as far as its files tell.
pub fn is_data_folder(directory: &Path) -> bool {
    directory::refuse_partial(directory).is_ok() && directory::read_manifest(directory).is_ok()
}

/// Looks at the log of a data folder, also of one that cannot be opened because of it, and says what
/// is damaged and what [`repair`] would keep. Changes nothing.
///
/// # Errors
/// The folder is in use, or damaged beyond its log.
pub fn diagnose(directory: &Path) -> Result<Inspection, OpenError> {
    let (_lock, storage, _) = open(directory)?;
    let in_directory = |error: OpenError| error.in_directory(directory);
    let stored = StoreProgress::read(storage.store.as_ref());
    let stored = stored.map_err(|error| in_directory(OpenError::Store(error)))?;
    let log = inspect(&storage.log_files, stored.sequence);
    log.map_err(|error| in_directory(OpenError::Log(error)))
}

/// Makes a data folder whose log is damaged one that can be opened, by ending the log before the
/// damage. The report says what is lost; a copy of what was cut off stays in the log's folder.
///
/// # Errors
/// The folder is in use, or damaged beyond its log.
pub fn repair(directory: &Path) -> Result<Repair, OpenError> {
    let (_lock, storage, _) = open(directory)?;
    let in_directory = |error: OpenError| error.in_directory(directory);
    let stored = StoreProgress::read(storage.store.as_ref());
    let stored = stored.map_err(|error| in_directory(OpenError::Store(error)))?;
    let repaired = anabranch_log::repair(&storage.log_files, stored.sequence, &storage.log_options);
    let repaired = repaired.map_err(|error| in_directory(OpenError::Log(error)))?;
    // Only if the folder can be opened now it was repaired.
    view(&storage, stored).map_err(in_directory)?;
    Ok(repaired)
}

fn open(
    directory: &Path,
) -> Result<(DirectoryLock, Storage, crate::manifest::Manifest), OpenError> {
    // First, so that nothing comes into being in a folder that is none of ours.
    directory::refuse_partial(directory)?;
    directory::read_manifest(directory)?;
    let lock = directory::lock(directory)?;
    let (storage, manifest) = directory::open_complete(directory, CACHE_BYTES)?;
    Ok((lock, storage, manifest))
}

/// What store and log hold together.
fn view(storage: &Storage, stored: StoreProgress) -> Result<View, OpenError> {
    let store = storage.store.as_ref();
    // No class needs to have a certain number here.
    let mut classes = Classes::of(&Program::default());
    let mut log = open_log(storage, stored.sequence).map_err(OpenError::Log)?;
    let replayed = replay(&mut log, stored.sequence, &mut classes, store)?;
    let frozen =
        Arc::new(Frozen { overlay: replayed.overlay, sequence: replayed.sequence, time: 0 });
    let everything = Retention { time: std::time::Duration::MAX, count: u64::MAX };
    let changes = checkpoint(&frozen, &classes, store, everything).map_err(OpenError::Store)?;
    Ok(View::new(store.snapshot(), changes.into_changes().collect()))
}
