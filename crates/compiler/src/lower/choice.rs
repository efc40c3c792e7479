//! Expressions that evaluate only some of their parts.

use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprBoolOp, ExprCompare, ExprIf, UnaryOp};
use ruff_text_size::TextRange;

use super::sequence::Part;
use super::{Lowering, start_of};
use crate::cfg::{BlockId, Code, Terminator};

impl<'a> Lowering<'_, 'a> {
    /// `body if test else orelse`
    pub(super) fn conditional(&mut self, node: &'a ExprIf) -> Code {
        let result = self.temporary();
        let (then, otherwise, after) = (self.block(), self.block(), self.block());
        self.test(&node.test, then, otherwise);
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
            self.assign(&result, comparison(left, *operator, right.clone()));
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

    /// Branches on the truth of `test`, which is asked once for each value, as Python does.
    pub(super) fn test(&mut self, test: &'a Expr, then: BlockId, otherwise: BlockId) {
        if !self.suspends(test) {
            let test = self.condition(test);
            self.end(Terminator::Branch { test, then, otherwise });
            return;
        }
        match test {
            Expr::BoolOp(node) => {
                let (last, values) = node.values.split_last().expect("an operator has operands");
                for value in values {
                    let more = self.block();
                    match node.op {
                        BoolOp::And => self.test(value, more, otherwise),
                        BoolOp::Or => self.test(value, then, more),
                    }
                    self.begin(more);
                }
                self.test(last, then, otherwise);
            }
            Expr::UnaryOp(node) if node.op == UnaryOp::Not => {
                self.test(&node.operand, otherwise, then);
            }
            Expr::If(node) => {
                let (body, orelse) = (self.block(), self.block());
                self.test(&node.test, body, orelse);
                for (block, value) in [(body, &node.body), (orelse, &node.orelse)] {
                    self.begin(block);
                    self.test(value, then, otherwise);
                }
            }
            Expr::Compare(node) if node.ops.len() > 1 => {
                let mut left = self.operand(&node.left);
                for (index, (operator, right)) in node.ops.iter().zip(&node.comparators).enumerate()
                {
                    let right = self.operand(right);
                    let test = comparison(left, *operator, right.clone());
                    left = right;
                    if index + 1 == node.ops.len() {
                        self.end(Terminator::Branch { test, then, otherwise });
                        break;
                    }
                    let more = self.block();
                    self.end(Terminator::Branch { test, then: more, otherwise });
                    self.begin(more);
                }
            }
            _ => {
                let test = self.condition(test);
                self.end(Terminator::Branch { test, then, otherwise });
            }
        }
    }

    /// The test of a branch in one piece.
    fn condition(&mut self, test: &'a Expr) -> Code {
        let code = self.expression(test);
        if code.binds.is_empty() {
            return if code.is_multiline() { code.parenthesized() } else { code };
        }
        // A variable that the test binds must be bound before the branch, and its truth is asked
        // only once.
        let mut truth = Code::new("True if ", code.origin());
        truth.append(self.atom(test, code));
        truth.push(" else False");
        self.save(truth)
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
        self.standalone(expression, code)
    }
}

fn comparison(left: Code, operator: CmpOp, right: Code) -> Code {
    let mut code = left;
    code.push(&format!(" {} ", operator.as_str()));
    code.append(right);
    code
}
