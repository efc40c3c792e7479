//! The entities that a root call may touch, computed before it runs.
//!
//! An access set is data of the program ([`anabranch_ir::access`]); this evaluates it on the wire
//! values of a request, without an interpreter. The result is exact or absent: where a value is not
//! of the kind that the compiler took it for (a reference to another class, an argument left out), the
//! call is one without an access set.

use std::collections::BTreeMap;

use anabranch_ir::{
    Access, AccessMode, AccessSet, Callee, Effects, Expression, OperatorId, ParameterKind, Program,
    Signature,
};

use crate::value::{Reference, Value, wire};
use crate::{EntityId, Operation};

/// Entities, each with the strongest way in which it may be touched.
pub type Touched = BTreeMap<EntityId, AccessMode>;

/// How many values an expression may have before the call is taken for one without an access set.
const VALUES_MAX: usize = 10_000;

/// All entities that `operation` may touch; `None` if that cannot be said before it runs.
pub fn access_set(program: &Program, operation: &Operation) -> Option<Touched> {
    let one = |target: &EntityId, mode| Some(BTreeMap::from([(target.clone(), mode)]));
    match operation {
        Operation::Create { operator, arguments } => {
            let class = program.operator(*operator);
            let key = Box::new(class.new_key.clone()?);
            let entity = Expression::Reference { operator: *operator, key };
            let mode = AccessMode::CreateOrDelete;
            let accesses = vec![Access { operator: *operator, entity, mode }];
            let set = AccessSet { accesses, reasons: Vec::new() };
            let arguments = bound(&class.constructor, arguments)?;
            evaluate(program, &set, &Call { receiver: None, arguments, program })
        }
        Operation::Call { target, method, arguments } => {
            let function = program.function(*method);
            // One without arguments that are worth a look.
            if function.effects.stays_on_its_entity() {
                let accesses = &function.effects.access.accesses;
                return one(target, accesses.first().map_or(AccessMode::Read, |it| it.mode));
            }
            let arguments = bound(&function.signature, arguments)?;
            let class = program.operator(target.operator).name.clone();
            let key = Box::new(wire::decode(&target.key).ok()?);
            let receiver = Some(Value::Reference(Reference { class, key }));
            let call = Call { receiver, arguments, program };
            evaluate(program, &function.effects.access, &call)
        }
        Operation::GetAttribute { target, attribute } => {
            let class = program.operator(target.operator);
            let is_state = class.attributes.iter().any(|known| known.name == *attribute);
            let has_hook = ["__getattr__", "__getattribute__"]
                .iter()
                .any(|hook| program.method_named(target.operator, hook).is_some());
            // Anything else may be a property, which runs code.
            let is_read = is_state && !has_hook;
            one(target, if is_read { AccessMode::Read } else { AccessMode::Write })
        }
        Operation::GetState { target } | Operation::Exists { target } => {
            one(target, AccessMode::Read)
        }
        Operation::SetAttribute { target, .. } => one(target, AccessMode::Write),
        Operation::Delete { target } => one(target, AccessMode::CreateOrDelete),
    }
}

/// How what a root call did goes beyond what the program says of it; `None` if it does not.
/// `touched` is what it touched, `changed` what it changed of that, and how.
pub fn excess(
    program: &Program,
    operation: &Operation,
    touched: &[EntityId],
    changed: &Touched,
) -> Option<String> {
    let name = |id: &EntityId| format!("a {}", program.operator(id.operator).name);
    if let Some(set) = access_set(program, operation) {
        if let Some(id) = touched.iter().find(|id| !set.contains_key(id)) {
            return Some(format!("touched {}, which is not in its access set", name(id)));
        }
        if let Some((id, mode)) = changed.iter().find(|(id, mode)| set[*id] < **mode) {
            let allowed = set[id];
            return Some(format!("touched {} by {mode:?}, but only {allowed:?} is said", name(id)));
        }
    }
    let Operation::Call { target, method, .. } = operation else { return None };
    let effects = &program.function(*method).effects;
    if let Some(id) = touched.iter().find(|id| {
        let is_own = id.operator == target.operator;
        !is_own && !reaches(program, effects, id.operator)
    }) {
        return Some(format!("touched {}, which is not among its effects", name(id)));
    }
    let unsaid = changed.iter().find(|(id, mode)| {
        let may_write = effects.writes.iter().any(|member| member.may_be_of(id.operator))
            || effects.changes.contains(id.operator);
        let creates = effects.creates.contains(id.operator);
        let deletes = effects.deletes.contains(id.operator);
        // A creation after a deletion looks like a write.
        !(creates || deletes || (may_write && **mode == AccessMode::Write))
    });
    unsaid.map(|(id, _)| format!("changed {}, which is not among its effects", name(id)))
}

/// Whether a call with these effects may touch an entity of this class, apart from its own.
pub fn reaches(program: &Program, effects: &Effects, operator: OperatorId) -> bool {
    effects.reads.iter().chain(&effects.writes).any(|member| member.may_be_of(operator))
        || [&effects.exists, &effects.creates, &effects.deletes, &effects.changes]
            .into_iter()
            .any(|classes| classes.contains(operator))
        || effects.calls.iter().any(|callee| match callee {
            Callee::Method(method) => program.function(*method).operator == Some(operator),
            Callee::OfAnyClass(_) => true,
        })
}

/// What an expression is evaluated in.
struct Call<'p> {
    receiver: Option<Value>,
    /// By parameter; those left out are absent.
    arguments: BTreeMap<&'p str, Value>,
    program: &'p Program,
}

fn evaluate(program: &Program, set: &AccessSet, call: &Call<'_>) -> Option<Touched> {
    if !set.is_complete() {
        return None;
    }
    let mut touched = Touched::new();
    for Access { operator, entity, mode } in &set.accesses {
        let class = &program.operator(*operator).name;
        for value in values(entity, call)? {
            match value {
                Value::Reference(reference) if reference.class == *class => {
                    let key = wire::encode(&reference.key).into();
                    let id = EntityId { operator: *operator, key };
                    let strongest = touched.entry(id).or_insert(*mode);
                    *strongest = (*strongest).max(*mode);
                }
                // Of another class, which has other methods; or a pickle, which may be anything.
                Value::Reference(_) | Value::Opaque(_) => return None,
                // No entity: what the method does with it happens in the method's own entity.
                _ => {}
            }
        }
    }
    Some(touched)
}

/// The values that `expression` may have.
fn values(expression: &Expression, call: &Call<'_>) -> Option<Vec<Value>> {
    let values = match expression {
        Expression::Receiver => vec![call.receiver.clone()?],
        Expression::Parameter(name) => vec![call.arguments.get(&**name)?.clone()],
        Expression::None => vec![Value::None],
        Expression::Int(number) => vec![Value::Int(*number)],
        Expression::Str(text) => vec![Value::Str(text.clone())],
        Expression::Each(inner) => each_of(values(inner, call)?, elements)?,
        Expression::Field { value, record, field } => {
            each_of(values(value, call)?, |value| field_of(value, record, field))?
        }
        Expression::Key { operator, entity } => {
            let class = &call.program.operator(*operator).name;
            each_of(values(entity, call)?, |value| key_of(value, class))?
        }
        Expression::Reference { operator, key } => {
            let class = &call.program.operator(*operator).name;
            each_of(values(key, call)?, |key| reference(class, key))?
        }
        Expression::Tuple(parts) => {
            combinations(parts, call)?.into_iter().map(Value::Tuple).collect()
        }
        Expression::Text(parts) => combinations(parts, call)?
            .into_iter()
            .map(|parts| parts.iter().map(text).collect::<Option<String>>().map(Value::Str))
            .collect::<Option<_>>()?,
    };
    (values.len() <= VALUES_MAX).then_some(values)
}

/// All that `step` makes of `values`. Where it is applied to `None`, Python raises an exception.
fn each_of(values: Vec<Value>, step: impl Fn(Value) -> Option<Vec<Value>>) -> Option<Vec<Value>> {
    let mut found = Vec::new();
    for value in values {
        if value != Value::None {
            found.extend(step(value)?);
        }
    }
    Some(found)
}

fn elements(value: Value) -> Option<Vec<Value>> {
    match value {
        Value::List(values)
        | Value::Tuple(values)
        | Value::Set(values)
        | Value::FrozenSet(values) => Some(values),
        Value::Dict(pairs) => {
            Some(pairs.into_iter().flat_map(|(key, value)| [key, value]).collect())
        }
        _ => None,
    }
}

fn field_of(value: Value, record: &str, field: &str) -> Option<Vec<Value>> {
    let Value::Record { class, fields } = value else { return None };
    let found = fields.into_iter().find(|(name, _)| name == field);
    if class == record { found.map(|(_, value)| vec![value]) } else { None }
}

fn key_of(value: Value, class: &str) -> Option<Vec<Value>> {
    match value {
        Value::Reference(reference) if reference.class == class => Some(vec![*reference.key]),
        _ => None,
    }
}

fn reference(class: &str, key: Value) -> Option<Vec<Value>> {
    let is_part = |part: &Value| {
        use Value::{BigInt, Bytes, Int, Str, SurrogateStr, Uuid};
        matches!(part, Str(_) | SurrogateStr(_) | Int(_) | BigInt(_) | Bytes(_) | Uuid(_))
    };
    let is_key = match &key {
        Value::Tuple(parts) => !parts.is_empty() && parts.iter().all(is_part),
        part => is_part(part),
    };
    let class = class.to_owned();
    is_key.then(|| vec![Value::Reference(Reference { class, key: Box::new(key) })])
}

/// What `f"{value}"` gives.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Str(text) => Some(text.clone()),
        Value::Int(number) => Some(number.to_string()),
        Value::BigInt(number) => Some(number.to_string()),
        _ => None,
    }
}

/// One value of each part, in all ways.
fn combinations(parts: &[Expression], call: &Call<'_>) -> Option<Vec<Vec<Value>>> {
    let mut found = vec![Vec::new()];
    for part in parts {
        let values = values(part, call)?;
        if found.len().saturating_mul(values.len()) > VALUES_MAX {
            return None;
        }
        let longer = found.iter().flat_map(|before: &Vec<Value>| {
            values.iter().map(move |value| [&before[..], std::slice::from_ref(value)].concat())
        });
        found = longer.collect();
    }
    Some(found)
}

/// The arguments in `message` by parameter, as Python binds them; `None` if they do not fit.
fn bound<'p>(signature: &'p Signature, message: &[u8]) -> Option<BTreeMap<&'p str, Value>> {
    let Value::Tuple(both) = wire::decode(message).ok()? else { return None };
    let [Value::Tuple(positional), Value::Dict(keywords)] = <[Value; 2]>::try_from(both).ok()?
    else {
        return None;
    };
    let mut positional = positional.into_iter();
    let mut keywords: Vec<(String, Value)> = keywords
        .into_iter()
        .map(|(name, value)| match name {
            Value::Str(name) => Some((name, value)),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let mut take = |name: &str| {
        let index = keywords.iter().position(|(keyword, _)| keyword == name)?;
        Some(keywords.remove(index).1)
    };
    let mut bound = BTreeMap::new();
    let mut rest = None;
    for parameter in &signature.parameters {
        let name = &*parameter.name;
        let value = match parameter.kind {
            ParameterKind::PositionalOnly => positional.next(),
            ParameterKind::PositionalOrKeyword => positional.next().or_else(|| take(name)),
            ParameterKind::KeywordOnly => take(name),
            ParameterKind::VarPositional => Some(Value::Tuple(positional.by_ref().collect())),
            ParameterKind::VarKeyword => {
                rest = Some(name);
                None
            }
        };
        if let Some(value) = value {
            bound.insert(name, value);
        }
    }
    if let Some(name) = rest {
        let pairs = keywords.drain(..).map(|(keyword, value)| (Value::Str(keyword), value));
        bound.insert(name, Value::Dict(pairs.collect()));
    }
    (positional.next().is_none() && keywords.is_empty()).then_some(bound)
}
