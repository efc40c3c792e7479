//! Types of a function's variables: the join of all that is assigned to each.

use std::collections::hash_map::Entry;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};
use rustc_hash::FxHashMap;

use super::Inference;
use crate::hints::annotation;
use crate::types::{FunctionScope, Type, Typing};

/// How often types may flow from variable to variable before the rest is taken as unknown.
const ROUNDS_MAX: usize = 6;

/// Infers the types of all variables of `scope`.
pub(super) fn infer_variables<'a>(typing: &Typing<'a>, scope: &mut FunctionScope<'a>) {
    let declared = declared_types(typing, scope);
    scope.types = FxHashMap::default();
    for round in 0..=ROUNDS_MAX {
        scope.types.extend(declared.iter().map(|(name, kind)| (*name, kind.clone())));
        scope.memo.forget_types();
        let mut pass =
            Pass { inference: Inference::new(typing, scope), found: FxHashMap::default() };
        pass.visit_body(&scope.node.body);
        let mut found = pass.found;
        found.extend(declared.iter().map(|(name, kind)| (*name, kind.clone())));
        if found == scope.types {
            return;
        }
        if round == ROUNDS_MAX {
            found.retain(|name, kind| scope.types.get(name) == Some(kind));
            scope.variables.iter().for_each(|name| {
                found.entry(*name).or_insert(Type::Unknown);
            });
        }
        scope.types = found;
        scope.memo.forget_types();
    }
}

/// Binds the names of an assignment target to the parts of a value of type `kind`.
pub(super) fn bind<'a>(target: &'a Expr, kind: Type, bind_name: &mut dyn FnMut(&'a str, Type)) {
    match target {
        Expr::Name(name) => bind_name(name.id.as_str(), kind),
        Expr::Starred(node) => bind(&node.value, Type::List(Box::new(kind)), bind_name),
        Expr::Tuple(_) | Expr::List(_) => {
            let elements = match target {
                Expr::Tuple(node) => &node.elts,
                Expr::List(node) => &node.elts,
                _ => unreachable!("this is a bug in Anabranch: matched above"),
            };
            for (index, element) in elements.iter().enumerate() {
                let part = match &kind {
                    Type::Tuple(parts) if parts.len() == elements.len() => parts[index].clone(),
                    other => other.element(),
                };
                bind(element, part, bind_name);
            }
        }
        _ => {}
    }
}

/// Parameters, and variables with an annotation.
fn declared_types<'a>(typing: &Typing<'a>, scope: &FunctionScope<'a>) -> FxHashMap<&'a str, Type> {
    let application = typing.application;
    let mut declared = FxHashMap::default();
    let parameters = &scope.node.parameters;
    for parameter in parameters.iter_non_variadic_params() {
        let kind = match parameter.annotation() {
            Some(hint) => annotation(application, scope.module, hint).1,
            None => Type::Unknown,
        };
        declared.insert(parameter.name().as_str(), kind);
    }
    let element = |hint: Option<&Expr>| {
        Box::new(hint.map_or(Type::Unknown, |hint| annotation(application, scope.module, hint).1))
    };
    if let Some(parameter) = &parameters.vararg {
        let kind = Type::TupleOf(element(parameter.annotation()));
        declared.insert(parameter.name().as_str(), kind);
    }
    if let Some(parameter) = &parameters.kwarg {
        let kind = Type::Dict(Box::new(Type::Plain), element(parameter.annotation()));
        declared.insert(parameter.name().as_str(), kind);
    }
    struct Annotations<'t, 'a> {
        typing: &'t Typing<'a>,
        module: usize,
        declared: FxHashMap<&'a str, Type>,
    }
    impl<'a> Visitor<'a> for Annotations<'_, 'a> {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            match statement {
                Stmt::AnnAssign(node) => {
                    if let Expr::Name(name) = &*node.target {
                        let (_, kind) =
                            annotation(self.typing.application, self.module, &node.annotation);
                        self.declared.insert(name.id.as_str(), kind);
                    }
                }
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ => visitor::walk_stmt(self, statement),
            }
        }
        fn visit_expr(&mut self, _: &'a Expr) {}
    }
    let mut annotations = Annotations { typing, module: scope.module, declared };
    annotations.visit_body(&scope.node.body);
    annotations.declared
}

/// One pass over the function's statements.
struct Pass<'t, 'a> {
    inference: Inference<'t, 'a>,
    found: FxHashMap<&'a str, Type>,
}

impl<'a> Pass<'_, 'a> {
    fn bind(&mut self, target: &'a Expr, kind: Type) {
        let found = &mut self.found;
        bind(target, kind, &mut |name, kind| join_into(found, name, kind));
    }

    /// Methods that put something into a container of this function.
    fn widen(&mut self, node: &'a ruff_python_ast::ExprCall) {
        let Expr::Attribute(attribute) = &*node.func else { return };
        let Expr::Name(name) = &*attribute.value else { return };
        let container = self.inference.infer(&attribute.value);
        let argument = |this: &mut Self, index: usize| match node.arguments.args.get(index) {
            Some(argument) => Box::new(this.inference.infer(argument)),
            None => Box::new(Type::Unknown),
        };
        let widened = match (container, attribute.attr.as_str()) {
            (Type::List(_), "append") => Type::List(argument(self, 0)),
            (Type::List(_), "insert") => Type::List(argument(self, 1)),
            (Type::List(_), "extend") => Type::List(Box::new(argument(self, 0).element())),
            (Type::Set(_), "add") => Type::Set(argument(self, 0)),
            (Type::Set(_), "update" | "symmetric_difference_update") => {
                Type::Set(Box::new(Type::Unknown))
            }
            (Type::Dict(..), "setdefault") => Type::Dict(argument(self, 0), argument(self, 1)),
            (Type::Dict(..), "update") => {
                Type::Dict(Box::new(Type::Unknown), Box::new(Type::Unknown))
            }
            _ => return,
        };
        join_into(&mut self.found, name.id.as_str(), widened);
    }

    fn assign(&mut self, target: &'a Expr, kind: Type) {
        // `d[key] = value` puts both into the container.
        if let Expr::Subscript(node) = target
            && let Expr::Name(name) = &*node.value
        {
            let widened = match self.inference.infer(&node.value) {
                Type::List(_) => Type::List(Box::new(kind)),
                Type::Dict(..) => {
                    Type::Dict(Box::new(self.inference.infer(&node.slice)), Box::new(kind))
                }
                _ => return,
            };
            join_into(&mut self.found, name.id.as_str(), widened);
            return;
        }
        self.bind(target, kind);
    }
}

fn join_into<'a>(found: &mut FxHashMap<&'a str, Type>, name: &'a str, kind: Type) {
    match found.entry(name) {
        Entry::Occupied(mut known) => {
            let previous = std::mem::replace(known.get_mut(), Type::Never);
            known.insert(previous.join(kind).shared());
        }
        Entry::Vacant(place) => {
            place.insert(kind.shared());
        }
    }
}

impl<'a> Visitor<'a> for Pass<'_, 'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(node) => {
                let kind = self.inference.infer(&node.value);
                for target in &node.targets {
                    self.assign(target, kind.clone());
                }
            }
            Stmt::AugAssign(node) => {
                let value = self.inference.infer(&node.value);
                let before = self.inference.infer(&node.target);
                self.assign(&node.target, before.augmented(value));
            }
            Stmt::For(node) => {
                let element = self.inference.infer(&node.iter).element();
                self.bind(&node.target, element);
            }
            Stmt::With(node) => {
                for item in &node.items {
                    if let Some(target) = &item.optional_vars {
                        self.bind(target, Type::Unknown);
                    }
                }
            }
            Stmt::FunctionDef(node) => {
                join_into(&mut self.found, node.name.as_str(), Type::Local);
                return;
            }
            Stmt::ClassDef(node) => {
                join_into(&mut self.found, node.name.as_str(), Type::Local);
                return;
            }
            Stmt::Try(node) => {
                for handler in &node.handlers {
                    let ruff_python_ast::ExceptHandler::ExceptHandler(handler) = handler;
                    if let Some(name) = &handler.name {
                        join_into(&mut self.found, name.as_str(), Type::Local);
                    }
                }
            }
            Stmt::Match(_) | Stmt::Import(_) | Stmt::ImportFrom(_) => {
                let mut names = Vec::new();
                crate::names::target_names(statement, &mut names);
                for name in names {
                    join_into(&mut self.found, name, Type::Unknown);
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Named(node) => {
                let kind = self.inference.infer(&node.value);
                self.bind(&node.target, kind);
            }
            Expr::Call(node) => self.widen(node),
            Expr::Lambda(_) => return,
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}
