//! What operators ask.

use anabranch_kernel::value::wire;
use anabranch_kernel::{Failure, Value};
use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::json;
use tower::ServiceExt;

use super::fake_engine::{FakeEngine, get, router_over, router_with, send, str_value};
use crate::options::Options;

#[tokio::test]
async fn keys_come_in_pages() {
    let engine = FakeEngine::replying(&Value::None);
    let answer = send(router_over(&engine), get("/v1/Item")).await;
    assert_eq!(answer.json(), json!({ "keys": ["Item 100 \"\"", "c,d"], "next": "c%2Cd" }));
    let answer = send(router_over(&engine), get("/v1/Item?prefix=a%2Cb&limit=7")).await;
    assert_eq!(answer.json()["keys"][0], "Item 7 \"a,b\"");
    // `next` as it came, encoded as a part of a query.
    let answer = send(router_over(&engine), get("/v1/Item?after=c%252Cd")).await;
    assert_eq!(answer.json()["keys"][0], "c,d");
}

#[tokio::test]
async fn keys_keep_their_types_for_those_who_ask() {
    let engine = FakeEngine::replying(&Value::None);
    let request = Request::get("/v1/Item").header("accept", "application/vnd.anabranch.value");
    let answer = send(router_over(&engine), request.body(Body::empty()).unwrap()).await;
    let Value::Dict(members) = wire::decode(&answer.body).unwrap() else { panic!("no dict") };
    assert_eq!(members[1], (str_value("next"), str_value("c%2Cd")));
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_refused() {
    let engine = FakeEngine::replying(&Value::None);
    for query in ["limit=0", "limit=10001", "limit=many", "colour=red"] {
        let answer = send(router_over(&engine), get(&format!("/v1/Item?{query}"))).await;
        assert_eq!(answer.problem(), (422, "arguments".to_owned()), "{query}");
    }
    let answer = send(router_over(&engine), get("/v1/Account?after=seven")).await;
    assert_eq!(answer.problem(), (422, "arguments".to_owned()));
    let answer = send(router_over(&engine), get("/v1/Nothing")).await;
    assert_eq!(answer.problem(), (404, "no-such-class".to_owned()));
}

#[tokio::test]
async fn operators_need_the_token_too() {
    let engine = FakeEngine::replying(&Value::None);
    let options = Options { token: Some("secret".to_owned()), ..Options::default() };
    for path in ["/v1", "/v1/Item", "/export", "/backup"] {
        let answer = send(router_with(&engine, &options), get(path)).await;
        assert_eq!(answer.problem(), (401, "unauthorized".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn an_engine_that_cannot_be_asked_is_a_problem_without_secrets() {
    let engine = FakeEngine::failing(Failure::Unavailable("the secret disk is full".to_owned()));
    for path in ["/v1", "/v1/Item", "/export", "/backup"] {
        let answer = send(router_over(&engine), get(path)).await;
        assert_eq!(answer.problem(), (503, "unavailable".to_owned()), "{path}");
        assert!(!answer.text().contains("secret"));
    }
}

#[tokio::test]
async fn an_export_is_a_stream() {
    let engine = FakeEngine::replying(&Value::None);
    let answer = send(router_over(&engine), get("/export")).await;
    assert_eq!((answer.header("content-type"), answer.text()), ("application/jsonl", "{}\n"));
    assert_eq!(send(router_over(&engine), get("/v1")).await.json(), json!({ "sequence": 7 }));
}

#[tokio::test]
async fn a_stream_whose_writer_dies_does_not_end_well() {
    let engine = FakeEngine::replying(&Value::None);
    let response = router_over(&engine).oneshot(get("/backup")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(to_bytes(response.into_body(), usize::MAX).await.is_err());
}

#[tokio::test]
async fn metrics_have_what_the_engine_measures() {
    let engine = FakeEngine::replying(&Value::None);
    let answer = send(router_over(&engine), get("/metrics")).await;
    assert!(answer.text().contains("\nanabranch_engine_queue_length 3.0\n"), "{}", answer.text());
}
