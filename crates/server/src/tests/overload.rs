//! Room for bodies is bounded over all requests.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use anabranch_kernel::Value;
use anabranch_kernel::value::wire;
use axum::body::{Body, Bytes, HttpBody};
use hyper::body::Frame;
use tokio::sync::oneshot;
use tokio::task::yield_now;

use super::fake_engine::{Behaviour, FakeEngine, post, router_with, send};
use crate::options::Options;

const STOCK: &str = "/v1/Item/pen/update_stock";
const ARGUMENTS: &str = r#"{"amount": 1}"#;

#[tokio::test(start_paused = true)]
async fn room_is_kept_until_the_engine_replies() {
    let engine = FakeEngine::new(Behaviour::Hold);
    let options = Options { bodies_max: 2 * ARGUMENTS.len(), ..Options::default() };
    let router = router_with(&engine, &options);
    for _ in 0..2 {
        let answer = send(router.clone(), post(STOCK, ARGUMENTS)).await;
        assert_eq!(answer.problem(), (504, "timeout".to_owned()));
    }
    let answer = send(router.clone(), post(STOCK, ARGUMENTS)).await;
    assert_eq!(answer.problem(), (503, "overloaded".to_owned()));
    assert_eq!(answer.header("retry-after"), "1");
    let on_reply = engine.held.lock().unwrap().pop().unwrap();
    on_reply(Ok(wire::encode(&Value::None)));
    // The task that hands replies on runs now.
    yield_now().await;
    let answer = send(router, post(STOCK, ARGUMENTS)).await;
    assert_eq!(answer.problem(), (504, "timeout".to_owned()));
    assert_eq!(engine.requests.lock().unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn slow_bodies_take_room_only_for_what_has_come_and_give_it_back() {
    let engine = FakeEngine::replying(&Value::Bool(true));
    let options = Options { bodies_max: 20, ..Options::default() };
    let router = router_with(&engine, &options);
    let (sender, started) = oneshot::channel();
    let slow = Slow { sent: Some((Bytes::from_static(&[b' '; 10]), sender)) };
    let mut request = post(STOCK, Body::new(slow));
    request.headers_mut().insert("content-length", "1000000".parse().unwrap());
    let slow = tokio::spawn(send(router.clone(), request));
    started.await.unwrap();
    // Ten bytes are left, though the other announced much more than there is.
    let answer = send(router.clone(), post(STOCK, ARGUMENTS)).await;
    assert_eq!(answer.problem(), (503, "overloaded".to_owned()));
    assert_eq!(slow.await.unwrap().problem(), (408, "slow-body".to_owned()));
    assert_eq!(send(router, post(STOCK, ARGUMENTS)).await.status, 200);
}

/// A body of which a part comes, and then nothing more.
struct Slow {
    sent: Option<(Bytes, oneshot::Sender<()>)>,
}

impl HttpBody for Slow {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let Some((bytes, sent)) = self.sent.take() else { return Poll::Pending };
        sent.send(()).unwrap();
        Poll::Ready(Some(Ok(Frame::data(bytes))))
    }
}
