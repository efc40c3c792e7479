//! What entity code prints on an engine that may execute it several times.
//!
//! Once [`hold_output`](crate::hold_output) was called, it is held until the request is answered, and
//! then only what was printed in the execution that counts is let go, as if the code had run once.
//! Executions are told apart by what the kernel gives each step of a transaction: a start time that
//! no other transaction has, and a seed that no other step has. With the seed of the first step a
//! transaction begins anew. A step that is taken again, by a replay or to be compared, prints the
//! same again in the place of what it printed before.

use std::cell::RefCell;
use std::sync::Arc;

use anabranch_ir::Program;
use anabranch_kernel::{Engine, Failure, OnReply, Request, TransactionContext};
use pyo3::prelude::*;

use crate::output::Stream;

thread_local! {
    static HELD: RefCell<Held> = RefCell::default();
}

/// What the request under way has printed.
#[derive(Default)]
struct Held {
    start_time_nanoseconds: i64,
    /// The first one is where the execution under way began.
    steps: Vec<Step>,
    /// The step that prints now; none if what it prints is known.
    current: Option<usize>,
    /// The step that was announced, until it does something.
    announced: Option<TransactionContext>,
    /// The latest start time that was announced.
    latest: i64,
    /// The latest when a request was answered: what a replay prints of that one has been printed.
    answered: i64,
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
        if start_time_nanoseconds <= self.answered {
            self.current = None;
            return;
        }
        if start_time_nanoseconds != self.start_time_nanoseconds {
            // A crash took the execution of the same request as it was sent another time.
            self.start_time_nanoseconds = start_time_nanoseconds;
            self.steps.clear();
        }
        let step = self.steps.iter().position(|step| step.seed == seed);
        match step {
            Some(0) => self.steps.truncate(1),
            Some(_) => {}
            None => self.steps.push(Step { seed, parts: Vec::new() }),
        }
        let step = step.unwrap_or(self.steps.len() - 1);
        self.steps[step].parts.clear();
        self.current = Some(step);
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
        if let Some(step) = held.current {
            held.steps[step].parts.push((stream, text.to_owned()));
        }
    });
}

/// Prints what is held.
fn let_go() {
    let steps = HELD.with_borrow_mut(|held| {
        held.answered = held.latest;
        held.current = None;
        std::mem::take(&mut held.steps)
    });
    let parts: Vec<_> = steps.into_iter().flat_map(|step| step.parts).collect();
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

/// An engine whose output is held. It must answer on the thread that submits, one request after
/// another.
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
