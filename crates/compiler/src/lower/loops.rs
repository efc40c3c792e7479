//! Loops that suspend.

use ruff_python_ast::{Expr, StmtFor, StmtWhile};
use ruff_text_size::Ranged;

use super::{Lowering, Scope, start_of};
use crate::cfg::{Code, Terminator};

impl<'a> Lowering<'_, 'a> {
    pub(super) fn for_loop(&mut self, node: &'a StmtFor) {
        let iterator = self.iterator(&node.iter);
        let (header, body) = (self.block(), self.block());
        let (exhausted, after) = (self.block(), self.block());
        if self.target_suspends(&node.target) {
            self.refuse_part(node.target.range(), "the target of a loop");
        }
        let target = self.loop_target(&node.target);
        self.flow_into(header);
        self.end(Terminator::Next { iterator, target, body, exhausted });
        self.scopes.push(Scope::Loop { header, after });
        self.begin(body);
        self.body(&node.body);
        self.end(Terminator::Goto(header));
        self.scopes.pop();
        self.begin(exhausted);
        self.body(&node.orelse);
        self.flow_into(after);
    }

    pub(super) fn while_loop(&mut self, node: &'a StmtWhile) {
        let (header, body) = (self.block(), self.block());
        let (exhausted, after) = (self.block(), self.block());
        self.flow_into(header);
        self.test(&node.test, body, exhausted);
        self.scopes.push(Scope::Loop { header, after });
        self.begin(body);
        self.body(&node.body);
        self.end(Terminator::Goto(header));
        self.scopes.pop();
        self.begin(exhausted);
        self.body(&node.orelse);
        self.flow_into(after);
    }

    pub(super) fn loop_target(&self, target: &'a Expr) -> Code {
        let code = self.verbatim(target);
        if code.is_multiline() { code.parenthesized() } else { code }
    }

    /// A variable with an iterator over `iterable`.
    pub(super) fn iterator(&mut self, iterable: &'a Expr) -> String {
        let code = self.expression(iterable);
        let code = self.standalone(iterable, code);
        let mut call = Code::new(self.builtin("iter", iterable.range()), start_of(iterable));
        call.push("(");
        call.append(code);
        call.push(")");
        let name = self.temporary();
        self.assign(&name, call);
        name
    }
}
