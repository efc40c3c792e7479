//! What the reply to a root call tells: the observations of the transaction.

use anabranch_kernel::value::wire;
use anabranch_kernel::{Failure, Operation, Reply, Value};

use super::frame::OBSERVATIONS;
use super::observation::marks;
use super::program::{name_in, name_of};
use super::{Mark, Observation};

/// What became of a transaction, as far as its client knows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    Committed,
    Failed,
    /// There is no reply, or one that leaves it open.
    Unknown,
}

/// What a reply tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    pub outcome: Outcome,
    /// In the order in which the transaction made them.
    pub observations: Vec<Observation>,
}

impl Told {
    /// What `reply` tells of `operation`; `None` if no such operation is replied to like that.
    pub fn by(operation: &Operation, reply: Option<&Reply>) -> Option<Self> {
        let (outcome, observations) = match reply {
            None | Some(Err(Failure::Unavailable(_))) => (Outcome::Unknown, Vec::new()),
            Some(Err(Failure::Raised(raised))) => {
                (Outcome::Failed, in_exception(&raised.exception)?)
            }
            Some(Err(_)) => (Outcome::Failed, Vec::new()),
            Some(Ok(message)) => (Outcome::Committed, in_result(operation, message)?),
        };
        Some(Self { outcome, observations })
    }
}

/// What was observed before this exception. Exceptions that are not of a script have nothing.
pub fn in_exception(message: &[u8]) -> Option<Vec<Observation>> {
    let Value::Exception(exception) = wire::decode(message).ok()? else { return None };
    let attributes = exception.attributes.into_iter();
    let mut observations = attributes.filter(|(name, _)| name == OBSERVATIONS);
    match observations.next() {
        None => Some(Vec::new()),
        Some((_, observations)) => Observation::list_from_value(observations),
    }
}

fn in_result(operation: &Operation, message: &[u8]) -> Option<Vec<Observation>> {
    let result = wire::decode(message).ok()?;
    let observation = match operation {
        Operation::Create { arguments, .. } => {
            let Value::Tuple(both) = wire::decode(arguments).ok()? else { return None };
            let Value::Tuple(positional) = both.into_iter().next()? else { return None };
            let cell = name_in(&result)?;
            match (positional.first()?, positional.get(2)?) {
                (Value::Str(name), Value::Int(mark)) if *name == cell => {
                    Observation::Created { cell, mark: Mark(*mark) }
                }
                _ => return None,
            }
        }
        Operation::Call { .. } => return Observation::list_from_value(result),
        Operation::GetAttribute { target, attribute } if attribute == "entries" => {
            Observation::Listed { cell: name_of(target), entries: marks(result)? }
        }
        Operation::GetAttribute { .. } => return Observation::list_from_value(result),
        Operation::SetAttribute { target, value, .. } => {
            let Value::Tuple(parts) = wire::decode(value).ok()? else { return None };
            match (result, &parts[..]) {
                (Value::None, [_, Value::Int(mark)]) => {
                    Observation::Marked { cell: name_of(target), mark: Mark(*mark) }
                }
                _ => return None,
            }
        }
        Operation::GetState { target } => {
            let Value::Dict(attributes) = result else { return None };
            let entries = attributes.into_iter().next()?.1;
            Observation::Listed { cell: name_of(target), entries: marks(entries)? }
        }
        Operation::Exists { target } => match result {
            Value::Bool(true) => Observation::Present { cell: name_of(target) },
            Value::Bool(false) => Observation::Absent { cell: name_of(target) },
            _ => return None,
        },
        Operation::Delete { target } => match result {
            Value::None => Observation::Deleted { cell: name_of(target) },
            _ => return None,
        },
    };
    Some(vec![observation])
}
