//! Rules for entity classes.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprContext, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::bases;
use crate::effects::{Certainty, Effects};
use crate::names::{body_occurrences, mangled};
use crate::resolve::classes::builtin_decorator;
use crate::resolve::members::ClassBody;
use crate::resolve::{Binding, EntityClass, FunctionDefinition, FunctionKind};
use crate::types::{FunctionScope, Inference, Type, Typing};
use crate::{Code, Diagnostic};

/// Decorators of methods that change nothing of what the method does.
const HARMLESS_DECORATORS: &[&str] =
    &["abc.abstractmethod", "anabranch.transactional", "typing.final", "typing.override"];

pub(super) fn check<'a>(
    typing: &Typing<'a>,
    entity: usize,
    effects: &Effects<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let class = &typing.application.entities[entity];
    // A base that is not known may have it.
    if class.keys.is_empty() && class.findings.is_empty() {
        let message = format!("the entity class `{}` has no `__key__`", class.name);
        diagnostics.push(
            Diagnostic::new(Code::MissingKey, message)
                .at(class.module, class.node.name.range(), "no method `__key__`")
                .why("an entity is found by its class and its key")
                .help("add `def __key__(self) -> str: return self.…` with an attribute that never changes"),
        );
    }
    bases::check(typing.application, class, diagnostics);
    check_decorators(typing, class, diagnostics);
    for body in &class.bodies {
        for statement in &body.node.body {
            if let Stmt::FunctionDef(method) = statement {
                check_method(typing, body, method, diagnostics);
            }
        }
    }
    for definition in class.constructors.iter().chain(&class.keys) {
        check_constructor(typing, definition, effects, diagnostics);
    }
}

fn check_decorators(typing: &Typing<'_>, class: &EntityClass<'_>, found: &mut Vec<Diagnostic>) {
    for decorator in &class.node.decorator_list {
        let binding = typing.application.resolve(class.module, &decorator.expression);
        let is_entity =
            matches!(&binding, Some(Binding::External(name)) if name == "anabranch.entity");
        if !is_entity {
            let message = format!("the entity class `{}` has another decorator", class.name);
            found.push(
                Diagnostic::new(Code::UnsupportedDecorator, message)
                    .at(class.module, decorator.range(), "may change the class after compilation")
                    .help("use `@entity` alone, without arguments"),
            );
        }
    }
}

fn check_method(
    typing: &Typing<'_>,
    class: &ClassBody<'_>,
    method: &StmtFunctionDef,
    found: &mut Vec<Diagnostic>,
) {
    let name = method.name.as_str();
    let qualified = format!("{}.{name}", class.name);
    let is_special = name.starts_with("__") && name.ends_with("__");
    if is_special && name != "__init__" && name != "__key__" {
        found.push(
            Diagnostic::new(Code::SpecialMethod, format!("`{qualified}` is a special method, which entities cannot have"))
                .at(class.module, method.name.range(), "references do not have it")
                .why("Python calls special methods behind operators and builtins, where nothing can wait")
                .help("give the method an ordinary name and call it"),
        );
    }
    let mut is_static = false;
    for decorator in &method.decorator_list {
        let builtin = builtin_decorator(typing.application, class.module, &decorator.expression);
        if let Some(kind) = builtin {
            is_static |= kind == FunctionKind::StaticMethod;
            continue;
        }
        let binding = typing.application.resolve(class.module, &decorator.expression);
        let is_known = matches!(
            &binding,
            Some(Binding::External(name)) if HARMLESS_DECORATORS.contains(&name.as_str())
        );
        if !is_known {
            let message = format!("the decorator of `{qualified}` is not compiled yet");
            found.push(
                Diagnostic::new(Code::UnsupportedDecorator, message)
                    .at(class.module, decorator.range(), "may make anything of it")
                    .help("make it an ordinary method, or a module-level function"),
            );
        }
    }
    let parameters = &method.parameters;
    if !is_static && parameters.posonlyargs.is_empty() && parameters.args.is_empty() {
        found.push(
            Diagnostic::new(Code::MissingSelf, format!("`{qualified}` has no `self`"))
                .at(class.module, method.parameters.range(), "the first parameter is the entity")
                .help("add `self`, or move the function out of the class"),
        );
    }
}

/// `__init__` and `__key__` run in one piece.
fn check_constructor<'a>(
    typing: &Typing<'a>,
    definition: &FunctionDefinition<'a>,
    effects: &Effects<'a>,
    found: &mut Vec<Diagnostic>,
) {
    let node = definition.node;
    let class = typing.application.body_of(definition).map_or("", |body| body.name);
    let scope = typing.scope(definition);
    for spot in effects.spots_in(typing, &scope, &node.body) {
        if spot.action.certainty() == Certainty::Surely {
            let message = format!("`{class}.{}` makes a remote call", node.name);
            found.push(
                Diagnostic::new(Code::RemoteInConstructor, message)
                    .at(
                        definition.module,
                        spot.range,
                        "would have to wait while the entity is made",
                    )
                    .why("an entity is created, and its key computed, in one step")
                    .help("pass what is needed as an argument, or do this in a method"),
            );
        }
    }
}

/// Reports assignments to the attributes that make up the key, outside `__init__`.
pub(super) fn check_key_assignments<'a>(
    typing: &Typing<'a>,
    scope: &FunctionScope<'a>,
    found: &mut Vec<Diagnostic>,
) {
    struct Keys<'t, 'a> {
        inference: Inference<'t, 'a>,
        found: &'t mut Vec<Diagnostic>,
    }
    impl<'a> Visitor<'a> for Keys<'_, 'a> {
        fn visit_expr(&mut self, expression: &'a Expr) {
            if let Expr::Attribute(node) = expression
                && node.ctx != ExprContext::Load
                && let Type::SelfEntity(entity) | Type::Reference(entity) =
                    self.inference.infer(&node.value)
            {
                let class = &self.inference.application().entities[entity];
                let stored = self.inference.scope.member_name(node.attr.as_str());
                if let Some(key) = key_that_reads(class, &stored) {
                    let name = node.attr.as_str();
                    let message = format!("`{}.{name}` is the key and cannot change", class.name);
                    self.found.push(
                        Diagnostic::new(Code::KeyAssigned, message)
                            .at(self.inference.scope.module, node.range(), "assigned here")
                            .also(key.module, key.node.name.range(), "part of the key here")
                            .why("the key says where the entity lives and how others find it")
                            .help("create a new entity instead, and delete this one"),
                    );
                }
            }
            visitor::walk_expr(self, expression);
        }
    }
    let mut keys = Keys { inference: Inference::new(typing, scope), found };
    keys.visit_body(&scope.node.body);
}

/// The `__key__` that makes the attribute stored as `name` part of the key.
fn key_that_reads<'c, 'a>(
    class: &'c EntityClass<'a>,
    name: &str,
) -> Option<&'c FunctionDefinition<'a>> {
    let mut keys = class.keys.iter();
    loop {
        let key = keys.next()?;
        let body = class.bodies[key.level].name;
        if key_attributes(key.node).iter().any(|read| mangled(Some(body), read) == name) {
            return Some(key);
        }
        // One of a base class counts if this one may call it.
        let found = body_occurrences(&key.node.body).into_iter();
        let mut names: BTreeSet<&str> = found.map(|occurrence| occurrence.name).collect();
        names.retain(|name| *name == "super" || class.bodies.iter().any(|it| it.name == *name));
        if names.is_empty() {
            return None;
        }
    }
}

/// The attributes of `self` that `__key__` reads.
fn key_attributes(key: &StmtFunctionDef) -> BTreeSet<&str> {
    struct Attributes<'s>(&'s str, BTreeSet<&'s str>);
    impl<'s> Visitor<'s> for Attributes<'s> {
        fn visit_expr(&mut self, expression: &'s Expr) {
            if let Expr::Attribute(node) = expression
                && let Expr::Name(name) = &*node.value
                && name.id.as_str() == self.0
            {
                self.1.insert(node.attr.as_str());
            }
            visitor::walk_expr(self, expression);
        }
    }
    let mut positional = key.parameters.posonlyargs.iter().chain(&key.parameters.args);
    let Some(parameter) = positional.next() else { return BTreeSet::new() };
    let mut attributes = Attributes(parameter.name().as_str(), BTreeSet::new());
    attributes.visit_body(&key.body);
    attributes.1
}
