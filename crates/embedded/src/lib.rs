//! The durable single-process engine.
//!
//! # Algorithm
//! 1. [`Embedded::submit`](anabranch_kernel::Engine::submit) puts a request into a bounded queue.
//!    If the queue is full the request is refused at once; the submitter never waits.
//! 2. One `executor` thread takes the requests one after another and runs each to completion on
//!    live entities, so transactions are serializable by construction. A request with an
//!    idempotency key that was used before gets the stored reply instead.
//! 3. What a request did, its `Effect`, goes into a second bounded queue, together with the reply.
//!    The executor runs ahead: it reads states and replies that are not durable yet from its own
//!    overlay (`pending`), which forgets them once they are.
//! 4. One `committer` thread takes everything that has accumulated while it was busy, a *group*,
//!    and writes it to the [`store`] as one atomic batch: entity states, deletions, and the replies
//!    of requests with an idempotency key. It syncs the store once.
//! 5. Only then do the replies of the group leave, in order. Reads take the same way, so that no
//!    reply ever tells of something that a crash could take back. A group without effects needs no
//!    sync.
//!
//! A `kill -9` therefore loses only what nobody was told about, and a group is either stored as a
//! whole or not at all. After a failure to write or to read the engine acknowledges nothing more
//! until it is opened again (`health`): what a failed sync left behind is unknown until then.
//!
//! # Layout
//! - [`engine`]: the engine as clients see it; [`options`] and [`error`] beside it.
//! - `executor`, `pending`, `transaction_context`; `committer`; `effect` and `effect_queue` between them.
//! - [`store`]: the little that the engine needs of a store, behind a trait; `fjall_store`.
//! - `watchdog`: stops transactions that run too long.
//! - `state_record`, `reply_record`: what is stored, as bytes.
//! - `directory`: opens and creates the data folder, with its `manifest` and `lock`.
//!
//! Invariants:
//! - Nothing here knows Python, looks inside a value or knows what an interpreter does.
//! - No reply leaves except from the committer (refusals excepted), and every request gets exactly
//!   one (`reply_to`).
//! - Stored bytes name entity classes, never the numbers that the program gives them.

pub mod engine;
pub mod error;
pub mod options;
pub mod store;

mod committer;
mod directory;
mod effect;
mod effect_queue;
mod executor;
mod fjall_store;
mod health;
mod lock;
mod manifest;
mod panic_message;
mod pending;
mod reply_record;
mod reply_to;
mod state_record;
mod transaction_context;
mod watchdog;

pub use engine::Embedded;
pub use error::OpenError;
pub use options::{Application, Options};
