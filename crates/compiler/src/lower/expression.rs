//! Expressions that suspend.

use std::collections::BTreeSet;

use anabranch_ir::{Exit, OperatorId, SegmentId};
use ruff_python_ast::{Expr, ExprAttribute, ExprCall};
use ruff_text_size::Ranged;

use super::call::argument_parts;
use super::sequence::Part;
use super::text::Edit;
use super::{Lowering, start_of};
use crate::cfg::Code;
use crate::effects::{Action, action_of};
use crate::types::Type;

/// Stands for the resume segment until segments have numbers.
pub(super) const UNNUMBERED: SegmentId = SegmentId(0);

impl<'a> Lowering<'_, 'a> {
    /// Evaluates `expression` up to and including its last suspension. The code gives its value,
    /// if evaluated before anything else.
    pub(super) fn expression(&mut self, expression: &'a Expr) -> Code {
        if !self.suspends(expression) {
            return self.verbatim(expression);
        }
        self.look_for_groups(expression);
        match expression {
            Expr::Attribute(_) | Expr::Call(_) if self.action(expression).is_some() => {
                let result = self.temporary();
                self.perform(expression, Some(result.clone()));
                Code::variable(result, start_of(expression))
            }
            Expr::Call(node) if self.consumes_generator(node) => {
                self.call_with_generator(expression, node)
            }
            Expr::Named(node) => {
                let value = self.expression(&node.value);
                let value = self.standalone(&node.value, value);
                let Expr::Name(name) = &*node.target else {
                    unreachable!("this is a bug in Anabranch: `:=` binds a name")
                };
                let name = self.variable(name.id.as_str()).unwrap_or_else(|| name.id.to_string());
                self.assign(&name, value);
                Code::variable(name, start_of(expression))
            }
            Expr::Call(node) if self.calls_method_of_plain(node) => {
                self.call_of_plain(expression, node)
            }
            Expr::If(node) => self.conditional(node),
            Expr::BoolOp(node) => self.short_circuit(node),
            Expr::Compare(node) if node.ops.len() > 1 => self.chained_comparison(node),
            Expr::FString(node) => self.fstring(expression, node),
            Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) => {
                self.comprehension(expression)
            }
            _ => {
                let parts = self.parts(expression);
                self.composed(expression, &parts)
            }
        }
    }

    /// The action of `expression` itself.
    pub(super) fn action(&mut self, expression: &'a Expr) -> Option<Action> {
        action_of(&mut self.inference, self.effects.certainties(), expression)
    }

    /// Performs the action that `expression` is; `result` takes its value.
    pub(super) fn perform(&mut self, expression: &'a Expr, result: Option<String>) {
        self.look_for_groups(expression);
        self.hand_over(expression);
        let action = self.action(expression);
        match (expression, action) {
            (Expr::Attribute(node), Some(Action::Get { receiver })) => {
                let value = self.receiver(node);
                self.get(value, node, receiver, result);
            }
            (Expr::Call(node), Some(action)) => self.call(node, action, result),
            _ => unreachable!("this is a bug in Anabranch: not an action"),
        }
    }

    /// The receiver of an attribute, as the code that names it.
    pub(super) fn receiver(&mut self, node: &'a ExprAttribute) -> Code {
        let parts = [Part::new(&node.value)];
        let code = self.settled_sequence(&parts).remove(0);
        self.standalone(&node.value, code)
    }

    /// Reads `receiver.attribute`.
    pub(super) fn get(
        &mut self,
        receiver: Code,
        node: &'a ExprAttribute,
        class: Option<usize>,
        result: Option<String>,
    ) {
        let attribute = self.mangled(node.attr.as_str());
        let mut fields = receiver;
        fields.push(&format!(", \"{attribute}\""));
        let exit = Exit::Get { resume: UNNUMBERED, receiver: operator(class), attribute };
        self.suspend("get", fields, exit, result);
    }

    /// Writes `receiver.attribute = value`.
    pub(super) fn set(
        &mut self,
        receiver: Code,
        node: &'a ExprAttribute,
        class: Option<usize>,
        value: Code,
    ) {
        let attribute = self.mangled(node.attr.as_str());
        let mut fields = receiver;
        fields.push(&format!(", \"{attribute}\", "));
        fields.append(value);
        let exit = Exit::Set { resume: UNNUMBERED, receiver: operator(class), attribute };
        self.suspend("set", fields, exit, None);
    }

    /// Whether looking up the callee `node` has no effect and always gives the same.
    fn is_fixed_member(&mut self, node: &'a ExprAttribute) -> bool {
        if self.inference.binding(&node.value).is_some() || self.inference.inherited(node).is_some()
        {
            return true;
        }
        match self.inference.infer(&node.value) {
            Type::SelfEntity(entity) => {
                let name = self.mangled(node.attr.as_str());
                self.inference.application().method(entity, &name).is_some()
            }
            other => is_plain(&other),
        }
    }

    /// Whether `node` calls a method of one of Python's own types, with arguments that suspend.
    fn calls_method_of_plain(&mut self, node: &'a ExprCall) -> bool {
        let Expr::Attribute(attribute) = &*node.func else { return false };
        argument_parts(&node.arguments).iter().any(|part| self.suspends(part.expression))
            && !attribute.value.is_literal_expr()
            && self.inference.binding(&attribute.value).is_none()
            && self.inference.inherited(attribute).is_none()
            && is_plain(&self.inference.infer(&attribute.value))
    }

    /// Calls a method of one of Python's own types. It is looked up before the arguments are
    /// evaluated, in case that the type is not what its hint says, and again for the call: a frame
    /// with the method in it would keep an object of its own when it is stored.
    fn call_of_plain(&mut self, expression: &'a Expr, node: &'a ExprCall) -> Code {
        let Expr::Attribute(attribute) = &*node.func else {
            unreachable!("this is a bug in Anabranch: a method call without a receiver")
        };
        let parts = argument_parts(&node.arguments);
        let receiver = self.looked_up_plain(attribute, &parts);
        let codes = self.sequence(&parts);
        let edits = parts.iter().zip(codes).map(|(part, code)| Edit::code(part.range, code));
        let edits = edits.chain([Edit::code(attribute.value.range(), receiver)]).collect();
        self.edited(expression, edits)
    }

    /// The receiver of a method of one of Python's own types, which is looked up before the `later`
    /// parts are evaluated.
    pub(super) fn looked_up_plain(
        &mut self,
        attribute: &'a ExprAttribute,
        later: &[Part<'a>],
    ) -> Code {
        let mut receiver = self.expression(&attribute.value);
        if !self.is_stable(&attribute.value, &receiver, later) {
            receiver = self.standalone(&attribute.value, receiver);
            receiver = self.save(receiver);
        }
        if !attribute.value.is_literal_expr() {
            let mut lookup = receiver.clone();
            lookup.push(&format!(".{}", attribute.attr));
            self.step(lookup, BTreeSet::new());
        }
        receiver
    }

    /// The parts of an expression that evaluates all of them, in order.
    pub(super) fn parts(&mut self, expression: &'a Expr) -> Vec<Part<'a>> {
        match expression {
            Expr::Attribute(node) => vec![Part::new(&node.value)],
            Expr::Call(node) => {
                let mut parts = vec![match &*node.func {
                    // Python looks up the method before it evaluates the arguments, which nobody
                    // can tell for the methods of its own types.
                    Expr::Attribute(attribute) if self.is_fixed_member(attribute) => {
                        Part::new(&attribute.value)
                    }
                    other => Part::new(other),
                }];
                parts.extend(argument_parts(&node.arguments));
                parts
            }
            Expr::BinOp(node) => vec![Part::new(&node.left), Part::new(&node.right)],
            Expr::UnaryOp(node) => vec![Part::new(&node.operand)],
            Expr::Compare(node) => vec![Part::new(&node.left), Part::new(&node.comparators[0])],
            Expr::Subscript(node) => {
                let mut parts = vec![Part::new(&node.value)];
                parts.extend(index_parts(&node.slice));
                parts
            }
            Expr::Slice(_) => index_parts(expression),
            Expr::Tuple(node) => node.elts.iter().map(Part::new).collect(),
            Expr::List(node) => node.elts.iter().map(Part::new).collect(),
            Expr::Set(node) => node.elts.iter().map(Part::new).collect(),
            Expr::Dict(node) => {
                let items = node.items.iter();
                items
                    .flat_map(|item| match &item.key {
                        Some(key) => vec![Part::new(key), Part::new(&item.value)],
                        None => vec![Part::unpacked(&item.value)],
                    })
                    .collect()
            }
            Expr::Generator(node) => vec![Part::new(&node.generators[0].iter)],
            Expr::Lambda(node) => {
                let parameters = node.parameters.iter();
                let parameters = parameters.flat_map(|list| list.iter_non_variadic_params());
                let defaults = parameters.filter_map(|parameter| parameter.default.as_deref());
                defaults.map(Part::new).collect()
            }
            Expr::Starred(node) => vec![Part::new(&node.value)],
            _ => {
                let message = "a remote call in an expression of this kind";
                let help = "assign the result of the call to a variable first, and use that";
                self.refuse(expression.range(), message, help);
                Vec::new()
            }
        }
    }
}

/// Whether values of a type are of Python's own, which no entity is.
fn is_plain(kind: &Type) -> bool {
    matches!(
        kind,
        Type::Plain
            | Type::List(_)
            | Type::Set(_)
            | Type::Dict(..)
            | Type::Tuple(_)
            | Type::TupleOf(_)
    )
}

/// The parts of a subscript's index.
pub(super) fn index_parts(index: &Expr) -> Vec<Part<'_>> {
    match index {
        Expr::Slice(node) => {
            let bounds = [&node.lower, &node.upper, &node.step];
            bounds.into_iter().flatten().map(|bound| Part::new(bound)).collect()
        }
        Expr::Tuple(node) => node.elts.iter().flat_map(index_parts).collect(),
        other => vec![Part::new(other)],
    }
}

pub(super) fn operator(class: Option<usize>) -> Option<OperatorId> {
    class.map(OperatorId::from_index)
}
