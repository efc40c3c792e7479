//! Suspended calls to bytes and back.
//!
//! The attributes of a live entity and the live variables of the calls that are suspended in it are
//! one pickle, so that what is one object stays one. `anabranch._suspension` knows what pickle does
//! not; here is what comes often, and what needs the interpreter: references, the live entity
//! itself, and variables without a value.

use std::cell::{Cell, RefCell};

use anabranch_ir::OperatorId;
use anabranch_kernel::value::wire::DecodeError;
use pyo3::exceptions::{PyRecursionError, PySystemError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCFunction, PyDict, PyTuple, PyType};

use crate::application::Application;
use crate::class::{Kind, class_of};
use crate::decode::{built, new_exception as make_exception, new_instance};
use crate::key::encode_key;
use crate::reference::Reference;
use crate::unbound::Unbound;
use crate::well_known;

thread_local! {
    /// The entity that is being written or made.
    static LIVE: RefCell<Option<Py<PyAny>>> = const { RefCell::new(None) };
    /// Whether it was written as a part of something.
    static HAS_ALIAS: Cell<bool> = const { Cell::new(false) };
}

/// Runs `work` while `entity` is the live entity of this thread.
fn with_live<R>(entity: &Bound<'_, PyAny>, work: impl FnOnce() -> R) -> R {
    let outer = LIVE.replace(Some(entity.clone().unbind()));
    HAS_ALIAS.set(false);
    let result = work();
    LIVE.set(outer);
    result
}

/// Attributes, which the live entity gets as soon as they are made: what is made later may ask it for
/// its hash, and so for its key.
#[pyclass(frozen, module = "anabranch._native")]
struct Attributes {
    attributes: Py<PyAny>,
}

/// Writes down the attributes of a live entity and `calls`: tuples of live variables. `describe` says
/// what a variable is called: of which call, and which of its variables.
///
/// # Errors
/// `TypeError` for what cannot be written down.
pub(crate) fn write(
    entity: &Bound<'_, PyAny>,
    calls: &[&Bound<'_, PyAny>],
    describe: impl FnOnce(usize, usize) -> String,
) -> PyResult<Vec<u8>> {
    let py = entity.py();
    let attributes = entity.getattr(intern!(py, "__dict__"))?;
    let calls = PyTuple::new(py, calls)?;
    let dumps = |early: Option<Attributes>| {
        let attributes = Attributes { attributes: attributes.clone().unbind() };
        let parts = (early, attributes, &calls).into_pyobject(py)?;
        well_known::suspension_dumps(py)?.call1((parts,))
    };
    let dumps = || {
        let message = dumps(None)?;
        if !HAS_ALIAS.get() {
            return Ok(message);
        }
        // The entity may be in a set of its own, or of one of its attributes.
        let scalars = scalar_attributes(attributes.cast_exact::<PyDict>()?)?;
        dumps(Some(Attributes { attributes: scalars.into_any().unbind() }))
    };
    with_live(entity, || {
        let message = match dumps() {
            Ok(message) => message,
            Err(error) if error.is_instance_of::<PyRecursionError>(py) => return Err(error),
            Err(error) => return Err(refusal(entity, &attributes, &calls, &error, describe)?),
        };
        Ok(message.cast::<PyBytes>()?.as_bytes().to_vec())
    })
}

/// The attributes that a key can be made of: values without identity.
fn scalar_attributes<'py>(attributes: &Bound<'py, PyDict>) -> PyResult<Bound<'py, PyDict>> {
    let scalars = PyDict::new(attributes.py());
    for (name, value) in attributes.iter() {
        if encode_key(&value).is_ok() {
            scalars.set_item(name, value)?;
        }
    }
    Ok(scalars)
}

/// Names what cannot be written.
fn refusal(
    entity: &Bound<'_, PyAny>,
    attributes: &Bound<'_, PyAny>,
    calls: &Bound<'_, PyTuple>,
    error: &PyErr,
    describe: impl FnOnce(usize, usize) -> String,
) -> PyResult<PyErr> {
    let py = entity.py();
    let part = well_known::suspension_failing_part(py)?.call1((attributes, calls))?;
    let what = if let Ok((call, variable)) = part.extract::<(usize, usize)>() {
        describe(call, variable)
    } else if let Ok(name) = part.extract::<String>() {
        format!("the attribute {name} of {}", entity.repr()?)
    } else {
        format!("{} with the variables of its calls", entity.repr()?)
    };
    let refusal = PyTypeError::new_err(format!(
        "{what} cannot be kept while another entity is called: {}; make it after that call, or make \
         it and use it up in a function or method of its own",
        error.value(py)
    ));
    refusal.set_cause(py, Some(error.clone_ref(py)));
    Ok(refusal)
}

/// Makes the entity and the tuples of live variables that [`write`] wrote.
pub(crate) fn read<'py>(
    py: Python<'py>,
    operator: OperatorId,
    message: &[u8],
    application: &Application,
) -> Result<(Bound<'py, PyAny>, Vec<Py<PyAny>>), DecodeError> {
    let entity = new_instance(application.class(py, operator))?;
    let loads = built(well_known::pickle_loads(py))?;
    let parts = with_live(&entity, || loads.call1((PyBytes::new(py, message),)));
    let calls = built(built(parts)?.get_item(2))?;
    let calls = built(calls.cast_into::<PyTuple>())?;
    let calls = calls.iter().map(Bound::unbind).collect();
    Ok((entity, calls))
}

/// How to make an object again, for pickle; `NotImplemented`: as pickle does it by itself.
#[pyfunction]
pub(crate) fn reduce_suspended(value: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let py = value.py();
    if let Ok(reference) = value.cast_exact::<Reference>() {
        return Ok(reference.get().__reduce__(py)?.into_any().unbind());
    }
    if let Ok(attributes) = value.cast_exact::<Attributes>() {
        let arguments = (attributes.get().attributes.clone_ref(py),);
        let reduced = (well_known::take_attributes(py)?, arguments).into_pyobject(py)?;
        return Ok(reduced.into_any().unbind());
    }
    if LIVE.with_borrow(|live| live.as_ref().is_some_and(|live| live.is(value))) {
        HAS_ALIAS.set(true);
        return without_arguments(well_known::live_entity(py)?);
    }
    if value.is_exact_instance_of::<Unbound>() {
        return without_arguments(well_known::unbound(py)?);
    }
    if value.is_instance_of::<PyType>() || value.is_exact_instance_of::<PyCFunction>() {
        return Ok(py.NotImplemented());
    }
    let class = class_of(value)?;
    match class.kind {
        Kind::Enum => enum_member(value, class.object.bind(py)),
        Kind::Exception | Kind::Other => reduce_other(value),
        Kind::Record if well_known::named_objects(py)?.contains(value.as_ptr() as usize)? => {
            reduce_other(value)
        }
        Kind::Entity
        | Kind::Record
        | Kind::Date
        | Kind::Time
        | Kind::DateTime
        | Kind::TimeDelta
        | Kind::Decimal
        | Kind::Uuid => Ok(py.NotImplemented()),
    }
}

fn without_arguments(callable: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let py = callable.py();
    Ok((callable, PyTuple::empty(py)).into_pyobject(py)?.into_any().unbind())
}

fn reduce_other(value: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    Ok(well_known::suspension_reduce_other(value.py())?.call1((value,))?.unbind())
}

/// A member by its name: what its value is, is of no concern.
fn enum_member(value: &Bound<'_, PyAny>, class: &Bound<'_, PyType>) -> PyResult<Py<PyAny>> {
    let py = value.py();
    let name = value.getattr(intern!(py, "_name_"))?;
    let members = class.getattr(intern!(py, "_member_map_"))?.cast_into::<PyDict>()?;
    if !members.get_item(&name)?.is_some_and(|member| member.is(value)) {
        // A combination of flags.
        return Ok(py.NotImplemented());
    }
    let make = well_known::suspension_enum_member(py)?;
    Ok((make, (class, name)).into_pyobject(py)?.into_any().unbind())
}

/// The live entity to which the variables belong that are being made.
#[pyfunction]
pub(crate) fn live_entity(py: Python<'_>) -> PyResult<Py<PyAny>> {
    let live = LIVE.with_borrow(|live| live.as_ref().map(|live| live.clone_ref(py)));
    live.ok_or_else(|| PySystemError::new_err("no suspended call is being made in this thread"))
}

/// Gives the live entity its attributes.
#[pyfunction]
pub(crate) fn take_attributes(attributes: &Bound<'_, PyAny>) -> PyResult<()> {
    let py = attributes.py();
    // Not a copy: a variable may hold the very dict.
    live_entity(py)?.bind(py).setattr(intern!(py, "__dict__"), attributes)
}

/// What stands for no value.
#[pyfunction]
pub(crate) fn unbound(py: Python<'_>) -> PyResult<Py<Unbound>> {
    Ok(Unbound::instance(py)?.clone_ref(py))
}

/// An exception made from its arguments, past the `__init__` of the application's classes.
#[pyfunction]
pub(crate) fn new_exception<'py>(
    class: &Bound<'py, PyType>,
    arguments: &Bound<'py, PyTuple>,
) -> PyResult<Bound<'py, PyAny>> {
    make_exception(class, arguments)
}
