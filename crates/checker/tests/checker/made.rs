//! Histories made by hand.

use anabranch_checker::script::cell::Content;
use anabranch_checker::script::program::{entity, reference};
use anabranch_checker::script::{Mark, Method, Observation, interpreter, op, operation};
use anabranch_checker::{Answer, Finding, FindingKind, History, Recorded};
use anabranch_kernel::value::{ExceptionValue, wire};
use anabranch_kernel::{Failure, Operation, Raised, Reply, TransactionContext, Value};

/// A history that is written down request by request. Times count up, so that each request is
/// answered before the next is submitted, until [`Made::overlap`] is called.
#[derive(Clone, Default)]
pub(crate) struct Made {
    pub(crate) history: History,
    time: u64,
    overlaps: bool,
}

/// The mark of the change at `place` of request `number`.
pub(crate) fn mark(number: u64, place: u64) -> Mark {
    Mark::new(number, place)
}

/// The first marks of these requests.
pub(crate) fn marks(numbers: &[u64]) -> Vec<Mark> {
    numbers.iter().map(|number| mark(*number, 0)).collect()
}

pub(crate) fn listed(cell: &str, entries: &[u64]) -> Observation {
    Observation::Listed { cell: cell.to_owned(), entries: marks(entries) }
}

pub(crate) fn marked(cell: &str, mark: Mark) -> Observation {
    Observation::Marked { cell: cell.to_owned(), mark }
}

pub(crate) fn present(cell: &str) -> Observation {
    Observation::Present { cell: cell.to_owned() }
}

pub(crate) fn absent(cell: &str) -> Observation {
    Observation::Absent { cell: cell.to_owned() }
}

pub(crate) fn observations(observations: Vec<Observation>) -> Value {
    Value::List(observations.into_iter().map(Observation::into_value).collect())
}

pub(crate) fn result(value: &Value) -> Reply {
    Ok(wire::encode(value))
}

/// The failure of a script that raised after it had observed this.
pub(crate) fn failure(observed: Vec<Observation>) -> Reply {
    let class = interpreter::RAISED.to_owned();
    let exception = Value::Exception(Box::new(ExceptionValue {
        class: class.clone(),
        args: Vec::new(),
        attributes: vec![("observations".to_owned(), observations(observed))],
    }));
    Err(Failure::Raised(Raised {
        exception: wire::encode(&exception),
        class,
        message: String::new(),
        http_status: None,
        traceback: String::new(),
    }))
}

impl Made {
    /// A history of cells that requests 0, 1, … created, with no money in them.
    pub(crate) fn with_cells(cells: &[&str]) -> Self {
        let mut made = Self::default();
        for (number, cell) in cells.iter().enumerate() {
            made.create(number as u64, cell);
        }
        made
    }

    /// From here on, requests are under way at the same time.
    pub(crate) fn overlap(&mut self) {
        self.overlaps = true;
        self.time += 1;
    }

    pub(crate) fn create(&mut self, number: u64, cell: &str) {
        let operation = operation::create(cell, Some(0), mark(number, 0), None);
        self.add(number, operation, result(&reference(cell)));
    }

    /// A script on `cell`, whatever it says, that observed this.
    pub(crate) fn script(&mut self, number: u64, cell: &str, observed: Vec<Observation>) {
        self.add(number, run(cell), result(&observations(observed)));
    }

    pub(crate) fn failed(&mut self, number: u64, cell: &str, observed: Vec<Observation>) {
        self.add(number, run(cell), failure(observed));
    }

    pub(crate) fn add(&mut self, number: u64, operation: Operation, reply: Reply) {
        self.add_unanswered(number, operation);
        let answer = Answer { time: self.time + 1000 * u64::from(self.overlaps), reply };
        self.history.requests.last_mut().unwrap().answers.push(answer);
        self.time += 1;
    }

    pub(crate) fn add_unanswered(&mut self, number: u64, operation: Operation) {
        let context = TransactionContext { start_time_nanoseconds: 0, seed: [0; 32] };
        let submitted = self.time;
        self.time += 1;
        let answers = Vec::new();
        let recorded = Recorded { number, operation, context, submitted, answers };
        self.history.requests.push(recorded);
    }

    /// The list that a cell has in the end.
    pub(crate) fn last(&mut self, cell: &str, entries: &[u64]) {
        self.last_marks(cell, marks(entries));
    }

    pub(crate) fn last_marks(&mut self, cell: &str, entries: Vec<Mark>) {
        self.last_content(cell, &Content { entries, balance: Some(0), next: None });
    }

    pub(crate) fn last_content(&mut self, cell: &str, content: &Content) {
        let mut state = anabranch_kernel::value::state::StateWriter::new();
        content.save(&mut state);
        self.history.final_states.insert(entity(cell), state.bytes().to_vec());
    }
}

/// A call whose script does nothing: what it says that it did is what counts.
fn run(cell: &str) -> Operation {
    operation::call(Method::Wander, cell, op::arguments(Method::Wander, Vec::new(), &[], &[]))
}

#[track_caller]
pub(crate) fn assert_finds<T: std::fmt::Debug>(
    result: Result<T, Finding>,
    kind: FindingKind,
    requests: &[u64],
) {
    let finding = result.expect_err("there is something to be found");
    assert_eq!((finding.kind, &finding.requests[..]), (kind, requests), "{finding}");
}
