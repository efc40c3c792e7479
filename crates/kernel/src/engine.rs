//! What moves requests and keeps state.

use std::sync::Arc;

use anabranch_ir::Program;

use crate::{Failure, Reply, Request};

/// Receives the one reply to a request. May be called on any thread; must not block.
pub type OnReply = Box<dyn FnOnce(Reply) + Send>;

/// An engine as clients and servers see it.
pub trait Engine: Send + Sync {
    /// The program that the engine runs.
    fn program(&self) -> &Arc<Program>;

    /// Hands a request in without waiting. `on_reply` is called exactly once, unless the process
    /// dies: a reply means that the request's effects are as durable as the engine makes them.
    fn submit(&self, request: Request, on_reply: OnReply);

    /// Whether the engine takes requests now, or why it does not.
    ///
    /// # Errors
    /// [`Failure::Unavailable`] with what an operator should know.
    fn ready(&self) -> Result<(), Failure>;
}
