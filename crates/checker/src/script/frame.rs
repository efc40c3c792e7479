//! A script that is being executed, and what it waits for.
//!
//! Between two operations all of it is a value: the operations that are left, block by block, the
//! observations so far, and how the result that it waits for is taken.

use anabranch_kernel::Value;
use anabranch_kernel::value::ExceptionValue;

use super::op::Check;
use super::{Mark, Observation, Op};

/// A script that is being executed.
#[derive(Debug)]
pub(super) struct Frame {
    blocks: Vec<Block>,
    /// As values: they go into the reply.
    pub(super) observations: Vec<Value>,
}

/// Operations that are executed one after another.
#[derive(Debug)]
struct Block {
    /// The last one comes first.
    left: Vec<Value>,
    /// What is executed if an exception leaves the block.
    handler: Option<Vec<Value>>,
}

/// What is done with the result of an action.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Waiting {
    /// It is a list of observations.
    Observations,
    /// It is a list of observations, of the cell that got the amount.
    Arrival { amount: i64, check: Check },
    /// It is the list of the cell.
    Entries { cell: String },
    /// It is a bool: whether the cell exists.
    Existence { cell: String },
    /// It is nothing: the cell was changed.
    Change { cell: String, mark: Mark },
    /// It is the new cell, which gets the amount.
    Creation { cell: String, amount: Option<i64>, here: Mark, there: Mark },
    /// It is what the cell held, which is deleted next.
    Closing { cell: String, here: Mark },
    /// It is nothing: the cell, which held the amount, was deleted.
    Deletion { cell: String, amount: i64, here: Mark },
    /// It is the outcome of one of several operations; these are left, the next one last.
    InTurn { part: Box<Waiting>, left: Vec<Value> },
    /// It is the outcomes of several operations.
    Together { parts: Vec<Waiting> },
}

/// The attribute of exceptions that holds the observations.
pub(super) const OBSERVATIONS: &str = "observations";

impl Frame {
    pub(super) fn new(script: Vec<Value>) -> Self {
        let mut frame = Self { blocks: Vec::new(), observations: Vec::new() };
        frame.enter(script, None);
        frame
    }

    /// Executes `script` next.
    pub(super) fn enter(&mut self, mut script: Vec<Value>, handler: Option<Vec<Value>>) {
        script.reverse();
        self.blocks.push(Block { left: script, handler });
    }

    /// The next operation; `None` at the end.
    pub(super) fn next(&mut self) -> Option<Op> {
        loop {
            let block = self.blocks.last_mut()?;
            if let Some(op) = block.left.pop() {
                let op = Op::from_value(op);
                return Some(op.expect("scripts are made of operations"));
            }
            self.blocks.pop();
        }
    }

    pub(super) fn observe(&mut self, observation: Observation) {
        self.observations.push(observation.into_value());
    }

    /// Takes what a call gave.
    pub(super) fn take(&mut self, result: Value) {
        let Value::List(observations) = result else { panic!("no observations: {result:?}") };
        self.observations.extend(observations);
    }

    /// Goes on in the nearest handler. Without one, gives the exception with all that was observed,
    /// to leave the script.
    pub(super) fn catch(&mut self, exception: Value) -> Result<(), Value> {
        let Value::Exception(mut exception) = exception else {
            panic!("not an exception: {exception:?}")
        };
        let position = exception.attributes.iter().position(|(name, _)| name == OBSERVATIONS);
        if let Some(position) = position {
            self.take(exception.attributes.remove(position).1);
        }
        while let Some(block) = self.blocks.pop() {
            if let Some(handler) = block.handler {
                self.observe(Observation::Caught { class: exception.class });
                self.enter(handler, None);
                return Ok(());
            }
        }
        let observations = Value::List(std::mem::take(&mut self.observations));
        exception.attributes.push((OBSERVATIONS.to_owned(), observations));
        Err(Value::Exception(exception))
    }

    /// The frame and what it waits for, as a value.
    pub(super) fn into_value(self, waiting: Waiting) -> Value {
        let block = |Block { left, handler }| {
            let handler = handler.map_or(Value::None, Value::List);
            Value::Tuple(vec![Value::List(left), handler])
        };
        let blocks = self.blocks.into_iter().map(block).collect();
        let parts = [Value::List(blocks), Value::List(self.observations), waiting.into_value()];
        Value::Tuple(parts.into())
    }

    /// What [`Frame::into_value`] gave.
    pub(super) fn from_value(value: Value) -> Option<(Self, Waiting)> {
        let [blocks, observations, waiting] = tuple(value)?;
        let block = |value| {
            let [left, handler] = tuple(value)?;
            let handler = match handler {
                Value::None => None,
                other => Some(list(other)?),
            };
            Some(Block { left: list(left)?, handler })
        };
        let blocks = list(blocks)?.into_iter().map(block).collect::<Option<_>>()?;
        let frame = Self { blocks, observations: list(observations)? };
        Some((frame, Waiting::from_value(waiting)?))
    }
}

impl Waiting {
    fn into_value(self) -> Value {
        use Value::{Int, List, Str};
        let (kind, parts) = match self {
            Waiting::Observations => (0, vec![]),
            Waiting::Arrival { amount, check } => {
                (1, vec![Int(amount), Int(i64::from(check == Check::After))])
            }
            Waiting::Entries { cell } => (2, vec![Str(cell)]),
            Waiting::Existence { cell } => (3, vec![Str(cell)]),
            Waiting::Change { cell, mark } => (4, vec![Str(cell), Int(mark.0)]),
            Waiting::Creation { cell, amount, here, there } => {
                let amount = amount.map_or(Value::None, Int);
                (5, vec![Str(cell), amount, Int(here.0), Int(there.0)])
            }
            Waiting::Closing { cell, here } => (6, vec![Str(cell), Int(here.0)]),
            Waiting::Deletion { cell, amount, here } => {
                (7, vec![Str(cell), Int(amount), Int(here.0)])
            }
            Waiting::InTurn { part, left } => (8, vec![part.into_value(), List(left)]),
            Waiting::Together { parts } => {
                (9, vec![List(parts.into_iter().map(Waiting::into_value).collect())])
            }
        };
        Value::Tuple(std::iter::once(Int(kind)).chain(parts).collect())
    }

    fn from_value(value: Value) -> Option<Self> {
        use Value::{Int, Str};
        let Value::Tuple(mut parts) = value else { return None };
        let rest = parts.split_off(1);
        let Int(kind) = parts.pop()? else { return None };
        let mut rest = rest.into_iter();
        let mut next = || rest.next();
        Some(match (kind, next(), next(), next(), next()) {
            (0, None, ..) => Waiting::Observations,
            (1, Some(Int(amount)), Some(Int(after)), ..) => {
                let check = if after == 0 { Check::Before } else { Check::After };
                Waiting::Arrival { amount, check }
            }
            (2, Some(Str(cell)), None, ..) => Waiting::Entries { cell },
            (3, Some(Str(cell)), None, ..) => Waiting::Existence { cell },
            (4, Some(Str(cell)), Some(Int(mark)), ..) => Waiting::Change { cell, mark: Mark(mark) },
            (5, Some(Str(cell)), Some(amount), Some(Int(here)), Some(Int(there))) => {
                let amount = match amount {
                    Int(amount) => Some(amount),
                    _ => None,
                };
                Waiting::Creation { cell, amount, here: Mark(here), there: Mark(there) }
            }
            (6, Some(Str(cell)), Some(Int(here)), ..) => {
                Waiting::Closing { cell, here: Mark(here) }
            }
            (7, Some(Str(cell)), Some(Int(amount)), Some(Int(here)), _) => {
                Waiting::Deletion { cell, amount, here: Mark(here) }
            }
            (8, Some(part), Some(left), ..) => {
                Waiting::InTurn { part: Box::new(Self::from_value(part)?), left: list(left)? }
            }
            (9, Some(parts), ..) => {
                let parts = list(parts)?.into_iter().map(Self::from_value);
                Waiting::Together { parts: parts.collect::<Option<_>>()? }
            }
            _ => return None,
        })
    }
}

/// An exception with these observations.
pub(super) fn exception(class: &str, message: &str, observations: Vec<Observation>) -> Value {
    let observations = observations.into_iter().map(Observation::into_value).collect();
    Value::Exception(Box::new(ExceptionValue {
        class: class.to_owned(),
        args: vec![Value::Str(message.to_owned())],
        attributes: vec![(OBSERVATIONS.to_owned(), Value::List(observations))],
    }))
}

pub(super) fn tuple<const COUNT: usize>(value: Value) -> Option<[Value; COUNT]> {
    match value {
        Value::Tuple(parts) => parts.try_into().ok(),
        _ => None,
    }
}

pub(super) fn list(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::List(parts) => Some(parts),
        _ => None,
    }
}
