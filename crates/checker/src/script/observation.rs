//! What a script gives: all that it depended on and did, in order.

use std::fmt;

use anabranch_kernel::Value;

use super::Mark;
use super::program::{name_in, reference};

/// Something that a transaction saw or did.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Observation {
    /// The state of a cell.
    Seen { cell: String, entries: Vec<Mark>, balance: Option<i64>, next: Option<String> },
    /// The list of a cell alone.
    Listed { cell: String, entries: Vec<Mark> },
    /// It changed a cell, which existed, and appended the mark.
    Marked { cell: String, mark: Mark },
    /// A cell exists.
    Present { cell: String },
    /// A cell does not exist.
    Absent { cell: String },
    /// It created a cell, whose list starts with the mark.
    Created { cell: String, mark: Mark },
    /// It deleted a cell.
    Deleted { cell: String },
    /// It caught an exception of this class.
    Caught { class: String },
    /// The start time of the transaction.
    Time { nanoseconds: i64 },
}

impl Observation {
    /// The cell that it is of.
    pub fn cell(&self) -> Option<&str> {
        match self {
            Observation::Seen { cell, .. }
            | Observation::Listed { cell, .. }
            | Observation::Marked { cell, .. }
            | Observation::Present { cell }
            | Observation::Absent { cell }
            | Observation::Created { cell, .. }
            | Observation::Deleted { cell } => Some(cell),
            Observation::Caught { .. } | Observation::Time { .. } => None,
        }
    }

    /// As a tuple that starts with a number for the kind.
    pub fn into_value(self) -> Value {
        let marks = |entries: Vec<Mark>| {
            Value::List(entries.into_iter().map(|mark| Value::Int(mark.0)).collect())
        };
        let (kind, parts) = match self {
            Observation::Seen { cell, entries, balance, next } => {
                let balance = balance.map_or(Value::None, Value::Int);
                let next = next.as_deref().map_or(Value::None, reference);
                (0, vec![Value::Str(cell), marks(entries), balance, next])
            }
            Observation::Listed { cell, entries } => (1, vec![Value::Str(cell), marks(entries)]),
            Observation::Marked { cell, mark } => (2, vec![Value::Str(cell), Value::Int(mark.0)]),
            Observation::Present { cell } => (3, vec![Value::Str(cell)]),
            Observation::Absent { cell } => (4, vec![Value::Str(cell)]),
            Observation::Created { cell, mark } => (5, vec![Value::Str(cell), Value::Int(mark.0)]),
            Observation::Deleted { cell } => (6, vec![Value::Str(cell)]),
            Observation::Caught { class } => (7, vec![Value::Str(class)]),
            Observation::Time { nanoseconds } => (8, vec![Value::Int(nanoseconds)]),
        };
        Value::Tuple(std::iter::once(Value::Int(kind)).chain(parts).collect())
    }

    /// What [`Observation::into_value`] gave; `None` for anything else.
    pub fn from_value(value: Value) -> Option<Self> {
        let Value::Tuple(parts) = value else { return None };
        let mut parts = parts.into_iter();
        let Value::Int(kind) = parts.next()? else { return None };
        let observation = match kind {
            0 => Observation::Seen {
                cell: text(parts.next()?)?,
                entries: marks(parts.next()?)?,
                balance: match parts.next()? {
                    Value::None => None,
                    other => Some(int(&other)?),
                },
                next: match parts.next()? {
                    Value::None => None,
                    other => Some(name_in(&other)?),
                },
            },
            1 => Observation::Listed { cell: text(parts.next()?)?, entries: marks(parts.next()?)? },
            2 => {
                let (cell, mark) = (text(parts.next()?)?, int(&parts.next()?)?);
                Observation::Marked { cell, mark: Mark(mark) }
            }
            3 => Observation::Present { cell: text(parts.next()?)? },
            4 => Observation::Absent { cell: text(parts.next()?)? },
            5 => {
                let (cell, mark) = (text(parts.next()?)?, int(&parts.next()?)?);
                Observation::Created { cell, mark: Mark(mark) }
            }
            6 => Observation::Deleted { cell: text(parts.next()?)? },
            7 => Observation::Caught { class: text(parts.next()?)? },
            8 => Observation::Time { nanoseconds: int(&parts.next()?)? },
            _ => return None,
        };
        parts.next().is_none().then_some(observation)
    }

    /// The observations in a list of them.
    pub fn list_from_value(value: Value) -> Option<Vec<Self>> {
        let Value::List(observations) = value else { return None };
        observations.into_iter().map(Self::from_value).collect()
    }
}

/// For reports: `c1 [3.0 5.1] holds 7`.
impl fmt::Display for Observation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Observation::Seen { cell, entries, balance, next } => {
                write!(f, "{cell} {}", written(entries))?;
                if let Some(balance) = balance {
                    write!(f, " holds {balance}")?;
                }
                next.iter().try_for_each(|next| write!(f, " refers to {next}"))
            }
            Observation::Listed { cell, entries } => write!(f, "{cell} {}", written(entries)),
            Observation::Marked { cell, mark } => write!(f, "{cell} += {mark}"),
            Observation::Present { cell } => write!(f, "{cell} exists"),
            Observation::Absent { cell } => write!(f, "no {cell}"),
            Observation::Created { cell, mark } => write!(f, "created {cell} [{mark}]"),
            Observation::Deleted { cell } => write!(f, "deleted {cell}"),
            Observation::Caught { class } => write!(f, "caught {class}"),
            Observation::Time { nanoseconds } => write!(f, "time {nanoseconds}"),
        }
    }
}

/// A list of marks; the end of it if it is long.
pub fn written(list: &[Mark]) -> String {
    const SHOWN: usize = 12;
    let start = list.len().saturating_sub(SHOWN);
    let shown: Vec<String> = list[start..].iter().map(Mark::to_string).collect();
    let before = if start > 0 { format!("({start} more) ") } else { String::new() };
    format!("[{before}{}]", shown.join(" "))
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::Str(text) => Some(text),
        _ => None,
    }
}

fn int(value: &Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

/// The marks in a list of numbers.
pub fn marks(value: Value) -> Option<Vec<Mark>> {
    let Value::List(entries) = value else { return None };
    entries.iter().map(|entry| int(entry).map(Mark)).collect()
}
