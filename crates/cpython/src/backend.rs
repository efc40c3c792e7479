//! The backend of a driver that runs beside an engine.

use std::sync::Arc;
use std::time::Duration;

use anabranch_ir::OperatorId;
use anabranch_kernel::value::wire::{DecodeError, Writer};
use anabranch_kernel::{Engine, EntityId, Failure, Operation, Reply, Request};
use crossbeam_channel::{RecvTimeoutError, bounded};
use pyo3::exceptions::PyAttributeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple, PyType};

use crate::decode::{Source, decode};
use crate::encode::{OpaqueValues, encode};
use crate::entity_code::{in_entity_code, remote_access_error};
use crate::exception;
use crate::handled_exception::become_context_of;
use crate::reference::Reference;

/// How long a waiting driver goes without looking for Ctrl-C.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(100);

/// Implements `anabranch._backend.Backend` over an engine in this process.
#[pyclass(frozen, module = "anabranch._native")]
pub struct EngineBackend {
    engine: Arc<dyn Engine>,
}

impl EngineBackend {
    pub fn new(engine: Arc<dyn Engine>) -> Self {
        Self { engine }
    }

    /// Makes `engine` what driver code in this process uses.
    ///
    /// # Errors
    /// The `anabranch` package cannot be imported.
    pub fn install(py: Python<'_>, engine: Arc<dyn Engine>) -> PyResult<()> {
        let backend = Bound::new(py, Self::new(engine))?;
        py.import("anabranch._backend")?.call_method1("install", (backend,))?;
        Ok(())
    }

    fn operator(&self, py: Python<'_>, class: &Bound<'_, PyType>) -> PyResult<OperatorId> {
        let name = class.name()?.to_string();
        self.engine.program().operator_named(&name).ok_or_else(|| {
            exception::anabranch(py, format!("{name} is not an entity class of the application"))
        })
    }

    fn target(&self, py: Python<'_>, reference: &Reference) -> PyResult<EntityId> {
        let operator = self.operator(py, reference.class().bind(py))?;
        Ok(EntityId { operator, key: reference.message().clone() })
    }

    fn perform<'py>(&self, py: Python<'py>, operation: Operation) -> PyResult<Bound<'py, PyAny>> {
        if in_entity_code() {
            return Err(remote_access_error(py, "a root call"));
        }
        let request = Request { operation, idempotency_key: None };
        let message = self.reply(py, request)?.map_err(|failure| raised(py, failure))?;
        decode(py, &message, Source::Request).map_err(|error| undecodable(py, &error))
    }

    /// Waits for the reply with the interpreter released.
    fn reply(&self, py: Python<'_>, request: Request) -> PyResult<Reply> {
        let (sender, receiver) = bounded(1);
        // The driver may have given up waiting, so nobody may listen.
        let on_reply = Box::new(move |reply| drop(sender.send(reply)));
        let mut received = py.detach(|| {
            self.engine.submit(request, on_reply);
            receiver.recv_timeout(SIGNAL_INTERVAL)
        });
        loop {
            match received {
                Ok(reply) => return Ok(reply),
                Err(RecvTimeoutError::Disconnected) => {
                    let why = "the engine stopped before it answered";
                    return Ok(Err(Failure::Unavailable(why.to_owned())));
                }
                Err(RecvTimeoutError::Timeout) => {
                    py.check_signals()?;
                    received = py.detach(|| receiver.recv_timeout(SIGNAL_INTERVAL));
                }
            }
        }
    }
}

#[pymethods]
impl EngineBackend {
    fn create<'py>(
        &self,
        entity_class: &Bound<'py, PyType>,
        args: &Bound<'py, PyTuple>,
        kwargs: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = entity_class.py();
        let operator = self.operator(py, entity_class)?;
        let arguments = encode_arguments(args, kwargs)?;
        self.perform(py, Operation::Create { operator, arguments })
    }

    fn call<'py>(
        &self,
        reference: &Bound<'py, Reference>,
        method: &str,
        args: &Bound<'py, PyTuple>,
        kwargs: &Bound<'py, PyDict>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = reference.py();
        let target = self.target(py, reference.get())?;
        let program = self.engine.program();
        let Some(method) = program.method_named(target.operator, method) else {
            let class = &program.operator(target.operator).name;
            let message = format!("'{class}' object has no attribute '{method}'");
            return Err(PyAttributeError::new_err(message));
        };
        let arguments = encode_arguments(args, kwargs)?;
        self.perform(py, Operation::Call { target, method, arguments })
    }

    fn get_attribute<'py>(
        &self,
        reference: &Bound<'py, Reference>,
        name: String,
    ) -> PyResult<Bound<'py, PyAny>> {
        let target = self.target(reference.py(), reference.get())?;
        self.perform(reference.py(), Operation::GetAttribute { target, attribute: name })
    }

    fn set_attribute(
        &self,
        reference: &Bound<'_, Reference>,
        name: String,
        value: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let py = reference.py();
        let target = self.target(py, reference.get())?;
        let value = encode(value, OpaqueValues::Pickled)?;
        self.perform(py, Operation::SetAttribute { target, attribute: name, value })?;
        Ok(())
    }

    fn exists<'py>(&self, reference: &Bound<'py, Reference>) -> PyResult<Bound<'py, PyAny>> {
        let target = self.target(reference.py(), reference.get())?;
        self.perform(reference.py(), Operation::Exists { target })
    }

    fn delete(&self, reference: &Bound<'_, Reference>) -> PyResult<()> {
        let target = self.target(reference.py(), reference.get())?;
        self.perform(reference.py(), Operation::Delete { target })?;
        Ok(())
    }
}

/// The message of a request's arguments: a tuple and a dict.
fn encode_arguments(args: &Bound<'_, PyTuple>, kwargs: &Bound<'_, PyDict>) -> PyResult<Vec<u8>> {
    if args.is_empty() && kwargs.is_empty() {
        let mut writer = Writer::new();
        writer.tuple(2);
        writer.tuple(0);
        writer.dict(0);
        return Ok(writer.finish());
    }
    let arguments = (args, kwargs).into_pyobject(args.py())?;
    encode(arguments.as_any(), OpaqueValues::Pickled)
}

/// What the driver sees of a failure.
fn raised(py: Python<'_>, failure: Failure) -> PyErr {
    let error = exception::from_failure(py, failure);
    become_context_of(error.value(py)).map_or_else(|failure| failure, |()| error)
}

fn undecodable(py: Python<'_>, error: &DecodeError) -> PyErr {
    exception::anabranch(py, format!("cannot read the result: {error}"))
}
