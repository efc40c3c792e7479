//! The entities that a request mentions, before it runs: a guess at what it will use first.
//!
//! Unlike an [access set](crate::access) this is for speed alone: it may name too few entities, or
//! some that the request does not use.

use anabranch_ir::OperatorId;

use crate::value::wire::{DecodeError, FORMAT_VERSION, Reader, Token, skip_key};
use crate::{EntityId, Key, Operation};

/// How far arguments are looked into.
const TOKENS_MAX: usize = 64;
/// How many references are found in them.
const REFERENCES_MAX: usize = 8;

/// Adds to `entities` what `operation` is about and what its arguments refer to. `number` knows the
/// classes.
pub fn mentioned(
    operation: &Operation,
    number: impl Fn(&str) -> Option<OperatorId>,
    entities: &mut Vec<EntityId>,
) {
    match operation {
        Operation::Create { arguments, .. } => references(arguments, number, entities),
        Operation::Call { target, arguments, .. } => {
            entities.push(target.clone());
            references(arguments, number, entities);
        }
        Operation::GetAttribute { target, .. }
        | Operation::SetAttribute { target, .. }
        | Operation::GetState { target }
        | Operation::Exists { target }
        | Operation::Delete { target } => entities.push(target.clone()),
    }
}

fn references(
    message: &[u8],
    number: impl Fn(&str) -> Option<OperatorId>,
    entities: &mut Vec<EntityId>,
) {
    let Ok(mut reader) = Reader::new(message) else { return };
    let most = entities.len() + REFERENCES_MAX;
    for _ in 0..TOKENS_MAX {
        if reader.remaining() == 0 || entities.len() == most {
            return;
        }
        match reader.token() {
            Ok(Token::Reference { class }) => {
                let Ok(key) = key(message, &mut reader) else { return };
                entities.extend(number(class).map(|operator| EntityId { operator, key }));
            }
            // Names come between the values in these, so that the next token would be none.
            Ok(Token::Record { .. } | Token::Exception { .. }) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn key(message: &[u8], reader: &mut Reader<'_>) -> Result<Key, DecodeError> {
    let start = message.len() - reader.remaining();
    skip_key(reader)?;
    let end = message.len() - reader.remaining();
    Ok(Key::of_parts(&[FORMAT_VERSION], &message[start..end]))
}

#[cfg(test)]
mod tests {
    use anabranch_ir::FunctionId;

    use super::*;
    use crate::Value;
    use crate::value::Reference;
    use crate::value::wire::encode;

    fn id(key: &Value) -> EntityId {
        EntityId { operator: OperatorId(3), key: encode(key).into() }
    }

    fn reference(class: &str, key: &Value) -> Value {
        Value::Reference(Reference { class: class.to_owned(), key: Box::new(key.clone()) })
    }

    fn mentioned_by(arguments: Vec<u8>) -> Vec<EntityId> {
        let (target, method) = (id(&Value::Int(0)), FunctionId(0));
        let mut entities = Vec::new();
        let number = |class: &str| (class == "Item").then_some(OperatorId(3));
        mentioned(&Operation::Call { target, method, arguments }, number, &mut entities);
        assert_eq!(entities.remove(0), id(&Value::Int(0)));
        entities
    }

    #[test]
    fn references_in_arguments_are_found() {
        let keys = [
            Value::Str("pen".to_owned()),
            Value::Tuple(vec![Value::Int(1), Value::Str("x".repeat(100))]),
        ];
        let references: Vec<Value> = keys.iter().map(|key| reference("Item", key)).collect();
        let arguments = Value::Tuple(vec![
            Value::Tuple(vec![Value::Int(5), reference("Other", &keys[0]), references[0].clone()]),
            Value::Dict(vec![(Value::Str("to".to_owned()), Value::List(references))]),
        ]);
        let [first, second] = keys.each_ref().map(id);
        assert_eq!(mentioned_by(encode(&arguments)), [first.clone(), first, second]);
    }

    #[test]
    fn only_so_many_are_looked_for_and_damage_ends_it() {
        let many: Vec<Value> = (0..100).map(|key| reference("Item", &Value::Int(key))).collect();
        let message = encode(&Value::List(many));
        for length in 0..message.len() {
            assert!(mentioned_by(message[..length].to_vec()).len() <= REFERENCES_MAX);
        }
        assert_eq!(mentioned_by(message).len(), REFERENCES_MAX);
    }
}
