//! What a path under `/v1` names.
//!
//! The segments are taken from the path as it was sent, not from the router's decoded parameters:
//! a comma joins the parts of a key only where it is not percent-encoded.

use anabranch_ir::{Function, FunctionId, OperatorId, Program};
use anabranch_kernel::{EntityId, Value};
use percent_encoding::percent_decode_str;

use crate::problem::{Kind, Problem};
use anabranch_json::keys;

/// Where the routes of entities begin.
pub(crate) const ROOT: &str = "/v1/";

/// An entity and its key.
pub(crate) struct Target {
    pub(crate) operator: OperatorId,
    pub(crate) key: Value,
    pub(crate) id: EntityId,
}

/// The class in `/v1/{entity}`.
///
/// # Errors
/// There is no such class.
pub(crate) fn class(program: &Program, path: &str) -> Result<OperatorId, Problem> {
    class_named(program, &percent_decode_str(segment(path, 0)).decode_utf8_lossy())
}

/// The class with this name.
///
/// # Errors
/// There is no such class.
pub(crate) fn class_named(program: &Program, name: &str) -> Result<OperatorId, Problem> {
    program.operator_named(name).ok_or_else(|| {
        let known: Vec<_> =
            program.operators.iter().map(|operator| operator.name.as_str()).collect();
        let detail = format!("no entity class {name:?}; there are {}", known.join(", "));
        Problem::new(Kind::NoSuchClass, detail)
    })
}

/// The entity in `/v1/{entity}/{key}`.
///
/// # Errors
/// There is no such class, or it has no such keys.
pub(crate) fn target(program: &Program, path: &str) -> Result<Target, Problem> {
    let operator = class(program, path)?;
    let key = keys::parse(&program.operator(operator).key, segment(path, 1));
    let key = key.map_err(|detail| Problem::new(Kind::EntityNotFound, detail))?;
    Ok(Target { operator, id: keys::entity_id(operator, &key), key })
}

/// The method of `operator` in `/v1/{entity}/{key}/{method}`.
///
/// # Errors
/// There is no such method.
pub(crate) fn method<'a>(
    program: &'a Program,
    operator: OperatorId,
    path: &str,
) -> Result<(FunctionId, &'a Function), Problem> {
    let name = percent_decode_str(segment(path, 2)).decode_utf8_lossy();
    method_named(program, operator, &name)
}

/// The method of `operator` with this name.
///
/// # Errors
/// There is no such method.
pub(crate) fn method_named<'a>(
    program: &'a Program,
    operator: OperatorId,
    name: &str,
) -> Result<(FunctionId, &'a Function), Problem> {
    let mut methods = program.public_methods(operator);
    let method =
        methods.find(|method| program.function(*method).name == name).ok_or_else(|| {
            let class = program.operator(operator);
            let methods = program.public_methods(operator);
            let known: Vec<_> =
                methods.map(|method| program.function(method).name.as_str()).collect();
            let detail =
                format!("{} has no method {name:?}; it has {}", class.name, known.join(", "));
            Problem::new(Kind::NoSuchMethod, detail)
        })?;
    Ok((method, program.function(method)))
}

/// The path of an entity, where its key has a form as a path segment.
pub(crate) fn of_entity(program: &Program, operator: OperatorId, key: &Value) -> Option<String> {
    let class = program.operator(operator);
    let segment = keys::segment(&class.key, key)?;
    Some(format!("{ROOT}{}/{segment}", keys::percent_encoded(&class.name)))
}

fn segment(path: &str, index: usize) -> &str {
    let names = path.strip_prefix(ROOT).unwrap_or("");
    names.split('/').nth(index).unwrap_or("")
}
