//! Rules for entity classes.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, ExprContext, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use crate::effects::{Certainty, Effects};
use crate::resolve::classes::builtin_decorator;
use crate::resolve::{Binding, EntityClass, FunctionKind};
use crate::types::{FunctionScope, Inference, Type, Typing};
use crate::{Code, Diagnostic};

pub(super) fn check<'a>(
    typing: &Typing<'a>,
    entity: usize,
    effects: &Effects<'a>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let class = &typing.application.entities[entity];
    if class.key.is_none() {
        let message = format!("the entity class `{}` has no `__key__`", class.name);
        diagnostics.push(
            Diagnostic::new(Code::MissingKey, message)
                .at(class.module, class.node.name.range(), "no method `__key__`")
                .why("an entity is found by its class and its key")
                .help("add `def __key__(self) -> str: return self.…` with an attribute that never changes"),
        );
    }
    check_bases(class, diagnostics);
    check_decorators(typing, class, diagnostics);
    for statement in &class.node.body {
        if let Stmt::FunctionDef(method) = statement {
            check_method(typing, class, method, diagnostics);
        }
    }
    for node in class.constructor.iter().chain(&class.key) {
        check_constructor(typing, entity, node, effects, diagnostics);
    }
}

fn check_bases(class: &EntityClass<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(arguments) = &class.node.arguments else { return };
    if arguments.is_empty() {
        return;
    }
    let message = format!("the entity class `{}` inherits from another class", class.name);
    diagnostics.push(
        Diagnostic::new(Code::EntityBaseClass, message)
            .at(class.module, arguments.range(), "base classes are not compiled yet")
            .help("write the methods in the class itself, or call helper functions"),
    );
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
    class: &EntityClass<'_>,
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
        let is_known =
            matches!(&binding, Some(Binding::External(name)) if name == "anabranch.transactional");
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
    entity: usize,
    node: &'a StmtFunctionDef,
    effects: &Effects<'a>,
    found: &mut Vec<Diagnostic>,
) {
    let class = &typing.application.entities[entity];
    let scope = typing.scope(class.module, Some(entity), node);
    for spot in effects.spots_in(typing, &scope, &node.body) {
        if spot.action.certainty() == Certainty::Surely {
            let message = format!("`{}.{}` makes a remote call", class.name, node.name);
            found.push(
                Diagnostic::new(Code::RemoteInConstructor, message)
                    .at(class.module, spot.range, "would have to wait while the entity is made")
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
                if let Some(key) = class.key
                    && key_attributes(key).contains(node.attr.as_str())
                {
                    let name = node.attr.as_str();
                    let message = format!("`{}.{name}` is the key and cannot change", class.name);
                    self.found.push(
                        Diagnostic::new(Code::KeyAssigned, message)
                            .at(self.inference.scope.module, node.range(), "assigned here")
                            .also(class.module, key.name.range(), "part of the key here")
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
