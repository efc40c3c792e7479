//! Inner functions of functions that are split.
//!
//! A lambda or nested function sees later assignments to the variables it captures. A segment hands
//! its variables on by value, so a captured variable must not change after the capture. Where the
//! inner function is used up at once (a sort key, the generator in `sum(…)`) it cannot see a change.

use std::collections::BTreeMap;

use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Arguments, Comprehension, Expr, ExprContext, Parameters, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::effects::{Place, Spot};
use crate::names::{
    body_occurrences, occurrences, parameter_names, statement_occurrences, targets,
};
use crate::types::{FunctionScope, Inference, Typing};
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

/// Checks a function that is split at `spots`.
pub(super) fn check<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    spots: &[Spot<'a>],
    found: &mut Vec<Diagnostic>,
) {
    let body = &scope.node.body;
    let suspensions =
        spots.iter().filter(|spot| spot.place == Place::Body).map(|spot| spot.range).collect();
    let bindings = Bindings::of(scope);
    let inference = Inference::new(typing, scope);
    let mut captures = Captures { inference, suspensions, own: Vec::new(), found: Vec::new() };
    captures.visit_body(body);
    for capture in &captures.found {
        let changes = capture.is_of_comprehension
            || bindings.change(capture.name)
            || bindings.binds_after_suspension(capture, &captures.suspensions);
        if !changes {
            continue;
        }
        let (function, name) = (scope.node.name.as_str(), capture.name);
        let message = format!("an inner function of `{function}` uses `{name}`, which changes");
        found.push(
            Diagnostic::new(Code::ChangingCapture, message)
                .at(scope.module, capture.range, "the inner function uses it here")
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

/// Where a function binds its variables.
struct Bindings<'s> {
    /// How often each is bound; a binding in a loop counts twice.
    counts: BTreeMap<&'s str, usize>,
    /// Each with where the statement that binds ends.
    places: Vec<(&'s str, TextSize)>,
}

impl<'s> Bindings<'s> {
    fn of(scope: &FunctionScope<'s>) -> Self {
        let mut bindings = Self { counts: BTreeMap::new(), places: Vec::new() };
        for name in parameter_names(&scope.node.parameters) {
            bindings.counts.insert(name, 1);
        }
        let mut layout = Layout { loops: Vec::new(), statements: Vec::new() };
        layout.visit_body(&scope.node.body);
        for occurrence in body_occurrences(&scope.node.body) {
            if occurrence.context == ExprContext::Load {
                continue;
            }
            let is_inside = |range: &&TextRange| range.contains_range(occurrence.range);
            let weight = if layout.loops.iter().any(|range| is_inside(&range)) { 2 } else { 1 };
            *bindings.counts.entry(occurrence.name).or_default() += weight;
            let statement = layout.statements.iter().rfind(is_inside);
            let end = statement.map_or(occurrence.range.end(), |range| range.end());
            bindings.places.push((occurrence.name, end));
        }
        bindings
    }

    fn change(&self, name: &str) -> bool {
        self.counts.get(name).is_some_and(|count| *count > 1)
    }

    /// Whether the captured variable gets its value only in a later segment.
    fn binds_after_suspension(&self, capture: &Capture<'_>, suspensions: &[TextRange]) -> bool {
        let from = capture.range.start();
        let later = self.places.iter().filter(|(name, end)| *name == capture.name && *end > from);
        let mut later = later.map(|(_, end)| *end);
        later.any(|end| suspensions.iter().any(|spot| spot.start() > from && spot.start() < end))
    }
}

/// The loops and the simple statements of a function.
struct Layout {
    loops: Vec<TextRange>,
    statements: Vec<TextRange>,
}

impl<'s> StatementVisitor<'s> for Layout {
    fn visit_stmt(&mut self, statement: &'s Stmt) {
        match statement {
            Stmt::For(_) | Stmt::While(_) => self.loops.push(statement.range()),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => return,
            Stmt::If(_) | Stmt::Try(_) | Stmt::With(_) | Stmt::Match(_) => {}
            _ => self.statements.push(statement.range()),
        }
        walk_stmt(self, statement);
    }
}

/// A name inside of an inner function that outlives the expression it stands in.
struct Capture<'s> {
    name: &'s str,
    range: TextRange,
    /// A variable of a comprehension that is split: it changes with every element.
    is_of_comprehension: bool,
}

struct Captures<'t, 's> {
    inference: Inference<'t, 's>,
    suspensions: Vec<TextRange>,
    /// The variables of the comprehensions around that are split, innermost last.
    own: Vec<&'s str>,
    found: Vec<Capture<'s>>,
}

impl<'s> Captures<'_, 's> {
    fn record(&mut self, found: Vec<crate::names::Occurrence<'s>>) {
        for occurrence in found.into_iter().filter(|occurrence| occurrence.is_captured) {
            let (name, range) = (occurrence.name, occurrence.range);
            let is_of_comprehension = self.own.contains(&name);
            self.found.push(Capture { name, range, is_of_comprehension });
        }
    }

    /// Records what was found in an inner function, apart from its defaults, which are evaluated
    /// where it stands.
    fn record_outside(
        &mut self,
        mut found: Vec<crate::names::Occurrence<'s>>,
        defaults: Vec<&'s Expr>,
    ) {
        found.retain(|it| !defaults.iter().any(|other| other.range().contains_range(it.range)));
        self.record(found);
        defaults.into_iter().for_each(|default| self.visit_expr(default));
    }

    fn comprehension(&mut self, expression: &'s Expr, generators: &'s [Comprehension]) {
        let first = generators[0].iter.range();
        let is_split = self
            .suspensions
            .iter()
            .any(|spot| expression.range().contains_range(*spot) && !first.contains_range(*spot));
        let outer = self.own.len();
        if is_split {
            self.own.extend(generators.iter().flat_map(|generator| targets(&generator.target)));
        }
        visitor::walk_expr(self, expression);
        self.own.truncate(outer);
    }
}

impl<'s> Visitor<'s> for Captures<'_, 's> {
    fn visit_annotation(&mut self, _: &'s Expr) {}

    fn visit_stmt(&mut self, statement: &'s Stmt) {
        match statement {
            Stmt::FunctionDef(node) => {
                self.record_outside(statement_occurrences(statement), defaults(&node.parameters));
            }
            Stmt::ClassDef(_) => self.record(statement_occurrences(statement)),
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'s Expr) {
        match expression {
            Expr::Lambda(node) => {
                let defaults = node.parameters.iter().flat_map(|list| defaults(list)).collect();
                self.record_outside(occurrences(expression), defaults);
            }
            Expr::Generator(_) => {
                let mut found = occurrences(expression);
                // A generator that runs later binds them in the segment that made it.
                found.iter_mut().for_each(|it| it.is_captured |= it.context.is_store());
                self.record(found);
            }
            Expr::ListComp(node) => self.comprehension(expression, &node.generators),
            Expr::SetComp(node) => self.comprehension(expression, &node.generators),
            Expr::DictComp(node) => self.comprehension(expression, &node.generators),
            // A lambda that is called where it stands; its arguments are evaluated before.
            Expr::Call(node) if node.func.is_lambda_expr() && !binds_a_name(&node.arguments) => {
                self.visit_arguments(&node.arguments);
            }
            Expr::Call(node) if consumes(&self.inference, &node.func) => {
                self.visit_expr(&node.func);
                for argument in &node.arguments.args {
                    match argument {
                        Expr::Generator(generator) => self.visit_expr(&generator.elt),
                        other => self.visit_expr(other),
                    }
                }
                for keyword in &node.arguments.keywords {
                    let is_key = keyword.arg.as_ref().is_some_and(|name| name == "key");
                    if !(is_key && keyword.value.is_lambda_expr()) {
                        self.visit_expr(&keyword.value);
                    }
                }
            }
            _ => visitor::walk_expr(self, expression),
        }
    }
}

fn defaults(parameters: &Parameters) -> Vec<&Expr> {
    let parameters = parameters.iter_non_variadic_params();
    parameters.filter_map(|parameter| parameter.default.as_deref()).collect()
}

fn consumes(inference: &Inference<'_, '_>, callee: &Expr) -> bool {
    match callee {
        Expr::Name(_) => inference.builtin(callee).is_some_and(|name| CONSUMERS.contains(&name)),
        Expr::Attribute(node) => CONSUMING_METHODS.contains(&node.attr.as_str()),
        _ => false,
    }
}

/// Whether evaluating `arguments` binds a variable with `:=`.
fn binds_a_name(arguments: &Arguments) -> bool {
    let keywords = arguments.keywords.iter().map(|keyword| &keyword.value);
    let mut found = arguments.args.iter().chain(keywords).flat_map(occurrences);
    found.any(|occurrence| occurrence.context.is_store())
}
