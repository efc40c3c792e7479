//! What a key stands for, and its bytes.
//!
//! | first byte | rest | |
//! | --- | --- | --- |
//! | `e` | class name, a zero byte, the key's wire message | an entity |
//! | `r` | the request | a request with an idempotency key, or a creation |
//! | `s` | | the sequencer |
//!
//! Bytes name classes, so that committed states outlive a program.

use anabranch_ir::Program;

use super::StepError;
use super::event::RequestId;
use crate::EntityId;

const ENTITY: u8 = b'e';
const REQUEST: u8 = b'r';
const SEQUENCER: u8 = b's';

/// What a key stands for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Address {
    Entity(EntityId),
    Request(RequestId),
    Sequencer,
}

impl Address {
    pub(crate) fn to_key(&self, program: &Program) -> Vec<u8> {
        match self {
            Address::Entity(id) => {
                let class = program.operator(id.operator).name.as_bytes();
                let mut key = Vec::with_capacity(2 + class.len() + id.key.len());
                key.push(ENTITY);
                key.extend_from_slice(class);
                key.push(0);
                key.extend_from_slice(&id.key);
                key
            }
            Address::Request(RequestId(id)) => [&[REQUEST], &id[..]].concat(),
            Address::Sequencer => vec![SEQUENCER],
        }
    }

    pub(crate) fn from_key(program: &Program, key: &[u8]) -> Result<Self, StepError> {
        match key.split_first() {
            Some((&ENTITY, rest)) => entity(program, rest).map(Address::Entity),
            Some((&REQUEST, id)) => Ok(Address::Request(RequestId(id.to_vec()))),
            Some((&SEQUENCER, [])) => Ok(Address::Sequencer),
            _ => Err(StepError::Key("it begins with no known letter".to_owned())),
        }
    }
}

fn entity(program: &Program, bytes: &[u8]) -> Result<EntityId, StepError> {
    let zero = bytes.iter().position(|byte| *byte == 0);
    let zero =
        zero.ok_or_else(|| StepError::Key("the name of its class does not end".to_owned()))?;
    let class = String::from_utf8_lossy(&bytes[..zero]);
    let operator = program.operator_named(&class);
    let operator = operator
        .ok_or_else(|| StepError::Key(format!("the program has no entity class {class}")))?;
    Ok(EntityId { operator, key: bytes[zero + 1..].into() })
}

#[cfg(test)]
pub(super) mod tests {
    use anabranch_ir::{Hint, ModuleId, Operator, OperatorId, Signature, Span};

    use super::*;

    pub(in crate::step) fn class(name: &str) -> Operator {
        Operator {
            name: name.to_owned(),
            module: ModuleId(0),
            key: Hint::Str,
            bases: Vec::new(),
            constructor: Signature::default(),
            key_text: None,
            new_key: None,
            attributes: Vec::new(),
            methods: Vec::new(),
            overridden: Vec::new(),
            documentation: None,
            span: Span { module: ModuleId(0), line: 1, end_line: 1 },
        }
    }

    #[test]
    fn keys_are_read_back_and_what_is_none_is_refused() {
        let operators = vec![class("Item"), class("User")];
        let program = Program { operators, ..Program::default() };
        let entity = |operator, key: &[u8]| {
            Address::Entity(EntityId { operator: OperatorId(operator), key: key.into() })
        };
        for address in [
            entity(0, b"\x01pen"),
            entity(1, b"\x00\x00"),
            Address::Request(RequestId(b"key".to_vec())),
            Address::Sequencer,
        ] {
            assert_eq!(Address::from_key(&program, &address.to_key(&program)), Ok(address));
        }
        for key in [&b""[..], b"x", b"sx", b"eItem", b"eBook\0\x01"] {
            assert!(Address::from_key(&program, key).is_err(), "{key:?}");
        }
    }
}
