//! Routes for those who operate the server, and answers where there is no route.

use std::sync::Arc;

use anabranch_kernel::Failure;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use tokio::task::spawn_blocking;

use crate::body::JSON;
use crate::ingress::Ingress;
use crate::maintenance::Maintenance;
use crate::metrics::OPEN_METRICS;
use crate::problem::{Kind, Problem, from_failure};

/// `GET /healthz`: the process is up.
pub(crate) async fn health() -> &'static str {
    "ok\n"
}

/// `GET /readyz`: the engine takes requests.
pub(crate) async fn readiness(
    State(ingress): State<Arc<Ingress>>,
) -> Result<&'static str, Problem> {
    match ingress.engine.ready() {
        Ok(()) => Ok("ready\n"),
        Err(failure) => Err(Problem {
            detail: "the engine takes no requests now; the log of the server says more".to_owned(),
            ..from_failure(ingress.program(), failure)
        }),
    }
}

/// `GET /metrics`: for Prometheus.
pub(crate) async fn metrics(State(ingress): State<Arc<Ingress>>) -> Response {
    ([(CONTENT_TYPE, OPEN_METRICS)], ingress.metrics.text()).into_response()
}

/// `GET /v1`: what is stored.
pub(crate) async fn summary(State(ingress): State<Arc<Ingress>>) -> Result<Response, Problem> {
    let summary = maintain(&ingress, |maintenance| maintenance.summary()).await?;
    Ok(([(CONTENT_TYPE, JSON)], summary.to_string()).into_response())
}

/// What `work` finds, on a thread where it may take its time.
pub(super) async fn maintain<R: Send + 'static>(
    ingress: &Arc<Ingress>,
    work: impl FnOnce(&dyn Maintenance) -> Result<R, Failure> + Send + 'static,
) -> Result<R, Problem> {
    let place = ingress.take_operator_place().await?;
    let maintenance = Arc::clone(&ingress.maintenance);
    let working = spawn_blocking(move || {
        let _place = place;
        work(maintenance.as_ref())
    });
    match working.await {
        Ok(found) => found.map_err(|failure| from_failure(ingress.program(), failure)),
        Err(error) => Err(Problem::bug(format!("maintenance failed: {error}"))),
    }
}

/// `GET /openapi.json`: what the application offers.
pub(crate) async fn openapi(State(ingress): State<Arc<Ingress>>) -> Response {
    ([(CONTENT_TYPE, JSON)], ingress.openapi.clone()).into_response()
}

/// Where there is no route.
pub(crate) async fn no_such_route(request: Request) -> Problem {
    let detail = format!("there is nothing at {}; see /openapi.json", request.uri().path());
    Problem::new(Kind::NoSuchRoute, detail)
}

/// Where there is a route, but not for this method. The router adds `Allow`.
pub(crate) async fn method_not_allowed(request: Request) -> Response {
    if request.method() == Method::OPTIONS {
        return StatusCode::NO_CONTENT.into_response();
    }
    let detail = format!("{} is not allowed here; the header Allow says what is", request.method());
    Problem::new(Kind::MethodNotAllowed, detail).into_response()
}
