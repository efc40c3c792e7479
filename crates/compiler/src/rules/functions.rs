//! Rules for functions of entity code.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::classes::check_key_assignments;
use super::supers;
use crate::names::binding_occurrences;
use crate::types::{FunctionScope, Inference, Typing};
use crate::{Code, Diagnostic};

/// Rules for every function of entity code.
pub(super) fn check<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    found: &mut Vec<Diagnostic>,
) {
    check_key_assignments(typing, scope, found);
    let name = scope.node.name.as_str();
    let statements = Statements::of(typing, scope);
    for range in statements.globals {
        found.push(
            Diagnostic::new(Code::GlobalWrite, format!("`{name}` writes a global variable"))
                .at(scope.module, range, "declared here")
                .why(
                    "what is outside of entities is neither stored nor undone with the transaction",
                )
                .help("keep the value in an attribute of an entity"),
        );
    }
    check_self_assignment(scope, found);
    let is_async = scope.node.is_async;
    let place = statements.suspending.or(is_async.then(|| scope.node.name.range()));
    if let (Some(range), true) = (place, scope.owner.is_some()) {
        let kind = if is_async { "asynchronous" } else { "a generator" };
        found.push(
            Diagnostic::new(Code::AsyncOrGenerator, format!("the method `{name}` is {kind}"))
                .at(scope.module, range, "not possible in a method of an entity")
                .why("a method runs as one transaction and returns one result")
                .help("write an ordinary method; remote calls wait by themselves"),
        );
    }
}

/// Every segment of a method gets the entity anew, so its name must not change.
fn check_self_assignment(scope: &FunctionScope<'_>, found: &mut Vec<Diagnostic>) {
    let Some(own_self) = scope.self_name else { return };
    for occurrence in binding_occurrences(&scope.node.body) {
        if occurrence.name == own_self {
            let message = format!("`{own_self}` gets another value in `{}`", scope.node.name);
            found.push(
                Diagnostic::new(Code::RemoteUnsupported, message)
                    .at(scope.module, occurrence.range, "not compiled")
                    .why("in a method it always is the entity itself")
                    .help("use another name for the variable"),
            );
        }
    }
}

/// Builtins that look at the variables of the function that calls them.
const FRAME_INSPECTORS: &[&str] = &["locals", "eval", "exec", "vars", "dir"];

/// Rules for functions that are split into segments.
pub(super) fn check_split<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    found: &mut Vec<Diagnostic>,
) {
    let name = scope.node.name.as_str();
    let statements = Statements::of(typing, scope);
    let is_async = scope.node.is_async.then(|| scope.node.name.range());
    if let (Some(range), None) = (statements.suspending.or(is_async), scope.owner) {
        let message = format!("`{name}` makes remote calls and is asynchronous or a generator");
        found.push(
            Diagnostic::new(Code::YieldInSplit, message)
                .at(scope.module, range, "waits for its caller")
                .why("it cannot wait for its caller and for other entities as well")
                .help("return a list instead; remote calls wait by themselves"),
        );
    }
    if scope.may_mention(typing.application, FRAME_INSPECTORS) {
        let mut frames = Frames { inference: Inference::new(typing, scope), found };
        frames.visit_body(&scope.node.body);
    }
    if scope.may_mention(typing.application, &["super"]) {
        supers::check(typing, scope, found);
    }
}

/// `global` statements and what makes a function asynchronous or a generator.
#[derive(Default)]
struct Statements {
    globals: Vec<TextRange>,
    suspending: Option<TextRange>,
}

impl Statements {
    fn of(typing: &Typing<'_>, scope: &FunctionScope<'_>) -> Self {
        let mut statements = Self::default();
        if scope.may_mention(typing.application, &["global", "yield", "await", "async"]) {
            statements.visit_body(&scope.node.body);
        }
        statements
    }
}

impl<'s> Visitor<'s> for Statements {
    fn visit_stmt(&mut self, statement: &'s Stmt) {
        match statement {
            Stmt::Global(node) => self.globals.push(node.range()),
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {
                // A nested function waits for its own caller, but writes the same globals.
                let outer = self.suspending;
                visitor::walk_stmt(self, statement);
                self.suspending = outer;
                return;
            }
            Stmt::For(node) if node.is_async => self.suspending = Some(node.range()),
            Stmt::With(node) if node.is_async => self.suspending = Some(node.range()),
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'s Expr) {
        match expression {
            Expr::Yield(_) | Expr::YieldFrom(_) | Expr::Await(_) => {
                self.suspending = Some(expression.range());
            }
            Expr::Lambda(_) => return,
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}

/// Looks into the running frame, which a split function has several of.
struct Frames<'t, 'a> {
    inference: Inference<'t, 'a>,
    found: &'t mut Vec<Diagnostic>,
}

impl<'a> Visitor<'a> for Frames<'_, 'a> {
    fn visit_expr(&mut self, expression: &'a Expr) {
        let module = self.inference.scope.module;
        let name = self.inference.scope.node.name.as_str();
        if let Expr::Call(node) = expression
            && let Some(builtin) = self.inference.builtin(&node.func)
        {
            let is_empty = node.arguments.is_empty();
            let inspects = match builtin {
                "locals" | "eval" | "exec" => true,
                "vars" | "dir" => is_empty,
                _ => false,
            };
            if inspects {
                let message = format!("`{name}` makes remote calls and uses `{builtin}`");
                self.found.push(
                    Diagnostic::new(Code::FrameInspection, message)
                        .at(module, node.range(), "looks at the variables of the running function")
                        .why("a function with remote calls runs in pieces, each with the variables that it names")
                        .help(
                            "name the variables, or move this into a function without remote calls",
                        ),
                );
            }
        }
        visitor::walk_expr(self, expression);
    }
}
