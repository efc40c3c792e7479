//! Random scripts.
//!
//! Cells that may be deleted are called with scripts that call nobody, so that no cell is deleted while
//! a call is suspended in it.

use anabranch_kernel::Operation;
use rand::RngExt;

use super::{Generator, Kind};
use crate::script::op::{self, Call, Check};
use crate::script::{Condition, Method, Op, operation};

/// How deep scripts and calls nest.
const DEPTH_MAX: usize = 3;

/// How many cells a chase goes through.
const CHASE_MAX: usize = 6;

/// What a script may do.
#[derive(Clone, Debug)]
pub(super) struct Scope {
    /// The method that executes it.
    pub(super) method: Method,
    /// The cells that it may touch; the first one is that of the root call.
    pub(super) cells: Vec<String>,
    /// Cells that it may also create or delete.
    pub(super) changed: Vec<String>,
    /// Whether it changes cells.
    writes: bool,
}

impl Scope {
    pub(super) fn new(method: Method, cells: Vec<String>, changed: Vec<String>) -> Self {
        Self { method, cells, changed, writes: method != Method::Look }
    }
}

impl Generator<'_> {
    /// The scope of a root call of this kind.
    pub(super) fn scope(&mut self, kind: Kind) -> Scope {
        let mut cells = self.several();
        let mut changed = Vec::new();
        let method = match kind {
            Kind::Look | Kind::LyingLook => Method::Look,
            Kind::Reshape => Method::Reshape,
            Kind::Wander => Method::Wander,
            _ => Method::Run,
        };
        if matches!(method, Method::Reshape | Method::Wander) {
            changed.push(self.new_name());
            changed.extend(self.doomed());
        }
        // Others may touch such cells as well, but neither create nor delete them.
        if method != Method::Wander && self.happens(20) {
            cells.push(self.passing());
        }
        let mut scope = Scope::new(method, cells, changed);
        scope.writes |= kind == Kind::LyingLook;
        scope
    }

    /// A script in `scope`, executed at this depth of calls.
    pub(super) fn script(&mut self, scope: &Scope, depth: usize) -> Vec<Op> {
        let count = self.random.random_range(1..=self.options.operations_max >> depth);
        let mut script = Vec::new();
        while script.len() < count && self.operations_left > 0 {
            self.operations_left -= 1;
            script.push(self.op(scope, depth));
        }
        if depth == 0 && scope.method == Method::Reshape {
            script.push(self.reshaping(scope));
        }
        // The others may all have been something else.
        if depth == 0 && scope.cells.len() > 1 {
            let place = self.random.random_range(0..=script.len());
            script.insert(place, self.remote(scope, depth));
        }
        script
    }

    fn op(&mut self, scope: &Scope, depth: usize) -> Op {
        if depth >= DEPTH_MAX {
            return self.plain(scope);
        }
        match self.random.random_range(0..20) {
            0..6 => self.plain(scope),
            6..11 => self.remote(scope, depth),
            11..13 => self.together(scope, depth),
            13..15 => Op::Try {
                body: self.values(scope, depth + 1),
                handler: self.values(scope, depth + 1),
            },
            15..17 => Op::When {
                condition: self.condition(),
                then: self.values(scope, depth + 1),
                otherwise: self.values(scope, depth + 1),
            },
            17 => Op::Nest { script: self.values(scope, depth + 1) },
            18 if !scope.changed.is_empty() => self.reshaping(scope),
            _ if scope.method == Method::Wander => self.follow(scope, depth),
            _ => Op::Exists { target: self.target(scope) },
        }
    }

    fn values(&mut self, scope: &Scope, depth: usize) -> Vec<anabranch_kernel::Value> {
        op::values(self.script(scope, depth))
    }

    /// Something that needs no other cell.
    fn plain(&mut self, scope: &Scope) -> Op {
        match self.random.random_range(0..20) {
            0 => Op::Time,
            1 => Op::Raise { reason: format!("request {}", self.number) },
            2..12 if scope.writes => Op::Append { mark: self.mark() },
            _ => Op::Read,
        }
    }

    /// Something with another cell, or the own one like another.
    fn remote(&mut self, scope: &Scope, depth: usize) -> Op {
        let target = self.target(scope);
        match self.random.random_range(0..10) {
            0 => {
                let attribute = if self.happens(50) { "entries" } else { "summary" };
                Op::Get { target, attribute: attribute.to_owned() }
            }
            1 if scope.writes => {
                let next = self.happens(80).then(|| self.lasting());
                Op::Point { target, next, mark: self.mark() }
            }
            2..5 if scope.writes => self.movement(&target),
            5..7 => Op::Call(self.leaf(scope, target)),
            _ => Op::Call(self.call(scope, target, depth)),
        }
    }

    /// One of the cells that the script may touch.
    fn target(&mut self, scope: &Scope) -> String {
        if scope.method == Method::Wander && self.happens(30) {
            return self.any();
        }
        scope.cells[self.random.random_range(0..scope.cells.len())].clone()
    }

    pub(super) fn movement(&mut self, target: &str) -> Op {
        let amount = self.random.random_range(0..50);
        let check = if self.happens(70) { Check::Before } else { Check::After };
        let (here, there) = (self.mark(), self.mark());
        Op::Move { amount, target: target.to_owned(), here, there, check }
    }

    /// A call that ends where it begins.
    fn leaf(&mut self, scope: &Scope, target: String) -> Call {
        let (method, arguments) = match self.random.random_range(0..3) {
            0 if scope.writes => (Method::Append, vec![self.mark()]),
            1 if scope.writes && self.happens(self.options.weights.lying_single.min(100)) => {
                (Method::Peek, vec![self.mark()])
            }
            _ => (Method::Read, vec![]),
        };
        let arguments = arguments.iter().map(|mark| anabranch_kernel::Value::Int(mark.0));
        Call { method, target, arguments: arguments.collect() }
    }

    /// A call of a method that executes a script.
    fn call(&mut self, scope: &Scope, target: String, depth: usize) -> Call {
        if !target.starts_with('c') {
            return self.leaf(scope, target);
        }
        let mut inner = scope.clone();
        if scope.writes && self.happens(20) {
            inner.method = Method::Look;
            inner.writes = false;
        }
        if inner.method == Method::Look {
            inner.changed.clear();
        }
        let script = self.script(&inner, depth + 1);
        let arguments = op::arguments(inner.method, script, &inner.cells, &inner.changed);
        Call { method: inner.method, target, arguments }
    }

    /// Several calls, most of which have nothing to do with each other.
    fn together(&mut self, scope: &Scope, depth: usize) -> Op {
        let count = self.random.random_range(2..=3.max(scope.cells.len()));
        let parts = (0..count).map(|index| {
            let target = match self.happens(85) {
                true => scope.cells[index % scope.cells.len()].clone(),
                false => self.target(scope),
            };
            if self.happens(25) {
                return Op::Get { target, attribute: "entries".to_owned() };
            }
            // Scripts that stay on their cell can be told apart from each other.
            let alone = Scope {
                method: if scope.writes { Method::Run } else { Method::Look },
                cells: vec![target.clone()],
                changed: Vec::new(),
                writes: scope.writes,
            };
            let scope = if self.happens(85) { &alone } else { scope };
            Op::Call(self.call(scope, target, depth))
        });
        let parts: Vec<Op> = parts.collect();
        Op::Together { parts: op::values(parts) }
    }

    /// A creation or a deletion.
    fn reshaping(&mut self, scope: &Scope) -> Op {
        let cell = &scope.changed[self.random.random_range(0..scope.changed.len())];
        let (here, there) = (self.mark(), self.mark());
        if cell.starts_with('d') {
            return Op::Delete { target: cell.clone(), here, there };
        }
        let amount = self.happens(70).then(|| self.random.random_range(0..30));
        Op::Create { name: cell.clone(), amount, here, there }
    }

    fn condition(&mut self) -> Condition {
        match self.random.random_range(0..3) {
            0 => Condition::BalanceAtLeast(self.random.random_range(0..120)),
            1 => Condition::EvenEntries,
            _ => Condition::HasNext,
        }
    }

    /// The root call of a script that follows one cell to the next.
    pub(super) fn chase(&mut self) -> Operation {
        let mut script = vec![self.turn_away()];
        for _ in 0..self.random.random_range(2..=CHASE_MAX) {
            let arguments = op::arguments(Method::Wander, script, &[], &[]);
            script = vec![Op::Follow { method: Method::Wander, arguments }];
            if self.happens(50) {
                script.insert(0, Op::Append { mark: self.mark() });
            }
        }
        script.push(self.turn_away());
        operation::execute(Method::Wander, &self.lasting(), script, &[], &[])
    }

    /// Lets a cell refer to another one.
    fn turn_away(&mut self) -> Op {
        let (target, next) = (self.lasting(), Some(self.lasting()));
        Op::Point { target, next, mark: self.mark() }
    }

    /// A call of the next cell, in a script that says nothing of what it touches.
    fn follow(&mut self, scope: &Scope, depth: usize) -> Op {
        let script = self.script(scope, depth + 1);
        let arguments = op::arguments(scope.method, script, &[], &[]);
        Op::Follow { method: scope.method, arguments }
    }
}
