//! What a function does to attributes by itself, and which functions it calls.
//!
//! Whether an attribute changes cannot always be seen: a list may be changed through another
//! variable. So an attribute that may hold something mutable counts as written as soon as it is used
//! in any other way than those that are known to leave it alone.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprContext, Stmt};

use super::ClassAttribute;
use crate::resolve::Binding;
use crate::types::{FunctionScope, Inference, Type, Typing};

/// What a function does by itself.
#[derive(Debug, Default)]
pub(super) struct OwnEffects {
    pub(super) reads: BTreeSet<ClassAttribute>,
    pub(super) writes: BTreeSet<ClassAttribute>,
    pub(super) may_change_anything: bool,
    /// Functions of the application that are called or named.
    pub(super) callees: BTreeSet<usize>,
}

/// Methods of containers that change nothing.
const READING_METHODS: &[&str] = &["copy", "count", "get", "index", "items", "keys", "values"];

/// Builtins that change nothing of what they are given.
const READING_BUILTINS: &[&str] = &[
    "abs",
    "all",
    "any",
    "bool",
    "dict",
    "enumerate",
    "float",
    "frozenset",
    "int",
    "isinstance",
    "len",
    "list",
    "max",
    "min",
    "print",
    "repr",
    "reversed",
    "round",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
    "zip",
];

pub(super) fn own_effects<'a>(typing: &Typing<'a>, scope: &FunctionScope<'a>) -> OwnEffects {
    let inference = Inference::new(typing, scope);
    let mut walk = Walk { inference, found: OwnEffects::default(), is_reading: false };
    walk.visit_body(&scope.node.body);
    walk.found
}

struct Walk<'t, 'a> {
    inference: Inference<'t, 'a>,
    found: OwnEffects,
    /// The expression visited next is used in a way that leaves it alone.
    is_reading: bool,
}

impl<'a> Walk<'_, 'a> {
    /// Visits something that is only read.
    fn read(&mut self, expression: &'a Expr) {
        self.is_reading = true;
        self.visit_expr(expression);
    }

    fn attribute(&mut self, expression: &'a Expr, is_reading: bool) {
        let Expr::Attribute(node) = expression else { return };
        if let Some((function, _)) = self.inference.inherited(node) {
            self.found.callees.insert(function);
            return;
        }
        if self.inference.binding(&node.value).is_some() {
            return;
        }
        let receiver = self.inference.infer(&node.value);
        let (entity, is_own) = match receiver {
            Type::SelfEntity(entity) => (entity, true),
            Type::Reference(entity) => (entity, false),
            _ => return,
        };
        let name = self.inference.scope.member_name(node.attr.as_str());
        if let Some(function) = self.inference.application().member_from(entity, 0, &name) {
            self.found.callees.insert(function);
            return;
        }
        let attribute = (entity, name);
        if node.ctx == ExprContext::Load {
            self.found.reads.insert(attribute.clone());
            let kind = self.inference.infer(expression);
            let is_immutable = matches!(kind, Type::Plain | Type::None | Type::Reference(_));
            // What is read from another entity is a copy.
            if is_own && !is_immutable && !is_reading {
                self.found.writes.insert(attribute);
            }
        } else {
            self.found.writes.insert(attribute);
        }
    }
}

impl<'a> Visitor<'a> for Walk<'_, 'a> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::For(node) => {
                self.read(&node.iter);
                self.visit_expr(&node.target);
                self.visit_body(&node.body);
                self.visit_body(&node.orelse);
            }
            Stmt::If(node) => {
                self.read(&node.test);
                self.visit_body(&node.body);
                for clause in &node.elif_else_clauses {
                    clause.test.iter().for_each(|test| self.read(test));
                    self.visit_body(&clause.body);
                }
            }
            Stmt::AugAssign(node) => {
                if let Expr::Attribute(target) = &*node.target {
                    let class = match self.inference.infer(&target.value) {
                        Type::SelfEntity(entity) | Type::Reference(entity) => Some(entity),
                        _ => None,
                    };
                    let name = self.inference.scope.member_name(target.attr.as_str());
                    self.found.reads.extend(class.map(|class| (class, name)));
                }
                visitor::walk_stmt(self, statement);
            }
            // A copy, if it leaves the entity; and nobody of this class is told of the difference.
            Stmt::Return(node) => node.value.iter().for_each(|value| self.read(value)),
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        let is_reading = std::mem::take(&mut self.is_reading);
        if let Some(Binding::Function(function)) = self.inference.binding(expression) {
            self.found.callees.insert(function);
        }
        match expression {
            Expr::Attribute(node) => {
                self.attribute(expression, is_reading);
                // `self` before a dot goes nowhere.
                if !matches!(&*node.value, Expr::Name(_)) {
                    self.read(&node.value);
                }
            }
            Expr::Name(name) => {
                if self.inference.scope.self_name == Some(name.id.as_str()) && !is_reading {
                    self.found.may_change_anything = true;
                }
            }
            Expr::Call(node) => self.call(node),
            Expr::Compare(_) | Expr::FString(_) | Expr::UnaryOp(_) => {
                let parts = Parts::of(expression);
                parts.0.into_iter().for_each(|part| self.read(part));
            }
            Expr::Subscript(node) => {
                if node.ctx == ExprContext::Load && is_reading {
                    self.read(&node.value);
                } else if node.ctx == ExprContext::Load {
                    // An immutable element may go anywhere.
                    self.is_reading = matches!(self.inference.infer(expression), Type::Plain);
                    self.visit_expr(&node.value);
                } else {
                    self.visit_expr(&node.value);
                }
                self.read(&node.slice);
            }
            Expr::BinOp(node) => {
                self.read(&node.left);
                self.read(&node.right);
            }
            Expr::BoolOp(node) => {
                for value in &node.values {
                    self.is_reading = is_reading;
                    self.visit_expr(value);
                }
            }
            _ => visitor::walk_expr(self, expression),
        }
    }

    fn visit_comprehension(&mut self, generator: &'a ruff_python_ast::Comprehension) {
        self.read(&generator.iter);
        self.visit_expr(&generator.target);
        generator.ifs.iter().for_each(|test| self.read(test));
    }
}

impl<'a> Walk<'_, 'a> {
    fn call(&mut self, node: &'a ruff_python_ast::ExprCall) {
        let is_reading_builtin =
            self.inference.builtin(&node.func).is_some_and(|name| READING_BUILTINS.contains(&name));
        let is_class = matches!(self.inference.binding(&node.func), Some(Binding::Entity(_)));
        let mut leaves_arguments_alone = is_reading_builtin || is_class;
        match &*node.func {
            Expr::Attribute(attribute) => {
                self.attribute(&node.func, true);
                let receiver = self.inference.infer(&attribute.value);
                // What goes to another entity is copied.
                leaves_arguments_alone |= matches!(receiver, Type::Reference(_));
                let is_entity = matches!(receiver, Type::Reference(_) | Type::SelfEntity(_));
                let reads = is_entity || READING_METHODS.contains(&attribute.attr.as_str());
                self.is_reading = reads || receiver == Type::Plain;
                self.visit_expr(&attribute.value);
            }
            other => self.read(other),
        }
        let is_inherited = self.inference.inherited_call(node).is_some();
        let keywords = node.arguments.keywords.iter().map(|keyword| &keyword.value);
        for argument in node.arguments.args.iter().chain(keywords) {
            // What `Base.method(self)` does with the entity is known.
            self.is_reading =
                leaves_arguments_alone || (is_inherited && self.inference.is_self(argument));
            self.visit_expr(argument);
        }
    }
}

/// The direct parts of an expression.
struct Parts<'a>(Vec<&'a Expr>);

impl<'a> Parts<'a> {
    fn of(expression: &'a Expr) -> Self {
        let mut parts = Self(Vec::new());
        visitor::walk_expr(&mut parts, expression);
        parts
    }
}

impl<'a> Visitor<'a> for Parts<'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        self.0.push(expression);
    }
}
