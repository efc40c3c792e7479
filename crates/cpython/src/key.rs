//! Keys of entities: `str`, `int`, `bytes`, `UUID` and non-empty tuples of these.

use anabranch_kernel::value::wire::Writer;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyInt, PyString, PyTuple};

use crate::class::{Kind, class_of};
use crate::scalar;

/// The wire message of `key`. Equal keys have equal messages.
///
/// # Errors
/// `TypeError` for what cannot be a key.
pub(crate) fn encode_key(key: &Bound<'_, PyAny>) -> PyResult<Vec<u8>> {
    let mut writer = Writer::with_capacity(24);
    if let Ok(parts) = key.cast_exact::<PyTuple>() {
        if parts.is_empty() {
            return Err(unfit("an empty tuple"));
        }
        writer.tuple(parts.len());
        for part in parts {
            if !write_part(&mut writer, &part)? {
                return Err(unfit(&format!("a tuple with {}", part.get_type().name()?)));
            }
        }
    } else if !write_part(&mut writer, key)? {
        return Err(unfit(&key.get_type().name()?.to_string()));
    }
    Ok(writer.finish())
}

/// Writes a key that is no tuple; `false` if it cannot be one.
fn write_part(writer: &mut Writer, part: &Bound<'_, PyAny>) -> PyResult<bool> {
    if let Ok(text) = part.cast_exact::<PyString>() {
        scalar::write_str(writer, text)?;
    } else if let Ok(number) = part.cast_exact::<PyInt>() {
        scalar::write_int(writer, number)?;
    } else if let Ok(bytes) = part.cast_exact::<PyBytes>() {
        writer.bytes(bytes.as_bytes());
    } else if class_of(part)?.kind == Kind::Uuid {
        scalar::write_uuid(writer, part)?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

fn unfit(found: &str) -> PyErr {
    PyTypeError::new_err(format!(
        "the key of an entity must be a str, int, bytes, UUID or a tuple of them, not {found}"
    ))
}
