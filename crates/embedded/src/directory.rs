//! Opens a data folder, or creates it.
//!
//! ```text
//! DIRECTORY/
//!   anabranch.json      the manifest: present once the folder is complete
//!   anabranch.json.new  its draft: present while the folder is being created
//!   anabranch.lock      held by the one process that uses the folder
//!   anabranch.partial   present while the folder is being filled with what is elsewhere
//!   log/                the log's segments
//!   store/              the store's own files
//! ```
//!
//! A folder is created in this order, each step durable before the next: the lock, the draft of the
//! manifest, the store with the manifest's identity in it, the log, the manifest under its own name.
//! So a draft without a manifest is a creation that was interrupted. Nothing was acknowledged then,
//! and creation starts again. Log or store without a manifest, or a manifest without them, is a
//! folder that was partly deleted, which only its owner can judge.
//!
//! Copies and imports fill a folder with what somebody counts on. Until all of it was written and
//! checked, a mark says so, and whoever wants to use the folder is refused.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use anabranch_log::DiskFiles;

use crate::error::OpenError;
use crate::lock::{self, DirectoryLock, Holder, LockError};
use crate::lsm_store::{LsmStore, RefusedStore};
use crate::manifest::{self, Manifest, ManifestError, publish_draft, sync_directory};
use crate::memory::MemoryShares;
use crate::metadata::read_identity;
use crate::options::{Application, Options};
use crate::storage::Storage;
use crate::store::StoreError;

/// Marks a folder that is to be filled from elsewhere and is not yet.
const PARTIAL_NAME: &str = "anabranch.partial";
const STORE_NAME: &str = "store";
const LOG_NAME: &str = "log";

/// Opens the storage in `directory`, which is created if it does not exist. It must not be used
/// longer than the lock is held.
pub(crate) fn open(
    directory: &Path,
    options: &Options,
) -> Result<(Storage, DirectoryLock), OpenError> {
    let lock = prepare(directory)?;
    refuse_partial(directory)?;
    let cache_bytes = MemoryShares::of(options.memory_bytes).cache_bytes;
    if !exists(directory, manifest::FILE_NAME)? {
        clear(directory)?;
        create(directory, cache_bytes, options.application.clone(), |storage, identity| {
            storage.create(identity)
        })?;
    }
    let (mut storage, _) = open_complete(directory, cache_bytes)?;
    storage.log_options = log_options(options.checkpoint_bytes);
    Ok((storage, lock))
}

/// The log is cut by the segment, so segments are no larger than what comes between two checkpoints.
fn log_options(checkpoint_bytes: u64) -> anabranch_log::Options {
    const LARGEST_SEGMENT_BYTES_MIN: u64 = 64 << 10;
    let mut options = anabranch_log::Options::default();
    let largest = checkpoint_bytes.max(LARGEST_SEGMENT_BYTES_MIN);
    options.largest_segment_bytes = options.largest_segment_bytes.min(largest);
    options
}

/// Locks a folder that is to become a data folder and is none yet, and marks it as partial. What an
/// interrupted filling left there goes.
pub(crate) fn prepare_new(directory: &Path) -> Result<DirectoryLock, OpenError> {
    let lock = prepare(directory)?;
    let io_error = |action| move |error| OpenError::from_io(directory, action, error);
    if exists(directory, PARTIAL_NAME)? {
        let removing = io_error("remove what an interrupted command left");
        for file in [manifest::FILE_NAME, manifest::DRAFT_FILE_NAME] {
            match fs::remove_file(directory.join(file)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(removing(error));
                }
                _ => {}
            }
        }
        for part in [STORE_NAME, LOG_NAME] {
            if exists(directory, part)? {
                fs::remove_dir_all(directory.join(part)).map_err(removing)?;
            }
        }
        return Ok(lock);
    }
    if exists(directory, manifest::FILE_NAME)? {
        return Err(OpenError::Exists { directory: directory.to_owned() });
    }
    clear(directory)?;
    let marked = fs::File::create(directory.join(PARTIAL_NAME)).and_then(|file| file.sync_all());
    let marked = marked.and_then(|()| sync_directory(directory));
    marked.map_err(io_error("mark it as not complete"))?;
    Ok(lock)
}

/// Makes a folder that was filled and checked one that can be used.
pub(crate) fn complete(directory: &Path) -> Result<(), OpenError> {
    let unmarked = fs::remove_file(directory.join(PARTIAL_NAME));
    let unmarked = unmarked.and_then(|()| sync_directory(directory));
    unmarked.map_err(|error| OpenError::from_io(directory, "mark it as complete", error))
}

/// Refuses a folder whose filling was interrupted.
pub(crate) fn refuse_partial(directory: &Path) -> Result<(), OpenError> {
    match exists(directory, PARTIAL_NAME)? {
        true => Err(OpenError::Incomplete { directory: directory.to_owned() }),
        false => Ok(()),
    }
}

/// Locks a folder that is, or is to become, a data folder.
fn prepare(directory: &Path) -> Result<DirectoryLock, OpenError> {
    let created = create_with_parents(directory);
    created.map_err(|error| OpenError::from_io(directory, "create it", error))?;
    refuse_foreign(directory)?;
    lock(directory)
}

/// Removes what an interrupted creation left.
fn clear(directory: &Path) -> Result<(), OpenError> {
    for part in [STORE_NAME, LOG_NAME] {
        if !exists(directory, part)? {
            continue;
        }
        if !exists(directory, manifest::DRAFT_FILE_NAME)? {
            return Err(OpenError::ManifestMissing { directory: directory.to_owned() });
        }
        let removed = fs::remove_dir_all(directory.join(part));
        removed.map_err(|error| {
            OpenError::from_io(directory, "remove what an interrupted creation left", error)
        })?;
    }
    Ok(())
}

pub(crate) fn lock(directory: &Path) -> Result<DirectoryLock, OpenError> {
    DirectoryLock::acquire(directory).map_err(|error| match error {
        LockError::Held(Holder { process, address }) => {
            OpenError::InUse { directory: directory.to_owned(), process, address }
        }
        LockError::Io(error) => OpenError::from_io(directory, "lock it", error),
    })
}

fn exists(directory: &Path, name: &str) -> Result<bool, OpenError> {
    let exists = directory.join(name).try_exists();
    exists.map_err(|error| OpenError::from_io(directory, "look for files", error))
}

/// The manifest of a folder that is complete.
pub(crate) fn read_manifest(directory: &Path) -> Result<Manifest, OpenError> {
    let text = fs::read_to_string(directory.join(manifest::FILE_NAME));
    let text = text.or_else(|error| match error.kind() {
        io::ErrorKind::InvalidData => Ok(String::new()),
        io::ErrorKind::NotFound => Err(OpenError::NoDataFolder { directory: directory.to_owned() }),
        _ => Err(OpenError::from_io(directory, "read its manifest", error)),
    })?;
    Manifest::from_json(&text).map_err(|error| {
        let directory = directory.to_owned();
        match error {
            ManifestError::NewerFormat { found, written_by } => {
                OpenError::NewerFormat { directory, found, written_by }
            }
            ManifestError::OlderFormat { found, written_by } => {
                OpenError::OlderFormat { directory, found, written_by }
            }
            ManifestError::Unreadable(problem) => OpenError::Damaged { directory, problem },
        }
    })
}

/// Opens a folder that has a manifest and is locked.
pub(crate) fn open_complete(
    directory: &Path,
    cache_bytes: u64,
) -> Result<(Storage, Manifest), OpenError> {
    let manifest = read_manifest(directory)?;
    for part in [STORE_NAME, LOG_NAME] {
        if !exists(directory, part)? {
            return Err(OpenError::PartMissing { directory: directory.to_owned(), part });
        }
    }
    let present = LsmStore::is_present(&directory.join(STORE_NAME));
    if !present.map_err(|error| OpenError::from_io(directory, "list files", error))? {
        return Err(damaged(directory, "files of its store are missing".to_owned()));
    }
    let storage = open_storage(directory, cache_bytes)?;
    let identity = read_identity(storage.store.as_ref());
    let identity = identity.map_err(|StoreError(problem)| damaged(directory, problem))?;
    match identity {
        Some(identity) if identity == manifest.identity.as_bytes() => Ok((storage, manifest)),
        Some(_) => Err(damaged(directory, "its store belongs to another data folder".to_owned())),
        None => Err(damaged(directory, "files of its store are missing".to_owned())),
    }
}

/// Creates the folder's content, up to its manifest; `fill` makes the storage ready, given the
/// folder's identity.
pub(crate) fn create(
    directory: &Path,
    cache_bytes: u64,
    application: Option<Application>,
    fill: impl FnOnce(&Storage, &str) -> Result<(), OpenError>,
) -> Result<(), OpenError> {
    let io_error = |action| move |error| OpenError::from_io(directory, action, error);
    let manifest = Manifest::new(application);
    manifest.write_draft(directory).map_err(io_error("write its manifest"))?;
    fs::create_dir(directory.join(LOG_NAME)).map_err(io_error("create the folder of its log"))?;
    let storage = open_storage(directory, cache_bytes)?;
    fill(&storage, &manifest.identity).map_err(|error| error.in_directory(directory))?;
    sync_directory(directory).map_err(io_error("write its files"))?;
    publish_draft(directory).map_err(io_error("write its manifest"))
}

fn open_storage(directory: &Path, cache_bytes: u64) -> Result<Storage, OpenError> {
    let store = LsmStore::open(&directory.join(STORE_NAME), cache_bytes);
    let store = store.map_err(|refused| match refused {
        RefusedStore::Io(error) => OpenError::from_io(directory, "open its store", error),
        RefusedStore::Damaged(problem) => {
            damaged(directory, format!("its store cannot be opened ({problem})"))
        }
    })?;
    Ok(Storage {
        store: Arc::new(store),
        log_files: Arc::new(DiskFiles::new(&directory.join(LOG_NAME))),
        log_options: anabranch_log::Options::default(),
    })
}

fn damaged(directory: &Path, problem: String) -> OpenError {
    OpenError::Damaged { directory: directory.to_owned(), problem }
}

/// Creates `directory` so that a power failure does not take it back.
fn create_with_parents(directory: &Path) -> io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let parent = match directory.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    create_with_parents(parent)?;
    match fs::create_dir(directory) {
        Ok(()) => sync_directory(parent),
        // Another process may have been faster, but a file is no folder.
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && !directory.is_dir() => {
            Err(io::ErrorKind::NotADirectory.into())
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// Refuses a folder with files but without any of ours, before anything is written to it.
fn refuse_foreign(directory: &Path) -> Result<(), OpenError> {
    let io_error = |error| OpenError::from_io(directory, "list its files", error);
    let mut foreign = None;
    for entry in fs::read_dir(directory).map_err(io_error)? {
        let name = entry.map_err(io_error)?.file_name();
        match name.to_str() {
            Some(
                manifest::FILE_NAME | manifest::DRAFT_FILE_NAME | lock::FILE_NAME | PARTIAL_NAME,
            ) => {
                return Ok(());
            }
            // The top of a file system of its own is as good as empty. Log or store alone are what
            // is left of one of our folders, or something else of that name.
            Some("lost+found" | STORE_NAME | LOG_NAME) => {}
            _ => foreign = foreign.or(Some(name)),
        }
    }
    match foreign {
        None => Ok(()),
        Some(name) => Err(OpenError::Foreign {
            directory: directory.to_owned(),
            found: name.to_string_lossy().into_owned(),
        }),
    }
}
