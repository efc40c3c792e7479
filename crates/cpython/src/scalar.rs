//! Strings, integers and UUIDs between Python objects and messages.

use anabranch_kernel::value::wire::Writer;
use num_bigint::BigInt;
use pyo3::ffi;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyInt, PyString};

use crate::well_known;

pub(crate) fn write_str(writer: &mut Writer, text: &Bound<'_, PyString>) -> PyResult<()> {
    if let Ok(text) = text.to_str() {
        writer.str(text);
    } else {
        let py = text.py();
        let arguments = (intern!(py, "utf-8"), intern!(py, "surrogatepass"));
        let bytes = text.call_method1(intern!(py, "encode"), arguments)?;
        writer.surrogate_str(bytes.cast::<PyBytes>()?.as_bytes());
    }
    Ok(())
}

pub(crate) fn write_int(writer: &mut Writer, number: &Bound<'_, PyInt>) -> PyResult<()> {
    let mut overflow = 0;
    // SAFETY: `number` is an int.
    let small = unsafe { ffi::PyLong_AsLongLongAndOverflow(number.as_ptr(), &raw mut overflow) };
    if overflow == 0 {
        writer.int(small);
    } else {
        let py = number.py();
        let bits: usize = number.call_method0(intern!(py, "bit_length"))?.extract()?;
        let keywords = PyDict::new(py);
        keywords.set_item(intern!(py, "signed"), true)?;
        let arguments = (bits / 8 + 1, intern!(py, "little"));
        let bytes = number.call_method(intern!(py, "to_bytes"), arguments, Some(&keywords))?;
        writer.big_int(&BigInt::from_signed_bytes_le(bytes.cast::<PyBytes>()?.as_bytes()));
    }
    Ok(())
}

pub(crate) fn write_uuid(writer: &mut Writer, uuid: &Bound<'_, PyAny>) -> PyResult<()> {
    let bytes: [u8; 16] = uuid.getattr(intern!(uuid.py(), "bytes"))?.extract()?;
    writer.uuid(bytes);
    Ok(())
}

/// The string with lone surrogates that `bytes` are the `surrogatepass` encoding of.
pub(crate) fn new_surrogate_str<'py>(py: Python<'py>, bytes: &[u8]) -> PyResult<Bound<'py, PyAny>> {
    let arguments = (intern!(py, "utf-8"), intern!(py, "surrogatepass"));
    PyBytes::new(py, bytes).call_method1(intern!(py, "decode"), arguments)
}

pub(crate) fn new_int<'py>(py: Python<'py>, value: &BigInt) -> PyResult<Bound<'py, PyAny>> {
    let keywords = PyDict::new(py);
    keywords.set_item(intern!(py, "signed"), true)?;
    let bytes = PyBytes::new(py, &value.to_signed_bytes_le());
    let arguments = (bytes, intern!(py, "little"));
    let from_bytes = py.get_type::<PyInt>().getattr(intern!(py, "from_bytes"))?;
    from_bytes.call(arguments, Some(&keywords))
}

pub(crate) fn new_uuid(py: Python<'_>, bytes: [u8; 16]) -> PyResult<Bound<'_, PyAny>> {
    let keywords = PyDict::new(py);
    keywords.set_item(intern!(py, "bytes"), PyBytes::new(py, &bytes))?;
    well_known::uuid(py)?.call((), Some(&keywords))
}
