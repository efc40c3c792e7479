//! The body of a POST: what it is and how much of it is read.

use axum::body::{Body, Bytes};
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, ORIGIN};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use tokio::time::timeout_at;

use crate::ingress::Place;
use crate::problem::{Kind, Problem};

/// The content type for everybody.
pub(crate) const JSON: &str = "application/json";
/// The content type of wire messages of the kernel.
pub(crate) const VALUE: &str = "application/vnd.anabranch.value";

/// What a body holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ContentType {
    /// Arguments by name.
    Json,
    /// The wire message of arguments.
    Value,
    /// The request names no type; right for an empty body only.
    Unnamed,
}

/// The content type of a request.
///
/// A web page of somebody else can make a browser send a request without content type, but none
/// with ours unless we agree; so a request that a browser sends (it has an `Origin`) must name one.
///
/// # Errors
/// It is none that is known.
pub(crate) fn content_type(headers: &HeaderMap) -> Result<ContentType, Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        if headers.contains_key(ORIGIN) {
            return Err(unsupported("a browser must name one"));
        }
        return Ok(ContentType::Unnamed);
    };
    let text = String::from_utf8_lossy(value.as_bytes());
    let media_type = text.split(';').next().unwrap_or("").trim();
    if media_type.eq_ignore_ascii_case(JSON) {
        Ok(ContentType::Json)
    } else if media_type.eq_ignore_ascii_case(VALUE) {
        Ok(ContentType::Value)
    } else {
        Err(unsupported(&format!("{media_type:?} is not supported")))
    }
}

/// Reads the body of the request that has `place`, which keeps the room that it takes.
///
/// # Errors
/// It is too large or too slow, breaks off, or there is no room for it now.
pub(crate) async fn read(
    headers: &HeaderMap,
    content: Body,
    content_type: ContentType,
    length_max: usize,
    place: &mut Place,
) -> Result<Bytes, Problem> {
    let too_large =
        || Problem::new(Kind::BodyTooLarge, format!("a body may have at most {length_max} bytes"));
    if announced_length(headers).is_some_and(|length| length > length_max as u64) {
        return Err(too_large());
    }
    let mut content = Limited::new(content, length_max);
    let mut body = Vec::new();
    loop {
        let frame = match timeout_at(place.deadline, content.frame()).await {
            Err(_) => {
                return Err(Problem::new(
                    Kind::SlowBody,
                    "send the body faster or make it smaller",
                ));
            }
            Ok(None) => break,
            Ok(Some(Err(error))) if error.is::<LengthLimitError>() => return Err(too_large()),
            // The connection broke, so nobody will read this.
            Ok(Some(Err(error))) => {
                return Err(Problem::new(Kind::SlowBody, format!("the body broke off: {error}")));
            }
            Ok(Some(Ok(frame))) => frame,
        };
        // Trailers mean nothing here.
        if let Ok(chunk) = frame.into_data() {
            // Room is taken for what has arrived, so that to announce much takes nothing from others.
            place.make_room(chunk.len())?;
            body.extend_from_slice(&chunk);
        }
    }
    if content_type == ContentType::Unnamed && !body.is_empty() {
        return Err(unsupported("the request names none"));
    }
    Ok(Bytes::from(body))
}

fn announced_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn unsupported(what: &str) -> Problem {
    Problem::new(
        Kind::UnsupportedMediaType,
        format!("{what}; send JSON with the header Content-Type: {JSON}"),
    )
}
