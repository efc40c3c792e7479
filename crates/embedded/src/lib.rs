//! The durable single-process engine.
//!
//! # Algorithm
//! 1. [`Embedded::submit`](anabranch_kernel::Engine::submit) puts a request into a bounded queue.
//!    If the queue is full the request is refused at once; the submitter never waits.
//! 2. One `executor` thread takes the requests in order, up to 16 at once so that it can ask for the
//!    memory of their entities ahead, and runs one after another to completion on live entities,
//!    so transactions are serializable by construction. A request that has waited too long is
//!    refused. One with an idempotency key that was used before gets the stored reply.
//! 3. What a request did, its `Effect`, goes into a second bounded queue, together with the reply.
//!    The executor runs ahead: what is not in the store it reads from its own `overlay`.
//! 4. One `committer` thread takes everything that has accumulated while it was busy, a *group*,
//!    and appends it to the log: one record for each request that changed something
//!    (`log_record`), one sync for all.
//! 5. Only then do the replies of the group leave, in order. Reads take the same way, so that no
//!    reply ever tells of something that a crash could take back. A group without effects needs no
//!    sync.
//! 6. From time to time (`pace`) the executor freezes its overlay and starts a new one. When the
//!    log has all of it, the `applier` thread brings it into the [`store`], sorted, as one atomic
//!    and durable change (`checkpoint`), with the number of the last request in it; then the log is
//!    cut. Replies that need not be kept any longer go (`retention`). A `maintainer` thread merges
//!    the store's tables.
//! 7. Opening reads the log after what the store has into an overlay (`recovery`), and serves.
//!
//! A `kill -9` therefore loses only what nobody was told about, and a request is either applied as
//! a whole or not at all. After a failure to write or to read the engine acknowledges nothing more
//! until it is opened again (`health`): what a failed sync left behind is unknown until then.
//!
//! # Layout
//! - [`engine`]: the engine as clients see it; [`options`], [`error`], [`statistics`] beside it;
//!   `memory`: what the memory is for.
//! - `executor`, with `overlay`, `pace` and [`clock`]; `committer`; `applier`; between the first two
//!   `effect` and `effect_queue`; `threads` starts them, and `roles` tells which are at work.
//! - [`storage`]: the log's files and the [`store`], behind traits; `lsm_store` is the real store.
//! - `background`: how the applier and the maintainer leave the processor to the others, and
//!   `early_sync`: the disk.
//! - `watchdog`: stops transactions that run too long; `stuck`: those that cannot be stopped.
//! - `log_record`, `state_record`, `reply_record`, `store_key`, `metadata`: what is stored, as bytes
//!   (`fields`); `classes`: names of classes.
//! - [`view`]: what a folder holds, for tools; [`data_folder`]: a folder that no engine uses, and its
//!   repair; [`copy`]: backups, also as an [`archive`]; [`import`]: entities from elsewhere.
//!   `rewrite`: migrations, with [`Sorter`].
//! - `schema_note`: what is noted about the schema of the entities.
//! - `directory`: opens and creates the data folder, with its `manifest` and `lock`.
//!
//! Invariants:
//! - Nothing here knows Python, looks inside a value or knows what an interpreter does.
//! - No reply leaves except from the committer (refusals excepted), and every request gets exactly
//!   one (`reply_to`).
//! - Stored bytes name entity classes, never the numbers that the program gives them.
//! - The store never has a part of a request, nor anything that the log did not have before.

pub mod archive;
pub mod clock;
pub mod copy;
pub mod data_folder;
pub mod engine;
pub mod error;
pub mod import;
pub mod options;
pub mod sorter;
pub mod statistics;
pub mod storage;
pub mod store;
pub mod view;

mod applier;
mod archive_contents;
mod background;
mod checkpoint;
mod classes;
mod committer;
mod directory;
mod early_sync;
mod effect;
mod effect_queue;
mod executor;
mod fields;
mod health;
mod lock;
mod log_record;
mod lsm_store;
mod manifest;
mod memory;
mod metadata;
mod overlay;
mod pace;
mod panic_message;
mod recovery;
mod reply_record;
mod reply_to;
mod retention;
mod rewrite;
mod roles;
mod schema_note;
mod state_record;
mod store_key;
mod stuck;
mod table_list;
mod threads;
mod watchdog;

/// What a log was found to hold, and what its repair did.
pub use anabranch_log::{Cut, Damage, DamageKind, Inspection, Lost, Repair, SegmentSummary};
pub use archive::{ArchiveError, restore_archive};
pub use clock::Clock;
pub use copy::CopyError;
pub use data_folder::{DataFolder, diagnose, is_data_folder, repair};
pub use engine::Embedded;
pub use error::OpenError;
pub use import::{Import, ImportError};
pub use memory::MemoryShares;
pub use options::{Application, Options};
pub use rewrite::Rewritten;
pub use schema_note::SchemaNote;
pub use sorter::Sorter;
pub use statistics::Statistics;
pub use storage::Storage;
pub use stuck::StuckLimit;
pub use view::{ClassSummary, StoredEntity, Verification, View};
