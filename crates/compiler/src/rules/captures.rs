//! Inner functions of functions that are split.
//!
//! A lambda or nested function sees later assignments to the variables it captures. A segment hands
//! its variables on by value, so a captured variable must not change after the capture. Where the
//! inner function is used up at once (a sort key, the generator in `sum(…)`) it cannot see a change.

use std::collections::BTreeMap;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprContext, Stmt};
use ruff_text_size::{Ranged, TextRange};

use crate::names::{occurrences, parameter_names, statement_occurrences};
use crate::types::FunctionScope;
use crate::{Code, Diagnostic};

/// Functions that use up the functions and generators they are given before they return.
const CONSUMERS: &[&str] = &[
    "all",
    "any",
    "dict",
    "frozenset",
    "list",
    "max",
    "min",
    "next",
    "set",
    "sorted",
    "sum",
    "tuple",
];

/// Methods that do the same.
const CONSUMING_METHODS: &[&str] = &["extend", "join", "sort", "update"];

pub(super) fn check(scope: &FunctionScope<'_>, found: &mut Vec<Diagnostic>) {
    let mut bindings = Bindings { counts: BTreeMap::new(), loops: 0 };
    for name in parameter_names(&scope.node.parameters) {
        bindings.counts.insert(name, 1);
    }
    bindings.visit_body(&scope.node.body);
    let mut captures = Captures { found: Vec::new() };
    captures.visit_body(&scope.node.body);
    for (name, range) in captures.found {
        if bindings.counts.get(name).is_none_or(|count| *count < 2) {
            continue;
        }
        let function = scope.node.name.as_str();
        let message = format!("an inner function of `{function}` uses `{name}`, which changes");
        found.push(
            Diagnostic::new(Code::ChangingCapture, message)
                .at(scope.module, range, "captured here")
                .why(
                    "a function with remote calls runs in several pieces, \
                     and an inner function would not see the new value in the next one",
                )
                .help(format!(
                    "pass `{name}` as an argument, or copy it into a new variable first"
                )),
        );
    }
}

/// How often each variable is bound; a binding in a loop counts twice.
struct Bindings<'s> {
    counts: BTreeMap<&'s str, usize>,
    loops: usize,
}

impl<'s> Bindings<'s> {
    fn count(&mut self, found: Vec<crate::names::Occurrence<'s>>) {
        for occurrence in found {
            if occurrence.context != ExprContext::Load {
                let weight = if self.loops > 0 { 2 } else { 1 };
                *self.counts.entry(occurrence.name).or_default() += weight;
            }
        }
    }
}

impl<'s> Visitor<'s> for Bindings<'s> {
    fn visit_stmt(&mut self, statement: &'s Stmt) {
        match statement {
            Stmt::For(node) => {
                self.loops += 1;
                self.count(occurrences(&node.target));
                self.visit_body(&node.body);
                self.loops -= 1;
                self.visit_body(&node.orelse);
            }
            Stmt::While(node) => {
                self.loops += 1;
                self.count(occurrences(&node.test));
                self.visit_body(&node.body);
                self.loops -= 1;
                self.visit_body(&node.orelse);
            }
            Stmt::If(node) => {
                self.count(occurrences(&node.test));
                self.visit_body(&node.body);
                for clause in &node.elif_else_clauses {
                    self.count(clause.test.iter().flat_map(occurrences).collect());
                    self.visit_body(&clause.body);
                }
            }
            _ => self.count(statement_occurrences(statement)),
        }
    }
}

/// Names inside inner functions that outlive the expression they stand in.
struct Captures<'s> {
    found: Vec<(&'s str, TextRange)>,
}

impl<'s> Captures<'s> {
    fn record(&mut self, expression: &'s Expr) {
        for occurrence in occurrences(expression) {
            if occurrence.is_captured {
                self.found.push((occurrence.name, occurrence.range));
            }
        }
    }
}

impl<'s> Visitor<'s> for Captures<'s> {
    fn visit_stmt(&mut self, statement: &'s Stmt) {
        match statement {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {
                for occurrence in statement_occurrences(statement) {
                    if occurrence.is_captured && occurrence.range != statement.range() {
                        self.found.push((occurrence.name, occurrence.range));
                    }
                }
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'s Expr) {
        match expression {
            Expr::Lambda(_) | Expr::Generator(_) => self.record(expression),
            Expr::Call(node) if consumes(&node.func) => {
                self.visit_expr(&node.func);
                let keywords = node.arguments.keywords.iter().map(|keyword| &keyword.value);
                for argument in node.arguments.args.iter().chain(keywords) {
                    match argument {
                        Expr::Lambda(_) => {}
                        Expr::Generator(generator) => {
                            visitor::walk_expr(self, &generator.elt);
                        }
                        other => self.visit_expr(other),
                    }
                }
            }
            _ => visitor::walk_expr(self, expression),
        }
    }
}

fn consumes(callee: &Expr) -> bool {
    match callee {
        Expr::Name(name) => CONSUMERS.contains(&name.id.as_str()),
        Expr::Attribute(node) => CONSUMING_METHODS.contains(&node.attr.as_str()),
        _ => false,
    }
}
