//! Maintenance of a running engine, for a server.

use std::io;
use std::sync::Arc;

use anabranch_embedded::store::StoreError;
use anabranch_embedded::{ArchiveError, Embedded};
use anabranch_json::Json;
use anabranch_kernel::Failure;
use anabranch_server::Maintenance;
use anabranch_server::maintenance::{
    KeysPage, KeysRequest, Measurement, MeasurementKind, WriteAll,
};
use serde_json::json;

use crate::lines::{self, ExportError};
use crate::{keys, summary};

/// Looks at the state of an engine through views of it.
pub struct EngineMaintenance(Arc<Embedded>);

impl EngineMaintenance {
    pub fn new(engine: Arc<Embedded>) -> Self {
        Self(engine)
    }
}

impl Maintenance for EngineMaintenance {
    fn summary(&self) -> Result<Json, Failure> {
        let log = json!({ "bytes": self.0.statistics().log_bytes });
        let view = self.0.view()?;
        summary::document(&view, self.0.application(), log).map_err(damaged)
    }

    fn keys(&self, request: &KeysRequest) -> Result<KeysPage, Failure> {
        keys::page(&self.0.view()?, request).map_err(damaged)
    }

    fn export(&self) -> Result<WriteAll, Failure> {
        let view = self.0.view()?;
        Ok(Box::new(move |target| match lines::export(&view, target, &mut |_| {}) {
            Ok(_) => Ok(()),
            Err(ExportError::Io(error)) => Err(error),
            Err(damage) => Err(io::Error::other(damage)),
        }))
    }

    fn backup(&self) -> Result<WriteAll, Failure> {
        let view = self.0.view()?;
        let application = self.0.application().cloned();
        Ok(Box::new(move |target| match view.archive(application.as_ref(), target) {
            Ok(_) => Ok(()),
            Err(ArchiveError::Io(error)) => Err(error),
            Err(damage) => Err(io::Error::other(damage)),
        }))
    }

    fn measurements(&self) -> Vec<Measurement> {
        use MeasurementKind::{Counter, Gauge};
        let statistics = self.0.statistics();
        let seconds = statistics.last_sync_time as f64 / 1e9;
        let healthy = if statistics.last_error.is_none() { 1.0 } else { 0.0 };
        [
            ("healthy", "Whether requests are acknowledged", Gauge, healthy),
            (
                "queue_length",
                "Requests waiting to be executed",
                Gauge,
                statistics.queue_length as f64,
            ),
            ("sequence", "Requests with durable effects", Counter, statistics.sequence as f64),
            ("groups", "Groups of requests synced", Counter, statistics.groups as f64),
            ("last_sync_timestamp_seconds", "When a group was synced last", Gauge, seconds),
            (
                "last_sync_duration_seconds",
                "How long writing and syncing the last group took",
                Gauge,
                statistics.last_sync_duration.as_secs_f64(),
            ),
            (
                "log_bytes",
                "Size of the log that is still needed",
                Gauge,
                statistics.log_bytes as f64,
            ),
            ("checkpoints", "Checkpoints finished", Counter, statistics.checkpoints as f64),
            (
                "overlay_bytes",
                "Memory of what is not in the store yet, estimated",
                Gauge,
                statistics.overlay_bytes as f64,
            ),
            (
                "live_entities_bytes",
                "Memory of live entities, estimated",
                Gauge,
                statistics.live_bytes as f64,
            ),
        ]
        .map(|(name, help, kind, value)| Measurement { name, help, kind, value })
        .into()
    }
}

fn damaged(error: StoreError) -> Failure {
    Failure::Unavailable(format!("the store is damaged: {error}"))
}
