//! Uses of references that would not do what they seem to.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{CmpOp, Expr, ExprContext, Stmt};
use ruff_text_size::Ranged;

use crate::similar::most_similar;
use crate::types::{FunctionScope, Inference, Type, Typing};
use crate::{Code, Diagnostic};

/// Methods of lists, dicts and sets that change them.
const MUTATORS: &[&str] = &[
    "add",
    "append",
    "clear",
    "difference_update",
    "discard",
    "extend",
    "insert",
    "intersection_update",
    "pop",
    "popitem",
    "remove",
    "reverse",
    "setdefault",
    "sort",
    "symmetric_difference_update",
    "update",
];

pub(super) fn check<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    found: &mut Vec<Diagnostic>,
) {
    let mut uses = Uses { inference: Inference::new(typing, scope), found };
    uses.visit_body(&scope.node.body);
}

struct Uses<'t, 'a> {
    inference: Inference<'t, 'a>,
    found: &'t mut Vec<Diagnostic>,
}

impl<'a> Uses<'_, 'a> {
    /// The entity class, if `expression` reads an attribute of a reference that is surely none
    /// itself.
    fn copied_attribute(&mut self, expression: &'a Expr) -> Option<(usize, &'a str)> {
        let Expr::Attribute(node) = expression else { return None };
        let entity = self.inference.infer(&node.value).referenced_class()?;
        let may_be_reference = self.inference.infer(expression).may_be_reference();
        (!may_be_reference).then_some((entity, node.attr.as_str()))
    }

    fn refuse_mutation(&mut self, whole: &'a Expr, copied: &'a Expr) {
        let Some((entity, attribute)) = self.copied_attribute(copied) else { return };
        let class = self.inference.application().entities[entity].name;
        let message = format!("this changes a copy of `{class}.{attribute}`");
        self.found.push(
            Diagnostic::new(Code::CopyMutated, message)
                .at(self.inference.scope.module, whole.range(), "the change would be lost")
                .also(
                    self.inference.scope.module,
                    copied.range(),
                    "read from another entity: a copy",
                )
                .why("values that cross from one entity to another are copied")
                .help(format!("add a method to `{class}` that makes the change, and call it")),
        );
    }

    fn check_method(&mut self, node: &'a ruff_python_ast::ExprCall) {
        let Expr::Attribute(attribute) = &*node.func else { return };
        let name = attribute.attr.as_str();
        let kind = self.inference.infer(&attribute.value);
        let (Type::Reference(entity) | Type::SelfEntity(entity)) = kind else { return };
        let application = self.inference.application();
        let class = &application.entities[entity];
        let stored = self.inference.scope.member_name(name);
        let is_class_member = || class.bodies.iter().any(|it| has_class_member(it.node, name));
        // A base that is not known may have it.
        let is_known = !class.findings.is_empty()
            || application.member_from(entity, 0, &stored).is_some()
            || self.inference.typing.has_attribute(entity, &stored)
            || (name.starts_with("__") && name.ends_with("__"))
            || matches!(kind, Type::SelfEntity(_)) && is_class_member();
        if is_known {
            return;
        }
        let message = format!("`{}` has no method `{name}`", class.name);
        let mut diagnostic = Diagnostic::new(Code::UnknownMethod, message)
            .at(self.inference.scope.module, attribute.attr.range(), "not defined there")
            .also(class.module, class.node.name.range(), "the class");
        let methods = class.methods.iter().map(|method| application.functions[*method].name);
        if let Some(similar) = most_similar(name, methods) {
            diagnostic = diagnostic.help(format!("did you mean `{similar}`?"));
        }
        self.found.push(diagnostic);
    }

    fn check_method_value(&mut self, node: &'a ruff_python_ast::ExprAttribute) {
        if node.ctx != ExprContext::Load || self.inference.binding(&node.value).is_some() {
            return;
        }
        let Some(entity) = self.inference.infer(&node.value).referenced_class() else { return };
        let application = self.inference.application();
        let name = node.attr.as_str();
        if application.method(entity, &self.inference.scope.member_name(name)).is_some() {
            let class = application.entities[entity].name;
            let message = format!("the method `{class}.{name}` is used without being called");
            self.found.push(
                Diagnostic::new(Code::MethodAsValue, message)
                    .at(self.inference.scope.module, node.range(), "not called")
                    .why("a method of another entity is no object: it can only be called")
                    .help(format!("call it: `….{name}(…)`, or pass the reference on")),
            );
        }
    }
}

impl<'a> Visitor<'a> for Uses<'_, 'a> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            // Their variables are not this function's.
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => return,
            Stmt::AugAssign(node) => {
                // `item.tags += […]` reads, adds and writes back: nothing is lost.
                if let Expr::Subscript(target) = &*node.target {
                    self.refuse_mutation(&node.target, &target.value);
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Call(node) => {
                self.check_method(node);
                if let Expr::Attribute(attribute) = &*node.func {
                    if MUTATORS.contains(&attribute.attr.as_str()) {
                        self.refuse_mutation(expression, &attribute.value);
                    }
                    self.visit_expr(&attribute.value);
                    self.visit_arguments(&node.arguments);
                    return;
                }
            }
            Expr::Subscript(node) if node.ctx != ExprContext::Load => {
                self.refuse_mutation(expression, &node.value);
            }
            Expr::Attribute(node) if node.ctx != ExprContext::Load => {
                self.refuse_mutation(expression, &node.value);
            }
            Expr::Attribute(node) => self.check_method_value(node),
            Expr::Compare(node) => {
                let mut left = &*node.left;
                for (operator, right) in node.ops.iter().zip(&node.comparators) {
                    let is_identity = matches!(operator, CmpOp::Is | CmpOp::IsNot);
                    let is_singleton = |side: &Expr| side.is_literal_expr();
                    if is_identity && !is_singleton(left) && !is_singleton(right) {
                        self.check_identity(expression, left, right);
                    }
                    left = right;
                }
            }
            // Their variables hide this function's.
            Expr::Lambda(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_)
            | Expr::Generator(_) => return,
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}

impl<'a> Uses<'_, 'a> {
    fn check_identity(&mut self, whole: &'a Expr, left: &'a Expr, right: &'a Expr) {
        let mut is_entity =
            |side| matches!(self.inference.infer(side), Type::Reference(_) | Type::SelfEntity(_));
        if is_entity(left) || is_entity(right) {
            self.found.push(
                Diagnostic::new(Code::ReferenceIdentity, "references are compared with `is`")
                    .at(
                        self.inference.scope.module,
                        whole.range(),
                        "compares objects, not entities",
                    )
                    .why("two references to the same entity need not be the same object")
                    .help("compare with `==` or `!=`"),
            );
        }
    }
}

fn has_class_member(node: &ruff_python_ast::StmtClassDef, name: &str) -> bool {
    crate::names::bound_names(&node.body).contains(&name)
}
