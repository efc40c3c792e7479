//! `GET /v1/{Entity}`: the keys of a class, page by page.

use std::sync::Arc;

use anabranch_ir::{OperatorId, Program};
use anabranch_json::{keys, write};
use anabranch_kernel::Value;
use anabranch_kernel::value::wire;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use percent_encoding::percent_decode_str;

use super::answer::{accepted_form, answer};
use super::operations::maintain;
use crate::ingress::Ingress;
use crate::maintenance::{KeysPage, KeysRequest};
use crate::paths;
use crate::problem::{Kind, Problem};

/// How many keys a page has unless the client says.
pub(crate) const LIMIT_DEFAULT: usize = 100;
/// How many keys a page has at most.
pub(crate) const LIMIT_MAX: usize = 10_000;

/// 200 with keys, and where the next page begins.
pub(crate) async fn keys(
    State(ingress): State<Arc<Ingress>>,
    request: Request,
) -> Result<Response, Problem> {
    let program = ingress.program();
    let operator = paths::class(program, request.uri().path())?;
    let asked = read_query(program, operator, request.uri().query().unwrap_or(""))?;
    let form = accepted_form(request.headers());
    let page = maintain(&ingress, move |maintenance| maintenance.keys(&asked)).await?;
    answer(StatusCode::OK, form, wire::encode(&document(&page)?), |document| {
        Ok(write::natural(program, &document))
    })
}

fn read_query(
    program: &Program,
    operator: OperatorId,
    query: &str,
) -> Result<KeysRequest, Problem> {
    let class = program.operator(operator);
    let mut asked = KeysRequest {
        class: class.name.clone(),
        prefix: String::new(),
        after: None,
        limit: LIMIT_DEFAULT,
    };
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let decoded = || percent_decode_str(value).decode_utf8_lossy().into_owned();
        match name {
            "prefix" => asked.prefix = decoded(),
            // Encoded once as a key, and once more as a part of a query.
            "after" => asked.after = Some(after(program, operator, &decoded())?),
            "limit" => asked.limit = limit(&decoded())?,
            other => {
                let detail = format!("no parameter {other:?}; there are prefix, after and limit");
                return Err(Problem::of_mistakes(vec![detail]));
            }
        }
    }
    Ok(asked)
}

fn after(program: &Program, operator: OperatorId, text: &str) -> Result<Vec<u8>, Problem> {
    let key = keys::parse(&program.operator(operator).key, text);
    let key = key.map_err(|problem| Problem::of_mistakes(vec![format!("after: {problem}")]))?;
    Ok(wire::encode(&key))
}

fn limit(text: &str) -> Result<usize, Problem> {
    let limit = text.parse().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit));
    limit.ok_or_else(|| {
        let mistake = format!("limit: expected a number from 1 to {LIMIT_MAX}, got {text:?}");
        Problem::of_mistakes(vec![mistake])
    })
}

fn document(page: &KeysPage) -> Result<Value, Problem> {
    let decode = |message: &Vec<u8>| {
        let key = wire::decode(message);
        key.map_err(|error| Problem::bug(format!("a stored key is not readable: {error}")))
    };
    let keys = page.keys.iter().map(decode).collect::<Result<_, _>>()?;
    let next = match page.next.as_ref().map(decode).transpose()? {
        None => Value::None,
        Some(key) => Value::Str(keys::written(&key).ok_or_else(|| {
            Problem::new(Kind::NoJsonForm, "the last key on this page cannot be written in a path")
        })?),
    };
    let members = [("keys", Value::List(keys)), ("next", next)];
    Ok(Value::Dict(members.map(|(name, value)| (Value::Str(name.to_owned()), value)).into()))
}
