//! An application for the tests, without Python: accounts that transfer money, and an interpreter
//! that runs their methods natively.

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::mpsc::Sender;

use anabranch_ir::{
    Body, Function, FunctionId, Hint, ModuleId, Operator, OperatorId, Program, SegmentId,
    Signature, Span,
};
use anabranch_kernel::value::state::{self, StateWriter};
use anabranch_kernel::value::wire::{self, DecodeError};
use anabranch_kernel::value::{ExceptionValue, Reference};
use anabranch_kernel::{
    Action, Arguments, EntityId, Entry, Fault, Interpreter, Operation, Outcome, Raised,
    TransactionContext, Value,
};

pub(crate) const ACCOUNT: OperatorId = OperatorId(0);
/// `deposit(amount)` gives the new balance.
const DEPOSIT: FunctionId = FunctionId(0);
/// `transfer(target, amount)` gives the new balance; raises, after all is done, if it is negative.
const TRANSFER: FunctionId = FunctionId(1);
/// `panic()` changes the balance and panics, like a bug of ours.
const PANIC: FunctionId = FunctionId(2);
/// `endless()` changes the balance and asks, again and again, whether the account exists.
const ENDLESS: FunctionId = FunctionId(3);

/// The class `Account` with a `balance`.
pub(crate) fn program() -> Arc<Program> {
    program_with_classes(&["Account"])
}

/// The same, if accounts are not the first class of the application.
pub(crate) fn program_with_classes(classes: &[&str]) -> Arc<Program> {
    let span = Span { module: ModuleId(0), line: 1, end_line: 1 };
    let function = |name: &str| Function {
        name: name.to_owned(),
        operator: Some(ACCOUNT),
        class: Some("Account".to_owned()),
        module: ModuleId(0),
        signature: Signature::default(),
        body: Body::Native,
        effects: anabranch_ir::Effects::default(),
        documentation: None,
        span,
    };
    let operator = |name: &&str| Operator {
        name: (*name).to_owned(),
        module: ModuleId(0),
        key: Hint::Str,
        bases: Vec::new(),
        constructor: Signature::default(),
        key_text: None,
        new_key: None,
        attributes: Vec::new(),
        methods: vec![DEPOSIT, TRANSFER, PANIC, ENDLESS],
        overridden: Vec::new(),
        documentation: None,
        span,
    };
    Arc::new(Program {
        operators: classes.iter().map(operator).collect(),
        functions: ["deposit", "transfer", "panic", "endless"].map(function).to_vec(),
        ..Program::default()
    })
}

pub(crate) fn id(name: &str) -> EntityId {
    EntityId { operator: ACCOUNT, key: wire::encode(&Value::Str(name.to_owned())).into() }
}

pub(crate) fn create(name: &str, balance: i64) -> Operation {
    let arguments = arguments(vec![Value::Str(name.to_owned()), Value::Int(balance)]);
    Operation::Create { operator: ACCOUNT, arguments }
}

/// An account with an attribute more, as long as the test likes.
pub(crate) fn create_with_note(name: &str, balance: i64, note: &str) -> Operation {
    let [name, note] = [name, note].map(|text| Value::Str(text.to_owned()));
    let arguments = arguments(vec![name, Value::Int(balance), note]);
    Operation::Create { operator: ACCOUNT, arguments }
}

pub(crate) fn note(name: &str) -> Operation {
    Operation::GetAttribute { target: id(name), attribute: "note".to_owned() }
}

pub(crate) fn set_note(name: &str, note: &str) -> Operation {
    let value = wire::encode(&Value::Str(note.to_owned()));
    Operation::SetAttribute { target: id(name), attribute: "note".to_owned(), value }
}

pub(crate) fn deposit(name: &str, amount: i64) -> Operation {
    call(name, DEPOSIT, vec![Value::Int(amount)])
}

pub(crate) fn transfer(source: &str, target: &str, amount: i64) -> Operation {
    let key = Box::new(Value::Str(target.to_owned()));
    let target = Value::Reference(Reference { class: "Account".to_owned(), key });
    call(source, TRANSFER, vec![target, Value::Int(amount)])
}

pub(crate) fn panic_in(name: &str) -> Operation {
    call(name, PANIC, vec![])
}

pub(crate) fn endless_in(name: &str) -> Operation {
    call(name, ENDLESS, vec![])
}

pub(crate) fn balance(name: &str) -> Operation {
    Operation::GetAttribute { target: id(name), attribute: "balance".to_owned() }
}

pub(crate) fn exists(name: &str) -> Operation {
    Operation::Exists { target: id(name) }
}

pub(crate) fn delete(name: &str) -> Operation {
    Operation::Delete { target: id(name) }
}

fn call(name: &str, method: FunctionId, positional: Vec<Value>) -> Operation {
    Operation::Call { target: id(name), method, arguments: arguments(positional) }
}

fn arguments(positional: Vec<Value>) -> Vec<u8> {
    wire::encode(&Value::Tuple(vec![Value::Tuple(positional), Value::Dict(vec![])]))
}

/// Runs the methods of the program. Tells `begun` of each transaction that begins: by then the
/// executor has handed on the effect of the one before.
pub(crate) struct Teller {
    pub(crate) begun: Option<Sender<()>>,
}

pub(crate) struct Account {
    balance: Cell<i64>,
    /// Most accounts have none.
    note: RefCell<Option<String>>,
}

impl Teller {
    pub(crate) fn new() -> Self {
        Self { begun: None }
    }
}

impl Interpreter for Teller {
    type Value = Value;
    type Entity = Account;

    fn session<R>(&mut self, work: impl FnOnce(&mut Self) -> R) -> R {
        work(self)
    }

    fn wait<R: Send>(&mut self, wait: impl FnOnce() -> R + Send) -> R {
        wait()
    }

    fn begin_transaction(&mut self, _: &TransactionContext) {
        if let Some(begun) = &self.begun {
            // A test may have seen enough.
            let _ = begun.send(());
        }
    }

    fn end_transaction(&mut self) {}

    fn check_key(
        &mut self,
        _: &EntityId,
        _: &Account,
        _: Option<&[u8]>,
        _: &[u8],
    ) -> Result<(), Value> {
        Ok(())
    }

    fn objection(&mut self) -> Option<Self::Value> {
        None
    }

    fn decode_arguments(&mut self, message: &[u8]) -> Result<Arguments<Value>, DecodeError> {
        let Value::Tuple(parts) = wire::decode(message)? else { panic!("no arguments") };
        let [positional, keywords] = <[Value; 2]>::try_from(parts).unwrap();
        Ok(Arguments { positional, keywords: Some(keywords) })
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
        let Value::Exception(description) = exception else { panic!("not an exception") };
        Raised {
            exception: wire::encode(exception),
            class: description.class.clone(),
            message: format!("{:?}", description.args),
            http_status: None,
            traceback: String::new(),
        }
    }

    fn exception(&mut self, fault: Fault<'_>) -> Value {
        exception(match fault {
            Fault::EntityNotFound(_) => anabranch_kernel::request::ENTITY_NOT_FOUND,
            Fault::EntityExists(_) => anabranch_kernel::request::ENTITY_EXISTS,
            Fault::TooManyEntities { .. } | Fault::EffectsTooLarge { .. } => {
                "anabranch:TransactionTooLarge"
            }
            Fault::Recursion { .. } => "builtins:RecursionError",
        })
    }

    fn reference(&mut self, id: &EntityId) -> Value {
        let key = Box::new(wire::decode(&id.key).unwrap());
        Value::Reference(Reference { class: "Account".to_owned(), key })
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
    ) -> Result<(EntityId, Account), Value> {
        let Value::Tuple(values) = arguments.positional else { panic!("not a tuple") };
        let mut values = values.into_iter();
        let id = EntityId { operator, key: wire::encode(&values.next().unwrap()).into() };
        let balance = Cell::new(int(&values.next().unwrap()));
        let note = RefCell::new(values.next().map(text));
        Ok((id, Account { balance, note }))
    }

    fn load(&mut self, _: &EntityId, state: &[u8]) -> Result<Account, DecodeError> {
        let mut attributes = state::decode(state)?.into_iter().map(|(_, value)| value);
        let balance = Cell::new(int(&attributes.next().unwrap()));
        let note = RefCell::new(attributes.next().map(text));
        Ok(Account { balance, note })
    }

    fn save(
        &mut self,
        entity: &mut Account,
        _: Option<&[u8]>,
        state: &mut StateWriter,
    ) -> Result<(), Value> {
        let note = entity.note.borrow();
        state.separate(1 + usize::from(note.is_some()));
        state.attribute_message("balance", &wire::encode(&Value::Int(entity.balance.get())));
        if let Some(note) = &*note {
            state.attribute_message("note", &wire::encode(&Value::Str(note.clone())));
        }
        Ok(())
    }

    fn state(&mut self, entity: &Account) -> Value {
        Value::Dict(vec![(Value::Str("balance".to_owned()), Value::Int(entity.balance.get()))])
    }

    fn get_attribute(&mut self, entity: &Account, attribute: &Value) -> Result<Value, Value> {
        if *attribute == Value::Str("note".to_owned()) {
            let note = entity.note.borrow().clone();
            return Ok(note.map_or(Value::None, Value::Str));
        }
        Ok(Value::Int(entity.balance.get()))
    }

    fn set_attribute(
        &mut self,
        entity: &Account,
        attribute: &Value,
        value: &Value,
    ) -> Result<(), Value> {
        assert_eq!(*attribute, Value::Str("note".to_owned()), "nothing else is set");
        *entity.note.borrow_mut() = Some(text(value.clone()));
        Ok(())
    }

    fn attribute_name(&mut self, name: &str) -> Value {
        Value::Str(name.to_owned())
    }

    fn run(
        &mut self,
        entity: Option<(&EntityId, &Account)>,
        entry: Entry<Value>,
    ) -> Outcome<Value> {
        let (id, account) = entity.expect("only methods here");
        match entry {
            Entry::Start { function: DEPOSIT, arguments } => {
                let [amount] = positional(arguments);
                account.balance.set(account.balance.get() + int(&amount));
                Outcome::Return(Value::Int(account.balance.get()))
            }
            Entry::Start { function: TRANSFER, arguments } => {
                let [target, amount] = positional(arguments);
                account.balance.set(account.balance.get() - int(&amount));
                let Value::Reference(target) = target else { panic!("not a reference") };
                let key = wire::encode(&target.key).into();
                let target = EntityId { operator: id.operator, key };
                let positional = Value::Tuple(vec![amount]);
                let arguments = Arguments { positional, keywords: None };
                let action = Action::Call { target, method: DEPOSIT, arguments };
                Outcome::Suspend { segment: SegmentId(1), live: Value::None, action }
            }
            Entry::Start { function: ENDLESS, .. } | Entry::Resume { function: ENDLESS, .. } => {
                account.balance.set(account.balance.get() + 1);
                let action = Action::Exists { target: id.clone() };
                Outcome::Suspend { segment: SegmentId(1), live: Value::None, action }
            }
            Entry::Resume { input: Err(exception), .. } => Outcome::Raise(exception),
            Entry::Resume { function: TRANSFER, .. } if account.balance.get() < 0 => {
                Outcome::Raise(exception("bank:Overdrawn"))
            }
            Entry::Resume { function: TRANSFER, .. } => {
                Outcome::Return(Value::Int(account.balance.get()))
            }
            Entry::Start { function: PANIC, .. } => {
                account.balance.set(-1);
                panic!("a bug for a test")
            }
            entry => panic!("no such function: {entry:?}"),
        }
    }
}

fn positional<const COUNT: usize>(arguments: Arguments<Value>) -> [Value; COUNT] {
    let Value::Tuple(values) = arguments.positional else { panic!("not a tuple") };
    values.try_into().expect("the right number of arguments")
}

fn int(value: &Value) -> i64 {
    let Value::Int(value) = value else { panic!("not an int: {value:?}") };
    *value
}

fn text(value: Value) -> String {
    let Value::Str(text) = value else { panic!("not a str: {value:?}") };
    text
}

fn exception(class: &str) -> Value {
    let class = class.to_owned();
    Value::Exception(Box::new(ExceptionValue { class, args: vec![], attributes: vec![] }))
}
