//! The `Idempotency-Key` header.

use anabranch_kernel::{IdempotencyKey, Value};
use axum::body::Body;
use axum::http::Request;

use super::fake_engine::{FakeEngine, post, router_over, send};

const STOCK: &str = "/v1/Item/pen/update_stock";

fn with_key(mut request: Request<Body>, key: &[u8]) -> Request<Body> {
    let value = axum::http::HeaderValue::from_bytes(key).unwrap();
    request.headers_mut().append("idempotency-key", value);
    request
}

async fn submitted(request: Request<Body>) -> Option<IdempotencyKey> {
    let engine = FakeEngine::replying(&Value::None);
    let answer = send(router_over(&engine), request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    engine.request().idempotency_key
}

#[tokio::test]
async fn the_key_travels_with_a_fingerprint_of_the_request() {
    let key = submitted(with_key(post(STOCK, r#"{"amount": 2}"#), b"k-1")).await.unwrap();
    assert_eq!(key.key, "k-1");
    // Engines store fingerprints, so a new version must compute the same ones.
    let expected = "9ea839c5a67574d86fdfe420973b272e";
    let hexadecimal: String = key.fingerprint.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hexadecimal, expected);

    let again = submitted(with_key(post(STOCK, r#"{"amount": 2}"#), b"k-2")).await.unwrap();
    assert_eq!(again.fingerprint, key.fingerprint, "the key itself is not asked for");
    let others =
        [post(STOCK, r#"{"amount": 3}"#), post("/v1/Item/cup/update_stock", r#"{"amount": 2}"#)];
    for other in others {
        let other = submitted(with_key(other, b"k-1")).await.unwrap();
        assert_ne!(other.fingerprint, key.fingerprint);
    }
    assert_eq!(submitted(post(STOCK, r#"{"amount": 2}"#)).await, None);
}

#[tokio::test]
async fn a_key_is_1_to_255_visible_characters() {
    let longest = vec![b'k'; 255];
    let key = submitted(with_key(post(STOCK, r#"{"amount": 2}"#), &longest)).await.unwrap();
    assert_eq!(key.key.len(), 255);
    for malformed in [&b""[..], b"a b", b"\xe9", &[b'k'; 256]] {
        let engine = FakeEngine::replying(&Value::None);
        let request = with_key(post(STOCK, r#"{"amount": 2}"#), malformed);
        let answer = send(router_over(&engine), request).await;
        assert_eq!(answer.problem(), (400, "idempotency-key".to_owned()));
        assert!(engine.requests.lock().unwrap().is_empty());
    }
    let engine = FakeEngine::replying(&Value::None);
    let twice = with_key(with_key(post(STOCK, r#"{"amount": 2}"#), b"a"), b"b");
    assert_eq!(send(router_over(&engine), twice).await.problem().0, 400);
}
