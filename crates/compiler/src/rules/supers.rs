//! `super()` in functions that are split.
//!
//! A segment is compiled inside a class like the user's, so `super().name` means there what it means in
//! the function. Calls of methods that can suspend are found by the compiler; for that it must see
//! which `super` and which method is meant.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, Expr, Parameters, Stmt};
use ruff_text_size::Ranged;

use crate::comprehension::comprehension_parts;
use crate::types::{FunctionScope, Inference, Typing};
use crate::{Code, Diagnostic};

/// Checks a function that is split.
pub(super) fn check<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    found: &mut Vec<Diagnostic>,
) {
    let mut supers = Supers { inference: Inference::new(typing, scope), depth: 0, found };
    supers.visit_body(&scope.node.body);
}

struct Supers<'t, 'a> {
    inference: Inference<'t, 'a>,
    /// Scopes around that are inside of the function.
    depth: usize,
    found: &'t mut Vec<Diagnostic>,
}

impl<'a> Supers<'_, 'a> {
    fn refuse(&mut self, expression: &'a Expr, label: &'static str, help: &'static str) {
        let name = self.inference.scope.node.name.as_str();
        let message = format!(
            "`{name}` makes remote calls and uses `super` in another way than `super().name`"
        );
        self.found.push(
            Diagnostic::new(Code::SuperInSplit, message)
                .at(self.inference.scope.module, expression.range(), label)
                .why("a function with remote calls runs in pieces, and which method is called must be known before")
                .help(help),
        );
    }

    /// A use of `super` with an attribute right behind it.
    fn check(&mut self, expression: &'a Expr) {
        let Expr::Call(node) = expression else { return };
        let has_arguments = !node.arguments.is_empty();
        if self.depth > 0 && !has_arguments {
            let help = "call it outside, and use the result";
            self.refuse(expression, "in a scope of its own", help);
        } else if self.inference.super_level(expression).is_none() {
            let help = "write `super().name`, or `super(Class, self).name` with a class that this one inherits from";
            self.refuse(expression, "which class follows is not known", help);
        }
    }

    fn inside(&mut self, visit: impl FnOnce(&mut Self)) {
        self.depth += 1;
        visit(self);
        self.depth -= 1;
    }

    /// Defaults are evaluated outside.
    fn defaults(&mut self, parameters: &'a Parameters) {
        let defaults = parameters.iter_non_variadic_params();
        let defaults = defaults.filter_map(|parameter| parameter.default.as_deref());
        defaults.for_each(|default| self.visit_expr(default));
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr]) {
        // The first iterable is evaluated outside.
        self.visit_expr(&generators[0].iter);
        self.inside(|this| {
            for (index, generator) in generators.iter().enumerate() {
                if index > 0 {
                    this.visit_expr(&generator.iter);
                }
                generator.ifs.iter().for_each(|test| this.visit_expr(test));
            }
            elements.iter().for_each(|element| this.visit_expr(element));
        });
    }
}

impl<'a> Visitor<'a> for Supers<'_, 'a> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(node) => {
                node.decorator_list.iter().for_each(|decorator| self.visit_decorator(decorator));
                self.defaults(&node.parameters);
                self.inside(|this| this.visit_body(&node.body));
            }
            Stmt::ClassDef(_) => self.inside(|this| visitor::walk_stmt(this, statement)),
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if let Some((generators, elements)) = comprehension_parts(expression) {
            return self.comprehension(generators, &elements);
        }
        match expression {
            Expr::Attribute(node) if self.inference.is_super(&node.value) => {
                self.check(&node.value);
                if let Expr::Call(call) = &*node.value {
                    self.visit_arguments(&call.arguments);
                }
            }
            Expr::Name(_) if self.inference.builtin(expression) == Some("super") => {
                let help = "write `super().name` where the value is used";
                self.refuse(expression, "no attribute is taken from it here", help);
            }
            Expr::Lambda(node) => {
                node.parameters.iter().for_each(|parameters| self.defaults(parameters));
                self.inside(|this| this.visit_expr(&node.body));
            }
            _ => visitor::walk_expr(self, expression),
        }
    }
}
