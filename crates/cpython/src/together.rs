//! Actions that are handed over together, and their outcomes.
//!
//! A segment that may hand over the actions that come next returns them as `together`
//! ([`anabranch_ir::Exit`]). [`handed_over`] decides whether they go to the kernel: only if nothing that
//! the function does between them can make a difference to them, and they none to it. Otherwise the
//! function goes on at once, and performs them one after another.
//!
//! What was handed over travels behind the live variables. With the [`Outcomes`] it becomes the
//! [`Answers`]: each exit of the segments that performs the action that is next in line gets its outcome
//! at once. An exit that differs (an exception was caught, a variable changed) ends that: what is left is
//! forgotten, which is right because those callees changed nothing. Of the actions that may change
//! something none can be left, as nothing runs between them; should it be so nevertheless, the
//! transaction aborts.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};

use anabranch_ir::Program;
use anabranch_kernel::access::reaches;
use anabranch_kernel::{Action, Arguments, EntityId};
use pyo3::exceptions::{PySystemError, PyTypeError, PyValueError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{
    PyBool, PyBytes, PyDict, PyFloat, PyInt, PyList, PyNone, PyRange, PySet, PyString, PyTuple,
};

use crate::application::Application;
use crate::entity_code::object_with;
use crate::reference::Reference;

type Value = Py<PyAny>;

/// More actions than that go one after another.
const ACTIONS_MAX: usize = 1000;

/// The first field of what travels behind the live variables.
const MARK: &str = "__anabranch_together__";

static TIMES: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    static TOGETHER: Cell<bool> = const { Cell::new(false) };
}

/// Says whether functions that run on this thread hand over actions together.
pub(crate) fn set_together(together: bool) {
    TOGETHER.set(together);
}

/// How often functions of this process handed over actions together.
pub fn times_handed_over() -> usize {
    TIMES.load(Ordering::Relaxed)
}

/// Whether actions are to be handed over together.
#[pyfunction]
pub(crate) fn together() -> bool {
    TOGETHER.get()
}

/// What is left in an iterator of Python's own, which loses nothing by it. If `count` is not zero the
/// elements must be tuples or lists of so many parts.
#[pyfunction]
pub(crate) fn elements<'py>(
    iterator: &Bound<'py, PyAny>,
    count: usize,
) -> PyResult<Bound<'py, PyList>> {
    let left = left_in(iterator)?;
    let has_parts = |element: &Bound<'_, PyAny>| {
        let is_sequence =
            element.is_exact_instance_of::<PyTuple>() || element.is_exact_instance_of::<PyList>();
        is_sequence && element.len().is_ok_and(|length| length == count)
    };
    if left.len() > ACTIONS_MAX || (count > 0 && !left.iter().all(|element| has_parts(&element))) {
        return Err(PyValueError::new_err("these elements are gone through one by one"));
    }
    Ok(left)
}

/// Iterators of which a copy can be taken without running code of the user's.
const ITERATORS: [&str; 7] = [
    "list_iterator",
    "tuple_iterator",
    "range_iterator",
    "dict_keyiterator",
    "dict_valueiterator",
    "dict_itemiterator",
    "set_iterator",
];

fn left_in<'py>(iterator: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
    let py = iterator.py();
    let kind = iterator.get_type();
    let name = kind.name()?;
    let name = name.to_str()?;
    let is_own = kind.module()?.to_str()? == "builtins";
    let refused = || PyTypeError::new_err("what is left in this iterator is not known");
    if !is_own {
        return Err(refused());
    }
    let parts = || -> PyResult<Bound<'py, PyTuple>> {
        let reduced = iterator.call_method0(intern!(py, "__reduce__"))?;
        Ok(reduced.cast_into::<PyTuple>()?)
    };
    if ITERATORS.contains(&name) {
        let hint: usize = iterator.call_method0(intern!(py, "__length_hint__"))?.extract()?;
        if hint > ACTIONS_MAX {
            return Err(refused());
        }
        let parts = parts()?;
        let start: usize = match parts.get_item(2) {
            Ok(start) if !start.is_none() => start.extract()?,
            _ => 0,
        };
        let source = parts.get_item(1)?.cast_into::<PyTuple>()?.get_item(0)?;
        let is_sequence = source.is_exact_instance_of::<PyList>()
            || source.is_exact_instance_of::<PyTuple>()
            || source.is_exact_instance_of::<PyRange>();
        if !is_sequence {
            return Err(refused());
        }
        let all = source.try_iter()?.skip(start).collect::<PyResult<Vec<_>>>()?;
        return PyList::new(py, all);
    }
    match name {
        "zip" => {
            let parts = parts()?;
            // `zip(…, strict=True)` has a third part.
            if parts.len() != 2 {
                return Err(refused());
            }
            let sources = parts.get_item(1)?.cast_into::<PyTuple>()?;
            let lists = sources.iter().map(|source| left_in(&source));
            let lists = lists.collect::<PyResult<Vec<_>>>()?;
            let length = lists.iter().map(|list| list.len()).min().unwrap_or(0);
            let row = |index: usize| -> PyResult<Bound<'py, PyTuple>> {
                let row = lists.iter().map(|list| list.get_item(index));
                PyTuple::new(py, row.collect::<PyResult<Vec<_>>>()?)
            };
            PyList::new(py, (0..length).map(row).collect::<PyResult<Vec<_>>>()?)
        }
        "enumerate" => {
            let arguments = parts()?.get_item(1)?.cast_into::<PyTuple>()?;
            let first: usize = arguments.get_item(1)?.extract()?;
            let list = left_in(&arguments.get_item(0)?)?;
            PyList::new(
                py,
                list.iter().enumerate().map(|(index, element)| (first + index, element)),
            )
        }
        _ => Err(refused()),
    }
}

/// The attribute `name` of an object of this process, if it has it itself, so that reading it runs no
/// code of the user's.
#[pyfunction]
pub(crate) fn field<'py>(
    object: &Bound<'py, PyAny>,
    name: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = object.py();
    let class = object.get_type();
    let refused = || PyTypeError::new_err("reading this attribute may run code");
    let hook = intern!(py, "__getattribute__");
    let is_ordinary = class.getattr(hook)?.is(py.get_type::<PyAny>().getattr(hook)?);
    if !is_ordinary || object.is_exact_instance_of::<Reference>() {
        return Err(refused());
    }
    // Of what a class has under that name, only this comes first.
    if let Some(of_class) = class.getattr_opt(name)?
        && of_class.get_type().hasattr(intern!(py, "__set__"))?
    {
        return Err(refused());
    }
    let attributes = object.getattr(intern!(py, "__dict__"))?.cast_into::<PyDict>()?;
    attributes.get_item(name)?.ok_or_else(refused)
}

/// `value`, if operators on it run no code of the user's.
#[pyfunction]
pub(crate) fn plain<'py>(value: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
    if is_plain(value) {
        return Ok(value.clone());
    }
    Err(PyTypeError::new_err("operators on this value may run code"))
}

fn is_plain(value: &Bound<'_, PyAny>) -> bool {
    value.is_exact_instance_of::<PyInt>()
        || value.is_exact_instance_of::<PyString>()
        || value.is_exact_instance_of::<PyBool>()
        || value.is_exact_instance_of::<PyFloat>()
        || value.is_exact_instance_of::<PyBytes>()
        || value.is_exact_instance_of::<PyNone>()
}

/// Whether `value` stays what it is, whatever runs.
fn is_fixed(value: &Bound<'_, PyAny>) -> bool {
    if let Ok(parts) = value.cast_exact::<PyTuple>() {
        return parts.iter().all(|part| is_fixed(&part));
    }
    is_plain(value) || value.is_exact_instance_of::<Reference>()
}

/// How deep containers in arguments may nest, and how many values they may have each.
const DEPTH_MAX: usize = 8;

/// Whether `value` can be handed over before its turn: no code of the user's runs for it, and it has an
/// encoding, so that nothing fails too early.
fn is_data(value: &Bound<'_, PyAny>, depth: usize) -> bool {
    if let Ok(values) = value.cast_exact::<PyList>() {
        are_data(values.iter(), depth)
    } else if let Ok(values) = value.cast_exact::<PyTuple>() {
        are_data(values.iter(), depth)
    } else if let Ok(values) = value.cast_exact::<PySet>() {
        are_data(values.iter(), depth)
    } else if let Ok(pairs) = value.cast_exact::<PyDict>() {
        are_data(pairs.keys().iter(), depth) && are_data(pairs.values().iter(), depth)
    } else {
        is_fixed(value)
    }
}

fn are_data<'py>(
    mut values: impl ExactSizeIterator<Item = Bound<'py, PyAny>>,
    depth: usize,
) -> bool {
    depth > 0 && values.len() <= ACTIONS_MAX && values.all(|value| is_data(&value, depth - 1))
}

/// Whether two values are one, or as good as one.
fn is_same(left: &Bound<'_, PyAny>, right: &Bound<'_, PyAny>) -> PyResult<bool> {
    if left.is(right) {
        return Ok(true);
    }
    if !left.get_type().is(right.get_type()) {
        return Ok(false);
    }
    if let (Ok(left), Ok(right)) = (left.cast_exact::<PyTuple>(), right.cast_exact::<PyTuple>()) {
        if left.len() != right.len() {
            return Ok(false);
        }
        for (left, right) in left.iter().zip(right) {
            if !is_same(&left, &right)? {
                return Ok(false);
            }
        }
        return Ok(true);
    }
    if let (Ok(left), Ok(right)) = (left.cast_exact::<Reference>(), right.cast_exact::<Reference>())
    {
        let (left, right) = (left.get(), right.get());
        return Ok(left.class().is(right.class()) && left.message() == right.message());
    }
    // Of floats the sign of zero counts as well, and what is no number is itself.
    if let (Ok(left), Ok(right)) = (left.cast_exact::<PyFloat>(), right.cast_exact::<PyFloat>()) {
        return Ok(left.value().to_bits() == right.value().to_bits());
    }
    Ok(is_plain(left) && left.eq(right)?)
}

/// What `together` hands over: `free, turns`.
pub(crate) struct HandedOver<'py> {
    pub(crate) actions: Vec<Action<Value>>,
    /// What has to be kept with the live variables until the outcomes are there.
    pub(crate) kept: Bound<'py, PyTuple>,
}

/// The actions of `turns`, if they go to the kernel; `own` is the entity on whose behalf the function
/// runs.
pub(crate) fn handed_over<'py>(
    application: &Application,
    own: Option<&EntityId>,
    free: &Bound<'py, PyAny>,
    turns: &Bound<'py, PyAny>,
) -> PyResult<Option<HandedOver<'py>>> {
    let py = turns.py();
    let mut listed = Vec::new();
    for turn in turns.try_iter()? {
        for action in turn?.cast_into::<PyTuple>()?.iter() {
            listed.push(action.cast_into::<PyTuple>()?);
        }
    }
    if !(2..=ACTIONS_MAX).contains(&listed.len()) {
        return Ok(None);
    }
    let free: usize = if free.is_none() { listed.len() } else { free.extract()? };
    let mut actions = Vec::with_capacity(listed.len());
    for (index, action) in listed.iter().enumerate() {
        let Some(resolved) = resolved(application, own, action)? else { return Ok(None) };
        if index >= free && !resolved.may_follow_anything {
            return Ok(None);
        }
        actions.push(resolved.action);
    }
    TIMES.fetch_add(1, Ordering::Relaxed);
    let kept = (MARK, free, PyTuple::new(py, listed)?).into_pyobject(py)?;
    Ok(Some(HandedOver { actions, kept }))
}

struct Resolved {
    action: Action<Value>,
    /// It changes nothing, and what it is given cannot change either.
    may_follow_anything: bool,
}

/// The action for the kernel, if it is one that may be handed over.
fn resolved(
    application: &Application,
    own: Option<&EntityId>,
    action: &Bound<'_, PyTuple>,
) -> PyResult<Option<Resolved>> {
    let py = action.py();
    let receiver = action.get_item(1)?;
    let Ok(reference) = receiver.cast_exact::<Reference>() else { return Ok(None) };
    let target = application.entity_id(py, reference.get())?;
    if own.is_some_and(|own| *own == target) {
        return Ok(None);
    }
    let program = application.program();
    let name = action.get_item(2)?.cast_into::<PyString>()?;
    if action.get_item(0)?.cast_into::<PyString>()?.to_str()? == "get" {
        if !is_state(application, program, &target, &name)? {
            return Ok(None);
        }
        let action = Action::Get { target, attribute: name.into_any().unbind() };
        return Ok(Some(Resolved { action, may_follow_anything: true }));
    }
    let Some(method) = application.method(target.operator, &name) else { return Ok(None) };
    let effects = &program.function(method).effects;
    // What is printed, and done elsewhere, is seen in its order, and not undone.
    if effects.outside {
        return Ok(None);
    }
    if own.is_some_and(|own| {
        !effects.stays_on_its_entity() && reaches(program, effects, own.operator)
    }) {
        return Ok(None);
    }
    let positional = action.get_item(3)?.cast_into::<PyTuple>()?;
    let keywords = action.get_item(4)?;
    let keywords = if keywords.is_none() { None } else { Some(keywords.cast_into::<PyDict>()?) };
    let are_all = |test: &dyn Fn(&Bound<'_, PyAny>) -> bool| {
        let mut named = keywords.iter().flat_map(|keywords| keywords.values());
        positional.iter().all(|value| test(&value)) && named.all(|value| test(&value))
    };
    if !are_all(&|value| is_data(value, DEPTH_MAX)) {
        return Ok(None);
    }
    let are_fixed = are_all(&is_fixed);
    let arguments = Arguments {
        positional: positional.into_any().unbind(),
        keywords: keywords.map(|keywords| keywords.into_any().unbind()),
    };
    let may_follow_anything = effects.is_read_only() && are_fixed;
    let action = Action::Call { target, method, arguments };
    Ok(Some(Resolved { action, may_follow_anything }))
}

/// Whether reading an attribute gives a part of the state and runs no code.
fn is_state(
    application: &Application,
    program: &Program,
    target: &EntityId,
    name: &Bound<'_, PyString>,
) -> PyResult<bool> {
    let operator = program.operator(target.operator);
    let wanted = name.to_str()?;
    let class = application.class(name.py(), target.operator);
    let has_hook = ["__getattr__", "__getattribute__"]
        .iter()
        .any(|hook| program.method_named(target.operator, hook).is_some());
    // A property of that name, say.
    let is_hidden = match class.getattr_opt(name)? {
        Some(value) => value.get_type().hasattr(intern!(name.py(), "__get__"))?,
        None => false,
    };
    let is_known = operator.attributes.iter().any(|attribute| attribute.name == wanted);
    Ok(is_known && !has_hook && !is_hidden)
}

/// The live variables without what was kept with them, and that: what [`HandedOver::kept`] is.
pub(crate) fn split_live<'py>(
    live: &Bound<'py, PyTuple>,
) -> PyResult<(Bound<'py, PyTuple>, Option<Bound<'py, PyTuple>>)> {
    let Some(last) = live.len().checked_sub(1) else { return Ok((live.clone(), None)) };
    let kept = live.get_item(last)?.cast_into_exact::<PyTuple>().ok().filter(|kept| {
        let mark = kept.get_item(0).ok().filter(|_| kept.len() == 3);
        mark.is_some_and(|mark| mark.cast_exact::<PyString>().is_ok_and(|mark| mark == MARK))
    });
    match kept {
        Some(kept) => Ok((live.get_slice(0, last), Some(kept))),
        None => Ok((live.clone(), None)),
    }
}

/// The outcomes of actions that were handed over together, in order; there may be fewer of them if the
/// last one is an exception.
#[pyclass(frozen, module = "anabranch._native")]
pub(crate) struct Outcomes(Vec<Result<Value, Value>>);

impl Outcomes {
    pub(crate) fn new(outcomes: Vec<Result<Value, Value>>) -> Self {
        Self(outcomes)
    }
}

/// The outcomes that the next exits of a function are answered with.
pub(crate) struct Answers<'py> {
    /// How many more of the actions may change something.
    free: usize,
    to_come: VecDeque<(Bound<'py, PyTuple>, PyResult<Bound<'py, PyAny>>)>,
}

impl<'py> Answers<'py> {
    pub(crate) fn new(kept: &Bound<'py, PyTuple>, outcomes: &Outcomes) -> PyResult<Self> {
        let py = kept.py();
        let actions = kept.get_item(2)?.cast_into::<PyTuple>()?;
        let mut to_come = VecDeque::with_capacity(outcomes.0.len());
        for (action, outcome) in actions.iter().zip(&outcomes.0) {
            let outcome = match outcome {
                Ok(value) => Ok(value.bind(py).clone()),
                Err(exception) => Err(PyErr::from_value(exception.bind(py).clone())),
            };
            to_come.push_back((action.cast_into::<PyTuple>()?, outcome));
        }
        Ok(Self { free: kept.get_item(1)?.extract()?, to_come })
    }

    /// The outcome of the action that `exit` performs; `None` if another one was expected, or none.
    pub(crate) fn answer(
        &mut self,
        exit: &Bound<'py, PyTuple>,
    ) -> PyResult<Option<PyResult<Bound<'py, PyAny>>>> {
        let Some((action, outcome)) = self.to_come.pop_front() else { return Ok(None) };
        if !is_action_of(exit, &action)? {
            self.to_come.push_front((action, outcome));
            self.forget()?;
            return Ok(None);
        }
        self.free = self.free.saturating_sub(1);
        if outcome.is_err() {
            // Python would have come no further.
            self.to_come.clear();
        }
        Ok(Some(outcome))
    }

    /// Forgets what is left.
    ///
    /// # Errors
    /// Some of it may have changed something.
    pub(crate) fn forget(&mut self) -> PyResult<()> {
        let lost = self.free > 0 && !self.to_come.is_empty();
        self.to_come.clear();
        if !lost {
            return Ok(());
        }
        let error = PySystemError::new_err(
            "this is a bug in Anabranch: a call that was made together with others was not expected",
        );
        Python::attach(|py| object_with(error.value(py).clone().into_any().unbind()));
        Err(error)
    }
}

/// Whether the tuple that a segment returned performs `action`: it has the same fields, with the segment
/// to resume and the live variables behind the first.
fn is_action_of(exit: &Bound<'_, PyTuple>, action: &Bound<'_, PyTuple>) -> PyResult<bool> {
    if exit.len() != action.len() + 2 || !is_same(&exit.get_item(0)?, &action.get_item(0)?)? {
        return Ok(false);
    }
    for index in 1..action.len() {
        let (found, expected) = (exit.get_item(index + 2)?, action.get_item(index)?);
        let same = match (found.cast_exact::<PyDict>(), expected.cast_exact::<PyDict>()) {
            (Ok(found), Ok(expected)) => are_same_keywords(found, expected)?,
            _ => is_same(&found, &expected)?,
        };
        if !same {
            return Ok(false);
        }
    }
    Ok(true)
}

fn are_same_keywords(found: &Bound<'_, PyDict>, expected: &Bound<'_, PyDict>) -> PyResult<bool> {
    if found.len() != expected.len() {
        return Ok(false);
    }
    for (name, value) in found.iter() {
        match expected.get_item(name)? {
            Some(expected) if is_same(&value, &expected)? => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}
