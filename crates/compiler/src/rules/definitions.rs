//! What runs when a class or function is defined: decorators, defaults, class bodies.
//!
//! That is when the module is imported, outside of any transaction.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use crate::effects::{Certainty, Effects, action_of};
use crate::resolve::{FunctionDefinition, FunctionKind};
use crate::types::{FunctionScope, Inference, Typing};
use crate::{Code, Diagnostic};

/// Checks the definition of a function, not its body.
pub(super) fn check<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    effects: &Effects<'a>,
    found: &mut Vec<Diagnostic>,
) {
    let node = scope.node;
    let mut walk = walk(typing, scope, effects, found);
    walk.place = "a default argument";
    walk.defaults(node);
    walk.place = "a decorator";
    node.decorator_list.iter().for_each(|decorator| walk.visit_expr(&decorator.expression));
}

/// Checks the body of an entity class and its decorators, with the scope of one of its functions.
pub(super) fn check_class<'a>(
    typing: &Typing<'a>,
    entity: usize,
    effects: &Effects<'a>,
    found: &mut Vec<Diagnostic>,
) {
    let class = &typing.application.entities[entity];
    let functions = class.constructors.iter().chain(&class.keys);
    for definition in functions.clone() {
        check(typing, &typing.scope(definition), effects, found);
    }
    let Some(any) = functions.last() else { return };
    for body in &class.bodies {
        // Names at the top level of the module, without any of a function.
        let definition = FunctionDefinition {
            module: body.module,
            kind: FunctionKind::Helper,
            owner: None,
            ..any.clone()
        };
        let scope = typing.scope(&definition);
        let mut walk = walk(typing, &scope, effects, found);
        walk.place = "a class body";
        for statement in &body.node.body {
            if !matches!(statement, Stmt::FunctionDef(_) | Stmt::ClassDef(_)) {
                walk.visit_stmt(statement);
            }
        }
    }
}

fn walk<'t, 'a>(
    typing: &'t Typing<'a>,
    scope: &'t FunctionScope<'a>,
    effects: &'t Effects<'a>,
    found: &'t mut Vec<Diagnostic>,
) -> Walk<'t, 'a> {
    let inference = Inference::new(typing, scope);
    Walk { inference, effects, place: "a definition", found }
}

struct Walk<'t, 'a> {
    inference: Inference<'t, 'a>,
    effects: &'t Effects<'a>,
    place: &'static str,
    found: &'t mut Vec<Diagnostic>,
}

impl<'a> Walk<'_, 'a> {
    fn defaults(&mut self, node: &'a StmtFunctionDef) {
        for parameter in node.parameters.iter_non_variadic_params() {
            parameter.default.iter().for_each(|default| self.visit_expr(default));
        }
    }
}

impl<'a> Visitor<'a> for Walk<'_, 'a> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expression: &'a Expr) {
        let action = action_of(&mut self.inference, self.effects.certainties(), expression);
        if action.is_some_and(|action| action.certainty() == Certainty::Surely) {
            let message = format!("a remote call in {}", self.place);
            self.found.push(
                Diagnostic::new(Code::RemoteInDefinition, message)
                    .at(self.inference.scope.module, expression.range(), "runs at the import")
                    .why("it is evaluated once, when the module is imported, outside of any transaction")
                    .help("make the call in the body of a method; `ref(…)` alone can stand here"),
            );
            return;
        }
        if !expression.is_lambda_expr() {
            visitor::walk_expr(self, expression);
        }
    }
}
