//! Stage 5: which functions are entity code, and which of them can suspend.
//!
//! A function is entity code if it is a method of an entity class or a function of the application
//! that entity code names. It can suspend if it holds an [`Action`], or calls a function that can.
//! Both are least fixpoints over the call graph.
//!
//! What a function does by itself is found as soon as the types of its variables are known, while its
//! syntax tree is in the caches ([`OwnActions`]); the fixpoints need no tree.

mod action;
mod consumption;
mod spots;

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};

pub use action::{Action, Certainty, action_of, target_action};
pub use consumption::{Consumed, Consumer, consumed_generator};
pub use spots::{Place, Spot, Suspensions};

use crate::resolve::{Application, Binding};
use crate::types::{FunctionScope, Inference, Typing};

/// What the call graph says about each function of the application.
#[derive(Debug)]
pub struct Effects<'a> {
    /// By function: whether it can suspend, and if so, how surely.
    suspends: Vec<Option<Certainty>>,
    /// By function: whether it is entity code.
    is_entity_code: Vec<bool>,
    /// By function: the actions in its body; none unless it is entity code.
    spots: Vec<Vec<Spot<'a>>>,
}

impl<'a> Effects<'a> {
    /// All actions in the body of `function`, if it is entity code. Calls of functions that cannot
    /// suspend are no actions.
    pub fn spots(&self, function: usize) -> &[Spot<'a>] {
        &self.spots[function]
    }

    /// Whether `function` can suspend: surely, or only if a value turns out to be a reference.
    pub fn suspends(&self, function: usize) -> Option<Certainty> {
        self.suspends[function]
    }

    /// [`Effects::suspends`] of all functions.
    pub(crate) fn certainties(&self) -> &[Option<Certainty>] {
        &self.suspends
    }

    /// All actions in `body`, a part of a function of `scope` that is in no table.
    pub fn spots_in(
        &self,
        typing: &Typing<'a>,
        scope: &FunctionScope<'a>,
        body: &'a [Stmt],
    ) -> Vec<Spot<'a>> {
        spots::spots(typing, scope, &self.suspends, body)
    }

    /// Whether `function` runs inside transactions.
    pub fn is_entity_code(&self, function: usize) -> bool {
        self.is_entity_code[function]
    }
}

/// What has been seen of each function by itself, in the order of the application's table.
#[derive(Debug)]
pub struct OwnActions<'a> {
    /// The functions of the application that it names, called or not.
    named: Vec<BTreeSet<usize>>,
    /// The actions in its body if all functions could suspend.
    spots: Vec<Vec<Spot<'a>>>,
    every: Vec<Option<Certainty>>,
}

impl<'a> OwnActions<'a> {
    /// Of no function yet.
    pub fn new(application: &Application<'a>) -> Self {
        let count = application.functions.len();
        Self {
            named: Vec::with_capacity(count),
            spots: Vec::with_capacity(count),
            every: vec![Some(Certainty::Maybe); count],
        }
    }

    /// Looks at the next function.
    pub fn add(&mut self, typing: &Typing<'a>, scope: &FunctionScope<'a>) {
        let body = &scope.node.body;
        self.named.push(named_functions(typing, scope, body));
        self.spots.push(spots::spots(typing, scope, &self.every, body));
    }

    /// The effects of all functions, each of which has been looked at.
    pub fn effects(self, typing: &Typing<'a>) -> Effects<'a> {
        let Self { named, mut spots, .. } = self;
        let is_entity_code = entity_code(typing, &named);
        for (spots, is_entity_code) in spots.iter_mut().zip(&is_entity_code) {
            if !is_entity_code {
                *spots = Vec::new();
            }
        }
        let suspends = suspending(&spots);
        for spots in &mut spots {
            spots.retain_mut(|spot| spots::settle(&mut spot.action, &suspends));
        }
        Effects { suspends, is_entity_code, spots }
    }
}

/// Which functions can suspend, and how surely: what each does by itself goes to its callers, and
/// on to theirs.
fn suspending(spots: &[Vec<Spot<'_>>]) -> Vec<Option<Certainty>> {
    let mut suspends = vec![None; spots.len()];
    let mut callers: Vec<Vec<usize>> = vec![Vec::new(); spots.len()];
    let mut pending: Vec<usize> = Vec::new();
    for (index, found) in spots.iter().enumerate() {
        // Elsewhere than in the body it either runs as plain Python or is refused.
        for spot in found.iter().filter(|spot| spot.place == Place::Body) {
            match spot.action.callee() {
                Some(callee) => callers[callee].push(index),
                None => suspends[index] = suspends[index].max(Some(spot.action.certainty())),
            }
        }
        if suspends[index].is_some() {
            pending.push(index);
        }
    }
    while let Some(callee) = pending.pop() {
        for caller in &callers[callee] {
            if suspends[callee] > suspends[*caller] {
                suspends[*caller] = suspends[callee];
                pending.push(*caller);
            }
        }
    }
    suspends
}

/// By function: whether it is entity code.
fn entity_code(typing: &Typing<'_>, named: &[BTreeSet<usize>]) -> Vec<bool> {
    let application = typing.application;
    let mut is_entity_code = vec![false; named.len()];
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
        if !is_entity_code[function] {
            is_entity_code[function] = true;
            pending.extend(&named[function]);
        }
    }
    is_entity_code
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
