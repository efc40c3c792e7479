//! What scripts are made of.
//!
//! A script is a list of operations, executed one after another on behalf of the cell whose method
//! was called with it; *own* is that cell. As a value, an operation is a tuple that starts with a
//! number for its kind; scripts inside it stay values until they are executed.

use std::fmt;

use anabranch_kernel::Value;
use anabranch_kernel::value::wire;

use super::program::{name_in, reference};
use super::{Mark, Method};

/// One operation of a script.
#[derive(Clone, PartialEq, Debug)]
pub enum Op {
    /// Appends to the own list, and looks at nothing.
    Append {
        mark: Mark,
    },
    /// Observes the own cell.
    Read,
    /// Observes the start time of the transaction.
    Time,
    /// Moves money to another cell. Raises `Overdrawn` if there is not enough: `Check` says when.
    Move {
        amount: i64,
        target: String,
        here: Mark,
        there: Mark,
        check: Check,
    },
    Call(Call),
    /// Reads an attribute of a cell: `entries` or `summary`.
    Get {
        target: String,
        attribute: String,
    },
    /// Lets a cell refer to another one.
    Point {
        target: String,
        next: Option<String>,
        mark: Mark,
    },
    /// Executes `body`; where an exception leaves it, `handler`.
    Try {
        body: Vec<Value>,
        handler: Vec<Value>,
    },
    Raise {
        reason: String,
    },
    /// Creates a cell, which gets money from the own one, or holds none if `amount` is `None`.
    Create {
        name: String,
        amount: Option<i64>,
        here: Mark,
        there: Mark,
    },
    /// Deletes a cell; the own one gets its money.
    Delete {
        target: String,
        here: Mark,
        there: Mark,
    },
    Exists {
        target: String,
    },
    /// Calls a method of the cell that the own one refers to; nothing if it refers to none.
    Follow {
        method: Method,
        arguments: Vec<Value>,
    },
    When {
        condition: Condition,
        then: Vec<Value>,
        otherwise: Vec<Value>,
    },
    /// Calls and reads of attributes, which may be under way at the same time.
    Together {
        parts: Vec<Value>,
    },
    /// Executes a script in a call of its own on behalf of the own cell, without a remote call.
    Nest {
        script: Vec<Value>,
    },
}

/// A call of a method of a cell, perhaps the own one.
#[derive(Clone, PartialEq, Debug)]
pub struct Call {
    pub method: Method,
    pub target: String,
    pub arguments: Vec<Value>,
}

/// When a move finds out that there is not enough money.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Check {
    /// Before anything is changed.
    Before,
    /// When the money has arrived.
    After,
}

/// What may be asked of the own cell.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Condition {
    /// It holds as much money.
    BalanceAtLeast(i64),
    /// Its list has an even number of marks.
    EvenEntries,
    /// It refers to another cell.
    HasNext,
}

/// The positional arguments of a method that executes a script.
pub fn arguments(
    method: Method,
    script: Vec<Op>,
    cells: &[String],
    changed: &[String],
) -> Vec<Value> {
    let references =
        |cells: &[String]| Value::List(cells.iter().map(|cell| reference(cell)).collect());
    let script = Value::List(values(script));
    match method {
        Method::Run | Method::Look => vec![script, references(cells)],
        Method::Reshape => vec![script, references(cells), references(changed)],
        Method::Wander => vec![script],
        other => panic!("{other:?} executes no script"),
    }
}

/// Operations as values.
pub fn values(script: Vec<Op>) -> Vec<Value> {
    script.into_iter().map(Op::into_value).collect()
}

impl Op {
    pub fn into_value(self) -> Value {
        use Value::{Int, List, Str};
        let mark = |mark: Mark| Int(mark.0);
        let (kind, parts) = match self {
            Op::Append { mark: it } => (0, vec![mark(it)]),
            Op::Read => (1, vec![]),
            Op::Time => (2, vec![]),
            Op::Move { amount, target, here, there, check } => {
                let check = Int(i64::from(check == Check::After));
                (3, vec![Int(amount), Str(target), mark(here), mark(there), check])
            }
            Op::Call(Call { method, target, arguments }) => {
                (4, vec![Int(method as i64), Str(target), Value::Tuple(arguments)])
            }
            Op::Get { target, attribute } => (5, vec![Str(target), Str(attribute)]),
            Op::Point { target, next, mark: it } => {
                let next = next.as_deref().map_or(Value::None, reference);
                (6, vec![Str(target), next, mark(it)])
            }
            Op::Try { body, handler } => (7, vec![List(body), List(handler)]),
            Op::Raise { reason } => (8, vec![Str(reason)]),
            Op::Create { name, amount, here, there } => {
                let amount = amount.map_or(Value::None, Int);
                (9, vec![Str(name), amount, mark(here), mark(there)])
            }
            Op::Delete { target, here, there } => (10, vec![Str(target), mark(here), mark(there)]),
            Op::Exists { target } => (11, vec![Str(target)]),
            Op::Follow { method, arguments } => {
                (12, vec![Int(method as i64), Value::Tuple(arguments)])
            }
            Op::When { condition, then, otherwise } => {
                let (kind, amount) = match condition {
                    Condition::BalanceAtLeast(amount) => (0, amount),
                    Condition::EvenEntries => (1, 0),
                    Condition::HasNext => (2, 0),
                };
                (13, vec![Int(kind), Int(amount), List(then), List(otherwise)])
            }
            Op::Together { parts } => (14, vec![List(parts)]),
            Op::Nest { script } => (15, vec![List(script)]),
        };
        Value::Tuple(std::iter::once(Int(kind)).chain(parts).collect())
    }

    /// What [`Op::into_value`] gave; `None` for anything else.
    pub fn from_value(value: Value) -> Option<Self> {
        let Value::Tuple(parts) = value else { return None };
        let mut parts = Parts(parts.into_iter());
        let op = match parts.int()? {
            0 => Op::Append { mark: parts.mark()? },
            1 => Op::Read,
            2 => Op::Time,
            3 => Op::Move {
                amount: parts.int()?,
                target: parts.text()?,
                here: parts.mark()?,
                there: parts.mark()?,
                check: if parts.int()? == 0 { Check::Before } else { Check::After },
            },
            4 => Op::Call(Call {
                method: parts.method()?,
                target: parts.text()?,
                arguments: parts.tuple()?,
            }),
            5 => Op::Get { target: parts.text()?, attribute: parts.text()? },
            6 => {
                let target = parts.text()?;
                let next = match parts.value()? {
                    Value::None => None,
                    other => Some(name_in(&other)?),
                };
                Op::Point { target, next, mark: parts.mark()? }
            }
            7 => Op::Try { body: parts.list()?, handler: parts.list()? },
            8 => Op::Raise { reason: parts.text()? },
            9 => {
                let name = parts.text()?;
                let amount = match parts.value()? {
                    Value::Int(amount) => Some(amount),
                    _ => None,
                };
                Op::Create { name, amount, here: parts.mark()?, there: parts.mark()? }
            }
            10 => Op::Delete { target: parts.text()?, here: parts.mark()?, there: parts.mark()? },
            11 => Op::Exists { target: parts.text()? },
            12 => Op::Follow { method: parts.method()?, arguments: parts.tuple()? },
            13 => {
                let condition = match (parts.int()?, parts.int()?) {
                    (0, amount) => Condition::BalanceAtLeast(amount),
                    (1, _) => Condition::EvenEntries,
                    (2, _) => Condition::HasNext,
                    _ => return None,
                };
                Op::When { condition, then: parts.list()?, otherwise: parts.list()? }
            }
            14 => Op::Together { parts: parts.list()? },
            15 => Op::Nest { script: parts.list()? },
            _ => return None,
        };
        parts.0.next().is_none().then_some(op)
    }
}

/// The parts of a tuple, one after another.
struct Parts(std::vec::IntoIter<Value>);

impl Parts {
    fn value(&mut self) -> Option<Value> {
        self.0.next()
    }

    fn int(&mut self) -> Option<i64> {
        match self.value()? {
            Value::Int(number) => Some(number),
            _ => None,
        }
    }

    fn mark(&mut self) -> Option<Mark> {
        self.int().map(Mark)
    }

    fn method(&mut self) -> Option<Method> {
        Method::ALL.get(usize::try_from(self.int()?).ok()?).copied()
    }

    fn text(&mut self) -> Option<String> {
        match self.value()? {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    fn list(&mut self) -> Option<Vec<Value>> {
        match self.value()? {
            Value::List(values) => Some(values),
            _ => None,
        }
    }

    fn tuple(&mut self) -> Option<Vec<Value>> {
        match self.value()? {
            Value::Tuple(values) => Some(values),
            _ => None,
        }
    }
}

/// For reports: `move 3 to c1 [7.0 7.1]; try {read} except {}`.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Append { mark } => write!(f, "append [{mark}]"),
            Op::Read => f.write_str("read"),
            Op::Time => f.write_str("time"),
            Op::Move { amount, target, here, there, check } => {
                let late = if *check == Check::After { ", check later" } else { "" };
                write!(f, "move {amount} to {target} [{here} {there}]{late}")
            }
            Op::Call(Call { method, target, arguments }) => {
                write!(f, "{target}.{}({})", method.name(), Written(arguments))
            }
            Op::Get { target, attribute } => write!(f, "{target}.{attribute}"),
            Op::Point { target, next, mark } => {
                let next = next.as_deref().unwrap_or("None");
                write!(f, "{target}.next = {next} [{mark}]")
            }
            Op::Try { body, handler } => {
                write!(f, "try {{{}}} except {{{}}}", Script(body), Script(handler))
            }
            Op::Raise { reason } => write!(f, "raise {reason}"),
            Op::Create { name, amount, here, there } => {
                write!(f, "create {name} with {amount:?} [{here} {there}]")
            }
            Op::Delete { target, here, there } => write!(f, "delete {target} [{here} {there}]"),
            Op::Exists { target } => write!(f, "exists {target}"),
            Op::Follow { method, arguments } => {
                write!(f, "next.{}({})", method.name(), Written(arguments))
            }
            Op::When { condition, then, otherwise } => {
                write!(f, "if {condition:?} {{{}}} else {{{}}}", Script(then), Script(otherwise))
            }
            Op::Together { parts } => write!(f, "together {{{}}}", Script(parts)),
            Op::Nest { script } => write!(f, "nest {{{}}}", Script(script)),
        }
    }
}

/// A script to be written out.
struct Script<'a>(&'a [Value]);

impl fmt::Display for Script<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.0.iter().enumerate() {
            let separator = if index > 0 { "; " } else { "" };
            match Op::from_value(value.clone()) {
                Some(op) => write!(f, "{separator}{op}")?,
                None => write!(f, "{separator}{value:?}")?,
            }
        }
        Ok(())
    }
}

/// Arguments to be written out.
pub(super) struct Written<'a>(pub(super) &'a [Value]);

impl fmt::Display for Written<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, value) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            match value {
                Value::List(parts) if parts.iter().all(|part| name_in(part).is_some()) => {
                    let names: Vec<String> = parts.iter().filter_map(name_in).collect();
                    write!(f, "[{}]", names.join(", "))?;
                }
                Value::List(script) => write!(f, "{{{}}}", Script(script))?,
                Value::Int(number) => write!(f, "{number}")?,
                Value::Str(text) => f.write_str(text)?,
                Value::None => f.write_str("None")?,
                other => match name_in(other) {
                    Some(name) => f.write_str(&name)?,
                    None => write!(f, "{other:?}")?,
                },
            }
        }
        Ok(())
    }
}

/// The message of arguments without keywords.
pub fn encode_arguments(positional: Vec<Value>) -> Vec<u8> {
    wire::encode(&Value::Tuple(vec![Value::Tuple(positional), Value::Dict(Vec::new())]))
}
