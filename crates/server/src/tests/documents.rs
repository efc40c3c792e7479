//! OpenAPI, metrics, health, and who may see them.

use anabranch_kernel::{Failure, Value};
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use super::application;
use super::fake_engine::{FakeEngine, get, post, router_over, router_with, send};
use crate::openapi;
use crate::options::Options;
use anabranch_json::Json;

/// Calls `visit` with every `$ref` that is a JSON pointer. In examples and values there is none.
fn visit_references(json: &Json, visit: &mut impl FnMut(&str)) {
    match json {
        Json::Object(object) => {
            for (name, member) in object {
                match member {
                    Json::String(pointer) if name == "$ref" => visit(pointer),
                    _ => visit_references(member, visit),
                }
            }
        }
        Json::Array(elements) => {
            elements.iter().for_each(|element| visit_references(element, visit));
        }
        _ => {}
    }
}

#[test]
fn the_openapi_document_refers_to_what_it_holds() {
    let document = openapi::document(&application::program(), true);
    let mut count = 0;
    visit_references(&document, &mut |reference| {
        count += 1;
        let pointer = reference.strip_prefix('#').expect("a reference into the document");
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    });
    assert!(count > 10);
}

#[test]
fn every_operation_has_a_name_of_its_own_and_answers() {
    let document = openapi::document(&application::program(), false);
    let mut names = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in ["get", "post"] {
            let Some(operation) = item.get(method) else {
                continue;
            };
            names.push(operation["operationId"].as_str().unwrap().to_owned());
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.contains_key("default"), "{path}");
            assert!(responses.contains_key("200") || responses.contains_key("201"), "{path}");
            assert_eq!(path.contains("{key}"), item.get("parameters").is_some(), "{path}");
        }
    }
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(names.contains(&"User.buy_item".to_owned()));
    assert_eq!(document.get("security"), None);
}

#[test]
fn the_openapi_document_describes_arguments_and_results() {
    let document = openapi::document(&application::program(), true);
    let call = &document["paths"]["/v1/User/{key}/buy_item"]["post"];
    assert_eq!(call["summary"], "What it does.");
    assert_eq!(call["description"], "In more words.");
    assert_eq!(call["tags"], json!(["User"]));
    let arguments = &call["requestBody"]["content"]["application/json"]["schema"];
    assert_eq!(arguments["required"], json!(["amount", "item"]));
    assert_eq!(arguments["additionalProperties"], json!(false));
    assert_eq!(arguments["properties"]["amount"], json!({ "type": "integer" }));
    assert_eq!(arguments["properties"]["item"]["anyOf"][0], json!({ "type": "string" }));
    let mixed = &document["paths"]["/v1/Item/{key}/mix"]["post"]["requestBody"];
    let mixed = &mixed["content"]["application/json"]["schema"];
    assert_eq!(mixed["required"], json!(["a", "d"]));
    assert_eq!(mixed["properties"]["rest"]["type"], "array");
    assert_eq!(mixed["additionalProperties"]["anyOf"][0], json!({ "type": "number" }));
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Colour"], json!({ "enum": ["red", 2, "ODD"] }));
    assert_eq!(schemas["Address"]["required"], json!(["street"]));
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}

#[test]
fn the_openapi_document_has_what_operators_ask() {
    let document = openapi::document(&application::program(), true);
    let parameters = &document["paths"]["/v1/Item"]["get"]["parameters"];
    assert_eq!(parameters.as_array().unwrap().len(), 3);
    for path in ["/v1", "/export", "/backup"] {
        assert!(document["paths"][path]["get"]["responses"]["200"].is_object(), "{path}");
    }
}

#[tokio::test]
async fn health_readiness_and_openapi_are_served() {
    let engine = FakeEngine::replying(&Value::None);
    for path in ["/healthz", "/readyz", "/openapi.json", "/metrics"] {
        assert_eq!(send(router_over(&engine), get(path)).await.status, 200, "{path}");
    }
    let broken = FakeEngine::failing(Failure::Unavailable("the secret disk is full".to_owned()));
    assert_eq!(send(router_over(&broken), get("/healthz")).await.status, 200);
    let answer = send(router_over(&broken), get("/readyz")).await;
    assert_eq!(answer.problem(), (503, "unavailable".to_owned()));
    assert!(!answer.text().contains("secret"));
}

#[tokio::test]
async fn metrics_count_requests_by_route_and_status() {
    let engine = FakeEngine::replying(&Value::None);
    let router = router_over(&engine);
    for key in ["pen", "cup"] {
        let path = format!("/v1/Item/{key}/update_stock");
        send(router.clone(), post(&path, r#"{"amount": 2}"#)).await;
        send(router.clone(), post(&path, "{}")).await;
    }
    send(router.clone(), get("/nowhere/secret")).await;
    let answer = send(router, get("/metrics")).await;
    assert!(answer.header("content-type").starts_with("application/openmetrics-text"));
    let text = answer.text();
    let route = "route=\"/v1/{entity}/{key}/{method}\"";
    for line in [
        format!("anabranch_http_requests_total{{method=\"POST\",{route},status=\"200\"}} 2"),
        format!("anabranch_http_requests_total{{method=\"POST\",{route},status=\"422\"}} 2"),
        "anabranch_http_requests_total{method=\"GET\",route=\"none\",status=\"404\"} 1".to_owned(),
        format!("anabranch_http_request_duration_seconds_count{{method=\"POST\",{route}}} 4"),
        "anabranch_http_requests_in_flight 1".to_owned(),
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    assert!(!text.contains("pen") && !text.contains("secret"), "{text}");
}

fn guarded() -> Router {
    let options = Options { token: Some("open sesame".to_owned()), ..Options::default() };
    router_with(&FakeEngine::replying(&Value::Dict(vec![])), &options)
}

fn with_authorization(path: &str, value: &str) -> Request<Body> {
    Request::get(path).header("authorization", value).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn a_token_guards_entities_and_their_description() {
    for path in ["/v1/Item/pen", "/openapi.json", "/v1/Item/"] {
        for request in [
            get(path),
            with_authorization(path, "Bearer open"),
            with_authorization(path, "Bearer open sesame!"),
            with_authorization(path, "Basic open sesame"),
            with_authorization(path, "open sesame"),
            with_authorization(path, "Bearer "),
        ] {
            let answer = send(guarded(), request).await;
            assert_eq!(answer.problem(), (401, "unauthorized".to_owned()));
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
        for value in ["Bearer open sesame", "bearer open sesame"] {
            assert_eq!(send(guarded(), with_authorization(path, value)).await.status, 200);
        }
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(send(guarded(), get(path)).await.status, 200);
    }
}
