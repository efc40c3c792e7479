//! Names in Python code: which ones a piece of code reads and which ones it binds.

use std::borrow::Cow;
use std::collections::BTreeSet;

use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, ExceptHandler, Expr, ExprContext, Parameters, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange};
use rustc_hash::FxHashSet;

/// One occurrence of a name that refers to the enclosing function's scope (or further out).
#[derive(Clone, Copy, Debug)]
pub struct Occurrence<'a> {
    pub name: &'a str,
    pub range: TextRange,
    pub context: ExprContext,
    /// Whether it stands inside a lambda or nested function, which may run later.
    pub is_captured: bool,
}

/// The names in `expression` that do not belong to a scope inside of it.
pub fn occurrences(expression: &Expr) -> Vec<Occurrence<'_>> {
    let mut collector = Collector::default();
    collector.visit_expr(expression);
    collector.found
}

/// The same, but for what lies in the ranges `left_out`: those of parts of `expression` in the order of
/// the source.
pub fn occurrences_outside<'a>(
    expression: &'a Expr,
    left_out: Vec<TextRange>,
) -> Vec<Occurrence<'a>> {
    let mut collector = Collector { left_out, ..Collector::default() };
    collector.visit_expr(expression);
    collector.found
}

/// The names that `pattern` reads and binds.
pub fn pattern_occurrences(pattern: &Pattern) -> Vec<Occurrence<'_>> {
    let mut collector = Collector::default();
    collector.visit_pattern(pattern);
    collector.found
}

/// The names in `statement` that do not belong to a scope inside of it.
pub fn statement_occurrences(statement: &Stmt) -> Vec<Occurrence<'_>> {
    let mut collector = Collector::default();
    collector.visit_stmt(statement);
    collector.found
}

/// The names that `body`, a function's body, binds in its own scope, in order of appearance.
pub fn bound_names(body: &[Stmt]) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    let mut seen = FxHashSet::default();
    let found = Vec::with_capacity(16);
    let mut collector =
        Collector { found, leaves_out_loads: true, leaves_out_inner: true, ..Collector::default() };
    collector.visit_body(body);
    for occurrence in collector.found {
        let is_bound = matches!(occurrence.context, ExprContext::Store | ExprContext::Del);
        if is_bound && !occurrence.is_captured && seen.insert(occurrence.name) {
            names.push(occurrence.name);
        }
    }
    names
}

/// The names in `body` that do not belong to a scope inside of it.
pub fn body_occurrences(body: &[Stmt]) -> Vec<Occurrence<'_>> {
    let mut collector = Collector { found: Vec::with_capacity(32), ..Collector::default() };
    collector.visit_body(body);
    collector.found
}

/// Where names are bound in `body`, inside of other scopes too if they do not belong to those.
pub fn binding_occurrences(body: &[Stmt]) -> Vec<Occurrence<'_>> {
    let found = Vec::with_capacity(16);
    let mut collector = Collector { found, leaves_out_loads: true, ..Collector::default() };
    collector.visit_body(body);
    collector.found
}

/// The names that `statement` binds, without those of functions and classes inside of it.
pub fn target_names<'a>(statement: &'a Stmt, names: &mut Vec<&'a str>) {
    names.extend(bound_names(std::slice::from_ref(statement)));
}

/// The names that an assignment to `target` binds.
pub fn targets(target: &Expr) -> Vec<&str> {
    let stores = occurrences(target).into_iter();
    stores
        .filter(|occurrence| occurrence.context == ExprContext::Store)
        .map(|occurrence| occurrence.name)
        .collect()
}

/// Whether one of the parameters is called `name`.
pub fn is_parameter(parameters: &Parameters, name: &str) -> bool {
    parameters.iter().any(|parameter| parameter.name().as_str() == name)
}

/// The parameters' names, in the order of the signature.
pub fn parameter_names(parameters: &Parameters) -> Vec<&str> {
    parameters.iter().map(|parameter| parameter.name().as_str()).collect()
}

/// `name` as Python stores it in the body of `class`.
pub fn mangled<'n>(class: Option<&str>, name: &'n str) -> Cow<'n, str> {
    match class.map(|class| class.trim_start_matches('_')) {
        Some(class) if name.starts_with("__") && !name.ends_with("__") && !class.is_empty() => {
            Cow::Owned(format!("_{class}{name}"))
        }
        _ => Cow::Borrowed(name),
    }
}

#[derive(Default)]
struct Collector<'a> {
    found: Vec<Occurrence<'a>>,
    /// Names of the scopes inside, innermost last.
    hidden: Vec<BTreeSet<&'a str>>,
    captured_depth: usize,
    /// What is only read is not of interest.
    leaves_out_loads: bool,
    /// What lambdas, and functions and classes inside, do is not of interest.
    leaves_out_inner: bool,
    /// Where nothing is looked for, in the order of the source.
    left_out: Vec<TextRange>,
    /// How many of the captures around are generators.
    generators: usize,
}

impl<'a> Collector<'a> {
    fn record(&mut self, name: &'a str, range: TextRange, context: ExprContext) {
        if self.leaves_out_loads && context == ExprContext::Load {
            return;
        }
        if !self.hidden.iter().any(|scope| scope.contains(name)) {
            // What `:=` in a generator binds belongs to the function around it.
            let is_own = context == ExprContext::Store && self.captured_depth == self.generators;
            let is_captured = self.captured_depth > 0 && !is_own;
            self.found.push(Occurrence { name, range, context, is_captured });
        }
    }

    /// All of a comprehension but its first iterable, which belongs to the enclosing scope (Python
    /// reference, 6.2.4) and is visited by [`Collector::first_iterable`].
    fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr]) {
        let Some((first, rest)) = generators.split_first() else { return };
        let bound = generators.iter().flat_map(|generator| targets(&generator.target)).collect();
        self.hidden.push(bound);
        for expression in &first.ifs {
            self.visit_expr(expression);
        }
        for generator in rest {
            self.visit_expr(&generator.iter);
            for expression in &generator.ifs {
                self.visit_expr(expression);
            }
        }
        for element in elements {
            self.visit_expr(element);
        }
        // Targets other than names are evaluated in the inner scope as well.
        for generator in generators {
            self.visit_expr(&generator.target);
        }
        self.hidden.pop();
    }

    fn first_iterable(&mut self, generators: &'a [Comprehension]) {
        if let Some(first) = generators.first() {
            self.visit_expr(&first.iter);
        }
    }

    fn defaults(&mut self, parameters: &'a Parameters) {
        for parameter in parameters.iter_non_variadic_params() {
            if let Some(default) = &parameter.default {
                self.visit_expr(default);
            }
        }
    }
}

impl<'a> Visitor<'a> for Collector<'a> {
    fn visit_annotation(&mut self, _: &'a Expr) {
        // Annotations of local variables are never evaluated.
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        if !self.left_out.is_empty() {
            let range = expression.range();
            let behind =
                self.left_out.partition_point(|left_out| left_out.start() <= range.start());
            let before = behind.checked_sub(1).map(|index| self.left_out[index]);
            if before.is_some_and(|left_out| left_out.contains_range(range)) {
                return;
            }
        }
        match expression {
            Expr::Name(name) => self.record(name.id.as_str(), name.range(), name.ctx),
            Expr::Lambda(lambda) => {
                let mut bound = BTreeSet::new();
                if let Some(parameters) = &lambda.parameters {
                    self.defaults(parameters);
                    bound.extend(parameter_names(parameters));
                }
                if self.leaves_out_inner {
                    return;
                }
                self.hidden.push(bound);
                self.captured_depth += 1;
                self.visit_expr(&lambda.body);
                self.captured_depth -= 1;
                self.hidden.pop();
            }
            Expr::ListComp(node) => {
                self.first_iterable(&node.generators);
                self.comprehension(&node.generators, &[&node.elt]);
            }
            Expr::SetComp(node) => {
                self.first_iterable(&node.generators);
                self.comprehension(&node.generators, &[&node.elt]);
            }
            Expr::DictComp(node) => {
                self.first_iterable(&node.generators);
                let elements: Vec<&Expr> =
                    node.key.as_deref().into_iter().chain([&*node.value]).collect();
                self.comprehension(&node.generators, &elements);
            }
            Expr::Generator(node) => {
                // The first iterable is evaluated at once, the rest when the generator runs.
                self.first_iterable(&node.generators);
                self.captured_depth += 1;
                self.generators += 1;
                self.comprehension(&node.generators, &[&node.elt]);
                self.generators -= 1;
                self.captured_depth -= 1;
            }
            _ => visitor::walk_expr(self, expression),
        }
    }

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::FunctionDef(node) => {
                self.record(node.name.as_str(), node.name.range(), ExprContext::Store);
                for decorator in &node.decorator_list {
                    self.visit_expr(&decorator.expression);
                }
                self.defaults(&node.parameters);
                if self.leaves_out_inner {
                    return;
                }
                let mut bound: BTreeSet<&str> = bound_names(&node.body).into_iter().collect();
                bound.extend(parameter_names(&node.parameters));
                for name in nonlocal_names(&node.body) {
                    bound.remove(name);
                }
                self.hidden.push(bound);
                self.captured_depth += 1;
                self.visit_body(&node.body);
                self.captured_depth -= 1;
                self.hidden.pop();
            }
            Stmt::ClassDef(node) => {
                self.record(node.name.as_str(), node.name.range(), ExprContext::Store);
                for decorator in &node.decorator_list {
                    self.visit_expr(&decorator.expression);
                }
                for base in node.bases() {
                    self.visit_expr(base);
                }
                if self.leaves_out_inner {
                    return;
                }
                self.hidden.push(bound_names(&node.body).into_iter().collect());
                self.captured_depth += 1;
                self.visit_body(&node.body);
                self.captured_depth -= 1;
                self.hidden.pop();
            }
            Stmt::Import(node) => {
                for alias in &node.names {
                    let name = alias.name.as_str();
                    let top = name.split('.').next().unwrap_or(name);
                    let local = alias.asname.as_ref().map_or(top, |local| local.as_str());
                    self.record(local, alias.range(), ExprContext::Store);
                }
            }
            Stmt::ImportFrom(node) => {
                for alias in &node.names {
                    let local = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.record(local.as_str(), alias.range(), ExprContext::Store);
                }
            }
            Stmt::AugAssign(node) => {
                // `x += 1` reads `x` as well.
                if let Expr::Name(name) = &*node.target {
                    self.record(name.id.as_str(), name.range(), ExprContext::Load);
                }
                visitor::walk_stmt(self, statement);
            }
            Stmt::AnnAssign(node) => {
                // `x: int` alone still makes `x` a local name.
                self.visit_expr(&node.target);
                if let Some(value) = &node.value {
                    self.visit_expr(value);
                }
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(node) = handler;
        if let Some(name) = &node.name {
            self.record(name.as_str(), name.range(), ExprContext::Store);
            // Python deletes the name at the end of the handler.
            self.record(name.as_str(), name.range(), ExprContext::Del);
        }
        visitor::walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(node) => node.name.as_ref(),
            Pattern::MatchStar(node) => node.name.as_ref(),
            Pattern::MatchMapping(node) => node.rest.as_ref(),
            _ => None,
        };
        if let Some(name) = name {
            self.record(name.as_str(), name.range(), ExprContext::Store);
        }
        visitor::walk_pattern(self, pattern);
    }
}

/// The names that a nested function declares `nonlocal`.
fn nonlocal_names(body: &[Stmt]) -> Vec<&str> {
    struct Nonlocals<'s>(Vec<&'s str>);
    impl<'s> StatementVisitor<'s> for Nonlocals<'s> {
        fn visit_stmt(&mut self, statement: &'s Stmt) {
            match statement {
                Stmt::Nonlocal(node) => self.0.extend(node.names.iter().map(|name| name.as_str())),
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ => walk_stmt(self, statement),
            }
        }
    }
    let mut nonlocals = Nonlocals(Vec::new());
    nonlocals.visit_body(body);
    nonlocals.0
}
