//! What entity code prints on an engine that may execute it several times.
//!
//! Once [`hold_output`](crate::hold_output) was called, it is held until the request is answered, and then only what was
//! printed in the execution that counts is let go, as if the code had run once. Executions are told
//! apart by what the kernel gives each step of a transaction: a start time that no other transaction has, and
//! a seed that no other step has. With the seed of the first step a transaction begins anew. A step that is taken again, by
//! a replay or to be compared, prints the same again in the place of what it printed before.

use std::cell::RefCell;
use std::sync::Arc;

use anabranch_ir::Program;
use anabranch_kernel::{Engine, Failure, OnReply, Request, TransactionContext};
use pyo3::prelude::*;

use crate::output::Stream;

thread_local! {
    static HELD: RefCell<Held> = RefCell::default();
}

#[derive(Default)]
struct Held {
    transactions: Vec<Transaction>,
    /// The latest start time that was announced.
    latest: i64,
    /// That of the latest transaction that was answered: what a replay prints of it has been printed.
    answered: i64,
    /// The step that was announced, until it does something.
    announced: Option<TransactionContext>,
    /// The transaction and the step that print now.
    current: (usize, usize),
}

struct Transaction {
    start_time_nanoseconds: i64,
    /// The first one is where the execution under way began.
    steps: Vec<Step>,
}

struct Step {
    seed: [u8; 32],
    parts: Vec<(Stream, String)>,
}

impl Held {
    /// Entity code runs, or prints.
    fn begin_step(&mut self) {
        let Some(TransactionContext { start_time_nanoseconds, seed }) = self.announced.take()
        else {
            return;
        };
        let same = |it: &Transaction| it.start_time_nanoseconds == start_time_nanoseconds;
        let transaction = self.transactions.iter().position(same).unwrap_or_else(|| {
            self.transactions.push(Transaction { start_time_nanoseconds, steps: Vec::new() });
            self.transactions.len() - 1
        });
        let steps = &mut self.transactions[transaction].steps;
        let step = match steps.iter().position(|step| step.seed == seed) {
            Some(0) => {
                steps.clear();
                0
            }
            Some(step) => {
                steps[step].parts.clear();
                step
            }
            None => steps.len(),
        };
        if step == steps.len() {
            steps.push(Step { seed, parts: Vec::new() });
        }
        self.current = (transaction, step);
    }
}

/// From now on this thread takes the step that has `context`.
pub(crate) fn announce_step(context: &TransactionContext) {
    HELD.with_borrow_mut(|held| {
        held.latest = held.latest.max(context.start_time_nanoseconds);
        held.announced = Some(context.clone());
    });
}

/// Entity code runs now.
pub(crate) fn begin_step() {
    HELD.with_borrow_mut(Held::begin_step);
}

/// Entity code prints.
pub(crate) fn hold(stream: Stream, text: &str) {
    HELD.with_borrow_mut(|held| {
        held.begin_step();
        let (transaction, step) = held.current;
        held.transactions[transaction].steps[step].parts.push((stream, text.to_owned()));
    });
}

/// Prints what is held.
fn let_go() {
    let transactions = HELD.with_borrow_mut(|held| {
        let answered = std::mem::replace(&mut held.answered, held.latest);
        let mut transactions = std::mem::take(&mut held.transactions);
        transactions.retain(|transaction| transaction.start_time_nanoseconds > answered);
        transactions
    });
    let steps = transactions.into_iter().flat_map(|transaction| transaction.steps);
    let parts: Vec<_> = steps.flat_map(|step| step.parts).collect();
    if parts.is_empty() {
        return;
    }
    Python::attach(|py| {
        let print = || -> PyResult<()> {
            let sys = py.import("sys")?;
            for (stream, text) in &parts {
                sys.getattr(stream.name())?.call_method1("write", (text,))?;
            }
            Ok(())
        };
        if let Err(error) = print() {
            error.print(py);
        }
    });
}

/// An engine whose output is held. It must answer on the thread that submits, one request after another.
pub struct HeldOutput(pub Arc<dyn Engine>);

impl Engine for HeldOutput {
    fn program(&self) -> &Arc<Program> {
        self.0.program()
    }

    fn submit(&self, request: Request, on_reply: OnReply) {
        let on_reply = Box::new(move |reply| {
            let_go();
            on_reply(reply);
        });
        self.0.submit(request, on_reply);
    }

    fn ready(&self) -> Result<(), Failure> {
        self.0.ready()
    }
}
