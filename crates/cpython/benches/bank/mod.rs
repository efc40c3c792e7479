//! The application of the benchmarks, compiled as a user's is.

use std::path::PathBuf;
use std::sync::Arc;

use anabranch_compiler::{SourceText, Sources, compile};
use anabranch_cpython::{Application, CPython};
use anabranch_ir::{FunctionId, OperatorId, Program, SegmentId};
use anabranch_kernel::value::Reference;
use anabranch_kernel::value::wire::encode;
use anabranch_kernel::{
    Action, Arguments, DriverSession, EntityId, Entry, Interpreter, Operation, Outcome,
    StateReader, TransactionContext, Transition, Value,
};
use pyo3::prelude::*;

pub(crate) const CONTEXT: TransactionContext =
    TransactionContext { start_time_nanoseconds: 0, seed: [0; 32] };

/// A store without entities: everything is live.
pub(crate) struct NoStates;

impl StateReader for NoStates {
    fn read(&mut self, _: &EntityId) -> Result<Option<Arc<[u8]>>, String> {
        Ok(None)
    }
}

fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/bank"))
}

pub(crate) fn interpreter() -> (Arc<Program>, CPython) {
    let root = root();
    let mut read = |name: &str| {
        let path = format!("{name}.py");
        let bytes = std::fs::read(root.join(&path)).ok()?;
        Some(SourceText { path, bytes })
    };
    let is_reserved = anabranch_cpython::is_reserved_module;
    let mut sources = Sources { read: &mut read, is_reserved: &is_reserved };
    let compilation = compile("bank", &mut sources);
    let program = Arc::new(compilation.program.expect("the bank compiles"));
    let application = Application::import(&root, Arc::clone(&program)).expect("the bank loads");
    (program, CPython::new(Arc::new(application)))
}

pub(crate) fn text(text: &str) -> Value {
    Value::Str(text.to_owned())
}

pub(crate) fn arguments(positional: Vec<Value>) -> Vec<u8> {
    encode(&Value::Tuple(vec![Value::Tuple(positional), Value::Dict(Vec::new())]))
}

pub(crate) fn account(number: usize) -> String {
    format!("account {number}")
}

pub(crate) fn operator(program: &Program, class: &str) -> OperatorId {
    program.operator_named(class).expect("a class of the bank")
}

pub(crate) fn id(operator: OperatorId, key: &str) -> EntityId {
    EntityId { operator, key: encode(&text(key)).into() }
}

/// Of a transfer of 1.
pub(crate) fn transfer_arguments(target: usize) -> Vec<u8> {
    let key = Box::new(text(&account(target)));
    let reference = Value::Reference(Reference { class: "Account".to_owned(), key });
    arguments(vec![Value::Int(1), reference])
}

pub(crate) fn transfer(program: &Program, source: usize, target: usize) -> Operation {
    let operator = operator(program, "Account");
    let method = program.method_named(operator, "transfer").expect("a method");
    let arguments = transfer_arguments(target);
    Operation::Call { target: id(operator, &account(source)), method, arguments }
}

pub(crate) fn execute(
    session: &mut DriverSession<'_, CPython>,
    operation: &Operation,
) -> Transition {
    let transition = session.execute(operation, &CONTEXT, &mut NoStates);
    assert!(transition.reply.is_ok(), "{:?}", transition.reply);
    transition
}

pub(crate) fn create(
    session: &mut DriverSession<'_, CPython>,
    operator: OperatorId,
    positional: Vec<Value>,
) {
    let arguments = arguments(positional);
    execute(session, &Operation::Create { operator, arguments });
}

/// Pairs of different accounts in a fixed random order (SplitMix64).
pub(crate) fn pairs(accounts: usize, count: usize) -> Vec<(usize, usize)> {
    let mut state = 1_u64;
    let mut random = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) as usize % accounts
    };
    let distinct = |(source, target)| {
        (source, if target == source { (target + 1) % accounts } else { target })
    };
    (0..count).map(|_| distinct((random(), random()))).collect()
}

/// `transfer` and `deposit`.
pub(crate) fn transfer_functions(program: &Program) -> [FunctionId; 2] {
    let class = operator(program, "Account");
    ["transfer", "deposit"].map(|name| program.method_named(class, name).expect("a method"))
}

/// Two live accounts, in a transaction that has begun.
pub(crate) fn open_two(
    program: &Program,
    interpreter: &mut CPython,
) -> [(EntityId, <CPython as Interpreter>::Entity); 2] {
    let class = operator(program, "Account");
    interpreter.begin_transaction(&CONTEXT);
    [1, 2].map(|number| {
        let arguments = arguments(vec![text(&account(number)), Value::Int(1 << 40)]);
        let arguments = interpreter.decode_arguments(&arguments).expect("they were encoded");
        interpreter.construct(class, arguments).expect("an account")
    })
}

/// The segments of a transfer, with the actions between them done as the kernel does them, but
/// without looking anything up.
pub(crate) fn run_segments(
    interpreter: &mut CPython,
    [source, target]: [(&EntityId, &<CPython as Interpreter>::Entity); 2],
    [transfer, deposit]: [FunctionId; 2],
    arguments: Arguments<Py<PyAny>>,
) {
    let started = interpreter.run(Some(source), Entry::Start { function: transfer, arguments });
    let (segment, live, arguments): (SegmentId, _, _) = match started {
        Outcome::Suspend { segment, live, action: Action::Call { arguments, .. } } => {
            (segment, live, arguments)
        }
        other => panic!("not a call: {other:?}"),
    };
    let deposited = interpreter.run(Some(target), Entry::Start { function: deposit, arguments });
    let Outcome::Return(result) = deposited else { panic!("not a result") };
    let input = Ok(result);
    let entry = Entry::Resume { function: transfer, segment, live, input };
    assert!(matches!(interpreter.run(Some(source), entry), Outcome::Return(_)));
}
