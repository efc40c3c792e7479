//! Assignments that suspend: in the value, in the target, or both.

use std::collections::BTreeSet;

use ruff_python_ast::{Expr, ExprContext, ExprList, ExprTuple, Stmt, StmtAugAssign};
use ruff_text_size::Ranged;

use super::expression::index_parts;
use super::sequence::{Part, binds};
use super::text::Edit;
use super::{Lowering, start_of};
use crate::cfg::{Code, Step, StepKind};
use crate::effects::{Action, target_action};
use crate::names::targets;

impl<'a> Lowering<'_, 'a> {
    /// `target = … = value`, also with an annotation.
    pub(super) fn assignment(
        &mut self,
        statement: &'a Stmt,
        assigned: &[&'a Expr],
        value: &'a Expr,
    ) {
        if let [Expr::Name(name)] = assigned
            && self.action(value).is_some()
            // Where code runs after an exception, the variable must be as it was before the call.
            && !self.is_protected()
            && let Some(variable) = self.variable(name.id.as_str())
        {
            self.perform(value, Some(variable));
            return;
        }
        let code = self.expression(value);
        if !assigned.iter().any(|target| self.target_suspends(target)) {
            let whole = self.edited_statement(statement, vec![Edit::code(value.range(), code)]);
            let bound = assigned.iter().flat_map(|target| self.bound_by(target)).collect();
            self.step(whole, bound);
            return;
        }
        let code = self.standalone(value, code);
        let value = if value.is_literal_expr() { code } else { self.save(code) };
        for target in assigned {
            self.assign_target(target, value.clone());
        }
    }

    fn bound_by(&self, target: &'a Expr) -> BTreeSet<String> {
        targets(target).into_iter().filter_map(|name| self.variable(name)).collect()
    }

    /// `target = value`, for a value that is only named.
    fn assign_target(&mut self, target: &'a Expr, value: Code) {
        if !self.target_suspends(target) {
            let bound = self.bound_by(target);
            let code = self.verbatim(target);
            let mut code = if code.is_multiline() { code.parenthesized() } else { code };
            code.push(" = ");
            code.append(value);
            self.step(code, bound);
            return;
        }
        match target {
            Expr::Attribute(node) => {
                let action = target_action(&mut self.inference, target);
                let receiver = self.settled(&node.value);
                match action {
                    Some(Action::Set { receiver: class }) => self.set(receiver, node, class, value),
                    _ => {
                        let mut code = self.atom(&node.value, receiver);
                        code.push(&format!(".{} = ", node.attr));
                        code.append(value);
                        self.step(code, BTreeSet::new());
                    }
                }
            }
            Expr::Subscript(node) => {
                let mut parts = vec![Part::new(&node.value)];
                parts.extend(index_parts(&node.slice));
                let mut code = self.composed(target, &parts);
                code.push(" = ");
                code.append(value);
                self.step(code, BTreeSet::new());
            }
            Expr::Tuple(node) => self.unpack(&node.elts, target, value),
            Expr::List(node) => self.unpack(&node.elts, target, value),
            _ => self.refuse_part(target.range(), "a target of this kind"),
        }
    }

    /// `del target`
    pub(super) fn delete_target(&mut self, target: &'a Expr) {
        let parts = match target {
            Expr::Tuple(ExprTuple { elts, .. }) | Expr::List(ExprList { elts, .. }) => {
                elts.iter().for_each(|element| self.delete_target(element));
                return;
            }
            Expr::Attribute(node) => vec![Part::new(&node.value)],
            Expr::Subscript(node) => {
                let index = index_parts(&node.slice).into_iter();
                [Part::new(&node.value)].into_iter().chain(index).collect()
            }
            _ => Vec::new(),
        };
        let mut code = Code::new("del ", start_of(target));
        code.append(self.composed(target, &parts));
        let name = target.as_name_expr().and_then(|name| self.variable(name.id.as_str()));
        let unbinds = name.into_iter().collect();
        let step = Step { code, surely_binds: BTreeSet::new(), unbinds, kind: StepKind::Statement };
        self.graph.block_mut(self.current).steps.push(step);
    }

    /// `(a, *b) = value` with targets that suspend.
    fn unpack(&mut self, elements: &'a [Expr], whole: &'a Expr, value: Code) {
        let names: Vec<String> = elements.iter().map(|_| self.temporary()).collect();
        let mut code = Code::new("[", start_of(whole));
        for (element, name) in elements.iter().zip(&names) {
            let star = if element.is_starred_expr() { "*" } else { "" };
            code.push(&format!("{star}{name}, "));
        }
        code.push("] = ");
        code.append(value);
        code.binds.extend(names.iter().cloned());
        self.step(code, names.iter().cloned().collect());
        for (element, name) in elements.iter().zip(names) {
            let target = match element {
                Expr::Starred(node) => &node.value,
                other => other,
            };
            self.assign_target(target, Code::variable(name, start_of(element)));
        }
    }

    /// `target += value`: the target is read before the value is evaluated.
    pub(super) fn augmented(&mut self, statement: &'a Stmt, node: &'a StmtAugAssign) {
        match &*node.target {
            Expr::Name(name) => {
                if binds(&node.value, name.id.as_str())
                    && let Some(variable) = self.variable(name.id.as_str())
                {
                    let before = self.save(Code::variable(variable.clone(), start_of(name)));
                    let before = before.text();
                    self.combine(node, &before);
                    self.assign(&variable, Code::variable(before, start_of(node)));
                    return;
                }
                self.check_name(&node.target);
                let code = self.expression(&node.value);
                let edits = vec![Edit::code(node.value.range(), code)];
                let whole = self.edited_statement(statement, edits);
                let variable = self.variable(name.id.as_str());
                self.step(whole, variable.into_iter().collect());
            }
            Expr::Attribute(target) => {
                let action = target_action(&mut self.inference, &node.target);
                let receiver = self.fixed(&target.value);
                match action {
                    Some(Action::Set { receiver: class }) => {
                        let before = self.temporary();
                        self.get(receiver.clone(), target, class, Some(before.clone()));
                        self.combine(node, &before);
                        let value = Code::variable(before, start_of(node));
                        self.set(receiver, target, class, value);
                    }
                    _ => {
                        let mut place = self.atom(&target.value, receiver);
                        place.push(&format!(".{}", target.attr));
                        self.augment_place(node, place);
                    }
                }
            }
            Expr::Subscript(target) => {
                let mut parts = vec![Part::new(&target.value)];
                parts.extend(index_parts(&target.slice));
                let mut edits = Vec::new();
                for part in parts {
                    edits.push(Edit::code(part.range, self.fixed(part.expression)));
                }
                let place = self.edited(&node.target, edits);
                self.augment_place(node, place);
            }
            _ => self.refuse_part(node.range(), "a target of this kind"),
        }
    }

    /// `place += value` for a place whose parts are only named.
    fn augment_place(&mut self, node: &'a StmtAugAssign, place: Code) {
        let before = self.temporary();
        self.assign(&before, place.clone());
        self.combine(node, &before);
        let mut code = place;
        code.push(" = ");
        code.append(Code::variable(before, start_of(node)));
        self.step(code, BTreeSet::new());
    }

    /// `before += value`
    fn combine(&mut self, node: &'a StmtAugAssign, before: &str) {
        let value = self.expression(&node.value);
        let value = self.standalone(&node.value, value);
        let mut code = Code::variable(before, start_of(node));
        code.push(&format!(" {}= ", node.op.as_str()));
        code.append(value);
        code.binds.insert(before.to_owned());
        self.step(code, BTreeSet::from([before.to_owned()]));
    }

    /// The value of `expression`, named so that nothing changes it: `self`, or a temporary.
    fn fixed(&mut self, expression: &'a Expr) -> Code {
        match expression {
            Expr::Name(name) if self.inference.scope.self_name == Some(name.id.as_str()) => {
                debug_assert_eq!(name.ctx, ExprContext::Load);
                self.verbatim(expression)
            }
            _ => self.operand(expression),
        }
    }
}
