//! Answers in the form that the client accepts.

use anabranch_kernel::Value;
use anabranch_kernel::value::wire;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use crate::body::{JSON, VALUE};
use crate::problem::{Problem, no_json_form};
use anabranch_json::Json;

/// The form of an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Form {
    /// For everybody.
    Json,
    /// A wire message, for those who ask for it.
    Value,
}

/// The form that a client with these headers accepts.
pub(crate) fn accepted_form(headers: &HeaderMap) -> Form {
    let mut accepted = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    let names_value = accepted.any(|list| {
        let types = list.split(',').filter_map(|range| range.split(';').next());
        types.map(str::trim).any(|media_type| media_type.eq_ignore_ascii_case(VALUE))
    });
    if names_value { Form::Value } else { Form::Json }
}

/// The answer with the result in `message`; `to_json` makes the document for those who want JSON.
///
/// # Errors
/// The result has no form in JSON.
pub(crate) fn answer(
    status: StatusCode,
    form: Form,
    message: Vec<u8>,
    to_json: impl FnOnce(Value) -> Result<Json, Problem>,
) -> Result<Response, Problem> {
    let (content_type, body) = match form {
        Form::Value => (VALUE, message),
        Form::Json => {
            let result = wire::decode(&message).map_err(no_json_form)?;
            (JSON, to_json(result)?.to_string().into_bytes())
        }
    };
    Ok((status, [(CONTENT_TYPE, HeaderValue::from_static(content_type))], body).into_response())
}
