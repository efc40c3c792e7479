//! Stage 5: which functions are entity code, and which of them can suspend.
//!
//! A function is entity code if it is a method of an entity class or a function of the application
//! that entity code names. It can suspend if it holds an [`Action`], or calls a function that can.
//! Both are least fixpoints over the call graph.

mod action;
mod consumption;
mod spots;

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};

pub use action::{Action, Certainty, action_of, target_action};
pub use consumption::consumed_generator;
pub use spots::{Place, Spot, expression_suspends, spots, statement_suspends, target_suspends};

use crate::resolve::Binding;
use crate::types::{FunctionScope, Inference, Typing};

/// What the call graph says about each function of the application.
#[derive(Debug)]
pub struct Effects {
    /// By function: whether it can suspend, and if so, how surely.
    suspends: Vec<Option<Certainty>>,
    /// By function: whether it is entity code.
    is_entity_code: Vec<bool>,
}

impl Effects {
    /// Nothing is known yet.
    fn none(count: usize) -> Self {
        Self { suspends: vec![None; count], is_entity_code: vec![false; count] }
    }

    /// Whether `function` can suspend: surely, or only if a value turns out to be a reference.
    pub fn suspends(&self, function: usize) -> Option<Certainty> {
        self.suspends[function]
    }

    /// Whether `function` runs inside transactions.
    pub fn is_entity_code(&self, function: usize) -> bool {
        self.is_entity_code[function]
    }
}

/// The scopes of all functions, by index into the application's table.
pub fn scopes<'a>(typing: &Typing<'a>) -> Vec<FunctionScope<'a>> {
    let functions = typing.application.functions.iter();
    functions.map(|function| typing.scope(function)).collect()
}

/// Computes the effects of all functions.
pub fn effects<'a>(typing: &Typing<'a>, scopes: &[FunctionScope<'a>]) -> Effects {
    let application = typing.application;
    let mut effects = Effects::none(application.functions.len());
    mark_entity_code(typing, scopes, &mut effects);
    loop {
        let mut changed = false;
        for (index, scope) in scopes.iter().enumerate() {
            if !effects.is_entity_code[index] {
                continue;
            }
            let found = spots(typing, scope, &effects, &scope.node.body);
            // Elsewhere than in the body it either runs as plain Python or is refused.
            let in_body = found.iter().filter(|spot| spot.place == Place::Body);
            let certainty = in_body.map(|spot| spot.action.certainty()).max();
            if certainty > effects.suspends[index] {
                effects.suspends[index] = certainty;
                changed = true;
            }
        }
        if !changed {
            return effects;
        }
    }
}

fn mark_entity_code(typing: &Typing<'_>, scopes: &[FunctionScope<'_>], effects: &mut Effects) {
    let application = typing.application;
    let methods = application.entities.iter().flat_map(|entity| {
        entity.methods.iter().chain(&entity.overridden).chain(&entity.accessors)
    });
    let mut pending: Vec<usize> = methods.copied().collect();
    for entity in &application.entities {
        for definition in entity.constructors.iter().chain(&entity.keys) {
            let scope = FunctionScope::new(application, definition);
            pending.extend(named_functions(typing, &scope, &definition.node.body));
        }
    }
    while let Some(function) = pending.pop() {
        if effects.is_entity_code[function] {
            continue;
        }
        effects.is_entity_code[function] = true;
        let scope = &scopes[function];
        pending.extend(named_functions(typing, scope, &scope.node.body));
    }
}

/// The application's functions that `body` names, called or not.
fn named_functions<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    body: &'a [Stmt],
) -> BTreeSet<usize> {
    struct Named<'t, 'a> {
        inference: Inference<'t, 'a>,
        functions: BTreeSet<usize>,
    }
    impl<'a> Visitor<'a> for Named<'_, 'a> {
        fn visit_expr(&mut self, expression: &'a Expr) {
            if let Some(Binding::Function(function)) = self.inference.binding(expression) {
                self.functions.insert(function);
            }
            visitor::walk_expr(self, expression);
        }
    }
    let mut named = Named { inference: Inference::new(typing, scope), functions: BTreeSet::new() };
    named.visit_body(body);
    named.functions
}
