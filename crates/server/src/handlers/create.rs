//! `POST /v1/{Entity}`: makes an entity.

use std::sync::Arc;

use anabranch_kernel::{Operation, Value};
use axum::extract::{Request, State};
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::answer::answer;
use super::posted::{self, Posted};
use crate::ingress::Ingress;
use crate::paths;
use crate::problem::Problem;
use anabranch_json::write;

/// 201 with the new entity's key, and its path as `Location`.
pub(crate) async fn create(
    State(ingress): State<Arc<Ingress>>,
    request: Request,
) -> Result<Response, Problem> {
    let program = ingress.program();
    let operator = paths::class(program, request.uri().path())?;
    let signature = &program.operator(operator).constructor;
    let posted = posted::receive(&ingress, signature, request).await?;
    let Posted { arguments, idempotency_key, form, place } = posted;
    let operation = Operation::Create { operator, arguments };
    let message = ingress.execute(operation, idempotency_key, place).await?;
    let mut location = None;
    let mut response = answer(StatusCode::CREATED, form, message, |result| {
        let Value::Reference(reference) = result else {
            return Err(Problem::bug("the engine created what is not a reference"));
        };
        location = paths::of_entity(program, operator, &reference.key);
        Ok(json!({ "key": write::natural(program, &reference.key) }))
    })?;
    if let Some(location) = location.and_then(|path| HeaderValue::from_str(&path).ok()) {
        response.headers_mut().insert(LOCATION, location);
    }
    Ok(response)
}
