//! The kernel's interpreter on CPython.

use std::sync::Arc;

use anabranch_ir::OperatorId;
use anabranch_kernel::value::state::StateWriter;
use anabranch_kernel::value::wire::DecodeError;
use anabranch_kernel::{
    Arguments, EntityId, Entry, Fault, Interpreter, Interrupter, Outcome, Raised,
    TransactionContext, TransactionNumber,
};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyBytes, PyDict, PyString, PyTuple};

use crate::application::Application;
use crate::call::call_function;
use crate::copy::copy;
use crate::decode::{EntityClasses, Source, decode_arguments, decode_with};
use crate::encode::{OpaqueValues, encode};
use crate::entity_code::{enter_entity_code, leave_entity_code, take_objection};
use crate::instance::allocate;
use crate::interrupt::PythonInterrupter;
use crate::key_attributes::are_unchanged;
use crate::method::CalledAttribute;
use crate::output::{self, Doing, while_doing};
use crate::portable::Suspending;
use crate::prefetch::prefetch_object;
use crate::reference::Reference;
use crate::state::{Traces, load, save};
use crate::together::{Outcomes, set_together};
use crate::{exception, run, well_known};

/// Runs the segments of an application on live Python objects.
pub struct CPython {
    application: Arc<Application>,
    interrupter: Arc<PythonInterrupter>,
    pub(crate) suspending: Suspending,
    /// Whether actions are handed over together.
    together: bool,
}

impl LiveEntity {
    pub(crate) fn new(object: Py<PyAny>) -> Self {
        Self { object, traces: None }
    }
}

impl CPython {
    pub fn new(application: Arc<Application>) -> Self {
        Self {
            application,
            interrupter: Arc::default(),
            suspending: Suspending::default(),
            together: false,
        }
    }

    pub(crate) fn application(&self) -> &Application {
        &self.application
    }

    fn entities(&self) -> EntityClasses<'_> {
        EntityClasses::Of(&self.application)
    }
}

/// A live entity: an ordinary Python object.
#[derive(Debug)]
pub struct LiveEntity {
    pub(crate) object: Py<PyAny>,
    /// Of its large attributes; most entities have none.
    traces: Option<Box<Traces>>,
}

/// What a Python object with a `__dict__` takes, beside its attributes' values.
const OBJECT_BYTES: usize = 320;

/// Larger states are looked at more closely to estimate them.
const SMALL_STATE: usize = 256;

/// How many times larger what is in containers is as objects than as bytes. A number in a list takes
/// 40 bytes instead of 4, a text of 50 characters 110 instead of 52; this is between them.
const BYTES_IN_CONTAINERS: usize = 6;

type Value = Py<PyAny>;

/// Gives an exception as a value.
pub(crate) fn raised<T>(py: Python<'_>, result: PyResult<T>) -> Result<T, Value> {
    result.map_err(|error| error.into_value(py).into_any())
}

impl Interpreter for CPython {
    type Value = Value;
    type Entity = LiveEntity;

    fn session<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        Python::attach(|_| work(self))
    }

    fn wait<R: Send>(&mut self, wait: impl FnOnce() -> R + Send) -> R {
        Python::attach(|py| py.detach(wait))
    }

    fn begin_transaction(&mut self, context: &TransactionContext) {
        self.interrupter.enter();
        enter_entity_code(context);
        output::announce_step(context);
    }

    fn number_transaction(&mut self, number: TransactionNumber) {
        output::begin_transaction(&self.application, number);
    }

    fn abort_transaction(&mut self) {
        output::abort_transaction();
    }

    fn end_transaction(&mut self) {
        output::end_transaction();
        leave_entity_code();
        self.interrupter.leave();
    }

    fn interrupter(&self) -> Option<Arc<dyn Interrupter>> {
        Some(Arc::clone(&self.interrupter) as Arc<_>)
    }

    fn objection(&mut self) -> Option<Value> {
        take_objection()
    }

    fn decode_arguments(&mut self, message: &[u8]) -> Result<Arguments<Value>, DecodeError> {
        Python::attach(|py| decode_arguments(py, message, self.entities()))
    }

    fn decode(&mut self, message: &[u8]) -> Result<Value, DecodeError> {
        Python::attach(|py| {
            let value = decode_with(py, message, Source::Request, self.entities())?;
            Ok(value.unbind())
        })
    }

    fn encode(&mut self, value: &Value) -> Result<Vec<u8>, Value> {
        Python::attach(|py| raised(py, encode(value.bind(py), OpaqueValues::Pickled)))
    }

    fn copy(&mut self, value: &Value) -> Result<Value, Value> {
        Python::attach(|py| raised(py, copy(value.bind(py)).map(Bound::unbind)))
    }

    fn copy_arguments(&mut self, arguments: &Arguments<Value>) -> Result<Arguments<Value>, Value> {
        let Some(keywords) = &arguments.keywords else {
            let positional = self.copy(&arguments.positional)?;
            return Ok(Arguments { positional, keywords: None });
        };
        Python::attach(|py| {
            // One copy of both, so that a value in both stays one value.
            let both = (arguments.positional.bind(py), keywords.bind(py));
            let copies = || -> PyResult<_> {
                let copies = copy(both.into_pyobject(py)?.as_any())?;
                let (positional, keywords): (Value, Value) = copies.extract()?;
                Ok(Arguments { positional, keywords: Some(keywords) })
            };
            raised(py, copies())
        })
    }

    fn describe(&mut self, exception: &Value) -> Raised {
        Python::attach(|py| exception::describe(exception.bind(py)))
    }

    fn exception(&mut self, fault: Fault<'_>) -> Value {
        Python::attach(|py| {
            let error = match fault {
                Fault::EntityNotFound(id) => self.fault(py, id, exception::entity_not_found),
                Fault::EntityExists(id) => self.fault(py, id, exception::entity_exists),
                Fault::Recursion { depth_max } => exception::recursion(depth_max),
                Fault::TooManyEntities { entities_max } => {
                    exception::too_many_entities(py, entities_max)
                }
                Fault::EffectsTooLarge { bytes_max } => exception::effects_too_large(py, bytes_max),
            };
            error.into_value(py).into_any()
        })
    }

    fn reference(&mut self, id: &EntityId) -> Value {
        Python::attach(|py| {
            let class = self.application.class(py, id.operator).clone().unbind();
            let key = self.key(py, id).unbind();
            let reference = Reference::from_parts(class, key, id.key.clone());
            let reference = Bound::new(py, reference).expect("Python is out of memory");
            reference.into_any().unbind()
        })
    }

    fn none(&mut self) -> Value {
        Python::attach(|py| py.None())
    }

    fn bool(&mut self, value: bool) -> Value {
        Python::attach(|py| PyBool::new(py, value).to_owned().into_any().unbind())
    }

    fn construct(
        &mut self,
        operator: OperatorId,
        arguments: Arguments<Value>,
    ) -> Result<(EntityId, LiveEntity), Value> {
        let construct =
            |py: Python<'_>| raised(py, construct(py, &self.application, operator, &arguments));
        while_doing(Doing::Initialize(operator), || Python::attach(construct))
    }

    fn load(&mut self, id: &EntityId, state: &[u8]) -> Result<LiveEntity, DecodeError> {
        Python::attach(|py| {
            let object = load(py, id.operator, state, &self.application)?.unbind();
            Ok(LiveEntity::new(object))
        })
    }

    fn save(
        &mut self,
        entity: &mut LiveEntity,
        before: Option<&[u8]>,
        state: &mut StateWriter,
    ) -> Result<(), Value> {
        let LiveEntity { object, traces } = entity;
        Python::attach(|py| raised(py, save(object.bind(py), traces, before, state)))
    }

    fn prefetch(&self, entity: &LiveEntity, step: usize) {
        Python::attach(|py| prefetch_object(entity.object.bind(py), step));
    }

    fn live_bytes(&self, entity: &LiveEntity, state_bytes: usize) -> usize {
        if state_bytes <= SMALL_STATE {
            return OBJECT_BYTES + state_bytes;
        }
        let flat = Python::attach(|py| flat_bytes(entity.object.bind(py))).min(state_bytes);
        let traces = entity.traces.as_ref().map_or(0, |traces| traces.bytes());
        OBJECT_BYTES + flat + (state_bytes - flat) * BYTES_IN_CONTAINERS + traces
    }

    fn check_key(
        &mut self,
        id: &EntityId,
        entity: &LiveEntity,
        before: Option<&[u8]>,
        after: &[u8],
    ) -> Result<(), Value> {
        if let Some(attributes) = self.application.key_attributes(id.operator)
            && before.is_some_and(|before| are_unchanged(attributes, before, after))
        {
            return Ok(());
        }
        Python::attach(|py| {
            let check = || -> PyResult<()> {
                let key = entity.object.bind(py).call_method0(intern!(py, "__key__"))?;
                if crate::key::encode_key(&key)?.as_slice() == &*id.key {
                    return Ok(());
                }
                let class = &self.application.program().operator(id.operator).name;
                let message = format!(
                    "the key of {class}({}) changed to {}; a key is fixed for the lifetime of its \
                     entity: create another entity instead",
                    self.key(py, id).repr()?,
                    key.repr()?
                );
                Err(exception::anabranch(py, message))
            };
            raised(py, check())
        })
    }

    fn state(&mut self, entity: &LiveEntity) -> Value {
        Python::attach(|py| {
            let attributes = entity.object.bind(py).getattr(intern!(py, "__dict__"));
            let attributes =
                attributes.and_then(|attributes| Ok(attributes.cast_into::<PyDict>()?));
            let copy = attributes.and_then(|attributes| attributes.copy());
            copy.expect("an entity has a __dict__").into_any().unbind()
        })
    }

    fn get_attribute(&mut self, entity: &LiveEntity, attribute: &Value) -> Result<Value, Value> {
        Python::attach(|py| {
            let object = entity.object.bind(py);
            raised(py, get_attribute(object, attribute.bind(py)).map(Bound::unbind))
        })
    }

    fn set_attribute(
        &mut self,
        entity: &LiveEntity,
        attribute: &Value,
        value: &Value,
    ) -> Result<(), Value> {
        Python::attach(|py| {
            let attribute = attribute.bind(py).cast::<PyString>().map_err(PyErr::from);
            let set = attribute.and_then(|name| entity.object.bind(py).setattr(name, value));
            raised(py, set)
        })
    }

    fn attribute_name(&mut self, name: &str) -> Value {
        Python::attach(|py| PyString::intern(py, name).into_any().unbind())
    }

    fn run(
        &mut self,
        entity: Option<(&EntityId, &LiveEntity)>,
        entry: Entry<Value>,
    ) -> Outcome<Value> {
        let function = match &entry {
            Entry::Start { function, .. } | Entry::Resume { function, .. } => *function,
        };
        let doing = Doing::Function(function, entity.map(|(id, _)| id.clone()));
        let run = |py: Python<'_>| match run::run(py, &self.application, entity, entry) {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Raise(error.into_value(py).into_any()),
        };
        set_together(self.together);
        let outcome = while_doing(doing, || Python::attach(run));
        self.suspending.note(function, &outcome);
        outcome
    }

    fn hand_over_together(&mut self, together: bool) {
        self.together = together;
    }

    fn outcomes(&mut self, outcomes: Vec<Result<Value, Value>>) -> Value {
        Python::attach(|py| {
            let outcomes =
                Bound::new(py, Outcomes::new(outcomes)).expect("Python is out of memory");
            outcomes.into_any().unbind()
        })
    }
}

impl CPython {
    fn key<'py>(&self, py: Python<'py>, id: &EntityId) -> Bound<'py, PyAny> {
        let key = decode_with(py, &id.key, Source::Request, self.entities());
        key.expect("this is a bug in Anabranch: an entity's key is no message")
    }

    fn fault(
        &self,
        py: Python<'_>,
        id: &EntityId,
        error: fn(Python<'_>, &str, &Bound<'_, PyAny>) -> PyErr,
    ) -> PyErr {
        let class = &self.application.program().operator(id.operator).name;
        error(py, class, &self.key(py, id))
    }
}

/// The bytes of the texts and bytes that are attributes themselves.
fn flat_bytes(object: &Bound<'_, PyAny>) -> usize {
    let attributes = object.getattr(intern!(object.py(), "__dict__"));
    let Ok(attributes) = attributes.and_then(|it| Ok(it.cast_into::<PyDict>()?)) else {
        return 0;
    };
    let length = |value: Bound<'_, PyAny>| match (value.cast::<PyString>(), value.cast::<PyBytes>())
    {
        (Ok(_), _) | (_, Ok(_)) => value.len().unwrap_or(0),
        _ => 0,
    };
    attributes.iter().map(|(_, value)| length(value)).sum()
}

/// Runs `__init__` and `__key__` of a new entity.
fn construct(
    py: Python<'_>,
    application: &Application,
    operator: OperatorId,
    arguments: &Arguments<Value>,
) -> PyResult<(EntityId, LiveEntity)> {
    let class = application.class(py, operator);
    let object = allocate(class)?;
    let positional = arguments.positional.bind(py).cast::<PyTuple>()?;
    let keywords = arguments.keywords.as_ref().map(|keywords| keywords.bind(py));
    let keywords = keywords.map(|keywords| keywords.cast::<PyDict>()).transpose()?;
    let initialize = class.getattr(intern!(py, "__init__"))?;
    call_function(&initialize, Some(&object), positional, keywords)?;
    let key = object.call_method0(intern!(py, "__key__"))?;
    let key = crate::key::encode_key(&key)?.into();
    let id = EntityId { operator, key };
    Ok((id, LiveEntity::new(object.unbind())))
}

fn get_attribute<'py>(
    object: &Bound<'py, PyAny>,
    attribute: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    if let Ok(called) = attribute.cast_exact::<CalledAttribute>() {
        return Err(called.get().failure(object));
    }
    let name = attribute.cast::<PyString>()?;
    let value = object.getattr(name)?;
    if value.get_type().is(well_known::method(py)?)
        && value.getattr(intern!(py, "__self__"))?.is(object)
    {
        let message = format!(
            "{}.{name} is a method and cannot leave its entity; call it, or pass the entity",
            object.repr()?
        );
        return Err(exception::remote_access(py, message));
    }
    Ok(value)
}
