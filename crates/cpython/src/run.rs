//! Runs a function from one suspension to the next.
//!
//! A segment returns a tuple whose first element is a word (see [`anabranch_ir::Exit`]). Jumps go
//! on here. Actions on a reference go back to the kernel. Where the receiver turns out to be
//! something else, the action is performed at once, as Python would, and the function goes on.

use anabranch_ir::{FunctionId, SegmentId};
use anabranch_kernel::{Action, Arguments, EntityId, Entry, Outcome};
use pyo3::exceptions::{PySystemError, PyTypeError};
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString, PyTuple, PyType};

use crate::application::Application;
use crate::call::{call_function, call_segment};
use crate::exception;
use crate::interpreter::LiveEntity;
use crate::key::encode_key;
use crate::loader::{LoadedFunction, LoadedSegment};
use crate::method::{CalledAttribute, LookedUp};
use crate::reference::Reference;
use crate::together::{Answers, HandedOver, Outcomes, handed_over, split_live};
use crate::traceback::raise_at;
use crate::well_known;

type Value = Py<PyAny>;

/// Runs from `entry` to the next suspension or the end of the function; an exception that leaves
/// the function is the error.
pub(crate) fn run(
    py: Python<'_>,
    application: &Application,
    entity: Option<(&EntityId, &LiveEntity)>,
    entry: Entry<Value>,
) -> PyResult<Outcome<Value>> {
    let this = entity.map(|(_, entity)| entity.object.bind(py));
    let (function, exit) = match entry {
        Entry::Start { function, arguments } => {
            let positional = arguments.positional.bind(py).cast::<PyTuple>()?;
            let keywords = arguments.keywords.as_ref().map(|keywords| keywords.bind(py));
            let keywords = keywords.map(|keywords| keywords.cast::<PyDict>()).transpose()?;
            let result = match application.function(function) {
                LoadedFunction::Segments(segments) => {
                    let start = segments[0].callable.bind(py);
                    call_function(
                        start,
                        method_receiver(application, function, this),
                        positional,
                        keywords,
                    )?
                }
                LoadedFunction::NativeMethod(name) => {
                    let receiver = this.ok_or_else(|| bug("a method runs without an entity"))?;
                    let method = receiver.getattr(name.bind(py))?;
                    let result = call_function(&method, None, positional, keywords)?;
                    return Ok(Outcome::Return(result.unbind()));
                }
                LoadedFunction::NativeHelper(helper) => {
                    let result = call_function(helper.bind(py), None, positional, keywords)?;
                    return Ok(Outcome::Return(result.unbind()));
                }
            };
            (function, result)
        }
        Entry::Resume { function, segment, live, input } => {
            let receiver = method_receiver(application, function, this);
            let live = live.bind(py).cast::<PyTuple>()?;
            let segment = find_segment(application, function, segment)?;
            let exit = match input {
                Ok(input) => match input.bind(py).cast_exact::<Outcomes>() {
                    Ok(outcomes) => {
                        let (live, kept) = split_live(live)?;
                        let kept = kept.ok_or_else(|| bug("outcomes of what was not kept"))?;
                        let mut answers = Answers::new(&kept, outcomes.get())?;
                        let run = Run { py, application, entity, function };
                        let exit = resume(segment, receiver, &live, None);
                        return run.finished(exit, &mut answers);
                    }
                    Err(_) => resume(segment, receiver, live, Some(input.bind(py)))?,
                },
                Err(exception) => {
                    let (live, _) = split_live(live)?;
                    raise(segment, receiver, &live, exception.bind(py))?
                }
            };
            (function, exit)
        }
    };
    Run { py, application, entity, function }.follow(exit, None)
}

/// `self`, if `function` is a method.
fn method_receiver<'a, 'py>(
    application: &Application,
    function: FunctionId,
    this: Option<&'a Bound<'py, PyAny>>,
) -> Option<&'a Bound<'py, PyAny>> {
    let is_method = application.program().function(function).operator.is_some();
    if is_method { this } else { None }
}

fn resume<'py>(
    segment: &LoadedSegment,
    receiver: Option<&Bound<'py, PyAny>>,
    live: &Bound<'py, PyTuple>,
    input: Option<&Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let input = input.filter(|_| segment.takes_input);
    call_segment(segment.callable.bind(live.py()), receiver, live, input.as_slice())
}

/// Goes on with the exception of the action before `segment`, which may catch it.
fn raise<'py>(
    segment: &LoadedSegment,
    receiver: Option<&Bound<'py, PyAny>>,
    live: &Bound<'py, PyTuple>,
    exception: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let py = live.py();
    if !segment.catches {
        return Err(raise_at(py, segment, exception));
    }
    let nothing = py.None().into_bound(py);
    let last = [&nothing, exception];
    let last = if segment.takes_input { &last[..] } else { &last[1..] };
    call_segment(segment.callable.bind(py), receiver, live, last)
}

fn find_segment(
    application: &Application,
    function: FunctionId,
    segment: SegmentId,
) -> PyResult<&LoadedSegment> {
    let LoadedFunction::Segments(segments) = application.function(function) else {
        return Err(bug("a native function is resumed"));
    };
    segments.get(segment.index()).ok_or_else(|| bug("a function has no such segment"))
}

/// What goes on after an exit of a segment.
enum Next<'py> {
    Stop(Outcome<Value>),
    /// The action is done; the segment runs with its result, or with the exception that it raised.
    Go {
        segment: SegmentId,
        live: Bound<'py, PyTuple>,
        input: PyResult<Option<Bound<'py, PyAny>>>,
    },
}

/// One run of a function.
struct Run<'a, 'py> {
    py: Python<'py>,
    application: &'a Application,
    entity: Option<(&'a EntityId, &'a LiveEntity)>,
    function: FunctionId,
}

impl<'py> Run<'_, 'py> {
    /// Does what the exits of segments say, until the function suspends or ends.
    ///
    /// As long as there are `answers`, actions are answered with them.
    fn follow(
        &self,
        mut exit: Bound<'py, PyAny>,
        mut answers: Option<&mut Answers<'py>>,
    ) -> PyResult<Outcome<Value>> {
        let py = self.py;
        let this = self.entity.map(|(_, entity)| entity.object.bind(py));
        let receiver = method_receiver(self.application, self.function, this);
        loop {
            match self.next(&exit, answers.as_deref_mut())? {
                Next::Stop(outcome) => return Ok(outcome),
                Next::Go { segment, live, input } => {
                    let segment = find_segment(self.application, self.function, segment)?;
                    exit = match input {
                        Ok(input) => resume(segment, receiver, &live, input.as_ref())?,
                        Err(error) => {
                            raise(segment, receiver, &live, error.into_value(py).bind(py))?
                        }
                    };
                }
            }
        }
    }

    /// Follows `exit`, answering actions with `answers`; then all of them must have been taken that may
    /// have changed something.
    fn finished(
        &self,
        exit: PyResult<Bound<'py, PyAny>>,
        answers: &mut Answers<'py>,
    ) -> PyResult<Outcome<Value>> {
        let outcome = exit.and_then(|exit| self.follow(exit, Some(answers)));
        answers.forget()?;
        outcome
    }

    fn next(
        &self,
        exit: &Bound<'py, PyAny>,
        answers: Option<&mut Answers<'py>>,
    ) -> PyResult<Next<'py>> {
        let py = self.py;
        let exit = Exit::new(exit)?;
        // Words in code are interned, so their addresses tell them apart.
        let is = |word: &Bound<'py, PyString>| exit.word.is(word);
        if is(intern!(py, "return")) {
            return Ok(Next::Stop(Outcome::Return(exit.field(1)?.unbind())));
        }
        if is(intern!(py, "jump")) {
            let (segment, live) = (segment_id(&exit.field(1)?)?, exit.tuple(2)?);
            return Ok(Next::Go { segment, live, input: Ok(None) });
        }
        let (segment, live) = (segment_id(&exit.field(1)?)?, exit.tuple(2)?);
        if is(intern!(py, "together")) {
            return self.together(&exit, segment, live);
        }
        if let Some(answers) = answers
            && let Some(outcome) = answers.answer(exit.fields)?
        {
            return Ok(Next::Go { segment, live, input: outcome.map(Some) });
        }
        Ok(match self.perform(&exit) {
            Ok(Done::Now(input)) => Next::Go { segment, live, input: Ok(Some(input)) },
            Ok(Done::Later(action)) => {
                let live = live.into_any().unbind();
                Next::Stop(Outcome::Suspend { segment, live, action })
            }
            Err(error) => Next::Go { segment, live, input: Err(error) },
        })
    }

    /// `"together", resume, live, free, turns`
    fn together(
        &self,
        exit: &Exit<'_, 'py>,
        segment: SegmentId,
        live: Bound<'py, PyTuple>,
    ) -> PyResult<Next<'py>> {
        let own = self.entity.map(|(id, _)| id);
        let handed = handed_over(self.application, own, &exit.field(3)?, &exit.field(4)?)?;
        let Some(HandedOver { actions, kept }) = handed else {
            return Ok(Next::Go { segment, live, input: Ok(None) });
        };
        let kept = PyTuple::new(self.py, [kept])?;
        let live = live.as_sequence().concat(kept.as_sequence())?.into_any().unbind();
        Ok(Next::Stop(Outcome::Suspend { segment, live, action: Action::Together(actions) }))
    }

    /// Does what `exit` says, if it need not wait for that.
    fn perform(&self, exit: &Exit<'_, 'py>) -> PyResult<Done<'py>> {
        let py = self.py;
        let is = |word: &Bound<'py, PyString>| exit.word.is(word);
        if is(intern!(py, "call")) {
            self.call(exit)
        } else if is(intern!(py, "get")) {
            self.get(exit)
        } else if is(intern!(py, "set")) {
            self.set(exit)
        } else if is(intern!(py, "create")) {
            Ok(Done::Later(self.create(exit)?))
        } else if is(intern!(py, "function")) {
            Ok(Done::Later(self.function(exit)?))
        } else if is(intern!(py, "exists")) {
            Ok(Done::Later(self.exists(exit)?))
        } else if is(intern!(py, "delete")) {
            Ok(Done::Later(self.delete(exit)?))
        } else {
            Err(bug(&format!("a segment returned the word {}", exit.word.to_owned())))
        }
    }

    /// `"call", resume, live, receiver, method, positional, keywords`
    fn call(&self, exit: &Exit<'_, 'py>) -> PyResult<Done<'py>> {
        let receiver = exit.field(3)?;
        if let Ok(looked_up) = receiver.cast_exact::<LookedUp>() {
            let method = looked_up.get().method.bind(self.py);
            return Ok(Done::Now(method.call(exit.tuple(5)?, exit.keywords(6)?.as_ref())?));
        }
        let name = exit.name(4)?;
        let target = match self.receiver(&receiver)? {
            Receiver::Reference(target) => target,
            Receiver::Itself(id) if self.has_segments(id, &name) => id.clone(),
            Receiver::Itself(_) | Receiver::Local => {
                let method = stand_in_for(&name, receiver.getattr(&name)?)?;
                let keywords = exit.keywords(6)?;
                return Ok(Done::Now(method.call(exit.tuple(5)?, keywords.as_ref())?));
            }
        };
        let Some(method) = self.application.method(target.operator, &name) else {
            if name == "__key__" {
                // A reference knows it.
                let key = receiver.getattr(&name)?;
                return Ok(Done::Now(key.call(exit.tuple(5)?, exit.keywords(6)?.as_ref())?));
            }
            // A static method or class method belongs to no entity.
            let class = self.application.class(self.py, target.operator);
            let function = class.getattr_opt(&name)?;
            let Some(function) = function.filter(|_| is_bound_to_class(class, &name)) else {
                let attribute = CalledAttribute { name: name.unbind() };
                let attribute = Bound::new(self.py, attribute)?.into_any().unbind();
                return Ok(Done::Later(Action::Get { target, attribute }));
            };
            return Ok(Done::Now(function.call(exit.tuple(5)?, exit.keywords(6)?.as_ref())?));
        };
        let arguments = exit.arguments(5)?;
        Ok(Done::Later(Action::Call { target, method, arguments }))
    }

    /// `"get", resume, live, receiver, attribute`
    fn get(&self, exit: &Exit<'_, 'py>) -> PyResult<Done<'py>> {
        let receiver = exit.field(3)?;
        let name = exit.name(4)?;
        match self.receiver(&receiver)? {
            Receiver::Reference(target) => {
                Ok(Done::Later(Action::Get { target, attribute: name.into_any().unbind() }))
            }
            Receiver::Itself(_) | Receiver::Local => {
                Ok(Done::Now(stand_in_for(&name, receiver.getattr(&name)?)?))
            }
        }
    }

    /// `"set", resume, live, receiver, attribute, value`
    fn set(&self, exit: &Exit<'_, 'py>) -> PyResult<Done<'py>> {
        let receiver = exit.field(3)?;
        let name = exit.name(4)?;
        let value = exit.field(5)?;
        match self.receiver(&receiver)? {
            Receiver::Reference(target) => {
                let (attribute, value) = (name.into_any().unbind(), value.unbind());
                Ok(Done::Later(Action::Set { target, attribute, value }))
            }
            Receiver::Itself(_) | Receiver::Local => {
                receiver.setattr(&name, value)?;
                Ok(Done::Now(self.py.None().into_bound(self.py)))
            }
        }
    }

    /// `"create", resume, live, class, positional, keywords`
    fn create(&self, exit: &Exit<'_, 'py>) -> PyResult<Action<Value>> {
        let class = exit.field(3)?;
        let operator = self.application.operator_of(&class);
        let operator = operator.ok_or_else(|| self.not_an_entity_class(&class))?;
        Ok(Action::Create { operator, arguments: exit.arguments(4)? })
    }

    /// `"function", resume, live, function, positional, keywords`
    fn function(&self, exit: &Exit<'_, 'py>) -> PyResult<Action<Value>> {
        let name = exit.name(3)?;
        let function = self.application.called(&name);
        let function = function.ok_or_else(|| bug(&format!("no function is called {name}")))?;
        Ok(Action::Function { function, arguments: exit.arguments(4)? })
    }

    /// `"exists", resume, live, class, key`
    fn exists(&self, exit: &Exit<'_, 'py>) -> PyResult<Action<Value>> {
        let class = exit.field(3)?;
        let operator = self.application.operator_of(&class);
        let operator = operator.ok_or_else(|| self.not_an_entity_class(&class))?;
        let key = encode_key(&exit.field(4)?)?.into();
        Ok(Action::Exists { target: EntityId { operator, key } })
    }

    /// `"delete", resume, live, receiver`
    fn delete(&self, exit: &Exit<'_, 'py>) -> PyResult<Action<Value>> {
        let receiver = exit.field(3)?;
        match self.receiver(&receiver)? {
            Receiver::Reference(target) => Ok(Action::Delete { target }),
            Receiver::Itself(id) => Ok(Action::Delete { target: id.clone() }),
            Receiver::Local => Err(PyTypeError::new_err(format!(
                "delete() needs an entity, not {}",
                receiver.get_type().name()?
            ))),
        }
    }

    /// The run-time test: what a receiver is.
    fn receiver(&self, receiver: &Bound<'py, PyAny>) -> PyResult<Receiver<'_>> {
        if let Ok(reference) = receiver.cast_exact::<Reference>() {
            return Ok(Receiver::Reference(self.application.entity_id(self.py, reference.get())?));
        }
        match self.entity {
            Some((id, entity)) if entity.object.is(receiver) => Ok(Receiver::Itself(id)),
            _ => Ok(Receiver::Local),
        }
    }

    fn has_segments(&self, id: &EntityId, name: &Bound<'py, PyString>) -> bool {
        let method = self.application.method(id.operator, name);
        method.is_some_and(|method| {
            matches!(self.application.function(method), LoadedFunction::Segments(_))
        })
    }

    fn not_an_entity_class(&self, class: &Bound<'py, PyAny>) -> PyErr {
        exception::anabranch(self.py, format!("{class} is not an entity class of the application"))
    }
}

enum Receiver<'a> {
    Reference(EntityId),
    /// The entity on whose behalf the function runs.
    Itself(&'a EntityId),
    Local,
}

enum Done<'py> {
    /// The result is here.
    Now(Bound<'py, PyAny>),
    /// The kernel performs the action.
    Later(Action<Value>),
}

/// The tuple that a segment returned.
struct Exit<'a, 'py> {
    fields: &'a Bound<'py, PyTuple>,
    word: Borrowed<'a, 'py, PyAny>,
}

impl<'a, 'py> Exit<'a, 'py> {
    fn new(fields: &'a Bound<'py, PyAny>) -> PyResult<Self> {
        let fields = fields.cast_exact::<PyTuple>();
        let fields = fields.map_err(|_| bug("a segment returned no tuple"))?;
        Ok(Self { fields, word: fields.get_borrowed_item(0)? })
    }

    fn field(&self, index: usize) -> PyResult<Bound<'py, PyAny>> {
        self.fields.get_item(index)
    }

    fn tuple(&self, index: usize) -> PyResult<Bound<'py, PyTuple>> {
        Ok(self.field(index)?.cast_into::<PyTuple>()?)
    }

    fn name(&self, index: usize) -> PyResult<Bound<'py, PyString>> {
        Ok(self.field(index)?.cast_into::<PyString>()?)
    }

    fn keywords(&self, index: usize) -> PyResult<Option<Bound<'py, PyDict>>> {
        let keywords = self.field(index)?;
        if keywords.is_none() {
            return Ok(None);
        }
        Ok(Some(keywords.cast_into::<PyDict>()?))
    }

    /// Positional arguments at `index` and keywords after them.
    fn arguments(&self, index: usize) -> PyResult<Arguments<Value>> {
        let positional = self.tuple(index)?.into_any().unbind();
        let keywords = self.keywords(index + 1)?.map(|keywords| keywords.into_any().unbind());
        Ok(Arguments { positional, keywords })
    }
}

/// Whether `name` is a static method or class method of `class`, its own or inherited.
fn is_bound_to_class(class: &Bound<'_, PyType>, name: &Bound<'_, PyString>) -> bool {
    let attributes = intern!(class.py(), "__dict__");
    let mut classes = class.mro().iter();
    let defined = classes.find_map(|class| class.getattr(attributes).ok()?.get_item(name).ok());
    defined.is_some_and(|function| {
        let kind = function.get_type();
        kind.name().is_ok_and(|name| name == "staticmethod" || name == "classmethod")
    })
}

/// Methods of the `datetime` classes that ask for the time; as in `python/anabranch/_substitution.py`, the
/// name alone makes them worth a look.
const ASKING_METHODS: [&str; 3] = ["now", "today", "utcnow"];

/// What takes the time from the transaction, if `value` is a method `name` that asks for it; else
/// `value`.
pub(crate) fn stand_in_for<'py>(
    name: &Bound<'py, PyString>,
    value: Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    if !ASKING_METHODS.contains(&name.to_str()?) {
        return Ok(value);
    }
    well_known::stand_in_for(name.py())?.call1((value,))
}

fn segment_id(number: &Bound<'_, PyAny>) -> PyResult<SegmentId> {
    Ok(SegmentId(number.extract()?))
}

fn bug(what: &str) -> PyErr {
    PySystemError::new_err(format!("this is a bug in Anabranch: {what}"))
}
