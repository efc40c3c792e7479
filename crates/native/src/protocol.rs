//! The binary protocol for the Python client.

use anabranch_protocol::frame::{Front, HEADER_BYTES, front};
use anabranch_protocol::{ClientHello, Content, Request, Response, ServerHello, VERSION};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyString};
use rmpv::Value;

/// Most bytes of a response.
const CONTENT_MAX: usize = 1 << 30;

/// What a client says first.
#[pyfunction]
fn client_hello<'py>(py: Python<'py>, token: Option<&str>) -> Bound<'py, PyBytes> {
    let mut stream = Vec::new();
    ClientHello { version: VERSION, token }.write(&mut stream);
    PyBytes::new(py, &stream)
}

/// The frame of a request that creates an entity; the arguments are a wire message.
#[pyfunction]
fn create_frame<'py>(
    py: Python<'py>,
    number: u64,
    class: &str,
    arguments: &[u8],
    idempotency_key: Option<&str>,
) -> Bound<'py, PyBytes> {
    let arguments = Content::Message(arguments);
    frame(py, number, &Request::Create { class, arguments, idempotency_key })
}

/// The frame of a request that calls a method; key and arguments are wire messages.
#[pyfunction]
fn call_frame<'py>(
    py: Python<'py>,
    number: u64,
    class: &str,
    key: &[u8],
    method: &str,
    arguments: &[u8],
    idempotency_key: Option<&str>,
) -> Bound<'py, PyBytes> {
    let (key, arguments) = (Content::Message(key), Content::Message(arguments));
    frame(py, number, &Request::Call { class, key, method, arguments, idempotency_key })
}

/// The frame of a request for all attributes; the key is a wire message.
#[pyfunction]
fn state_frame<'py>(py: Python<'py>, number: u64, class: &str, key: &[u8]) -> Bound<'py, PyBytes> {
    frame(py, number, &Request::State { class, key: Content::Message(key) })
}

fn frame<'py>(py: Python<'py>, number: u64, request: &Request<'_>) -> Bound<'py, PyBytes> {
    let mut stream = Vec::new();
    request.write(number, &mut stream);
    PyBytes::new(py, &stream)
}

/// A response: number, status, and a wire message or what MessagePack holds.
type Answer<'py> = (u64, u16, Bound<'py, PyAny>);

/// The whole frames at the front of what a server sent: whether it has greeted, the responses, and
/// how many bytes they took.
#[pyfunction]
fn read_frames<'py>(
    py: Python<'py>,
    stream: &[u8],
    mut is_greeted: bool,
) -> PyResult<(bool, Vec<Answer<'py>>, usize)> {
    let mut answers = Vec::new();
    let mut start = 0;
    loop {
        let content = match front(&stream[start..], CONTENT_MAX) {
            Front::Missing(_) => return Ok((is_greeted, answers, start)),
            Front::TooLarge(length) => {
                return Err(PyValueError::new_err(format!("a frame of {length} bytes")));
            }
            Front::Whole(length) => &stream[start + HEADER_BYTES..][..length],
        };
        start += HEADER_BYTES + content.len();
        if !is_greeted && ServerHello::read(content).is_ok() {
            is_greeted = true;
            continue;
        }
        let response = Response::read(content);
        let Response { id, status, body } =
            response.map_err(|error| PyValueError::new_err(error.to_string()))?;
        let body = match body {
            Content::Message(message) => PyBytes::new(py, message).into_any(),
            Content::Natural(value) => object(py, &value)?,
        };
        answers.push((id, status, body));
    }
}

/// A value of MessagePack as a Python object.
fn object<'py>(py: Python<'py>, value: &Value) -> PyResult<Bound<'py, PyAny>> {
    Ok(match value {
        Value::Nil | Value::Ext(..) => py.None().into_bound(py),
        Value::Boolean(value) => value.into_pyobject(py)?.to_owned().into_any(),
        Value::Integer(value) => match value.as_i64() {
            Some(value) => value.into_pyobject(py)?.into_any(),
            None => value.as_u64().into_pyobject(py)?.into_any(),
        },
        Value::F32(value) => value.into_pyobject(py)?.into_any(),
        Value::F64(value) => value.into_pyobject(py)?.into_any(),
        Value::String(text) => {
            PyString::new(py, &String::from_utf8_lossy(text.as_bytes())).into_any()
        }
        Value::Binary(bytes) => PyBytes::new(py, bytes).into_any(),
        Value::Array(elements) => {
            let list = PyList::empty(py);
            for element in elements {
                list.append(object(py, element)?)?;
            }
            list.into_any()
        }
        Value::Map(entries) => {
            let dict = PyDict::new(py);
            for (key, value) in entries {
                dict.set_item(object(py, key)?, object(py, value)?)?;
            }
            dict.into_any()
        }
    })
}

/// Adds the functions to the module.
///
/// # Errors
/// Python is out of memory.
pub(crate) fn add_to_module(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(client_hello, module)?)?;
    module.add_function(wrap_pyfunction!(create_frame, module)?)?;
    module.add_function(wrap_pyfunction!(call_frame, module)?)?;
    module.add_function(wrap_pyfunction!(state_frame, module)?)?;
    module.add_function(wrap_pyfunction!(read_frames, module)?)
}
