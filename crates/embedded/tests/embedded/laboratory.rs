//! A storage in memory for an engine whose disk a test controls.

use std::sync::Arc;

use anabranch_embedded::{Embedded, OpenError, Options, Storage};
use anabranch_log::Preparation;

use crate::bank::{self, Teller};
use crate::log_files::LogFiles;
use crate::memory_store::MemoryStore;

#[derive(Clone)]
pub(crate) struct Laboratory {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) log_files: Arc<LogFiles>,
}

impl Laboratory {
    /// An empty storage.
    pub(crate) fn new() -> Self {
        let laboratory = Self { store: Arc::default(), log_files: Arc::default() };
        laboratory.storage().create("laboratory").unwrap();
        laboratory.store.take_applied();
        laboratory
    }

    pub(crate) fn storage(&self) -> Storage {
        // No thread of the log comes to a gate.
        let log_options = anabranch_log::Options {
            preparation: Preparation::WhenNeeded,
            ..anabranch_log::Options::default()
        };
        Storage { store: self.store.clone(), log_files: self.log_files.clone(), log_options }
    }

    pub(crate) fn try_open(
        &self,
        teller: Teller,
        options: &Options,
    ) -> Result<Embedded, OpenError> {
        Embedded::with_storage(self.storage(), bank::program(), teller, options)
    }

    pub(crate) fn open_with(&self, teller: Teller, options: &Options) -> Embedded {
        self.try_open(teller, options).unwrap()
    }

    /// An engine that checkpoints only when it is told to.
    pub(crate) fn open(&self) -> Embedded {
        self.open_with(Teller::new(), &Options::default())
    }
}
