//! `POST /v1/{Entity}/{key}/{method}`: calls a method.

use std::sync::Arc;

use anabranch_kernel::Operation;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::answer::answer;
use super::posted::{self, Posted};
use crate::ingress::Ingress;
use crate::paths;
use crate::problem::Problem;
use anabranch_json::write;

/// 200 with what the method returns.
pub(crate) async fn call(
    State(ingress): State<Arc<Ingress>>,
    request: Request,
) -> Result<Response, Problem> {
    let program = ingress.program();
    let path = request.uri().path();
    let target = paths::target(program, path)?;
    let (method, function) = paths::method(program, target.operator, path)?;
    let posted = posted::receive(&ingress, &function.signature, request).await?;
    let Posted { arguments, idempotency_key, form, place } = posted;
    let operation = Operation::Call { target: target.id, method, arguments };
    let message = ingress.execute(operation, idempotency_key, place).await?;
    answer(StatusCode::OK, form, message, |result| {
        Ok(json!({ "result": write::natural(program, &result) }))
    })
}
