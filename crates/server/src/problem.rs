//! Errors as problem+json (RFC 9457).
//!
//! [`Kind`] is the table of all problems; the rest of a [`Problem`] says what is wrong this time.
//! What only the operator of the server may know, causes and tracebacks, travels beside the
//! response to the request log and never to the client.

mod failure;
mod kind;

use axum::http::header::{CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::body::{JSON, VALUE};
use anabranch_json::{Json, JsonObject};

pub(crate) use failure::{from_arguments, from_failure, no_json_form};
pub(crate) use kind::Kind;

/// What the `type` of every problem starts with.
pub(crate) const TYPE_PREFIX: &str = "https://anabranch.dev/problems/";

/// The media type of problems.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// After how many seconds a client may try again.
const RETRY_AFTER_SECONDS: &str = "1";

/// One problem of one request.
#[derive(Clone, Debug)]
pub(crate) struct Problem {
    pub(crate) kind: Kind,
    pub(crate) status: StatusCode,
    pub(crate) detail: String,
    /// The exception of the application.
    pub(crate) exception: Option<Box<Json>>,
    /// One text for each mistake in the arguments.
    pub(crate) mistakes: Vec<String>,
    pub(crate) cause: Option<Box<Cause>>,
}

/// What the request log says beside what the client is told.
#[derive(Clone, Debug)]
pub(crate) enum Cause {
    /// What went wrong in the server or the engine.
    Fault(String),
    /// An exception left the application's root method.
    Exception { class: String, traceback: String },
}

impl Problem {
    pub(crate) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            status: kind.status(),
            detail: detail.into(),
            exception: None,
            mistakes: Vec::new(),
            cause: None,
        }
    }

    /// The same problem with a cause for the log.
    pub(crate) fn caused_by(self, cause: Cause) -> Self {
        Self { cause: Some(Box::new(cause)), ..self }
    }

    /// The problem of arguments with these mistakes.
    pub(crate) fn of_mistakes(mistakes: Vec<String>) -> Self {
        Self { mistakes: mistakes.clone(), ..Self::new(Kind::Arguments, mistakes.join("; ")) }
    }

    /// A broken invariant of ours; `cause` goes to the log.
    pub(crate) fn bug(cause: impl Into<String>) -> Self {
        let detail = "this is a bug in Anabranch; the log of the server says more";
        Self::new(Kind::Bug, detail).caused_by(Cause::Fault(cause.into()))
    }

    /// The document, and `retry_after` where HTTP has that header.
    pub(crate) fn members(&self) -> Json {
        let mut document = self.document();
        if let (Some((RETRY_AFTER, _)), Json::Object(members)) = (self.header(), &mut document) {
            let seconds: u32 = RETRY_AFTER_SECONDS.parse().expect("it is a number");
            members.insert("retry_after".to_owned(), seconds.into());
        }
        document
    }

    fn document(&self) -> Json {
        let slug = self.kind.slug();
        let mut document = JsonObject::new();
        document.insert("type".to_owned(), format!("{TYPE_PREFIX}{slug}").into());
        document.insert("title".to_owned(), self.kind.title().into());
        document.insert("status".to_owned(), self.status.as_u16().into());
        document.insert("detail".to_owned(), self.detail.as_str().into());
        if !self.mistakes.is_empty() {
            document.insert("mistakes".to_owned(), self.mistakes.clone().into());
        }
        if let Some(exception) = &self.exception {
            document.insert("exception".to_owned(), Json::clone(exception));
        }
        Json::Object(document)
    }

    fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let (name, value) = match self.kind {
            Kind::Unauthorized => (WWW_AUTHENTICATE, "Bearer".to_owned()),
            Kind::Overloaded | Kind::Unavailable => (RETRY_AFTER, RETRY_AFTER_SECONDS.to_owned()),
            Kind::UnsupportedMediaType => {
                (HeaderName::from_static("accept-post"), format!("{JSON}, {VALUE}"))
            }
            _ => return None,
        };
        let value = HeaderValue::from_str(&value);
        Some((name, value.expect("this is a bug in Anabranch: a header value is not ASCII")))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = self.document().to_string();
        let content_type = HeaderValue::from_static(PROBLEM);
        let mut response = (self.status, [(CONTENT_TYPE, content_type)], body).into_response();
        if let Some((name, value)) = self.header() {
            response.headers_mut().insert(name, value);
        }
        response.extensions_mut().insert(self);
        response
    }
}
