//! Copies what a view holds into a data folder of its own: backups and restores.

use std::path::Path;

use anabranch_kernel::Failure;

use crate::directory;
use crate::error::OpenError;
use crate::metadata::{identity_change, is_identity};
use crate::options::Application;
use crate::store::{Change, StoreError};
use crate::view::{Verification, View};

/// Key and value.
pub(crate) type StoreEntry = (Vec<u8>, Vec<u8>);

const CACHE_BYTES: u64 = 16 << 20;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("the engine cannot be copied: {}", why(.0))]
    Engine(Failure),

    #[error("what is to be copied is damaged: {0}; restore it from an older backup")]
    Damaged(StoreError),

    #[error("{0}")]
    Target(OpenError),

    #[error("the archive cannot be used: {0}; make it again")]
    Archive(String),

    #[error("the copy is not what was copied: {found:?} instead of {expected:?}; copy it again")]
    Different { expected: Verification, found: Verification },
}

fn why(failure: &Failure) -> String {
    match failure {
        Failure::Unavailable(message) => message.clone(),
        other => format!("{other:?}"),
    }
}

/// Copies `view` into the folder `into`, which must be new or empty, and reads both whole to see
/// that they are the same.
pub(crate) fn copy_into(
    view: &View,
    into: &Path,
    application: Option<Application>,
) -> Result<Verification, CopyError> {
    let expected = view.verify().map_err(CopyError::Damaged)?;
    let mut entries = view.entries().map(|entry| entry.map_err(CopyError::Damaged));
    fill(into, application, &expected, &mut entries)
}

/// Fills the folder `into`, which must be new or empty, with the entries of a store, and reads it
/// whole to see that it holds what is `expected`.
pub(crate) fn fill(
    into: &Path,
    application: Option<Application>,
    expected: &Verification,
    entries: &mut dyn Iterator<Item = Result<StoreEntry, CopyError>>,
) -> Result<Verification, CopyError> {
    let target = |error: OpenError| CopyError::Target(error.in_directory(into));
    let _lock = directory::prepare_new(into).map_err(target)?;
    let mut problem = None;
    let created = directory::create(into, CACHE_BYTES, application, |storage, identity| {
        let mut changes = entries.map_while(|entry| match entry {
            Ok((key, _)) if is_identity(&key) => Some(identity_change(identity)),
            Ok((key, value)) => Some(Change { key, value: Some(value) }),
            Err(error) => {
                problem = Some(error);
                None
            }
        });
        storage.store.apply(&mut changes).map_err(OpenError::Store)?;
        match &problem {
            Some(error) => Err(OpenError::Unusable(error.to_string())),
            None => storage.create_log(expected.sequence),
        }
    });
    if let Some(error) = problem {
        return Err(error);
    }
    created.map_err(target)?;
    let (storage, _) = directory::open_complete(into, CACHE_BYTES).map_err(target)?;
    let copy = View::new(storage.store.snapshot(), Vec::new());
    let found = copy.verify().map_err(OpenError::Store).map_err(target)?;
    if found != *expected {
        return Err(CopyError::Different { expected: expected.clone(), found });
    }
    directory::complete(into).map_err(target)?;
    Ok(found)
}
