//! `GET /v1/{Entity}/{key}`: shows an entity.

use std::sync::Arc;

use anabranch_kernel::{Operation, Value};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::answer::{accepted_form, answer};
use crate::ingress::Ingress;
use crate::paths;
use crate::problem::Problem;
use anabranch_json::write;

/// 200 with the entity's key and attributes.
pub(crate) async fn state(
    State(ingress): State<Arc<Ingress>>,
    request: Request,
) -> Result<Response, Problem> {
    let program = ingress.program();
    let target = paths::target(program, request.uri().path())?;
    let place = ingress.take_place()?;
    let operation = Operation::GetState { target: target.id };
    let message = ingress.execute(operation, None, place).await?;
    answer(StatusCode::OK, accepted_form(request.headers()), message, |result| {
        if !matches!(result, Value::Dict(_)) {
            return Err(Problem::bug("the engine showed a state that is not a dict"));
        }
        Ok(json!({
            "key": write::natural(program, &target.key),
            "state": write::natural(program, &result),
        }))
    })
}
