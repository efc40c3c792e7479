//! Opens a data folder, or creates it.
//!
//! ```text
//! DIRECTORY/
//!   anabranch.json      the manifest: present once the folder is complete
//!   anabranch.json.new  its draft: present while the folder is being created
//!   anabranch.lock      held by the one process that uses the folder
//!   store/              the store's own files
//! ```
//!
//! A folder is created in this order, each step durable before the next: the lock, the draft of the
//! manifest, the store with the manifest's identity in it, the manifest under its own name. So a
//! draft without a manifest is a creation that was interrupted. Nothing was acknowledged then, and
//! creation starts again. A store without either, or a manifest without a store, is a folder that
//! was partly deleted, which only its owner can judge.

use std::fs;
use std::io;
use std::path::Path;

use crate::error::OpenError;
use crate::fjall_store::{FjallStore, RefusedStore};
use crate::lock::{self, DirectoryLock, LockError};
use crate::manifest::{self, Manifest, ManifestError, publish_draft, sync_directory};
use crate::options::Options;
use crate::store::{Change, IDENTITY_KEY, Store, StoreError, Table};

const STORE_NAME: &str = "store";

/// Opens the store in `directory`, which is created if it does not exist.
pub(crate) fn open(directory: &Path, options: &Options) -> Result<FjallStore, OpenError> {
    let io_error = |action| move |error| OpenError::from_io(directory, action, error);
    create_with_parents(directory).map_err(io_error("create it"))?;
    refuse_foreign(directory)?;
    let lock = DirectoryLock::acquire(directory).map_err(|error| match error {
        LockError::Held(process) => OpenError::InUse { directory: directory.to_owned(), process },
        LockError::Io(error) => OpenError::from_io(directory, "lock it", error),
    })?;

    let exists = |name| directory.join(name).try_exists().map_err(io_error("look for files"));
    let has_store = exists(STORE_NAME)?;
    if exists(manifest::FILE_NAME)? {
        if !has_store {
            return Err(OpenError::StoreMissing { directory: directory.to_owned() });
        }
        return open_complete(directory, lock, options);
    }
    if has_store {
        if !exists(manifest::DRAFT_FILE_NAME)? {
            return Err(OpenError::ManifestMissing { directory: directory.to_owned() });
        }
        let removed = fs::remove_dir_all(directory.join(STORE_NAME));
        removed.map_err(io_error("remove what an interrupted creation left"))?;
    }
    create(directory, lock, options)
}

fn open_complete(
    directory: &Path,
    lock: DirectoryLock,
    options: &Options,
) -> Result<FjallStore, OpenError> {
    let text = fs::read_to_string(directory.join(manifest::FILE_NAME));
    let text = text.or_else(|error| match error.kind() {
        io::ErrorKind::InvalidData => Ok(String::new()),
        _ => Err(OpenError::from_io(directory, "read its manifest", error)),
    })?;
    let manifest = Manifest::from_json(&text).map_err(|error| {
        let directory = directory.to_owned();
        match error {
            ManifestError::NewerFormat { found, written_by } => {
                OpenError::NewerFormat { directory, found, written_by }
            }
            ManifestError::Unreadable(problem) => OpenError::Damaged { directory, problem },
        }
    })?;
    let missing = FjallStore::missing_part(&directory.join(STORE_NAME));
    let missing = missing.map_err(|error| OpenError::from_io(directory, "list files", error))?;
    if let Some(part) = missing {
        return Err(damaged(directory, format!("the {part} of its store is missing")));
    }
    let store = open_store(directory, lock, options)?;
    let identity = store.read(Table::Metadata, IDENTITY_KEY);
    let identity = identity.map_err(|StoreError(problem)| damaged(directory, problem))?;
    match identity {
        Some(identity) if identity == manifest.identity.as_bytes() => Ok(store),
        Some(_) => Err(damaged(directory, "its store belongs to another data folder".to_owned())),
        None => Err(damaged(directory, "files of its store are missing".to_owned())),
    }
}

fn create(
    directory: &Path,
    lock: DirectoryLock,
    options: &Options,
) -> Result<FjallStore, OpenError> {
    let io_error = |action| move |error| OpenError::from_io(directory, action, error);
    let manifest = Manifest::new(options.application.clone());
    manifest.write_draft(directory).map_err(io_error("write its manifest"))?;
    let store = open_store(directory, lock, options)?;
    let identity = Change {
        table: Table::Metadata,
        key: IDENTITY_KEY.to_vec(),
        value: Some(manifest.identity.into_bytes()),
    };
    let written = store.write(vec![identity]).and_then(|()| store.persist());
    written.map_err(OpenError::Store)?;
    publish_draft(directory).map_err(io_error("write its manifest"))?;
    Ok(store)
}

fn open_store(
    directory: &Path,
    lock: DirectoryLock,
    options: &Options,
) -> Result<FjallStore, OpenError> {
    let store = FjallStore::open(&directory.join(STORE_NAME), lock, options.cache_bytes);
    store.map_err(|refused| match refused {
        RefusedStore::InUse => OpenError::InUse { directory: directory.to_owned(), process: None },
        RefusedStore::Io(error) => OpenError::from_io(directory, "open its store", error),
        RefusedStore::Damaged(problem) => {
            damaged(directory, format!("its store cannot be opened ({problem})"))
        }
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
            Some(manifest::FILE_NAME | manifest::DRAFT_FILE_NAME | lock::FILE_NAME) => {
                return Ok(());
            }
            // The top of a file system of its own is as good as empty. A store alone is what is
            // left of one of our folders, or something else of that name.
            Some("lost+found" | STORE_NAME) => {}
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
