//! The parts.

use std::sync::Arc;

use anabranch_compiler::{SourceText, Sources, compile};
use anabranch_kernel::value::Reference;
use anabranch_kernel::value::wire;
use anabranch_kernel::{Interpreter, TransactionDriver, Value};
use anabranch_log::{DiskFiles, Log, Options};

use crate::bank::{self, CONTEXT, NoStates};
use crate::services::in_one_module;
use crate::{harness, teller};

/// Entities in a bank: few, so that nothing but the work is counted.
const ACCOUNTS: usize = 100;

/// A part of the product.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Part {
    /// Sources of a thousand lines to a verified program.
    Compile,
    /// A program to its wire form.
    ProgramEncode,
    /// A program from its wire form.
    ProgramDecode,
    /// A transfer through the kernel, with an interpreter in Rust.
    KernelTransaction,
    /// The three segments of a transfer on live Python objects.
    SegmentCalls,
    /// A transfer through the kernel, with CPython.
    PythonTransaction,
    /// A value of many types to its wire form.
    ValueEncode,
    /// The same from its wire form.
    ValueDecode,
    /// A group of a hundred records into the log, synced.
    LogAppend,
}

impl Part {
    pub(crate) const ALL: [Part; 9] = [
        Part::Compile,
        Part::ProgramEncode,
        Part::ProgramDecode,
        Part::KernelTransaction,
        Part::SegmentCalls,
        Part::PythonTransaction,
        Part::ValueEncode,
        Part::ValueDecode,
        Part::LogAppend,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Part::Compile => "compile",
            Part::ProgramEncode => "program-encode",
            Part::ProgramDecode => "program-decode",
            Part::KernelTransaction => "kernel-transaction",
            Part::SegmentCalls => "segment-calls",
            Part::PythonTransaction => "python-transaction",
            Part::ValueEncode => "value-encode",
            Part::ValueDecode => "value-decode",
            Part::LogAppend => "log-append",
        }
    }

    /// How many steps are enough to count their instructions.
    pub(crate) fn steps(self) -> usize {
        match self {
            Part::Compile => 5,
            Part::ProgramEncode | Part::ProgramDecode => 20,
            Part::KernelTransaction | Part::SegmentCalls | Part::PythonTransaction => 5_000,
            Part::ValueEncode | Part::ValueDecode => 5_000,
            Part::LogAppend => 500,
        }
    }

    /// Sets the part up and gives a step of it to `measure`.
    pub(crate) fn run(self, measure: &mut dyn FnMut(&mut dyn FnMut())) {
        match self {
            Part::Compile => measure(&mut || drop(compiled())),
            Part::ProgramEncode => {
                let program = compiled();
                measure(&mut || drop(anabranch_ir::wire::encode(&program)));
            }
            Part::ProgramDecode => {
                let bytes = anabranch_ir::wire::encode(&compiled());
                measure(&mut || drop(anabranch_ir::wire::decode(&bytes).expect("it was encoded")));
            }
            Part::KernelTransaction => kernel_transactions(measure),
            Part::SegmentCalls => segment_calls(measure),
            Part::PythonTransaction => python_transactions(measure),
            Part::ValueEncode => {
                let value = value();
                measure(&mut || drop(wire::encode(&value)));
            }
            Part::ValueDecode => {
                let bytes = wire::encode(&value());
                measure(&mut || drop(wire::decode(&bytes).expect("it was encoded")));
            }
            Part::LogAppend => log_appends(measure),
        }
    }
}

fn compiled() -> anabranch_ir::Program {
    let application = in_one_module(1_000);
    let mut read = |name: &str| {
        let bytes = application.get(name)?.clone().into_bytes();
        Some(SourceText { path: format!("{name}.py"), bytes })
    };
    let compilation = compile("main", &mut Sources { read: &mut read, is_reserved: &|_| false });
    compilation.program.expect("it compiles")
}

fn kernel_transactions(measure: &mut dyn FnMut(&mut dyn FnMut())) {
    let mut driver = TransactionDriver::new(teller::Teller::new());
    let name = |number: usize| format!("account-{number:07}");
    driver.session(|session| {
        for number in 0..ACCOUNTS {
            let created =
                session.execute(&teller::create(&name(number), 1 << 40), &CONTEXT, &mut NoStates);
            assert!(created.reply.is_ok(), "{:?}", created.reply);
        }
        let transfers: Vec<_> = bank::pairs(ACCOUNTS, ACCOUNTS)
            .into_iter()
            .map(|(source, target)| teller::transfer(&name(source), &name(target), 1))
            .collect();
        let mut transfers = transfers.iter().cycle();
        measure(&mut || {
            let transfer = transfers.next().expect("a cycle has no end");
            let transition = session.execute(transfer, &CONTEXT, &mut NoStates);
            assert!(transition.reply.is_ok());
        });
    });
}

fn python_transactions(measure: &mut dyn FnMut(&mut dyn FnMut())) {
    harness::python(|_| {
        let (program, interpreter) = bank::interpreter();
        let class = bank::operator(&program, "Account");
        TransactionDriver::new(interpreter).session(|session| {
            for number in 0..ACCOUNTS {
                let arguments = vec![bank::text(&bank::account(number)), Value::Int(1 << 40)];
                bank::create(session, class, arguments);
            }
            let transfers: Vec<_> = bank::pairs(ACCOUNTS, ACCOUNTS)
                .into_iter()
                .map(|(source, target)| bank::transfer(&program, source, target))
                .collect();
            let mut transfers = transfers.iter().cycle();
            measure(&mut || {
                bank::execute(session, transfers.next().expect("a cycle has no end"));
            });
            session.forget_all();
        });
    });
}

fn segment_calls(measure: &mut dyn FnMut(&mut dyn FnMut())) {
    harness::python(|_| {
        let (program, mut interpreter) = bank::interpreter();
        let entities = bank::open_two(&program, &mut interpreter);
        let functions = bank::transfer_functions(&program);
        let message = bank::transfer_arguments(2);
        let arguments = interpreter.decode_arguments(&message).expect("they were encoded");
        measure(&mut || {
            let entities = entities.each_ref().map(|(id, entity)| (id, entity));
            bank::run_segments(&mut interpreter, entities, functions, arguments.clone());
        });
        interpreter.end_transaction();
    });
}

/// A value as applications have them: an order with its lines.
fn value() -> Value {
    let text = |text: &str| Value::Str(text.to_owned());
    let line = |number: i64| {
        Value::Dict(vec![
            (text("item"), reference("Item", &format!("item-{number:05}"))),
            (text("amount"), Value::Int(number * 7)),
            (text("price"), Value::Float(19.99)),
            (text("tags"), Value::List(vec![text("new"), text("fragile"), Value::None])),
        ])
    };
    Value::Dict(vec![
        (text("customer"), reference("Customer", "customer-0000001")),
        (text("paid"), Value::Bool(true)),
        (text("lines"), Value::List((0..10).map(line).collect())),
        (text("note"), text(&"please ring twice ".repeat(10))),
        (text("position"), Value::Tuple(vec![Value::Float(48.137), Value::Float(11.575)])),
    ])
}

fn reference(class: &str, key: &str) -> Value {
    let key = Box::new(Value::Str(key.to_owned()));
    Value::Reference(Reference { class: class.to_owned(), key })
}

fn log_appends(measure: &mut dyn FnMut(&mut dyn FnMut())) {
    let folder = tempfile::tempdir().expect("a folder");
    let files = Arc::new(DiskFiles::new(folder.path()));
    let mut log = Log::create(files, 0, Options::default()).expect("a new log");
    let records = vec![vec![7; 100]; 100];
    measure(&mut || log.append(log.next_sequence(), &records).expect("the disk takes it"));
}
