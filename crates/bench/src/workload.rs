//! What a workload is: it makes requests, learns of their answers, and knows at the end what the
//! state must be.

use serde_json::Value as Json;
use thiserror::Error;

/// An argument of a call, or a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Argument<'a> {
    Integer(i64),
    Text(&'a str),
    /// An entity whose key is a text.
    Entity {
        class: &'a str,
        key: &'a str,
    },
}

/// A request, as any protocol can carry it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Call<'a> {
    Create {
        class: &'a str,
        arguments: &'a [(&'a str, Argument<'a>)],
    },
    Method {
        class: &'a str,
        key: &'a str,
        method: &'a str,
        arguments: &'a [(&'a str, Argument<'a>)],
    },
    State {
        class: &'a str,
        key: &'a str,
    },
}

/// The answer to a request.
#[derive(Clone, PartialEq, Debug)]
pub struct Answer {
    /// The status of HTTP, which the binary protocol has too.
    pub status: u16,
    /// The result, the key or the attributes; from status 400 on the problem.
    pub body: Json,
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

/// A source of requests.
pub trait Workload: 'static {
    /// What the workload remembers of a request until it is answered.
    type Asked;

    /// Makes the next request and gives it to `send`; `None` if there are no more.
    fn ask(&mut self, send: &mut dyn FnMut(Call<'_>)) -> Option<Self::Asked>;

    /// Takes note of an answer. Answers that refuse the request for lack of room (429, 503) do not
    /// come here: such a request was not applied.
    ///
    /// # Errors
    /// The answer is not one that the workload expects.
    fn answered(&mut self, asked: Self::Asked, answer: Answer) -> Result<(), Broken>;
}
