//! An engine that records requests and gives one canned reply, and requests to a server over it.

use std::sync::{Arc, Mutex};

use anabranch_ir::Program;
use anabranch_kernel::value::wire;
use anabranch_kernel::{Engine, Failure, OnReply, Operation, Raised, Reply, Request, Value};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{self, HeaderMap, StatusCode};
use serde_json::json;
use tower::ServiceExt;

use super::application;
use crate::maintenance::{
    KeysPage, KeysRequest, Maintenance, Measurement, MeasurementKind, WriteAll,
};
use crate::options::Options;
use crate::routes::router;
use anabranch_json::Json;

/// What the engine does with a request.
#[derive(Clone)]
pub(crate) enum Behaviour {
    Reply(Reply),
    /// Keeps the request until it is told to reply.
    Hold,
    /// Forgets the request.
    Drop,
    Panic,
}

pub(crate) struct FakeEngine {
    program: Arc<Program>,
    behaviour: Behaviour,
    pub(crate) requests: Mutex<Vec<Request>>,
    pub(crate) held: Mutex<Vec<OnReply>>,
}

impl FakeEngine {
    pub(crate) fn new(behaviour: Behaviour) -> Arc<Self> {
        Arc::new(Self {
            program: Arc::new(application::program()),
            behaviour,
            requests: Mutex::default(),
            held: Mutex::default(),
        })
    }

    /// Replies with `value` to everything.
    pub(crate) fn replying(value: &Value) -> Arc<Self> {
        Self::new(Behaviour::Reply(Ok(wire::encode(value))))
    }

    pub(crate) fn failing(failure: Failure) -> Arc<Self> {
        Self::new(Behaviour::Reply(Err(failure)))
    }

    /// The only request so far.
    pub(crate) fn request(&self) -> Request {
        let requests = self.requests.lock().unwrap();
        assert_eq!(requests.len(), 1, "one request reaches the engine");
        requests[0].clone()
    }

    /// The arguments of the only request so far.
    pub(crate) fn arguments(&self) -> Value {
        match self.request().operation {
            Operation::Create { arguments, .. } | Operation::Call { arguments, .. } => {
                wire::decode(&arguments).unwrap()
            }
            operation => panic!("no arguments: {operation:?}"),
        }
    }
}

impl Engine for FakeEngine {
    fn program(&self) -> &Arc<Program> {
        &self.program
    }

    fn submit(&self, request: Request, on_reply: OnReply) {
        self.requests.lock().unwrap().push(request);
        match &self.behaviour {
            Behaviour::Reply(reply) => on_reply(reply.clone()),
            Behaviour::Hold => self.held.lock().unwrap().push(on_reply),
            Behaviour::Drop => {}
            Behaviour::Panic => panic!("the engine panics"),
        }
    }

    fn ready(&self) -> Result<(), Failure> {
        match &self.behaviour {
            Behaviour::Reply(Err(failure)) => Err(failure.clone()),
            _ => Ok(()),
        }
    }
}

impl Maintenance for FakeEngine {
    fn summary(&self) -> Result<Json, Failure> {
        self.ready().map(|()| json!({ "sequence": 7 }))
    }

    /// `b`, `c` and what was asked for as `a`; there is more after `c`.
    fn keys(&self, request: &KeysRequest) -> Result<KeysPage, Failure> {
        self.ready()?;
        let first = format!("{} {} {:?}", request.class, request.limit, request.prefix);
        let first = request.after.clone().unwrap_or_else(|| wire::encode(&str_value(&first)));
        let last = wire::encode(&str_value("c,d"));
        Ok(KeysPage { keys: vec![first, last.clone()], next: Some(last) })
    }

    fn export(&self) -> Result<WriteAll, Failure> {
        self.ready()?;
        Ok(Box::new(|target| target.write_all(b"{}\n")))
    }

    fn backup(&self) -> Result<WriteAll, Failure> {
        self.ready()?;
        Ok(Box::new(|target| {
            target.write_all(&[1; 1_000_000])?;
            panic!("in the middle")
        }))
    }

    fn measurements(&self) -> Vec<Measurement> {
        let kind = MeasurementKind::Gauge;
        vec![Measurement { name: "queue_length", help: "Waiting", kind, value: 3.0 }]
    }
}

/// A response, read to its end.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).expect("the body is JSON")
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("the body is text")
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Status and slug of a problem, checking its form.
    pub(crate) fn problem(&self) -> (u16, String) {
        assert_eq!(self.header("content-type"), "application/problem+json", "{}", self.text());
        let document = self.json();
        assert_eq!(document["status"], self.status.as_u16());
        assert!(!document["title"].as_str().unwrap().is_empty());
        assert!(!document["detail"].as_str().unwrap().is_empty());
        let slug = document["type"].as_str().unwrap();
        let slug = slug.strip_prefix("https://anabranch.dev/problems/").unwrap();
        (self.status.as_u16(), slug.to_owned())
    }
}

pub(crate) fn router_over(engine: &Arc<FakeEngine>) -> Router {
    router_with(engine, &Options::default())
}

pub(crate) fn router_with(engine: &Arc<FakeEngine>, options: &Options) -> Router {
    router(Arc::clone(engine) as Arc<dyn Engine>, Arc::clone(engine) as Arc<_>, options)
}

pub(crate) async fn send(router: Router, request: http::Request<Body>) -> Answer {
    let response = router.oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap().to_vec();
    Answer { status: head.status, headers: head.headers, body }
}

pub(crate) fn get(path: &str) -> http::Request<Body> {
    http::Request::get(path).body(Body::empty()).unwrap()
}

pub(crate) fn post(path: &str, body: impl Into<Body>) -> http::Request<Body> {
    let request = http::Request::post(path).header(CONTENT_TYPE, "application/json");
    request.body(body.into()).unwrap()
}

/// An exception of the application.
pub(crate) fn raised(class: &str, args: Vec<Value>, http_status: Option<u16>) -> Failure {
    let exception = anabranch_kernel::value::ExceptionValue {
        class: class.to_owned(),
        args,
        attributes: vec![],
    };
    Failure::Raised(Raised {
        exception: wire::encode(&Value::Exception(Box::new(exception))),
        class: class.to_owned(),
        message: "what the exception says".to_owned(),
        http_status,
        traceback: "Traceback: the secret line\n  in shop.py".to_owned(),
    })
}

pub(crate) fn str_value(text: &str) -> Value {
    Value::Str(text.to_owned())
}
