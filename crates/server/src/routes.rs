//! The routes and what lies around them.
//!
//! From the outside in: `observation` (containment of panics, metrics,
//! log), the token, the handler.

use std::sync::Arc;

use anabranch_kernel::Engine;
use axum::Router;
use axum::middleware;
use axum::routing::{get, post};

use crate::auth;
use crate::handlers::{call, create, export, keys, operations, state};
use crate::ingress::Ingress;
use crate::maintenance::Maintenance;
use crate::observation;
use crate::options::Options;

/// The server without its sockets, to be embedded in another.
pub fn router(
    engine: Arc<dyn Engine>,
    maintenance: Arc<dyn Maintenance>,
    options: &Options,
) -> Router {
    router_of(Arc::new(Ingress::new(engine, maintenance, options)))
}

pub(crate) fn router_of(ingress: Arc<Ingress>) -> Router {
    let token = middleware::from_fn_with_state(Arc::clone(&ingress), auth::require_token);
    let observed = middleware::from_fn_with_state(Arc::clone(&ingress), observation::observe);
    let guarded = Router::new()
        .route("/v1", get(operations::summary))
        .route("/v1/{entity}", post(create::create).get(keys::keys))
        .route("/v1/{entity}/{key}", get(state::state))
        .route("/v1/{entity}/{key}/{method}", post(call::call))
        // The router takes no empty parameters, but a key may be the empty string.
        .route("/v1/{entity}/", get(state::state))
        .route("/v1/{entity}//{method}", post(call::call))
        .route("/openapi.json", get(operations::openapi))
        .route("/export", get(export::export))
        .route("/backup", get(export::backup))
        .method_not_allowed_fallback(operations::method_not_allowed)
        .route_layer(token);
    Router::new()
        .route("/healthz", get(operations::health))
        .route("/readyz", get(operations::readiness))
        .route("/metrics", get(operations::metrics))
        .method_not_allowed_fallback(operations::method_not_allowed)
        .merge(guarded)
        .fallback(operations::no_such_route)
        .layer(observed)
        .with_state(ingress)
}
