//! Statements.

use std::collections::BTreeSet;

use ruff_python_ast::{ElifElseClause, Expr, Stmt, StmtAssert, StmtIf, StmtRaise};
use ruff_text_size::Ranged;

use super::sequence::Part;
use super::text::Edit;
use super::{Lowering, start_of};
use crate::cfg::{Code, Terminator};

impl<'a> Lowering<'_, 'a> {
    pub(super) fn body(&mut self, body: &'a [Stmt]) {
        for statement in body {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Return(node) => {
                let code = match &node.value {
                    Some(value) => {
                        let code = self.expression(value);
                        self.standalone(value, code)
                    }
                    None => Code::new("None", start_of(node)),
                };
                self.return_value(code);
            }
            Stmt::Break(_) | Stmt::Continue(_) => {
                let (number, header, after) = self.innermost_loop();
                let target = if statement.is_break_stmt() { after } else { header };
                self.leave(number + 1, Terminator::Goto(target));
            }
            Stmt::Pass(_) => {}
            Stmt::If(node)
                if self.must_take_apart(statement) || super::native::leaves_loop(statement) =>
            {
                self.if_statement(node);
            }
            _ if !self.must_take_apart(statement) => self.native(statement),
            Stmt::Expr(node) => {
                if self.action(&node.value).is_some() {
                    self.perform(&node.value, None);
                } else {
                    let code = self.expression(&node.value);
                    let code = self.standalone(&node.value, code);
                    self.step(code, BTreeSet::new());
                }
            }
            Stmt::Assign(node) => {
                let targets: Vec<&Expr> = node.targets.iter().collect();
                self.assignment(statement, &targets, &node.value);
            }
            Stmt::AnnAssign(node) => {
                let value = node.value.as_deref().expect("without a value nothing suspends");
                self.assignment(statement, &[&node.target], value);
            }
            Stmt::AugAssign(node) => self.augmented(statement, node),
            Stmt::Delete(node) => node.targets.iter().for_each(|target| self.delete_target(target)),
            Stmt::For(node) if !node.is_async => self.for_loop(node),
            Stmt::While(node) => self.while_loop(node),
            Stmt::Raise(node) => self.raise(statement, node),
            Stmt::Assert(node) => self.assert(node),
            // Refused by the rules, with the reason.
            Stmt::With(_) if self.statement_suspends(statement) => {}
            Stmt::Try(node) if node.is_star && self.statement_suspends(statement) => {}
            // They run in one piece, but may leave through a `finally` clause around them.
            Stmt::With(_) => self.native(statement),
            Stmt::Try(node) if node.is_star => self.native(statement),
            Stmt::Try(node) => self.try_statement(node),
            Stmt::Match(node) => self.match_statement(node),
            _ => self.refuse_part(statement.range(), "a statement of this kind"),
        }
    }

    /// Whether a statement cannot stay one piece.
    fn must_take_apart(&self, statement: &'a Stmt) -> bool {
        self.statement_suspends(statement) || self.returns_through_finally(statement)
    }

    fn return_value(&mut self, code: Code) {
        if self.is_in_finally() {
            // The value is evaluated before the clauses run.
            let code = self.save(code);
            self.leave(0, Terminator::Return(code));
        } else {
            self.end(Terminator::Return(code));
        }
    }

    fn if_statement(&mut self, node: &'a StmtIf) {
        let after = self.block();
        self.branch(&node.test, &node.body, &node.elif_else_clauses, after);
        self.begin(after);
    }

    fn branch(
        &mut self,
        test: &'a Expr,
        body: &'a [Stmt],
        clauses: &'a [ElifElseClause],
        after: crate::cfg::BlockId,
    ) {
        let (then, otherwise) = (self.block(), self.block());
        self.test(test, then, otherwise);
        self.begin(then);
        self.body(body);
        self.end(Terminator::Goto(after));
        self.begin(otherwise);
        match clauses.split_first() {
            Some((ElifElseClause { test: Some(test), body, .. }, rest)) => {
                self.branch(test, body, rest, after);
            }
            Some((ElifElseClause { test: None, body, .. }, _)) => {
                self.body(body);
                self.end(Terminator::Goto(after));
            }
            None => self.end(Terminator::Goto(after)),
        }
    }

    fn raise(&mut self, statement: &'a Stmt, node: &'a StmtRaise) {
        let parts: Vec<Part<'a>> =
            [&node.exc, &node.cause].into_iter().flatten().map(|part| Part::new(part)).collect();
        let codes = self.sequence(&parts);
        let edits = parts.iter().zip(codes).map(|(part, code)| Edit::code(part.range, code));
        let code = self.edited_statement(statement, edits.collect());
        self.step(code, BTreeSet::new());
        self.end(Terminator::Unreachable);
    }

    /// `assert test, message`: the message is evaluated only if the test fails, and neither under
    /// `python -O`.
    fn assert(&mut self, node: &'a StmtAssert) {
        let (checked, failed, after) = (self.block(), self.block(), self.block());
        let enabled = Code::new("__debug__", start_of(node));
        self.end(Terminator::Branch { test: enabled, then: checked, otherwise: after });
        self.begin(checked);
        self.test(&node.test, after, failed);
        self.begin(failed);
        let mut code = Code::new("assert False", start_of(node));
        if let Some(message) = &node.msg {
            let message_code = self.expression(message);
            let message_code = self.standalone(message, message_code);
            code.push(", ");
            code.append(message_code);
        }
        self.step(code, BTreeSet::new());
        self.end(Terminator::Unreachable);
        self.begin(after);
    }
}
