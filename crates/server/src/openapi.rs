//! OpenAPI 3.1 from the program.
//!
//! Entity classes are tags, constructors and methods are operations, dataclasses and enums are
//! components. Docstrings become summaries (first line) and descriptions (the rest).

mod schema;

use anabranch_ir::{Function, Operator, OperatorId, Parameter, ParameterKind, Program, Signature};
use serde_json::json;

use crate::body::JSON;
use crate::handlers::export::{ARCHIVE, JSON_LINES};
use crate::handlers::keys::{LIMIT_DEFAULT, LIMIT_MAX};
use crate::idempotency::IDEMPOTENCY_KEY;
use crate::problem::{Kind, PROBLEM, TYPE_PREFIX};
use anabranch_json::keys::percent_encoded;
use anabranch_json::{Json, JsonObject};

/// Path, name, summary and media type of what operators ask.
const MAINTENANCE: &[(&str, &str, &str, &str)] = &[
    ("/v1", "summary", "What is stored", JSON),
    ("/export", "export", "All entities as JSON lines", JSON_LINES),
    ("/backup", "backup", "Everything as an archive", ARCHIVE),
];

/// The document for `program`, with the bearer token if one is needed.
pub(crate) fn document(program: &Program, needs_token: bool) -> Json {
    let tags: Vec<_> = program.operators.iter().map(tag).collect();
    let mut document = json!({
        "openapi": "3.1.0",
        "info": {
            "title": title(program),
            "version": "1",
            "description": "Every request is one serializable transaction.",
        },
        "tags": tags,
        "paths": paths(program),
        "components": components(program),
    });
    if needs_token {
        document["security"] = json!([{ "bearer": [] }]);
        document["components"]["securitySchemes"] =
            json!({ "bearer": { "type": "http", "scheme": "bearer" } });
    }
    document
}

/// The name of the first module, which is the application's entry.
fn title(program: &Program) -> &str {
    program.modules.first().map_or("Anabranch application", |module| &module.name)
}

fn tag(operator: &Operator) -> Json {
    let mut tag = json!({ "name": operator.name });
    if let Some(documentation) = &operator.documentation {
        tag["description"] = json!(documentation);
    }
    tag
}

fn paths(program: &Program) -> JsonObject {
    let mut paths = JsonObject::new();
    for (path, name, summary, media_type) in MAINTENANCE {
        let schema = match *media_type {
            JSON => json!({ "type": "object" }),
            _ => json!({ "type": "string" }),
        };
        let ok =
            json!({ "description": summary, "content": { *media_type: { "schema": schema } } });
        let operation = json!({
            "operationId": name,
            "summary": summary,
            "responses": { "200": ok, "default": { "$ref": "#/components/responses/Problem" } },
        });
        paths.insert((*path).to_owned(), json!({ "get": operation }));
    }
    for (index, operator) in program.operators.iter().enumerate() {
        let class = format!("/v1/{}", percent_encoded(&operator.name));
        let entity = format!("{class}/{{key}}");
        let key = key_parameter(program, operator);
        let operations =
            json!({ "post": creation(program, operator), "get": keys(program, operator) });
        paths.insert(class, operations);
        paths.insert(
            entity.clone(),
            json!({ "parameters": [key], "get": state(program, operator) }),
        );
        for method in program.public_methods(OperatorId::from_index(index)) {
            let function = program.function(method);
            let path = format!("{entity}/{}", percent_encoded(&function.name));
            let operation = call(program, operator, function);
            paths.insert(path, json!({ "parameters": [key], "post": operation }));
        }
    }
    paths
}

fn creation(program: &Program, operator: &Operator) -> Json {
    let result = json!({
        "type": "object",
        "required": ["key"],
        "properties": { "key": schema::of(program, &operator.key) },
    });
    let name = format!("{}.create", operator.name);
    let mut operation =
        post(program, operator, &name, &operator.constructor, ("201", "created", result));
    operation["summary"] = json!(format!("Create an entity of class {}", operator.name));
    operation
}

fn call(program: &Program, operator: &Operator, function: &Function) -> Json {
    let returns = function.signature.returns.as_ref();
    let result = json!({
        "type": "object",
        "required": ["result"],
        "properties": { "result": returns.map_or(json!({}), |hint| schema::of(program, hint)) },
    });
    let name = format!("{}.{}", operator.name, function.name);
    let mut operation =
        post(program, operator, &name, &function.signature, ("200", "the result", result));
    let documentation = function.documentation.as_deref().unwrap_or("").trim();
    let (summary, description) = documentation.split_once('\n').unwrap_or((documentation, ""));
    if !summary.is_empty() {
        operation["summary"] = json!(summary.trim());
    }
    if !description.trim().is_empty() {
        operation["description"] = json!(description.trim());
    }
    operation
}

/// The listing of a class's keys.
fn keys(program: &Program, operator: &Operator) -> Json {
    let key = schema::of(program, &operator.key);
    let result = json!({
        "type": "object",
        "required": ["keys", "next"],
        "properties": {
            "keys": { "type": "array", "items": key },
            "next": {
                "type": ["string", "null"],
                "description": "What to give as `after` for the next page",
            },
        },
    });
    let parameter = |name: &str, description: &str, schema: Json| json!({ "name": name, "in": "query", "description": description, "schema": schema });
    let limit = json!({
        "type": "integer",
        "minimum": 1,
        "maximum": LIMIT_MAX,
        "default": LIMIT_DEFAULT,
    });
    json!({
        "tags": [operator.name],
        "operationId": format!("{}.keys", operator.name),
        "summary": format!("List keys of class {}", operator.name),
        "parameters": [
            parameter("prefix", "What keys start with, as in a path", json!({ "type": "string" })),
            parameter("after", "`next` of the page before", json!({ "type": "string" })),
            parameter("limit", "Most keys of the page", limit),
        ],
        "responses": responses(("200", "keys, in the order in which they are stored", result)),
    })
}

fn state(program: &Program, operator: &Operator) -> Json {
    let properties: JsonObject = operator
        .attributes
        .iter()
        .map(|attribute| (attribute.name.clone(), schema::of(program, &attribute.hint)))
        .collect();
    let result = json!({
        "type": "object",
        "required": ["key", "state"],
        "properties": {
            "key": schema::of(program, &operator.key),
            "state": { "type": "object", "properties": properties },
        },
    });
    json!({
        "tags": [operator.name],
        "operationId": format!("{}.state", operator.name),
        "summary": format!("Show an entity of class {}", operator.name),
        "responses": responses(("200", "key and attributes", result)),
    })
}

fn post(
    program: &Program,
    operator: &Operator,
    name: &str,
    signature: &Signature,
    success: (&str, &str, Json),
) -> Json {
    let arguments = arguments(program, signature);
    let is_required = arguments.get("required").is_some();
    json!({
        "tags": [operator.name],
        "operationId": name,
        "parameters": [{ "$ref": "#/components/parameters/IdempotencyKey" }],
        "requestBody": { "required": is_required, "content": { JSON: { "schema": arguments } } },
        "responses": responses(success),
    })
}

/// The schema of the arguments by name.
fn arguments(program: &Program, signature: &Signature) -> Json {
    let mut properties = JsonObject::new();
    let mut required: Vec<&str> = Vec::new();
    let mut others = json!(false);
    for Parameter { name, kind, hint, has_default } in &signature.parameters {
        let schema = schema::of(program, hint);
        match kind {
            ParameterKind::VarKeyword => others = schema,
            ParameterKind::VarPositional => {
                properties.insert(name.clone(), json!({ "type": "array", "items": schema }));
            }
            _ => {
                properties.insert(name.clone(), schema);
                if !has_default {
                    required.push(name);
                }
            }
        }
    }
    let mut arguments = json!({
        "type": "object",
        "properties": properties,
        "additionalProperties": others,
    });
    if !required.is_empty() {
        arguments["required"] = json!(required);
    }
    arguments
}

fn responses((status, description, schema): (&str, &str, Json)) -> Json {
    json!({
        status: { "description": description, "content": { JSON: { "schema": schema } } },
        "default": { "$ref": "#/components/responses/Problem" },
    })
}

fn key_parameter(program: &Program, operator: &Operator) -> Json {
    json!({
        "name": "key",
        "in": "path",
        "required": true,
        "description": "The entity's key; a tuple is its parts joined by commas, \
            bytes are Base64 for URLs.",
        "schema": schema::of_key_in_path(program, &operator.key),
    })
}

fn components(program: &Program) -> Json {
    let mut schemas = schema::components(program);
    let types: Vec<_> =
        Kind::ALL.iter().map(|kind| format!("{TYPE_PREFIX}{}", kind.slug())).collect();
    schemas.insert(
        schema::PROBLEM.to_owned(),
        json!({
            "type": "object",
            "required": ["type", "title", "status", "detail"],
            "properties": {
                "type": { "type": "string", "enum": types },
                "title": { "type": "string" },
                "status": { "type": "integer" },
                "detail": { "type": "string" },
                "mistakes": { "type": "array", "items": { "type": "string" } },
                "exception": {
                    "type": "object",
                    "required": ["type", "args"],
                    "properties": {
                        "type": { "type": "string" },
                        "args": { "type": "array" },
                        "attributes": { "type": "object" },
                    },
                },
            },
        }),
    );
    let problem_schema = format!("#/components/schemas/{}", schema::PROBLEM);
    json!({
        "schemas": schemas,
        "parameters": {
            "IdempotencyKey": {
                "name": IDEMPOTENCY_KEY.as_str(),
                "in": "header",
                "description": "A name for this request: a retry with the same name gets the \
                    first reply and is not applied twice.",
                "schema": { "type": "string", "minLength": 1, "maxLength": 255 },
            },
        },
        "responses": {
            "Problem": {
                "description": "What went wrong (RFC 9457)",
                "content": { PROBLEM: { "schema": { "$ref": problem_schema } } },
            },
        },
    })
}
