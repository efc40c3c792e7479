//! Expressions that evaluate only some of their parts.

use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprBoolOp, ExprCompare, ExprIf};
use ruff_text_size::{Ranged, TextRange};

use super::sequence::{Part, binds_a_name};
use super::{Lowering, start_of};
use crate::cfg::{Code, Terminator};

impl<'a> Lowering<'_, 'a> {
    /// `body if test else orelse`
    pub(super) fn conditional(&mut self, node: &'a ExprIf) -> Code {
        let result = self.temporary();
        let test = self.condition(&node.test);
        let (then, otherwise, after) = (self.block(), self.block(), self.block());
        self.end(Terminator::Branch { test, then, otherwise });
        for (block, value) in [(then, &node.body), (otherwise, &node.orelse)] {
            self.begin(block);
            self.assign_value(&result, value);
            self.end(Terminator::Goto(after));
        }
        self.begin(after);
        Code::variable(result, start_of(node))
    }

    /// `a and b and …`, `a or b or …`: the last value evaluated.
    pub(super) fn short_circuit(&mut self, node: &'a ExprBoolOp) -> Code {
        let result = self.temporary();
        let after = self.block();
        for (index, value) in node.values.iter().enumerate() {
            self.assign_value(&result, value);
            if index + 1 == node.values.len() {
                break;
            }
            let more = self.block();
            let test = Code::variable(result.clone(), start_of(value));
            let (then, otherwise) = match node.op {
                BoolOp::And => (more, after),
                BoolOp::Or => (after, more),
            };
            self.end(Terminator::Branch { test, then, otherwise });
            self.begin(more);
        }
        self.flow_into(after);
        Code::variable(result, start_of(node))
    }

    /// `a < b < c`: each operand at most once, and none after a comparison that is false.
    pub(super) fn chained_comparison(&mut self, node: &'a ExprCompare) -> Code {
        let result = self.temporary();
        let after = self.block();
        let mut left = self.operand(&node.left);
        for (index, (operator, right)) in node.ops.iter().zip(&node.comparators).enumerate() {
            let right = self.operand(right);
            let mut comparison = left;
            comparison.push(&format!(" {} ", operator_text(*operator)));
            comparison.append(right.clone());
            self.assign(&result, comparison);
            left = right;
            if index + 1 == node.ops.len() {
                break;
            }
            let more = self.block();
            let test = Code::variable(result.clone(), start_of(node));
            self.end(Terminator::Branch { test, then: more, otherwise: after });
            self.begin(more);
        }
        self.flow_into(after);
        Code::variable(result, start_of(node))
    }

    /// The value of `expression` in a variable that nothing changes.
    pub(super) fn operand(&mut self, expression: &'a Expr) -> Code {
        let code = self.expression(expression);
        let is_literal = expression.is_literal_expr();
        if is_literal || self.is_temporary(&code) {
            return code;
        }
        let code = self.standalone(expression, code);
        self.save(code)
    }

    /// The test of a branch.
    pub(super) fn condition(&mut self, test: &'a Expr) -> Code {
        let code = self.expression(test);
        if binds_a_name(test) {
            // A variable that the test binds must be bound before the branch.
            let code = self.standalone(test, code);
            return self.save(code);
        }
        if code.is_multiline() { code.parenthesized() } else { code }
    }

    fn assign_value(&mut self, name: &str, value: &'a Expr) {
        let code = self.expression(value);
        let code = self.standalone(value, code);
        self.assign(name, code);
    }

    /// Marks a part of the source for which there is no rule yet.
    pub(super) fn refuse_part(&mut self, range: TextRange, what: &str) {
        let message = format!("a remote call in {what}");
        self.refuse(range, &message, "assign the result of the call to a variable first");
    }

    /// Evaluates one part and names its value.
    pub(super) fn settled(&mut self, expression: &'a Expr) -> Code {
        let code = self.settled_sequence(&[Part::new(expression)]).remove(0);
        debug_assert!(expression.range().start() <= code.origin() || code.chunks.is_empty());
        self.standalone(expression, code)
    }
}

fn operator_text(operator: CmpOp) -> &'static str {
    operator.as_str()
}
