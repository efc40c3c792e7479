//! Which keys a class has.

use anabranch_embedded::View;
use anabranch_embedded::store::StoreError;
use anabranch_ir::Program;
use anabranch_json::{Json, keys, write};
use anabranch_kernel::Value;
use anabranch_kernel::value::wire;
use anabranch_server::maintenance::{KeysPage, KeysRequest};
use percent_encoding::percent_decode_str;

/// How many keys are looked at for one page, so that a prefix that few have does not make it long.
const EXAMINED_MAX: usize = 100_000;

/// The page that is asked for.
///
/// # Errors
/// The store is damaged.
pub fn page(view: &View, request: &KeysRequest) -> Result<KeysPage, StoreError> {
    let mut page = KeysPage { keys: Vec::new(), next: None };
    let mut last = None;
    let after = request.after.as_deref().unwrap_or(&[]);
    for (examined, entity) in view.entities_after(&request.class, after).enumerate() {
        if page.keys.len() == request.limit || examined == EXAMINED_MAX {
            page.next = last;
            break;
        }
        let key = entity?.key;
        if request.prefix.is_empty() || has_prefix(&decode(&key)?, &request.prefix) {
            page.keys.push(key.clone());
        }
        last = Some(key);
    }
    Ok(page)
}

/// A stored key.
pub(crate) fn decode(message: &[u8]) -> Result<Value, StoreError> {
    wire::decode(message).map_err(|error| StoreError(format!("a key is not readable: {error}")))
}

/// A key as it is given to commands.
pub fn shown(key: &Value) -> String {
    // Only a text that is not valid Unicode cannot be written.
    keys::written(key).unwrap_or_else(|| natural(key).to_string())
}

/// A key in natural JSON.
pub fn shown_as_json(key: &Value) -> String {
    natural(key).to_string()
}

fn natural(key: &Value) -> Json {
    write::natural(&Program::default(), key)
}

/// Whether the key starts with `prefix` as it is written, percent-decoded.
fn has_prefix(key: &Value, prefix: &str) -> bool {
    match key {
        Value::Str(text) => text.starts_with(prefix),
        key => keys::written(key).is_some_and(|written| {
            percent_decode_str(&written).decode_utf8_lossy().starts_with(prefix)
        }),
    }
}
