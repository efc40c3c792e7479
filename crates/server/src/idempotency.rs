//! The `Idempotency-Key` header.
//!
//! A retry must ask for the same thing as the first request. What was asked is told by a
//! fingerprint that must stay the same from version to version, since engines store it: BLAKE3
//! over method, path, media type and body, each behind its length, cut to 128 bits.

use anabranch_kernel::IdempotencyKey;
use axum::http::{HeaderMap, HeaderName};

use crate::problem::{Kind, Problem};

/// The name of the header.
pub(crate) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// Longest key.
const LENGTH_MAX: usize = 255;

/// The key in `headers`, if there is one, for a request that asks for `asked`.
///
/// # Errors
/// The key is given twice, or is not 1 to 255 visible characters of ASCII.
pub(crate) fn key(
    headers: &HeaderMap,
    asked: [&[u8]; 4],
) -> Result<Option<IdempotencyKey>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Problem::new(Kind::IdempotencyKey, "give the header Idempotency-Key once"));
    }
    checked(value.as_bytes(), asked).map(Some)
}

/// The key `bytes` of a request that asks for `asked`.
///
/// # Errors
/// They are not 1 to 255 visible characters of ASCII.
pub(crate) fn checked(bytes: &[u8], asked: [&[u8]; 4]) -> Result<IdempotencyKey, Problem> {
    if !(1..=LENGTH_MAX).contains(&bytes.len()) || !bytes.iter().all(u8::is_ascii_graphic) {
        return Err(Problem::new(
            Kind::IdempotencyKey,
            format!("an idempotency key has 1 to {LENGTH_MAX} visible ASCII characters, no spaces"),
        ));
    }
    let key = String::from_utf8_lossy(bytes).into_owned();
    Ok(IdempotencyKey { key, fingerprint: fingerprint(asked) })
}

/// The digest of method, path, media type and body.
fn fingerprint(asked: [&[u8]; 4]) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for part in asked {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let mut fingerprint = [0; 16];
    hasher.finalize_xof().fill(&mut fingerprint);
    fingerprint
}
