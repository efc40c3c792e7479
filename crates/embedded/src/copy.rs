//! Copies what a view holds into a data folder of its own: backups and restores.

use std::path::Path;

use anabranch_kernel::Failure;

use crate::directory;
use crate::error::OpenError;
use crate::metadata::{identity_change, is_identity};
use crate::options::Application;
use crate::store::{Change, StoreError};
use crate::view::{Verification, View};

const CACHE_BYTES: u64 = 16 << 20;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("the engine cannot be copied: {0:?}")]
    Engine(Failure),

    #[error("what is to be copied is damaged: {0}; restore it from an older backup")]
    Damaged(StoreError),

    #[error("{0}")]
    Target(OpenError),

    #[error("the copy is not what was copied: {found:?} instead of {expected:?}; copy it again")]
    Different { expected: Verification, found: Verification },
}

/// Copies `view` into the folder `into`, which must be new or empty, and reads both whole to see
/// that they are the same.
pub(crate) fn copy_into(
    view: &View,
    into: &Path,
    application: Option<Application>,
) -> Result<Verification, CopyError> {
    let expected = view.verify().map_err(CopyError::Damaged)?;
    let target = |error: OpenError| CopyError::Target(error.in_directory(into));
    let _lock = directory::prepare_new(into).map_err(target)?;
    let mut damage = None;
    let created = directory::create(into, CACHE_BYTES, application, |storage, identity| {
        let mut changes = view.entries().map_while(|entry| match entry {
            Ok((key, _)) if is_identity(&key) => Some(identity_change(identity)),
            Ok((key, value)) => Some(Change { key, value: Some(value) }),
            Err(error) => {
                damage = Some(error);
                None
            }
        });
        storage.store.apply(&mut changes).map_err(OpenError::Store)?;
        if let Some(error) = &damage {
            return Err(OpenError::Store(error.clone()));
        }
        storage.create_log(expected.sequence)
    });
    if let Some(error) = damage {
        return Err(CopyError::Damaged(error));
    }
    created.map_err(target)?;
    let (storage, _) = directory::open_complete(into, CACHE_BYTES).map_err(target)?;
    let copy = View::new(storage.store.snapshot(), Vec::new());
    let found = copy.verify().map_err(OpenError::Store).map_err(target)?;
    if found == expected { Ok(found) } else { Err(CopyError::Different { expected, found }) }
}
