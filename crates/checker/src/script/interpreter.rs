//! The interpreter of the program of scripts: the methods of cells, in the kernel's terms.

use anabranch_ir::OperatorId;
use anabranch_kernel::value::state::StateWriter;
use anabranch_kernel::value::wire::{self, DecodeError};
use anabranch_kernel::{
    Arguments, EntityId, Entry, Fault, Interpreter, Outcome, PortableInterpreter, Raised,
    TransactionContext, Value, request,
};

use super::cell::{Cell, Content};
use super::frame::{exception, list, tuple};
use super::methods::Setting;
use super::program::{CELL, entity, name_in, name_of, reference};
use super::{Mark, Observation};

/// Raised where there is not enough money.
pub const OVERDRAWN: &str = "script:Overdrawn";
/// Raised where a cell that never holds money should give or get some.
pub const NO_ACCOUNT: &str = "script:NoAccount";
/// Raised because a script says so.
pub const RAISED: &str = "script:Raised";

/// Runs the program of scripts.
#[derive(Debug, Default)]
pub struct ScriptInterpreter {
    setting: Setting,
}

impl ScriptInterpreter {
    pub fn new() -> Self {
        Self::default()
    }
}

impl Interpreter for ScriptInterpreter {
    type Value = Value;
    type Entity = Cell;

    fn session<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        work(self)
    }

    fn wait<R: Send>(&mut self, wait: impl FnOnce() -> R + Send) -> R {
        wait()
    }

    fn begin_transaction(&mut self, context: &TransactionContext) {
        self.setting.start_time_nanoseconds = context.start_time_nanoseconds;
    }

    fn end_transaction(&mut self) {}

    fn objection(&mut self) -> Option<Value> {
        None
    }

    fn decode_arguments(&mut self, message: &[u8]) -> Result<Arguments<Value>, DecodeError> {
        let Some([positional, keywords]) = tuple(wire::decode(message)?) else {
            return Err(DecodeError::Invalid("they are not positional and keyword arguments"));
        };
        let keywords = (keywords != Value::Dict(Vec::new())).then_some(keywords);
        Ok(Arguments { positional, keywords })
    }

    fn decode(&mut self, message: &[u8]) -> Result<Value, DecodeError> {
        wire::decode(message)
    }

    fn encode(&mut self, value: &Value) -> Result<Vec<u8>, Value> {
        Ok(wire::encode(value))
    }

    fn copy(&mut self, value: &Value) -> Result<Value, Value> {
        Ok(value.clone())
    }

    fn describe(&mut self, exception: &Value) -> Raised {
        let Value::Exception(value) = exception else { panic!("not an exception: {exception:?}") };
        let message = match value.args.first() {
            Some(Value::Str(message)) => message.clone(),
            other => format!("{other:?}"),
        };
        Raised {
            exception: wire::encode(exception),
            class: value.class.clone(),
            message,
            http_status: None,
            traceback: String::new(),
        }
    }

    fn exception(&mut self, fault: Fault<'_>) -> Value {
        match fault {
            Fault::EntityNotFound(id) => {
                let cell = name_of(id);
                exception(
                    request::ENTITY_NOT_FOUND,
                    &cell.clone(),
                    vec![Observation::Absent { cell }],
                )
            }
            Fault::EntityExists(id) => {
                let cell = name_of(id);
                exception(
                    request::ENTITY_EXISTS,
                    &cell.clone(),
                    vec![Observation::Present { cell }],
                )
            }
            Fault::Recursion { .. } => exception("builtins:RecursionError", "", Vec::new()),
            Fault::TooManyEntities { .. } | Fault::EffectsTooLarge { .. } => {
                exception("anabranch:TransactionTooLarge", "", Vec::new())
            }
        }
    }

    fn reference(&mut self, id: &EntityId) -> Value {
        reference(&name_of(id))
    }

    fn none(&mut self) -> Value {
        Value::None
    }

    fn bool(&mut self, value: bool) -> Value {
        Value::Bool(value)
    }

    fn construct(
        &mut self,
        operator: OperatorId,
        arguments: Arguments<Value>,
    ) -> Result<(EntityId, Cell), Value> {
        assert_eq!(operator, CELL, "there is one class");
        let Some([Value::Str(name), balance, mark, next]) = tuple(arguments.positional) else {
            return Err(exception("builtins:TypeError", "not the arguments of a cell", Vec::new()));
        };
        let content = Content::from_values([Value::List(vec![mark]), balance, next]);
        let content = content
            .map_err(|error| exception("builtins:TypeError", &error.to_string(), Vec::new()))?;
        Ok((entity(&name), Cell::new(name, content)))
    }

    fn load(&mut self, id: &EntityId, state: &[u8]) -> Result<Cell, DecodeError> {
        Ok(Cell::new(name_of(id), Content::decode(state)?))
    }

    fn save(
        &mut self,
        entity: &mut Cell,
        _: Option<&[u8]>,
        state: &mut StateWriter,
    ) -> Result<(), Value> {
        entity.content.borrow().save(state);
        Ok(())
    }

    fn check_key(
        &mut self,
        _: &EntityId,
        _: &Cell,
        _: Option<&[u8]>,
        _: &[u8],
    ) -> Result<(), Value> {
        Ok(())
    }

    fn state(&mut self, entity: &Cell) -> Value {
        let content = entity.content.borrow();
        let named = |(name, value): (&str, Value)| (Value::Str(name.to_owned()), value);
        Value::Dict(content.attributes().map(named).collect())
    }

    fn get_attribute(&mut self, entity: &Cell, attribute: &Value) -> Result<Value, Value> {
        let content = entity.content.borrow();
        if *attribute == Value::Str("summary".to_owned()) {
            return Ok(Value::List(vec![content.seen(&entity.name).into_value()]));
        }
        let found =
            content.attributes().find(|(name, _)| Value::Str((*name).to_owned()) == *attribute);
        found.map(|(_, value)| value).ok_or_else(|| {
            let message = format!("a cell has no attribute {attribute:?}");
            exception("builtins:AttributeError", &message, Vec::new())
        })
    }

    /// Only `next` is set, to a tuple of the reference and the mark: a property would do so.
    fn set_attribute(
        &mut self,
        entity: &Cell,
        attribute: &Value,
        value: &Value,
    ) -> Result<(), Value> {
        let parts = tuple(value.clone());
        let (true, Some([next, Value::Int(mark)])) =
            (*attribute == Value::Str("next".to_owned()), parts)
        else {
            return Err(exception("builtins:AttributeError", "it cannot be set", Vec::new()));
        };
        let mut content = entity.content.borrow_mut();
        content.next = name_in(&next);
        content.entries.push(Mark(mark));
        Ok(())
    }

    fn attribute_name(&mut self, name: &str) -> Value {
        Value::Str(name.to_owned())
    }

    fn run(&mut self, entity: Option<(&EntityId, &Cell)>, entry: Entry<Value>) -> Outcome<Value> {
        let (_, cell) = entity.expect("all functions are methods");
        match entry {
            Entry::Start { function, arguments } => self.setting.start(cell, function, arguments),
            Entry::Resume { live, input, .. } => self.setting.resume(cell, live, input),
        }
    }

    fn hand_over_together(&mut self, together: bool) {
        self.setting.hands_over_together = together;
    }

    fn outcomes(&mut self, outcomes: Vec<Result<Value, Value>>) -> Value {
        let outcome = |outcome| match outcome {
            Ok(result) => Value::Tuple(vec![Value::Bool(true), result]),
            Err(exception) => Value::Tuple(vec![Value::Bool(false), exception]),
        };
        Value::List(outcomes.into_iter().map(outcome).collect())
    }
}

impl PortableInterpreter for ScriptInterpreter {
    fn encode_arguments(&mut self, arguments: &Arguments<Value>) -> Result<Vec<u8>, Value> {
        let keywords = arguments.keywords.clone().unwrap_or(Value::Dict(Vec::new()));
        Ok(wire::encode(&Value::Tuple(vec![arguments.positional.clone(), keywords])))
    }

    fn suspend(&mut self, entity: &Cell, live: &[&Value]) -> Result<Vec<u8>, Value> {
        let values = Value::Tuple(entity.content.borrow().values().into());
        let live = Value::List(live.iter().map(|value| (*value).clone()).collect());
        Ok(wire::encode(&Value::Tuple(vec![values, live])))
    }

    fn revive(&mut self, id: &EntityId, message: &[u8]) -> Result<(Cell, Vec<Value>), DecodeError> {
        let invalid = || DecodeError::Invalid("it is no suspended cell");
        let [values, suspended] = tuple(wire::decode(message)?).ok_or_else(invalid)?;
        let content = Content::from_values(tuple(values).ok_or_else(invalid)?)?;
        Ok((Cell::new(name_of(id), content), list(suspended).ok_or_else(invalid)?))
    }
}
