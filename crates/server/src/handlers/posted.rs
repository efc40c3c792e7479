//! What all POST requests bring.

use anabranch_ir::{Program, Signature};
use anabranch_kernel::IdempotencyKey;
use axum::body::Bytes;
use axum::extract::Request;

use super::answer::{Form, accepted_form};
use crate::arguments;
use crate::body::{self, ContentType};
use crate::idempotency;
use crate::ingress::{Ingress, Place};
use crate::problem::{Kind, Problem, from_arguments};
use anabranch_json::{Json, JsonObject};

/// A POST that has been read and checked.
pub(crate) struct Posted {
    /// The wire message of the arguments.
    pub(crate) arguments: Vec<u8>,
    pub(crate) idempotency_key: Option<IdempotencyKey>,
    pub(crate) form: Form,
    pub(crate) place: Place,
}

/// Reads and checks a call of something with `signature`.
///
/// # Errors
/// The server is full, or the body, its type, a header or the arguments are not right.
pub(crate) async fn receive(
    ingress: &Ingress,
    signature: &Signature,
    request: Request,
) -> Result<Posted, Problem> {
    let (head, content) = request.into_parts();
    let content_type = body::content_type(&head.headers)?;
    let mut place = ingress.take_place()?;
    let length_max = ingress.body_max;
    let body = body::read(&head.headers, content, content_type, length_max, &mut place).await?;
    let media_type = match content_type {
        ContentType::Value => body::VALUE,
        ContentType::Json | ContentType::Unnamed => body::JSON,
    };
    let asked: [&[u8]; 4] =
        [head.method.as_str().as_bytes(), head.uri.path().as_bytes(), media_type.as_bytes(), &body];
    let idempotency_key = idempotency::key(&head.headers, asked)?;
    let arguments = arguments(ingress.program(), signature, content_type, body)?;
    Ok(Posted { arguments, idempotency_key, form: accepted_form(&head.headers), place })
}

fn arguments(
    program: &Program,
    signature: &Signature,
    content_type: ContentType,
    body: Bytes,
) -> Result<Vec<u8>, Problem> {
    let checked = match content_type {
        ContentType::Value => {
            arguments::check_message(program, signature, &body).map(|()| Vec::from(body))
        }
        ContentType::Json | ContentType::Unnamed => {
            arguments::from_json(program, signature, &parse(&body)?)
        }
    };
    checked.map_err(from_arguments)
}

/// An empty body is one without arguments.
fn parse(body: &[u8]) -> Result<Json, Problem> {
    if body.is_empty() {
        return Ok(Json::Object(JsonObject::new()));
    }
    serde_json::from_slice(body).map_err(|error| Problem::new(Kind::NotJson, error.to_string()))
}
