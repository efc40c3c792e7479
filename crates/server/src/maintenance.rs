//! What the server asks of an engine for those who operate it.
//!
//! It is beside [`Engine`](anabranch_kernel::Engine), because none of it is a transaction: an
//! implementation reads what is stored at one moment, while requests go on. All methods may take
//! long and are called on threads of their own.

use std::io::{self, Write};

use anabranch_json::Json;
use anabranch_kernel::Failure;

/// Looks at stored state and copies it.
pub trait Maintenance: Send + Sync {
    /// What is stored, as a document: see `docs/operations.md`.
    ///
    /// # Errors
    /// The engine cannot be asked now, or its store is damaged.
    fn summary(&self) -> Result<Json, Failure>;

    /// A page of the keys of a class.
    ///
    /// # Errors
    /// As for [`Maintenance::summary`].
    fn keys(&self, request: &KeysRequest) -> Result<KeysPage, Failure>;

    /// Prepares to write all entities as JSON lines.
    ///
    /// # Errors
    /// As for [`Maintenance::summary`].
    fn export(&self) -> Result<WriteAll, Failure>;

    /// Prepares to write everything as an archive, from which a data folder can be made.
    ///
    /// # Errors
    /// As for [`Maintenance::summary`].
    fn backup(&self) -> Result<WriteAll, Failure>;

    /// How the engine is doing.
    fn measurements(&self) -> Vec<Measurement>;
}

/// Writes a document, and says when it cannot be finished.
pub type WriteAll = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send>;

/// Which keys are wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeysRequest {
    pub class: String,
    /// What the keys start with as they are written, percent-decoded.
    pub prefix: String,
    /// The wire message of the key that the last page ended with.
    pub after: Option<Vec<u8>>,
    /// Most keys.
    pub limit: usize,
}

/// Some keys of a class, in the order in which they are stored.
#[derive(Clone, PartialEq, Debug)]
pub struct KeysPage {
    /// Wire messages.
    pub keys: Vec<Vec<u8>>,
    /// After which key there may be more; `None` if there are none. It need not be one of `keys`:
    /// a page ends too when it took long.
    pub next: Option<Vec<u8>>,
}

/// A number about an engine.
#[derive(Clone, PartialEq, Debug)]
pub struct Measurement {
    /// In the form `log_size_bytes`.
    pub name: &'static str,
    pub help: &'static str,
    pub kind: MeasurementKind,
    pub value: f64,
}

/// How a number behaves.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MeasurementKind {
    /// Only grows.
    Counter,
    Gauge,
}
