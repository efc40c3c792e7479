//! Finds every action in a piece of code, with the kind of place it stands in.

use std::collections::BTreeMap;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, Expr, ExprLambda, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::{Action, Certainty, action_of, consumed_generator, target_action};
use crate::names::parameter_names;
use crate::node_ranges::NodeRanges;
use crate::types::{FunctionScope, Inference, Type, Typing};

/// The innermost construct around an action that matters for whether it can suspend there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// Where a call can suspend.
    Body,
    /// `try` with `except*`.
    TryStar,
    With,
    /// A pattern of a `match` statement.
    Pattern,
    Lambda,
    Nested,
    Generator,
    /// An attribute that is deleted.
    Other,
}

/// One action in the code.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    pub action: Action,
    /// The attribute or method, where the action is on one.
    pub member: &'a str,
    pub node: &'a Expr,
    /// The variables of comprehensions around, with what they are taken from.
    pub elements: Vec<(&'a str, &'a Expr)>,
    pub range: TextRange,
    pub place: Place,
    /// Where the construct of `place` starts.
    pub place_range: TextRange,
}

/// All actions in `body`, a part of the function of `scope`. `suspends` says of each function
/// whether it can suspend. Calls of functions that only *may* suspend are no actions inside lambdas
/// and nested functions: there the function runs as plain Python, and fails clearly if it does meet
/// a reference.
pub(super) fn spots<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    suspends: &[Option<Certainty>],
    body: &'a [Stmt],
) -> Vec<Spot<'a>> {
    let mut finder = Finder::new(Inference::new(typing, scope), suspends);
    finder.visit_body(body);
    finder.found
}

/// Puts what is known of its callee into `action`. False if that cannot suspend.
pub(super) fn settle(action: &mut Action, suspends: &[Option<Certainty>]) -> bool {
    let Some(callee) = action.callee() else { return true };
    let Some(known) = suspends[callee] else { return false };
    if let Action::SelfCall { certainty, .. }
    | Action::InheritedCall { certainty, .. }
    | Action::Function { certainty, .. } = action
    {
        *certainty = known;
    }
    true
}

/// Where in a function it can suspend.
#[derive(Debug)]
pub struct Suspensions(NodeRanges);

impl Suspensions {
    /// Of a function with these actions.
    pub fn of(spots: &[Spot<'_>]) -> Self {
        let in_body = spots.iter().filter(|spot| spot.place == Place::Body);
        Self(NodeRanges::new(in_body.map(|spot| spot.range).collect()))
    }

    /// Whether evaluating `expression`, or assigning to it, can suspend.
    pub fn in_expression(&self, expression: &Expr) -> bool {
        match expression {
            // The rest runs when somebody uses it.
            Expr::Generator(node) => self.0.any_within(&node.generators[0].iter),
            _ => self.0.any_within(expression),
        }
    }

    /// Whether evaluating `expression` can suspend at several places.
    pub fn several_in_expression(&self, expression: &Expr) -> bool {
        self.0.several_within(expression)
    }

    /// Whether running `statement` can suspend.
    pub fn in_statement(&self, statement: &Stmt) -> bool {
        self.0.any_within(statement)
    }
}

struct Finder<'t, 'a> {
    inference: Inference<'t, 'a>,
    suspends: &'t [Option<Certainty>],
    place: (Place, TextRange),
    elements: Vec<(&'a str, &'a Expr)>,
    found: Vec<Spot<'a>>,
}

impl<'t, 'a> Finder<'t, 'a> {
    fn new(inference: Inference<'t, 'a>, suspends: &'t [Option<Certainty>]) -> Self {
        let place = (Place::Body, TextRange::default());
        Self { inference, suspends, place, elements: Vec::new(), found: Vec::new() }
    }

    fn record(&mut self, action: Action, expression: &'a Expr) {
        let (place, place_range) = self.place;
        let member = match expression {
            Expr::Attribute(node) => node.attr.as_str(),
            Expr::Call(node) => match &*node.func {
                Expr::Attribute(attribute) => attribute.attr.as_str(),
                _ => "",
            },
            _ => "",
        };
        let range = expression.range();
        let (node, elements) = (expression, self.elements.clone());
        self.found.push(Spot { action, member, node, elements, range, place, place_range });
    }

    /// Visits in a place from which no inner one leads back to where a call can suspend.
    fn inside(&mut self, place: Place, range: TextRange, visit: impl FnOnce(&mut Self)) {
        let outer = self.place;
        let is_outer_opaque = matches!(outer.0, Place::Lambda | Place::Nested | Place::Generator);
        if !is_outer_opaque {
            self.place = (place, range);
        }
        visit(self);
        self.place = outer;
    }

    fn comprehension(&mut self, generators: &'a [Comprehension], elements: &[&'a Expr]) {
        for (index, generator) in generators.iter().enumerate() {
            if index > 0 {
                self.visit_expr(&generator.iter);
            }
            self.inference.enter_generator(generator);
            if let Expr::Name(name) = &generator.target {
                self.elements.push((name.id.as_str(), &generator.iter));
            }
            self.target(&generator.target);
            for condition in &generator.ifs {
                self.visit_expr(condition);
            }
        }
        for element in elements {
            self.visit_expr(element);
        }
        for generator in generators {
            if generator.target.is_name_expr() {
                self.elements.pop();
            }
            self.inference.leave();
        }
    }

    /// A lambda whose parameters are of this type.
    fn lambda(&mut self, node: &'a ExprLambda, parameter: &Type) {
        let mut variables = BTreeMap::new();
        if let Some(parameters) = &node.parameters {
            for parameter in parameters.iter_non_variadic_params() {
                parameter.default.iter().for_each(|default| self.visit_expr(default));
            }
            for name in parameter_names(parameters) {
                variables.insert(name, parameter.clone());
            }
        }
        self.inside(Place::Lambda, node.range(), |this| {
            this.inference.enter(variables);
            this.visit_expr(&node.body);
            this.inference.leave();
        });
    }

    /// A target of `del`, which may hold what suspends, but does not suspend itself.
    fn deleted(&mut self, target: &'a Expr) {
        match target {
            Expr::Attribute(node) => {
                if let Some(action) = target_action(&mut self.inference, target) {
                    self.inside(Place::Other, target.range(), |this| this.record(action, target));
                }
                self.visit_expr(&node.value);
            }
            Expr::Tuple(node) => node.elts.iter().for_each(|element| self.deleted(element)),
            Expr::List(node) => node.elts.iter().for_each(|element| self.deleted(element)),
            _ => visitor::walk_expr(self, target),
        }
    }

    fn target(&mut self, target: &'a Expr) {
        if let Some(action) = target_action(&mut self.inference, target) {
            self.record(action, target);
        }
        match target {
            Expr::Attribute(node) => self.visit_expr(&node.value),
            Expr::Tuple(node) => node.elts.iter().for_each(|element| self.target(element)),
            Expr::List(node) => node.elts.iter().for_each(|element| self.target(element)),
            Expr::Starred(node) => self.target(&node.value),
            _ => visitor::walk_expr(self, target),
        }
    }
}

impl<'a> Visitor<'a> for Finder<'_, 'a> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        let range = statement.range();
        match statement {
            Stmt::Try(node) if node.is_star => {
                self.inside(Place::TryStar, range, |this| visitor::walk_stmt(this, statement));
            }
            Stmt::With(node) => self.inside(Place::With, range, |this| {
                for item in &node.items {
                    this.visit_expr(&item.context_expr);
                    item.optional_vars.iter().for_each(|target| this.target(target));
                }
                this.visit_body(&node.body);
            }),
            Stmt::Match(node) => {
                self.visit_expr(&node.subject);
                for case in &node.cases {
                    self.inside(Place::Pattern, case.pattern.range(), |this| {
                        this.visit_pattern(&case.pattern);
                    });
                    case.guard.iter().for_each(|guard| self.visit_expr(guard));
                    self.visit_body(&case.body);
                }
            }
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {
                self.inside(Place::Nested, range, |this| visitor::walk_stmt(this, statement));
            }
            Stmt::Delete(node) => node.targets.iter().for_each(|target| self.deleted(target)),
            Stmt::Assign(node) => {
                self.visit_expr(&node.value);
                node.targets.iter().for_each(|target| self.target(target));
            }
            Stmt::AnnAssign(node) => {
                if let Some(value) = &node.value {
                    self.visit_expr(value);
                    self.target(&node.target);
                }
            }
            Stmt::AugAssign(node) => {
                self.target(&node.target);
                self.visit_expr(&node.value);
            }
            Stmt::For(node) => {
                self.visit_expr(&node.iter);
                self.target(&node.target);
                self.visit_body(&node.body);
                self.visit_body(&node.orelse);
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        let action = action_of(&mut self.inference, self.suspends, expression);
        if let Some(action) = action {
            self.record(action, expression);
        }
        let range = expression.range();
        match expression {
            Expr::Call(node) => {
                // The callee of a call is not read as an attribute of its own.
                match &*node.func {
                    Expr::Attribute(attribute) => self.visit_expr(&attribute.value),
                    other => self.visit_expr(other),
                }
                let consumed = consumed_generator(&mut self.inference, node);
                let element = self.inference.callback_element(node);
                let keywords = node.arguments.keywords.iter().map(|keyword| &keyword.value);
                for (index, argument) in node.arguments.args.iter().chain(keywords).enumerate() {
                    match (argument, consumed, &element) {
                        (Expr::Generator(generator), Some(_), _) if index == 0 => {
                            self.visit_expr(&generator.generators[0].iter);
                            self.comprehension(&generator.generators, &[&generator.elt]);
                        }
                        (Expr::Lambda(lambda), _, Some(element)) => self.lambda(lambda, element),
                        _ => self.visit_expr(argument),
                    }
                }
            }
            Expr::Lambda(node) => self.lambda(node, &Type::Unknown),
            Expr::ListComp(node) => {
                self.visit_expr(&node.generators[0].iter);
                self.comprehension(&node.generators, &[&node.elt]);
            }
            Expr::SetComp(node) => {
                self.visit_expr(&node.generators[0].iter);
                self.comprehension(&node.generators, &[&node.elt]);
            }
            Expr::DictComp(node) => {
                self.visit_expr(&node.generators[0].iter);
                let elements: Vec<&Expr> =
                    node.key.as_deref().into_iter().chain([&*node.value]).collect();
                self.comprehension(&node.generators, &elements);
            }
            Expr::Generator(node) => {
                // The first iterable is evaluated at once, outside of the generator.
                self.visit_expr(&node.generators[0].iter);
                self.inside(Place::Generator, range, |this| {
                    this.comprehension(&node.generators, &[&node.elt]);
                });
            }
            _ => visitor::walk_expr(self, expression),
        }
    }
}
