//! Random requests to the application of scripts, the same for the same seed.
//!
//! So that the order of creations and deletions can be told from what was seen, no name is used
//! twice: a cell of the set-up may be deleted once and is not created again, and a cell that a
//! request creates is not deleted. Several requests may try the same creation or deletion.
//!
//! - `c0`, `c1`, … hold money and last.
//! - `d0`, `d1`, … hold money; scripts may delete them, and take what they hold.
//! - `e0`, `e1`, … hold no money; root calls may delete them.
//! - `n0`, `n1`, … are created on the way.
//!
//! The requests of the set-up must have been answered before the first other one is submitted.

mod cells;
mod options;
mod scripts;

use anabranch_kernel::{IdempotencyKey, Operation, Request, TransactionContext};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::script::{Mark, Method, operation};
use cells::Cells;
pub use options::{Options, Skew, Weights};
use scripts::Scope;

/// What is submitted in one simulation.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Creates the cells; to be answered before the others are submitted.
    pub setup: Vec<Generated>,
    pub requests: Vec<Generated>,
}

/// A random request.
#[derive(Clone, Debug)]
pub struct Generated {
    /// Given to no other request.
    pub number: u64,
    pub kind: Kind,
    pub request: Request,
    pub context: TransactionContext,
}

/// What a request is there for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// One of the set-up.
    Setup,
    /// Stays on one cell.
    Single,
    /// Creates a cell.
    Create,
    /// Deletes a cell.
    Delete,
    /// Moves money from one cell to another.
    Transfer,
    /// Changes several cells, all known beforehand.
    Run,
    /// Reads several cells, all known beforehand.
    Look,
    /// Creates and deletes cells, all known beforehand.
    Reshape,
    /// Says nothing beforehand of what it touches.
    Wander,
    /// Follows one cell to the next, and lets others refer elsewhere, so that what several of them
    /// find depends on their order.
    Chase,
    /// Says that it reads one cell, and changes it.
    LyingSingle,
    /// Says that it reads several cells, and changes them.
    LyingLook,
    /// Touches more cells than it says.
    Short,
    /// Its argument for the cells makes no sense to whoever plans it.
    Unplanned,
}

/// What makes the requests.
struct Generator<'o> {
    random: Pcg64Mcg,
    options: &'o Options,
    cells: Cells,
    /// The number of the request that is being made, and how many marks it has so far.
    number: u64,
    marks: u64,
    /// How many operations its script may still have.
    operations_left: usize,
}

/// The requests of one simulation.
///
/// # Panics
/// If no cells last, no kind of request has a weight, or scripts may have fewer than 8 operations.
pub fn generate(seed: u64, options: &Options) -> Workload {
    let mut generator = Generator {
        random: Pcg64Mcg::seed_from_u64(seed),
        options,
        cells: Cells::new(options),
        number: 0,
        marks: 0,
        operations_left: 0,
    };
    assert!(options.operations_max >= 8, "scripts nest, and have an operation at each depth");
    let setup = generator.setup();
    let requests = (0..options.requests).map(|_| generator.request()).collect();
    Workload { setup, requests }
}

impl Generator<'_> {
    fn setup(&mut self) -> Vec<Generated> {
        let names = self.cells.of_setup();
        names
            .into_iter()
            .map(|(name, holds_money)| {
                self.begin();
                let balance = holds_money.then(|| self.random.random_range(0..=200));
                let next = self.happens(80).then(|| self.lasting());
                let mark = self.mark();
                let operation = operation::create(&name, balance, mark, next.as_deref());
                self.finish(Kind::Setup, operation)
            })
            .collect()
    }

    fn request(&mut self) -> Generated {
        self.begin();
        let kind = self.kind();
        let operation = match kind {
            Kind::Setup => unreachable!("has no weight"),
            Kind::Single => self.single(),
            Kind::Create => self.creation(),
            Kind::Delete => self.deletion(),
            Kind::Transfer => self.transfer(),
            Kind::LyingSingle => {
                let target = self.lasting();
                operation::peek(&target, self.mark())
            }
            Kind::Run | Kind::Look | Kind::Reshape | Kind::Wander | Kind::LyingLook => {
                let scope = self.scope(kind);
                self.scripted(&scope, &scope.cells)
            }
            Kind::Chase => self.chase(),
            Kind::Short => {
                let scope = self.scope(Kind::Run);
                let said = self.random.random_range(0..scope.cells.len());
                self.scripted(&scope, &scope.cells[..said])
            }
            Kind::Unplanned => {
                let scope = self.scope(Kind::Run);
                let script = self.script(&scope, 0);
                let script = crate::script::op::arguments(Method::Run, script, &[], &[]);
                let script = script.into_iter().next().expect("the script comes first");
                // Whoever evaluates the access set finds no cells in a number.
                let arguments = vec![script, anabranch_kernel::Value::Int(0)];
                operation::call(Method::Run, &scope.cells[0], arguments)
            }
        };
        self.finish(kind, operation)
    }

    /// The root call of a script in `scope`, which says that it touches the cells `said`.
    fn scripted(&mut self, scope: &Scope, said: &[String]) -> Operation {
        let script = self.script(scope, 0);
        let target = &scope.cells[0];
        operation::execute(scope.method, target, script, said, &scope.changed)
    }

    fn begin(&mut self) {
        self.number += 1;
        self.marks = 0;
        self.operations_left = self.options.operations_max;
    }

    fn finish(&mut self, kind: Kind, operation: Operation) -> Generated {
        let number = self.number;
        let is_named = self.happens(self.options.named_percent);
        let idempotency_key = is_named.then(|| IdempotencyKey {
            key: format!("r{number}"),
            fingerprint: self.random.random(),
        });
        let request = Request { operation, idempotency_key };
        let start_time_nanoseconds = 1_000_000 * number.cast_signed();
        let context = TransactionContext { start_time_nanoseconds, seed: self.random.random() };
        Generated { number, kind, request, context }
    }

    fn mark(&mut self) -> Mark {
        self.marks += 1;
        Mark::new(self.number, self.marks - 1)
    }

    fn happens(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    fn kind(&mut self) -> Kind {
        let weights = self.options.weights.by_kind();
        let mut left = self.random.random_range(0..weights.iter().map(|(_, weight)| weight).sum());
        for (kind, weight) in weights {
            if left < weight {
                return kind;
            }
            left -= weight;
        }
        unreachable!("the number is below the sum")
    }

    /// A request that touches one cell and needs nobody to plan it.
    fn single(&mut self) -> Operation {
        let target = self.any();
        match self.random.random_range(0..12) {
            0..3 => operation::append(&target, self.mark()),
            3 => operation::add(&target, self.random.random_range(0..20), self.mark()),
            4..6 => operation::read(&target),
            6 => operation::get(&target, "entries"),
            7 => operation::get(&target, "summary"),
            8 => {
                let next = self.happens(80).then(|| self.lasting());
                operation::point(&target, next.as_deref(), self.mark())
            }
            9 => Operation::Exists { target: crate::script::program::entity(&target) },
            10 => Operation::GetState { target: crate::script::program::entity(&target) },
            _ => {
                // A script that needs no other cell.
                let scope = Scope::new(Method::Run, vec![self.lasting()], Vec::new());
                self.scripted(&scope, &[])
            }
        }
    }

    fn creation(&mut self) -> Operation {
        // Some want what is there already.
        let name = if self.happens(15) { self.lasting() } else { self.new_name() };
        let balance = self.happens(70).then(|| self.random.random_range(0..50));
        let next = self.happens(50).then(|| self.lasting());
        operation::create(&name, balance, self.mark(), next.as_deref())
    }

    fn deletion(&mut self) -> Operation {
        match self.moneyless() {
            Some(name) => Operation::Delete { target: crate::script::program::entity(&name) },
            None => operation::read(&self.lasting()),
        }
    }

    fn transfer(&mut self) -> Operation {
        let source = self.lasting();
        let target = self.lasting();
        let script = vec![self.movement(&target)];
        operation::execute(Method::Run, &source, script, &[target], &[])
    }
}
