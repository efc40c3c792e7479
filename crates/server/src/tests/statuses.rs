//! Every status in the design's table.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use anabranch_kernel::value::{Reference, wire};
use anabranch_kernel::{Failure, Operation, Value};
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{self, Method};
use hyper::body::Frame;
use serde_json::json;
use tokio::task::yield_now;

use super::fake_engine::{
    Behaviour, FakeEngine, get, post, raised, router_over, router_with, send, str_value,
};
use crate::body::VALUE;
use crate::options::Options;
use anabranch_json::keys;

const STOCK: &str = "/v1/Item/pen/update_stock";

#[tokio::test]
async fn creating_answers_201_with_key_and_location() {
    let reference = Reference { class: "Item".into(), key: Box::new(str_value("a/b")) };
    let engine = FakeEngine::replying(&Value::Reference(reference));
    let request = post("/v1/Item", r#"{"item_id": "a/b", "price": 3}"#);
    let answer = send(router_over(&engine), request).await;
    assert_eq!(answer.status, 201);
    assert_eq!(answer.json(), json!({ "key": "a/b" }));
    assert_eq!(answer.header("location"), "/v1/Item/a%2Fb");
    assert_eq!(answer.header("content-type"), "application/json");
    assert!(matches!(engine.request().operation, Operation::Create { operator, .. }
        if operator.index() == 0));
}

#[tokio::test]
async fn calling_answers_200_with_the_result() {
    let engine = FakeEngine::replying(&Value::Bool(true));
    let request = post("/v1/Cell/a%2Cb,7/nothing", "{}");
    let answer = send(router_over(&engine), request).await;
    assert_eq!(answer.problem(), (404, "no-such-method".to_owned()));

    let answer = send(router_over(&engine), post(STOCK, r#"{"amount": 2}"#)).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "result": true })));
    let Operation::Call { target, method, .. } = engine.request().operation else {
        panic!("not a call")
    };
    assert_eq!(target.key.to_vec(), wire::encode(&str_value("pen")));
    assert_eq!(engine_method(&engine, method), "update_stock");
}

fn engine_method(engine: &FakeEngine, method: anabranch_ir::FunctionId) -> String {
    use anabranch_kernel::Engine;
    engine.program().function(method).name.clone()
}

#[tokio::test]
async fn reading_answers_200_with_key_and_state() {
    let state = Value::Dict(vec![(str_value("stock"), Value::Int(4))]);
    let engine = FakeEngine::replying(&state);
    let answer = send(router_over(&engine), get("/v1/Cell/a%2Cb,7")).await;
    let expected = json!({ "key": ["a,b", 7], "state": { "stock": 4 } });
    assert_eq!((answer.status.as_u16(), answer.json()), (200, expected));
    let Operation::GetState { target } = engine.request().operation else { panic!("not a read") };
    let key = Value::Tuple(vec![str_value("a,b"), Value::Int(7)]);
    assert_eq!(target, keys::entity_id(target.operator, &key));
}

#[tokio::test]
async fn the_empty_string_is_a_key() {
    let engine = FakeEngine::replying(&Value::Dict(vec![]));
    let answer = send(router_over(&engine), get("/v1/Item/")).await;
    assert_eq!(answer.json(), json!({ "key": "", "state": {} }));
    let engine = FakeEngine::replying(&Value::None);
    let answer = send(router_over(&engine), post("/v1/Item//reset", "")).await;
    assert_eq!((answer.status.as_u16(), answer.json()), (200, json!({ "result": null })));
}

#[tokio::test]
async fn an_empty_body_without_content_type_has_no_arguments() {
    let engine = FakeEngine::replying(&Value::None);
    let request = http::Request::post("/v1/Item/pen/reset").body(Body::empty()).unwrap();
    assert_eq!(send(router_over(&engine), request).await.status, 200);
    // Not if a browser may have been made to send it by somebody else's page.
    let request =
        http::Request::post("/v1/Item/pen/reset").header("origin", "https://other.example");
    let answer = send(router_over(&engine), request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.problem(), (415, "unsupported-media-type".to_owned()));
}

#[tokio::test]
async fn requests_that_name_nothing_or_bring_nonsense_do_not_reach_the_engine() {
    let cases = [
        (post("/v1/Itme", "{}"), 404, "no-such-class"),
        (post("/v1/Item/pen/fly", "{}"), 404, "no-such-method"),
        (get("/v1/Account/seven"), 404, "entity-not-found"),
        (get("/v1/Cell/a,b"), 404, "entity-not-found"),
        (get("/v2"), 404, "no-such-route"),
        (get(STOCK), 405, "method-not-allowed"),
        (post("/v1/Item/pen", "{}"), 405, "method-not-allowed"),
        (post("/healthz", "{}"), 405, "method-not-allowed"),
        (post(STOCK, "{amount: 2}"), 400, "not-json"),
        (post(STOCK, b"{\"amount\": \"\xff\"}".to_vec()), 400, "not-json"),
        (post(STOCK, "[1]"), 422, "arguments"),
        (post(STOCK, r#"{"amount": "two"}"#), 422, "arguments"),
        (post(STOCK, "x".repeat(2_000_000)), 413, "body-too-large"),
    ];
    for (request, status, slug) in cases {
        let name = format!("{} {}", request.method(), request.uri());
        let engine = FakeEngine::replying(&Value::None);
        let answer = send(router_over(&engine), request).await;
        assert_eq!(answer.problem(), (status, slug.to_owned()), "{name}");
        assert!(engine.requests.lock().unwrap().is_empty(), "{name}");
    }
}

#[tokio::test]
async fn other_content_types_are_refused() {
    for content_type in [Some("application/x-www-form-urlencoded"), Some("text/json"), None] {
        let engine = FakeEngine::replying(&Value::None);
        let mut request = http::Request::post(STOCK);
        if let Some(content_type) = content_type {
            request = request.header("content-type", content_type);
        }
        let request = request.body(Body::from(r#"{"amount": 2}"#)).unwrap();
        let answer = send(router_over(&engine), request).await;
        assert_eq!(answer.problem(), (415, "unsupported-media-type".to_owned()));
        assert!(answer.header("accept-post").contains("application/json"));
    }
    let engine = FakeEngine::replying(&Value::None);
    let request =
        http::Request::post(STOCK).header("content-type", "application/JSON; charset=utf-8");
    let request = request.body(Body::from(r#"{"amount": 2}"#)).unwrap();
    assert_eq!(send(router_over(&engine), request).await.status, 200);
}

#[tokio::test]
async fn a_body_may_be_as_large_as_the_limit() {
    let body = format!(r#"{{"amount": 2{}}}"#, " ".repeat(100));
    for (body_max, status) in [(body.len(), 200), (body.len() - 1, 413)] {
        let engine = FakeEngine::replying(&Value::None);
        let options = Options { body_max, ..Options::default() };
        let router = router_with(&engine, &options);
        // A body without an announced length is measured as it comes.
        let answer = send(router.clone(), post(STOCK, body.clone())).await;
        assert_eq!(answer.status, status);
        let mut announced = post(STOCK, body.clone());
        announced.headers_mut().insert("content-length", body.len().into());
        assert_eq!(send(router, announced).await.status, status);
    }
}

#[tokio::test]
async fn head_and_options_are_answered() {
    let engine = FakeEngine::replying(&Value::Dict(vec![]));
    let head = http::Request::head("/v1/Item/pen").body(Body::empty()).unwrap();
    let answer = send(router_over(&engine), head).await;
    assert_eq!((answer.status.as_u16(), answer.body.len()), (200, 0));
    for (path, allowed) in [(STOCK, "POST"), ("/v1/Item/pen", "GET,HEAD"), ("/metrics", "GET,HEAD")]
    {
        let options = http::Request::builder().method(Method::OPTIONS).uri(path);
        let answer = send(router_over(&engine), options.body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (204, allowed), "{path}");
        let put = http::Request::put(path).body(Body::empty()).unwrap();
        let answer = send(router_over(&engine), put).await;
        assert_eq!(answer.header("allow"), allowed, "{path}");
        assert_eq!(answer.problem(), (405, "method-not-allowed".to_owned()));
    }
}

#[tokio::test]
async fn failures_of_the_engine_have_their_statuses() {
    let cases = [
        (Failure::Interrupted, 504, "interrupted", ""),
        (Failure::IdempotencyConflict, 422, "idempotency-conflict", ""),
        (Failure::Overloaded, 503, "overloaded", "1"),
        (Failure::Unavailable("the secret disk is full".into()), 503, "unavailable", "1"),
        (Failure::Bug("the secret invariant".into()), 500, "bug", ""),
    ];
    for (failure, status, slug, retry_after) in cases {
        let engine = FakeEngine::failing(failure);
        let answer = send(router_over(&engine), post(STOCK, r#"{"amount": 2}"#)).await;
        assert_eq!(answer.problem(), (status, slug.to_owned()));
        assert_eq!(answer.header("retry-after"), retry_after);
        assert!(!answer.text().contains("secret"), "{}", answer.text());
    }
}

#[tokio::test]
async fn exceptions_have_their_statuses() {
    let key = || vec![str_value("Item"), str_value("pen")];
    let cases = [
        ("anabranch:EntityNotFound", key(), Some(418), 404, "entity-not-found"),
        ("anabranch:EntityExists", key(), None, 409, "entity-exists"),
        ("shop:OutOfStock", vec![Value::Int(1)], None, 409, "application-exception"),
        ("shop:Forbidden", vec![], Some(403), 403, "application-exception"),
        ("shop:Down", vec![], Some(599), 599, "application-exception"),
        ("shop:Silly", vec![], Some(200), 409, "application-exception"),
        ("shop:Silly", vec![], Some(600), 409, "application-exception"),
        ("builtins:ZeroDivisionError", vec![], None, 409, "application-exception"),
    ];
    for (class, args, http_status, status, slug) in cases {
        let engine = FakeEngine::failing(raised(class, args.clone(), http_status));
        let answer = send(router_over(&engine), post(STOCK, r#"{"amount": 2}"#)).await;
        assert_eq!(answer.problem(), (status, slug.to_owned()), "{class}");
        let document = answer.json();
        assert_eq!(document["detail"], "what the exception says");
        assert_eq!(document["exception"]["type"], class);
        assert_eq!(document["exception"]["args"].as_array().unwrap().len(), args.len());
        assert!(!answer.text().contains("secret"), "{}", answer.text());
    }
}

#[tokio::test]
async fn an_engine_that_fails_its_contract_is_our_fault() {
    let not_a_value = Behaviour::Reply(Ok(vec![0xFF]));
    for behaviour in [Behaviour::Drop, Behaviour::Panic, not_a_value] {
        let engine = FakeEngine::new(behaviour);
        let answer = send(router_over(&engine), post(STOCK, r#"{"amount": 2}"#)).await;
        assert_eq!(answer.problem(), (500, "bug".to_owned()));
    }
    let engine = FakeEngine::replying(&Value::Int(1));
    let create = post("/v1/User", r#"{"username": "alice"}"#);
    assert_eq!(send(router_over(&engine), create).await.problem().0, 500);
    assert_eq!(send(router_over(&engine), get("/v1/User/alice")).await.problem().0, 500);
}

#[tokio::test]
async fn a_result_that_holds_itself_has_no_json_form() {
    // A list whose only element is the list again.
    let mut writer = wire::Writer::new();
    writer.list(1);
    writer.shared(0);
    let engine = FakeEngine::new(Behaviour::Reply(Ok(writer.finish())));
    let answer = send(router_over(&engine), post(STOCK, r#"{"amount": 2}"#)).await;
    assert_eq!(answer.problem(), (406, "no-json-form".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn without_a_reply_in_time_the_answer_is_504_and_the_request_goes_on() {
    let engine = FakeEngine::new(Behaviour::Hold);
    let answer = send(router_over(&engine), post(STOCK, r#"{"amount": 2}"#)).await;
    assert_eq!(answer.problem(), (504, "timeout".to_owned()));
    let on_reply = engine.held.lock().unwrap().pop().unwrap();
    on_reply(Ok(wire::encode(&Value::None)));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_answers_408() {
    let engine = FakeEngine::replying(&Value::None);
    let answer = send(router_over(&engine), post(STOCK, Body::new(Never))).await;
    assert_eq!(answer.problem(), (408, "slow-body".to_owned()));
}

/// A body of which nothing comes.
struct Never;

impl HttpBody for Never {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

#[tokio::test(start_paused = true)]
async fn places_are_kept_until_the_engine_replies() {
    let engine = FakeEngine::new(Behaviour::Hold);
    let options = Options { in_flight_max: 1, ..Options::default() };
    let router = router_with(&engine, &options);
    let answer = send(router.clone(), post(STOCK, r#"{"amount": 1}"#)).await;
    assert_eq!(answer.problem(), (504, "timeout".to_owned()));
    // The client has its answer, but the engine still works.
    let answer = send(router.clone(), post(STOCK, r#"{"amount": 2}"#)).await;
    assert_eq!(answer.problem(), (503, "overloaded".to_owned()));
    assert_eq!(answer.header("retry-after"), "1");
    let on_reply = engine.held.lock().unwrap().pop().unwrap();
    on_reply(Ok(wire::encode(&Value::None)));
    // The task that hands replies on runs now.
    yield_now().await;
    let answer = send(router, post(STOCK, r#"{"amount": 3}"#)).await;
    assert_eq!(answer.problem(), (504, "timeout".to_owned()));
    assert_eq!(engine.requests.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn those_who_ask_for_encoded_values_get_them() {
    let reference =
        Value::Reference(Reference { class: "Item".into(), key: Box::new(str_value("pen")) });
    let requests = [
        post("/v1/Item", r#"{"item_id": "pen", "price": 3}"#),
        post(STOCK, r#"{"amount": 2}"#),
        get("/v1/Item/pen"),
    ];
    for mut request in requests {
        let accept = format!("{VALUE}, application/problem+json");
        request.headers_mut().insert("accept", accept.parse().unwrap());
        let engine = FakeEngine::replying(&reference);
        let answer = send(router_over(&engine), request).await;
        assert_eq!(answer.header("content-type"), VALUE);
        assert_eq!(answer.body, wire::encode(&reference));
    }
}
