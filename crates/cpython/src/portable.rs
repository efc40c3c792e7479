//! Suspended calls of the interpreter on CPython, as bytes.

use anabranch_ir::{Body, FunctionId, SegmentId};
use anabranch_kernel::value::wire::{DecodeError, Writer};
use anabranch_kernel::{Arguments, EntityId, Outcome, PortableInterpreter, Raised};
use pyo3::prelude::*;

use crate::encode::{Encoder, Memo, OpaqueValues, Refusal};
use crate::interpreter::{CPython, LiveEntity, raised};
use crate::{exception, suspension};

type Value = Py<PyAny>;

/// What is known of suspending.
#[derive(Default)]
pub(crate) struct Suspending {
    /// The call that was suspended last: where its live variables are, and what they are called.
    last: Option<(usize, FunctionId, SegmentId)>,
}

impl Suspending {
    /// Remembers a call that was suspended.
    pub(crate) fn note(&mut self, function: FunctionId, outcome: &Outcome<Value>) {
        self.last = match outcome {
            Outcome::Suspend { segment, live, .. } => {
                Some((live.as_ptr() as usize, function, *segment))
            }
            Outcome::Return(_) | Outcome::Raise(_) => None,
        };
    }
}

impl PortableInterpreter for CPython {
    fn encode_arguments(&mut self, arguments: &Arguments<Value>) -> Result<Vec<u8>, Value> {
        Python::attach(|py| {
            let message = encode_arguments(py, arguments).map_err(Refusal::into_error);
            raised(py, message)
        })
    }

    fn suspend(&mut self, entity: &LiveEntity, live: &[&Value]) -> Result<Vec<u8>, Value> {
        Python::attach(|py| {
            let calls: Vec<_> = live.iter().map(|live| live.bind(py)).collect();
            let describe = |call: usize, variable: usize| self.name_of(live[call], variable);
            raised(py, suspension::write(entity.object.bind(py), &calls, describe))
        })
    }

    fn revive(
        &mut self,
        id: &EntityId,
        message: &[u8],
    ) -> Result<(LiveEntity, Vec<Value>), DecodeError> {
        Python::attach(|py| {
            let revived = suspension::read(py, id.operator, message, self.application())?;
            Ok((LiveEntity::new(revived.0.unbind()), revived.1))
        })
    }

    fn revive_exception(&mut self, raised: &Raised) -> Result<Value, DecodeError> {
        Python::attach(|py| Ok(exception::from_raised(py, raised).into_value(py).into_any()))
    }
}

impl CPython {
    /// What the user calls a live variable, if it is known.
    fn name_of(&self, live: &Value, variable: usize) -> String {
        let unknown = "a local variable".to_owned();
        let Some((address, function, segment)) = self.suspending.last else { return unknown };
        if address != live.as_ptr() as usize {
            return unknown;
        }
        let program = self.application().program();
        let place = program.qualified_name(function);
        let Body::Segments(segments) = &program.function(function).body else { return unknown };
        match segments[segment.index()].live.get(variable) {
            Some(name) if !is_generated(name) => format!("the variable {name} of {place}"),
            _ => format!("a value in {place}"),
        }
    }
}

/// Whether a variable is the compiler's: of an expression, or of a loop.
fn is_generated(name: &str) -> bool {
    name.strip_prefix('_')
        .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()))
}

/// One message of both, so that a value in both stays one value.
fn encode_arguments(py: Python<'_>, arguments: &Arguments<Value>) -> Result<Vec<u8>, Refusal> {
    let mut writer = Writer::new();
    let mut memo = Memo::default();
    writer.tuple(2);
    // The clones are the second references that the memo's rule counts on.
    let positional = arguments.positional.clone_ref(py);
    let mut encoder = Encoder::new(&mut writer, &mut memo, OpaqueValues::Pickled);
    encoder.value(positional.bind(py), 1)?;
    match &arguments.keywords {
        Some(keywords) => {
            let keywords = keywords.clone_ref(py);
            Encoder::new(&mut writer, &mut memo, OpaqueValues::Pickled)
                .value(keywords.bind(py), 1)?;
        }
        None => {
            writer.dict(0);
        }
    }
    Ok(writer.finish())
}
