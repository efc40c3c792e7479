//! Root calls to cells.

use anabranch_kernel::value::wire;
use anabranch_kernel::{Operation, Value};

use super::op::{self, Written};
use super::program::{entity, name_of, reference};
use super::{CELL, Mark, Method, Op};

/// Creates a cell; with `None` as the balance one that never holds money.
pub fn create(name: &str, balance: Option<i64>, mark: Mark, next: Option<&str>) -> Operation {
    let balance = balance.map_or(Value::None, Value::Int);
    let next = next.map_or(Value::None, reference);
    let positional = vec![Value::Str(name.to_owned()), balance, Value::Int(mark.0), next];
    Operation::Create { operator: CELL, arguments: op::encode_arguments(positional) }
}

/// Calls a method that executes a script: what it takes of `cells` and `changed` depends on it.
pub fn execute(
    method: Method,
    target: &str,
    script: Vec<Op>,
    cells: &[String],
    changed: &[String],
) -> Operation {
    call(method, target, op::arguments(method, script, cells, changed))
}

pub fn append(target: &str, mark: Mark) -> Operation {
    call(Method::Append, target, vec![Value::Int(mark.0)])
}

pub fn add(target: &str, amount: i64, mark: Mark) -> Operation {
    call(Method::Add, target, vec![Value::Int(amount), Value::Int(mark.0)])
}

pub fn read(target: &str) -> Operation {
    call(Method::Read, target, Vec::new())
}

pub fn peek(target: &str, mark: Mark) -> Operation {
    call(Method::Peek, target, vec![Value::Int(mark.0)])
}

/// Reads `entries` or `summary`.
pub fn get(target: &str, attribute: &str) -> Operation {
    Operation::GetAttribute { target: entity(target), attribute: attribute.to_owned() }
}

/// Lets `target` refer to `next`.
pub fn point(target: &str, next: Option<&str>, mark: Mark) -> Operation {
    let next = next.map_or(Value::None, reference);
    let value = wire::encode(&Value::Tuple(vec![next, Value::Int(mark.0)]));
    Operation::SetAttribute { target: entity(target), attribute: "next".to_owned(), value }
}

pub fn call(method: Method, target: &str, positional: Vec<Value>) -> Operation {
    let arguments = op::encode_arguments(positional);
    Operation::Call { target: entity(target), method: method.id(), arguments }
}

/// For reports: `c1.run({append [7.0]}, [c1])`.
pub fn describe(operation: &Operation) -> String {
    let written = |arguments: &[u8]| match wire::decode(arguments) {
        Ok(Value::Tuple(both)) => match both.as_slice() {
            [Value::Tuple(positional), _] => Written(positional).to_string(),
            _ => format!("{both:?}"),
        },
        other => format!("{other:?}"),
    };
    match operation {
        Operation::Create { arguments, .. } => format!("Cell({})", written(arguments)),
        Operation::Call { target, method, arguments } => {
            let method = Method::of(*method).map_or("?", Method::name);
            format!("{}.{method}({})", name_of(target), written(arguments))
        }
        Operation::GetAttribute { target, attribute } => {
            format!("{}.{attribute}", name_of(target))
        }
        Operation::SetAttribute { target, attribute, value } => {
            let value = match wire::decode(value) {
                Ok(Value::Tuple(parts)) => Written(&parts).to_string(),
                other => format!("{other:?}"),
            };
            format!("{}.{attribute} = {value}", name_of(target))
        }
        Operation::GetState { target } => format!("state of {}", name_of(target)),
        Operation::Exists { target } => format!("exists {}", name_of(target)),
        Operation::Delete { target } => format!("delete {}", name_of(target)),
    }
}
