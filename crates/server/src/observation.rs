//! What is seen of every request: metrics, the log of what failed, and contained panics.
//!
//! Failed requests (5xx) are logged on one line each, with causes and tracebacks that the client
//! does not get. So are uncaught built-in exceptions of the application, which usually are its
//! mistakes; exceptions of its own classes are part of its interface and logged for debugging only.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::ingress::Ingress;
use crate::problem::{Cause, Problem};

/// The route of requests that match none.
const NO_ROUTE: &str = "none";

/// Runs one request under observation.
pub(crate) async fn observe(
    State(ingress): State<Arc<Ingress>>,
    request: Request,
    next: Next,
) -> Response {
    let _in_flight = ingress.metrics.begin();
    let started = Instant::now();
    let method = method_label(request.method());
    let path = request.uri().path().to_owned();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let response = run_contained(next, request).await;
    let route = route.as_ref().map_or(NO_ROUTE, MatchedPath::as_str);
    ingress.metrics.record(method, route, response.status().as_u16(), started.elapsed());
    if let Some(problem) = response.extensions().get::<Problem>() {
        log(method, &path, problem);
    }
    response
}

/// Runs the request; a panic becomes a problem of this request alone.
async fn run_contained(next: Next, request: Request) -> Response {
    let mut running = pin!(next.run(request));
    poll_fn(|context| {
        // After a panic the future is not polled again, so nobody sees what it left half done.
        match catch_unwind(AssertUnwindSafe(|| running.as_mut().poll(context))) {
            Ok(poll) => poll,
            Err(panic) => {
                let cause = format!("a handler panicked: {}", panic_message(&*panic));
                Poll::Ready(Problem::bug(cause).into_response())
            }
        }
    })
    .await
}

pub(crate) fn panic_message(panic: &(dyn Any + Send)) -> &str {
    if let Some(message) = panic.downcast_ref::<String>() {
        return message;
    }
    panic.downcast_ref::<&str>().copied().unwrap_or("no message")
}

pub(crate) fn log(method: &str, path: &str, problem: &Problem) {
    let slug = problem.kind.slug();
    let status = problem.status.as_u16();
    // Debug output escapes line breaks, so that a line stays one and cannot be forged.
    let detail = &problem.detail;
    match problem.cause.as_deref() {
        Some(Cause::Exception { class, traceback }) if problem.status.is_server_error() => {
            tracing::error!(method, path, status, problem = slug, class, ?detail, ?traceback);
        }
        Some(Cause::Exception { class, traceback }) if class.starts_with("builtins:") => {
            tracing::warn!(method, path, status, problem = slug, class, ?detail, ?traceback);
        }
        Some(Cause::Exception { class, traceback }) => {
            tracing::debug!(method, path, status, problem = slug, class, ?detail, ?traceback);
        }
        Some(Cause::Fault(cause)) => {
            tracing::error!(method, path, status, problem = slug, ?cause);
        }
        None if problem.status.is_server_error() => {
            tracing::error!(method, path, status, problem = slug, ?detail);
        }
        None => {}
    }
}

/// Methods are made up by clients; metrics keep to the known ones.
fn method_label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::PATCH => "PATCH",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
