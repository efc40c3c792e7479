//! Failures of the engine as problems.

use anabranch_ir::Program;
use anabranch_kernel::request::{ENTITY_EXISTS, ENTITY_NOT_FOUND};
use anabranch_kernel::value::wire::{self, DecodeError};
use anabranch_kernel::{Failure, Raised, Value};
use axum::http::StatusCode;
use serde_json::json;

use super::{Cause, Kind, Problem};
use crate::arguments::ArgumentError;
use anabranch_json::write;

/// What the client is told about `failure`.
pub(crate) fn from_failure(program: &Program, failure: Failure) -> Problem {
    match failure {
        Failure::Raised(raised) => from_exception(program, raised),
        Failure::Interrupted => Problem::new(
            Kind::Interrupted,
            "the transaction ran too long and was stopped; nothing of it was applied",
        ),
        Failure::IdempotencyConflict => Problem::new(
            Kind::IdempotencyConflict,
            "use a new Idempotency-Key for a new request, and the same one only to repeat a request",
        ),
        Failure::Overloaded => {
            Problem::new(Kind::Overloaded, "nothing was applied; try again later")
        }
        Failure::Unavailable(cause) => Problem::new(
            Kind::Unavailable,
            "it is not known whether the request was applied; \
             repeat it with the same Idempotency-Key",
        )
        .caused_by(Cause::Fault(cause)),
        Failure::Bug(cause) => Problem::bug(cause),
    }
}

/// Arguments that do not fit.
pub(crate) fn from_arguments(error: ArgumentError) -> Problem {
    match error {
        ArgumentError::Mistakes(mistakes) => Problem::of_mistakes(mistakes),
        ArgumentError::NotAMessage(error) => Problem::new(Kind::NotAValue, error.to_string()),
    }
}

/// A result that was made, but cannot be shown in JSON.
pub(crate) fn no_json_form(error: DecodeError) -> Problem {
    match error {
        DecodeError::Cyclic => Problem::new(
            Kind::NoJsonForm,
            format!("the request was applied, but its result cannot be shown: {error}"),
        ),
        error => Problem::bug(format!("the engine replied with what is not a value: {error}")),
    }
}

fn from_exception(program: &Program, raised: Raised) -> Problem {
    let kind = match raised.class.as_str() {
        ENTITY_NOT_FOUND => Kind::EntityNotFound,
        ENTITY_EXISTS => Kind::EntityExists,
        _ => Kind::ApplicationException,
    };
    let exception = match wire::decode(&raised.exception) {
        Ok(Value::Exception(exception)) => write::exception_object(program, &exception),
        // What the exception carries cannot be shown; its class and message can.
        _ => json!({ "type": raised.class, "args": [raised.message] }),
    };
    let mut problem = Problem::new(kind, detail(&raised));
    if kind == Kind::ApplicationException {
        let chosen = raised.http_status.filter(|status| (400..=599).contains(status));
        if let Some(status) = chosen.and_then(|status| StatusCode::from_u16(status).ok()) {
            problem.status = status;
        }
    }
    problem.exception = Some(Box::new(exception));
    problem.caused_by(Cause::Exception { class: raised.class, traceback: raised.traceback })
}

fn detail(raised: &Raised) -> String {
    if !raised.message.is_empty() {
        return raised.message.clone();
    }
    let name = raised.class.rsplit([':', '.']).next().unwrap_or(&raised.class);
    format!("{name} was raised")
}
