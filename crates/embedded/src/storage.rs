//! Log and store together: what makes an engine's state durable.

use std::sync::Arc;

use anabranch_log::{Files, Log, Options as LogOptions};

use crate::error::OpenError;
use crate::metadata::{StoreProgress, identity_change};
use crate::store::Store;

/// A store and the files of a log.
#[derive(Clone)]
pub struct Storage {
    pub store: Arc<dyn Store>,
    pub log_files: Arc<dyn Files>,
    pub log_options: LogOptions,
}

impl Storage {
    /// Makes an empty store and an empty folder of files ready for an engine. `identity` tells this
    /// storage from others.
    ///
    /// # Errors
    /// The store or the log cannot be written.
    pub fn create(&self, identity: &str) -> Result<(), OpenError> {
        let progress = StoreProgress::default();
        let mut changes = [identity_change(identity), progress.change()].into_iter();
        self.store.apply(&mut changes).map_err(OpenError::Store)?;
        self.create_log(progress.sequence)
    }

    /// An empty log behind a store that has everything up to the request `after`.
    pub(crate) fn create_log(&self, after: u64) -> Result<(), OpenError> {
        let log = Log::create(Arc::clone(&self.log_files), after, self.log_options.clone());
        log.map(drop).map_err(OpenError::Log)
    }
}
