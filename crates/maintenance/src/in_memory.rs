//! The server's [`Maintenance`] over an engine that stores nothing.

use anabranch_json::Json;
use anabranch_kernel::Failure;
use anabranch_server::Maintenance;
use anabranch_server::maintenance::{KeysPage, KeysRequest, Measurement, WriteAll};

/// Refuses what needs stored state.
#[derive(Clone, Copy, Debug)]
pub struct InMemory;

fn refused() -> Failure {
    let message = "the engine local keeps everything in memory and stores nothing; serve with \
                   --engine embedded for this";
    Failure::Unavailable(message.to_owned())
}

impl Maintenance for InMemory {
    fn summary(&self) -> Result<Json, Failure> {
        Err(refused())
    }

    fn keys(&self, _: &KeysRequest) -> Result<KeysPage, Failure> {
        Err(refused())
    }

    fn export(&self) -> Result<WriteAll, Failure> {
        Err(refused())
    }

    fn backup(&self) -> Result<WriteAll, Failure> {
        Err(refused())
    }

    fn measurements(&self) -> Vec<Measurement> {
        Vec::new()
    }
}
