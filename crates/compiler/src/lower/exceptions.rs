//! `try` statements that suspend.
//!
//! The body becomes a region whose exceptions go on at a handler block; the handler compares the
//! exception with one clause after the other and raises it again if none fits. What a `finally`
//! clause holds is written once for every way out, as CPython does: for the normal end, for an
//! exception, and for each `return`, `break` and `continue` through it.

use std::collections::BTreeSet;

use ruff_python_ast::{ExceptHandler, ExceptHandlerExceptHandler, Stmt, StmtTry};
use ruff_text_size::{Ranged, TextSize};

use super::{Lowering, Scope, start_of};
use crate::cfg::{BlockId, Code, RegionKind, Step, StepKind, Terminator};
use crate::emit::MATCHES;

impl<'a> Lowering<'_, 'a> {
    pub(super) fn try_statement(&mut self, node: &'a StmtTry) {
        if node.finalbody.is_empty() {
            self.try_except(node);
            return;
        }
        let outside = self.region;
        let (handler, exception) = self.handler();
        let kind = RegionKind::Try { handler, exception: exception.clone() };
        let inside = self.graph.add_region(outside, kind);
        let body = self.graph.add(Some(inside));
        self.end(Terminator::Goto(body));
        self.scopes.push(Scope::Finally { body: &node.finalbody, outside });
        self.region = Some(inside);
        self.begin(body);
        if node.handlers.is_empty() {
            self.body(&node.body);
            self.body(&node.orelse);
        } else {
            self.try_except(node);
        }
        self.scopes.pop();
        self.region = outside;
        let after = self.block();
        self.flow_into_new_region();
        self.body(&node.finalbody);
        self.end(Terminator::Goto(after));
        // An exception: it goes on its way when the clause has run.
        self.region = self.graph.block(handler).region;
        self.begin(handler);
        self.body(&node.finalbody);
        self.raise_again(node.range().end());
        self.region = outside;
        self.begin(after);
    }

    /// `try`, `except` and `else`.
    fn try_except(&mut self, node: &'a StmtTry) {
        let outside = self.region;
        let after = self.block();
        let (handler, exception) = self.handler();
        let kind = RegionKind::Try { handler, exception: exception.clone() };
        let inside = self.graph.add_region(outside, kind);
        let body = self.graph.add(Some(inside));
        self.end(Terminator::Goto(body));
        self.region = Some(inside);
        self.begin(body);
        self.body(&node.body);
        self.region = outside;
        self.flow_into_new_region();
        self.body(&node.orelse);
        self.end(Terminator::Goto(after));
        self.region = self.graph.block(handler).region;
        self.begin(handler);
        for clause in &node.handlers {
            let ExceptHandler::ExceptHandler(clause) = clause;
            self.clause(clause, &exception, after);
        }
        self.raise_again(start_of(node));
        self.region = outside;
        self.begin(after);
    }

    /// Goes on in a new block of the current region, which the current block is not part of.
    fn flow_into_new_region(&mut self) {
        let next = self.block();
        self.flow_into(next);
    }

    /// A handler block with the variable of its exception.
    fn handler(&mut self) -> (BlockId, String) {
        let exception = self.temporary();
        let kind = RegionKind::Handling { exception: exception.clone() };
        let region = self.graph.add_region(self.region, kind);
        (self.graph.add(Some(region)), exception)
    }

    /// One `except` clause; goes on behind it if the exception is of another class.
    fn clause(&mut self, clause: &'a ExceptHandlerExceptHandler, exception: &str, after: BlockId) {
        let origin = start_of(clause);
        let next = self.block();
        if let Some(class) = &clause.type_ {
            let code = self.expression(class);
            let mut test = Code::new(format!("{MATCHES}("), origin);
            test.append(Code::variable(exception, origin));
            test.push(", ");
            test.append(self.standalone(class, code));
            test.push(")");
            let then = self.block();
            self.end(Terminator::Branch { test, then, otherwise: next });
            self.begin(then);
        }
        let name = clause.name.as_ref().and_then(|name| self.variable(name.as_str()));
        if let Some(name) = &name {
            self.assign(name, Code::variable(exception, origin));
        }
        let end = clause.range().end();
        let scope = clause.name.as_ref().map(|name| Scope::Clause { name: name.as_str(), end });
        self.scopes.extend(scope);
        let outside = self.region;
        let cleanup = name.as_ref().filter(|_| self.is_protected()).map(|_| self.guard());
        self.body(&clause.body);
        if let Some(name) = &name {
            self.scopes.pop();
            // As Python does at the end of the clause.
            self.delete(name, end);
        }
        self.region = outside;
        self.end(Terminator::Goto(after));
        if let (Some(name), Some(cleanup)) = (&name, cleanup) {
            self.region = self.graph.block(cleanup).region;
            self.begin(cleanup);
            self.delete(name, end);
            self.raise_again(end);
            self.region = outside;
        }
        self.begin(next);
    }

    /// Whether code of this function runs after an exception that is raised here.
    pub(super) fn is_protected(&self) -> bool {
        let mut next = self.region;
        while let Some(id) = next {
            let region = self.graph.region(id);
            if matches!(region.kind, RegionKind::Try { .. }) {
                return true;
            }
            next = region.parent;
        }
        false
    }

    /// Goes on in a new region, whose exceptions lead to the block that is given.
    fn guard(&mut self) -> BlockId {
        let (handler, exception) = self.handler();
        let kind = RegionKind::Try { handler, exception };
        self.region = Some(self.graph.add_region(self.region, kind));
        self.flow_into_new_region();
        handler
    }

    /// Leaves a variable without a value, whether or not it had one.
    pub(super) fn delete(&mut self, name: &str, origin: TextSize) {
        self.assign(name, Code::new("None", origin));
        let mut code = Code::new(format!("del {name}"), origin);
        code.reads.insert(name.to_owned());
        let unbinds = BTreeSet::from([name.to_owned()]);
        let step = Step { code, surely_binds: BTreeSet::new(), unbinds, kind: StepKind::Statement };
        self.graph.block_mut(self.current).steps.push(step);
    }

    fn raise_again(&mut self, origin: TextSize) {
        self.step(Code::new("raise", origin), BTreeSet::new());
        self.end(Terminator::Unreachable);
    }

    /// Leaves the statements around, all but the first `kept` of the scopes, does what is due on
    /// the way, and ends with `terminator`.
    pub(super) fn leave(&mut self, kept: usize, terminator: Terminator) {
        let (region, scopes) = (self.region, self.scopes.clone());
        while self.scopes.len() > kept {
            match self.scopes.pop() {
                Some(Scope::Finally { body, outside }) => {
                    self.region = outside;
                    self.flow_into_new_region();
                    self.body(body);
                }
                Some(Scope::Clause { name, end }) => {
                    if let Some(name) = self.variable(name) {
                        self.delete(&name, end);
                    }
                }
                Some(Scope::Loop { .. }) | None => {}
            }
        }
        self.region = region;
        self.end(terminator);
        self.scopes = scopes;
    }

    /// The innermost loop: its number among the scopes, and where `continue` and `break` lead.
    pub(super) fn innermost_loop(&self) -> (usize, BlockId, BlockId) {
        let found = self.scopes.iter().enumerate().rev().find_map(|(index, scope)| match scope {
            Scope::Loop { header, after } => Some((index, *header, *after)),
            Scope::Finally { .. } | Scope::Clause { .. } => None,
        });
        found.expect("this is a bug in Anabranch: the parser checked that a loop is around")
    }

    /// Whether `statement` has a `return` of its own, before which a `finally` clause must run.
    pub(super) fn returns_through_finally(&self, statement: &'a Stmt) -> bool {
        self.is_in_finally() && super::native::returns(statement)
    }

    /// Whether a `finally` clause must run on the way out of the function.
    pub(super) fn is_in_finally(&self) -> bool {
        self.scopes.iter().any(|scope| matches!(scope, Scope::Finally { .. }))
    }
}
