//! A live cell.

use std::cell::RefCell;

use anabranch_kernel::Value;
use anabranch_kernel::value::state::{self, StateWriter};
use anabranch_kernel::value::wire::{self, DecodeError};

use super::program::{name_in, reference};
use super::{Mark, Observation};

/// A live cell, shared by all calls that are suspended in it.
#[derive(Debug)]
pub struct Cell {
    pub name: String,
    pub content: RefCell<Content>,
}

impl Cell {
    pub fn new(name: String, content: Content) -> Self {
        Self { name, content: RefCell::new(content) }
    }
}

/// The state of a cell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Content {
    pub entries: Vec<Mark>,
    /// `None`: the cell never holds money.
    pub balance: Option<i64>,
    /// The name of another cell.
    pub next: Option<String>,
}

const NAMES: [&str; 3] = ["entries", "balance", "next"];

impl Content {
    /// What is seen of a cell called `cell`.
    pub fn seen(&self, cell: &str) -> Observation {
        Observation::Seen {
            cell: cell.to_owned(),
            entries: self.entries.clone(),
            balance: self.balance,
            next: self.next.clone(),
        }
    }

    /// The values of the attributes, in their order.
    pub fn values(&self) -> [Value; 3] {
        let entries = self.entries.iter().map(|mark| Value::Int(mark.0)).collect();
        let balance = self.balance.map_or(Value::None, Value::Int);
        let next = self.next.as_deref().map_or(Value::None, reference);
        [Value::List(entries), balance, next]
    }

    /// What [`Content::values`] gave.
    ///
    /// # Errors
    /// They are something else.
    pub fn from_values(values: [Value; 3]) -> Result<Self, DecodeError> {
        let invalid = DecodeError::Invalid("it is not the state of a cell");
        let [Value::List(entries), balance, next] = values else { return Err(invalid) };
        let marks = entries.into_iter().map(|entry| match entry {
            Value::Int(mark) => Some(Mark(mark)),
            _ => None,
        });
        let Some(entries) = marks.collect() else { return Err(invalid) };
        let balance = match balance {
            Value::None => None,
            Value::Int(balance) => Some(balance),
            _ => return Err(invalid),
        };
        let next = match &next {
            Value::None => None,
            other => Some(name_in(other).ok_or(invalid)?),
        };
        Ok(Self { entries, balance, next })
    }

    /// The attributes with their names.
    pub fn attributes(&self) -> impl Iterator<Item = (&'static str, Value)> {
        NAMES.into_iter().zip(self.values())
    }

    /// The content that `state` holds.
    ///
    /// # Errors
    /// It is no cell's.
    pub fn decode(state: &[u8]) -> Result<Self, DecodeError> {
        let attributes = state::decode(state)?;
        let invalid = DecodeError::Invalid("it is not the state of a cell");
        if !attributes.iter().map(|(name, _)| &**name).eq(NAMES) {
            return Err(invalid);
        }
        let values: Vec<Value> = attributes.into_iter().map(|(_, value)| value).collect();
        Self::from_values(values.try_into().map_err(|_| invalid)?)
    }

    /// Writes the state.
    pub fn save(&self, state: &mut StateWriter) {
        state.separate(NAMES.len());
        for (name, value) in self.attributes() {
            state.attribute_message(name, &wire::encode(&value));
        }
    }
}
