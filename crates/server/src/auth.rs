//! Bearer tokens.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::ingress::Ingress;
use crate::problem::{Kind, Problem};

/// A token that requests must bear, kept as its digest: comparing digests takes the same time
/// wherever the tokens differ.
pub(crate) struct Token(blake3::Hash);

impl Token {
    pub(crate) fn new(token: &str) -> Self {
        Self(blake3::hash(token.as_bytes()))
    }

    pub(crate) fn is(&self, presented: &[u8]) -> bool {
        // blake3::Hash compares in constant time.
        self.0 == blake3::hash(presented)
    }
}

/// Lets a request through if it bears the configured token, or if there is none.
pub(crate) async fn require_token(
    State(ingress): State<Arc<Ingress>>,
    request: Request,
    next: Next,
) -> Response {
    let Some(token) = &ingress.token else {
        return next.run(request).await;
    };
    match bearer(request.headers()) {
        Some(presented) if token.is(presented) => next.run(request).await,
        Some(_) => Problem::new(Kind::Unauthorized, "the bearer token is not the right one")
            .into_response(),
        None => Problem::new(Kind::Unauthorized, "send the header Authorization: Bearer <token>")
            .into_response(),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let value = headers.get(AUTHORIZATION)?.as_bytes();
    let (scheme, token) = value.split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}
