//! Requests and answers as any protocol can carry them.

use anabranch_kernel::value::Date;
use serde_json::Value as Json;
use thiserror::Error;

/// The key of an entity.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Key<'a> {
    Integer(i64),
    Text(&'a str),
    Tuple(&'a [Key<'a>]),
}

/// An argument of a call.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Argument<'a> {
    None,
    Boolean(bool),
    Integer(i64),
    Float(f64),
    Text(&'a str),
    List(&'a [Argument<'a>]),
    Tuple(&'a [Argument<'a>]),
    Entity {
        class: &'a str,
        key: Key<'a>,
    },
    /// A dataclass by its module and name, as in `orders:Line`.
    Record {
        class: &'a str,
        fields: Arguments<'a>,
    },
    /// A member of an enum class, by its name, and its value.
    Member {
        class: &'a str,
        name: &'a str,
        value: &'a str,
    },
    Date(Date),
}

/// Arguments by name.
pub type Arguments<'a> = &'a [(&'a str, Argument<'a>)];

/// A request.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Call<'a> {
    Create {
        class: &'a str,
        arguments: Arguments<'a>,
    },
    Method {
        class: &'a str,
        key: Key<'a>,
        method: &'a str,
        arguments: Arguments<'a>,
    },
    State {
        class: &'a str,
        key: Key<'a>,
    },
    /// JSON to a function of another system; over HTTP only.
    Function {
        name: &'a str,
        arguments: Arguments<'a>,
    },
}

/// Takes a request and brings it to the server.
pub type Send<'a> = dyn FnMut(Call<'_>) + 'a;

/// The answer to a request.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// The status of HTTP, which the binary protocol has too.
    pub status: u16,
    /// The result, the key or the attributes; from status 400 on the problem.
    pub body: Json,
}

impl Answer {
    /// The attribute or member `name` of the result, if it is an integer.
    pub fn integer(&self, name: &str) -> Option<i64> {
        self.body.get(name)?.as_i64()
    }

    /// The type of the exception that the application raised, if it did.
    pub fn exception(&self) -> Option<&str> {
        self.body.get("exception")?.get("type")?.as_str()
    }
}

/// An answer that a workload does not expect, or a state that breaks an invariant.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum Broken {
    #[error("{call} was answered with {status}: {body}")]
    Unexpected { call: String, status: u16, body: String },
    #[error("{0}")]
    Invariant(String),
}

impl Broken {
    /// For an answer that nobody expects to `call`.
    pub fn unexpected(call: impl Into<String>, answer: &Answer) -> Self {
        Broken::Unexpected {
            call: call.into(),
            status: answer.status,
            body: answer.body.to_string(),
        }
    }
}
