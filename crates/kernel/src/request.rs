//! Root calls and their replies.

use anabranch_ir::FunctionId;
use serde::{Deserialize, Serialize};

use crate::EntityId;

/// A root call: one transaction.
#[derive(Clone, Debug)]
pub struct Request {
    pub operation: Operation,
    pub idempotency_key: Option<IdempotencyKey>,
}

/// The client's name for a request: a second request of the same name gets the first one's reply.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct IdempotencyKey {
    pub key: String,
    /// A digest of what was asked, so that a key used for something else is noticed.
    pub fingerprint: [u8; 16],
}

/// What a root call does. Arguments, values and keys are wire messages; arguments are a tuple of
/// the positional arguments (a tuple) and the keyword arguments (a dict with `str` keys).
#[derive(Clone, Debug)]
pub enum Operation {
    /// Runs `__init__`; the result is a reference.
    Create {
        operator: anabranch_ir::OperatorId,
        arguments: Vec<u8>,
    },
    Call {
        target: EntityId,
        method: FunctionId,
        arguments: Vec<u8>,
    },
    GetAttribute {
        target: EntityId,
        attribute: String,
    },
    SetAttribute {
        target: EntityId,
        attribute: String,
        value: Vec<u8>,
    },
    /// The result is a dict of all attributes.
    GetState {
        target: EntityId,
    },
    /// The result is a bool.
    Exists {
        target: EntityId,
    },
    Delete {
        target: EntityId,
    },
}

/// The wire message of the result, or why there is none.
pub type Reply = Result<Vec<u8>, Failure>;

/// Why a root call has no result. Nothing of it was applied, except where said.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub enum Failure {
    /// An exception left the root method.
    Raised(Raised),
    /// The transaction ran too long and was stopped.
    Interrupted,
    /// The idempotency key was used for another request.
    IdempotencyConflict,
    /// Too many requests are waiting; try again later.
    Overloaded,
    /// The engine cannot store or read state, or is shutting down. Whether the request was applied
    /// is unknown.
    Unavailable(String),
    /// A broken invariant of ours.
    Bug(String),
}

/// An exception that left a root method.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Raised {
    /// The wire message of the exception.
    #[serde(with = "serde_bytes")]
    pub exception: Vec<u8>,
    /// `module:QualifiedName` of its class.
    pub class: String,
    /// `str(exception)`
    pub message: String,
    /// The class attribute `http_status`, where it is an integer.
    pub http_status: Option<u16>,
    /// As Python prints it.
    pub traceback: String,
}

/// Class of the exception for a call to an entity that does not exist.
pub const ENTITY_NOT_FOUND: &str = "anabranch:EntityNotFound";
/// Class of the exception for the creation of an entity that exists.
pub const ENTITY_EXISTS: &str = "anabranch:EntityExists";
