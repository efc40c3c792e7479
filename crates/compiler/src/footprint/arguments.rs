//! Which functions leave what they are called with as it is.
//!
//! An access set is computed before the call runs. Where it looks into a list or a dataclass among the
//! arguments, nothing may have changed that object when the call gets there. So every use of a
//! parameter, and of a loop variable over one, must be among those that are known to change nothing
//! and to keep nothing; that is assumed of all functions first, and taken back until nothing changes.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, Expr, ExprCall, ExprContext, Stmt};

use super::classes::ApplicationClasses;
use crate::comprehension::comprehension_parts;
use crate::names::{occurrences, parameter_names, targets};
use crate::resolve::Binding;
use crate::types::{FunctionScope, Inference, Type, Typing};

/// Builtins whose result holds nothing of what they are given.
const LOOKING_BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "float",
    "hash",
    "int",
    "isinstance",
    "len",
    "print",
    "range",
    "repr",
    "round",
    "str",
    "sum",
];

/// Builtins that give the elements of what they are given.
const GOING_BUILTINS: &[&str] =
    &["enumerate", "frozenset", "list", "max", "min", "reversed", "set", "sorted", "tuple", "zip"];

/// Methods of containers that give what is in them.
const LOOKING_METHODS: &[&str] = &["count", "get", "index", "items", "keys", "values"];

/// Finds out which functions of `group` leave what they are called with as it is: those that call each
/// other, whose other callees are known. Of the others `alone` says that they do until it is known.
pub(super) fn find_left_alone<'a>(
    typing: &Typing<'a>,
    scopes: &[FunctionScope<'a>],
    group: &[usize],
    classes: &ApplicationClasses,
    alone: &mut [bool],
) {
    loop {
        let mut changed = false;
        // Crowds are no functions.
        for index in group.iter().filter(|index| **index < scopes.len()) {
            if alone[*index] && !leaves_alone(typing, &scopes[*index], classes, alone) {
                alone[*index] = false;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
}

fn leaves_alone<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    classes: &ApplicationClasses,
    alone: &[bool],
) -> bool {
    let mut names: BTreeSet<&str> = parameter_names(&scope.node.parameters).into_iter().collect();
    if let Some(own) = scope.self_name {
        names.remove(own);
    }
    // Loop variables hold parts of what is gone through.
    loop {
        let mut derived = Derived { names: names.clone() };
        derived.visit_body(&scope.node.body);
        if derived.names.len() == names.len() {
            break;
        }
        names = derived.names;
    }
    let inference = Inference::new(typing, scope);
    let mut uses = Uses { inference, names, classes, alone, is_alone: true };
    uses.visit_body(&scope.node.body);
    uses.is_alone
}

/// Adds the loop variables over anything that mentions one of the names.
struct Derived<'a> {
    names: BTreeSet<&'a str>,
}

impl<'a> Derived<'a> {
    fn loop_over(&mut self, target: &'a Expr, iterable: &'a Expr) {
        if occurrences(iterable).iter().any(|found| self.names.contains(found.name)) {
            self.names.extend(targets(target));
        }
    }
}

impl<'a> Visitor<'a> for Derived<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        if let Stmt::For(node) = statement {
            self.loop_over(&node.target, &node.iter);
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_comprehension(&mut self, generator: &'a Comprehension) {
        self.loop_over(&generator.target, &generator.iter);
        visitor::walk_comprehension(self, generator);
    }
}

struct Uses<'t, 'a> {
    inference: Inference<'t, 'a>,
    /// The parameters and what is part of them.
    names: BTreeSet<&'a str>,
    classes: &'t ApplicationClasses,
    alone: &'t [bool],
    is_alone: bool,
}

impl<'a> Uses<'_, 'a> {
    /// Whether what `expression` gives can be kept and passed on by anybody.
    fn is_harmless(&mut self, expression: &'a Expr) -> bool {
        matches!(
            self.inference.infer(expression),
            Type::Plain | Type::None | Type::Reference(_) | Type::SelfEntity(_)
        )
    }

    /// Visits what is only looked at.
    fn look(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Name(_) => {}
            Expr::Attribute(node) if node.ctx == ExprContext::Load => self.look(&node.value),
            Expr::Subscript(node) if node.ctx == ExprContext::Load => {
                self.look(&node.value);
                self.visit_expr(&node.slice);
            }
            Expr::Starred(node) => self.look(&node.value),
            Expr::BoolOp(node) => node.values.iter().for_each(|value| self.look(value)),
            Expr::UnaryOp(node) => self.look(&node.operand),
            Expr::Call(node) => {
                let is_going = self
                    .inference
                    .builtin(&node.func)
                    .is_some_and(|name| GOING_BUILTINS.contains(&name));
                let looked_at = match &*node.func {
                    Expr::Attribute(attribute)
                        if LOOKING_METHODS.contains(&attribute.attr.as_str())
                            && self.is_container(&attribute.value) =>
                    {
                        Some(&*attribute.value)
                    }
                    _ => None,
                };
                if is_going {
                    node.arguments.args.iter().for_each(|argument| self.look(argument));
                    let keywords = &node.arguments.keywords;
                    keywords.iter().for_each(|keyword| self.visit_expr(&keyword.value));
                } else if let Some(container) = looked_at {
                    self.look(container);
                    node.arguments.args.iter().for_each(|argument| self.visit_expr(argument));
                } else {
                    self.visit_expr(expression);
                }
            }
            _ => self.visit_expr(expression),
        }
    }

    fn is_container(&mut self, expression: &'a Expr) -> bool {
        matches!(
            self.inference.infer(expression),
            Type::List(_) | Type::Set(_) | Type::Dict(..) | Type::Tuple(_) | Type::TupleOf(_)
        )
    }

    fn call(&mut self, node: &'a ExprCall) {
        let keywords = node.arguments.keywords.iter().map(|keyword| &keyword.value);
        let arguments: Vec<&Expr> = node.arguments.args.iter().chain(keywords).collect();
        if !self.only_looks(node) {
            self.visit_expr(&node.func);
            arguments.into_iter().for_each(|argument| self.visit_expr(argument));
            return;
        }
        if let Expr::Attribute(attribute) = &*node.func {
            self.look(&attribute.value);
        }
        for argument in arguments {
            self.look(argument);
        }
    }

    /// Whether a call changes nothing of its arguments and keeps nothing of them.
    fn only_looks(&mut self, node: &'a ExprCall) -> bool {
        if let Some((function, _)) = self.inference.inherited_call(node) {
            return self.alone[function];
        }
        if let Some(binding) = self.inference.binding(&node.func) {
            return match binding {
                Binding::Entity(_) => true,
                Binding::Function(function) => self.alone[function],
                Binding::External(name) => name.starts_with("anabranch."),
                _ => false,
            };
        }
        if let Some(name) = self.inference.builtin(&node.func) {
            return LOOKING_BUILTINS.contains(&name);
        }
        let Expr::Attribute(attribute) = &*node.func else { return false };
        let name = &*self.inference.scope.member_name(attribute.attr.as_str());
        let application = self.inference.application();
        match self.inference.infer(&attribute.value) {
            Type::SelfEntity(entity) => {
                application.method(entity, name).is_some_and(|method| self.alone[method])
            }
            // Copies go there; unless it is this entity after all, and the method runs right here.
            Type::Reference(entity) => application.method(entity, name).is_some_and(|method| {
                let owner = self.inference.scope.owner;
                self.alone[method] || owner.is_some_and(|owner| owner != entity)
            }),
            Type::Record(record) => {
                self.classes.only_reads(record, name) && node.arguments.is_empty()
            }
            Type::Plain => true,
            _ => false,
        }
    }
}

impl<'a> Visitor<'a> for Uses<'_, 'a> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::For(node) => {
                self.look(&node.iter);
                self.visit_expr(&node.target);
                self.visit_body(&node.body);
                self.visit_body(&node.orelse);
            }
            Stmt::If(node) => {
                self.look(&node.test);
                self.visit_body(&node.body);
                for clause in &node.elif_else_clauses {
                    clause.test.iter().for_each(|test| self.look(test));
                    self.visit_body(&clause.body);
                }
            }
            Stmt::While(node) => {
                self.look(&node.test);
                self.visit_body(&node.body);
                self.visit_body(&node.orelse);
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Some((generators, elements)) = comprehension_parts(expression) {
            return self.comprehension(generators, &elements);
        }
        match expression {
            Expr::Name(name) => {
                let is_kept = name.ctx == ExprContext::Load
                    && self.names.contains(name.id.as_str())
                    && !self.is_harmless(expression);
                self.is_alone &= !is_kept;
            }
            Expr::Attribute(node) if node.ctx == ExprContext::Load => {
                if self.is_harmless(expression) {
                    self.look(&node.value);
                } else {
                    self.visit_expr(&node.value);
                }
            }
            Expr::Subscript(node) if node.ctx == ExprContext::Load => {
                if self.is_harmless(expression) {
                    self.look(&node.value);
                } else {
                    self.visit_expr(&node.value);
                }
                self.visit_expr(&node.slice);
            }
            Expr::Compare(node) => {
                self.look(&node.left);
                node.comparators.iter().for_each(|operand| self.look(operand));
            }
            Expr::Call(node) => self.call(node),
            _ => visitor::walk_expr(self, expression),
        }
    }
}

impl<'a> Uses<'_, 'a> {
    fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr]) {
        for generator in generators {
            self.look(&generator.iter);
            self.inference.enter_generator(generator);
            generator.ifs.iter().for_each(|test| self.look(test));
        }
        elements.iter().for_each(|element| self.visit_expr(element));
        for _ in generators {
            self.inference.leave();
        }
    }
}
