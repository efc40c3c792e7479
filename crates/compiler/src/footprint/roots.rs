//! Where an object may come from, as far as it matters to who sees it change.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, ExceptHandler, Expr, Stmt};

use super::ClassAttribute;
use crate::names::{bound_names, is_parameter, parameter_names, targets};
use crate::resolve::Binding;
use crate::types::{FunctionScope, Inference, Name, Type, Typing};

/// What an object may be part of. An object without roots was made by the call itself.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Root {
    /// An attribute of the function's own entity.
    State(ClassAttribute),
    /// The function's own entity.
    Itself,
    /// What the function was called with.
    Argument,
    Unknown,
}

pub(super) type RootSet = BTreeSet<Root>;

/// What the variables of a function may hold.
#[derive(Debug, Default)]
pub(super) struct Variables<'a> {
    /// What is assigned to a variable, or put into it.
    sources: BTreeMap<&'a str, Vec<&'a Expr>>,
    /// Variables that may hold, or contain, anything.
    unknown: BTreeSet<&'a str>,
    /// Whether a variable never holds anything but objects made where they are assigned; they may
    /// come to contain others.
    made_here: BTreeMap<&'a str, bool>,
    /// The roots of variables that have been asked for.
    known: RefCell<BTreeMap<&'a str, RootSet>>,
}

impl<'a> Variables<'a> {
    pub(super) fn of(typing: &Typing<'a>, scope: &FunctionScope<'a>) -> Self {
        let inference = Inference::new(typing, scope);
        let mut gather = Gather { inference, variables: Variables::default() };
        for name in parameter_names(&scope.node.parameters) {
            gather.made(name, false);
        }
        gather.visit_body(&scope.node.body);
        let mut variables = gather.variables;
        for name in scope.bound.iter().copied() {
            if !variables.sources.contains_key(name) {
                variables.unknown.insert(name);
                variables.made_here.insert(name, false);
            }
        }
        variables
    }

    /// The roots of the object itself that `expression` gives: not of what it contains.
    pub(super) fn shallow<'t>(
        &self,
        inference: &mut Inference<'t, 'a>,
        expression: &'a Expr,
    ) -> RootSet {
        match expression {
            Expr::Name(name) if self.made_here.get(name.id.as_str()) == Some(&true) => {
                RootSet::new()
            }
            _ => self.roots(inference, expression),
        }
    }

    /// The roots of the object that `expression` gives, and of all that it contains.
    pub(super) fn roots<'t>(
        &self,
        inference: &mut Inference<'t, 'a>,
        expression: &'a Expr,
    ) -> RootSet {
        let mut search =
            Search { variables: self, visited: BTreeSet::new(), found: RootSet::new() };
        search.expression(inference, expression);
        search.found
    }
}

/// Whether `expression` makes a new object each time.
fn is_made_here(inference: &Inference<'_, '_>, expression: &Expr) -> bool {
    match expression {
        Expr::List(_) | Expr::Set(_) | Expr::Dict(_) | Expr::Tuple(_) => true,
        Expr::ListComp(_) | Expr::SetComp(_) | Expr::DictComp(_) => true,
        Expr::Call(node) => {
            matches!(inference.binding(&node.func), Some(Binding::Record(_)))
                || matches!(
                    inference.builtin(&node.func),
                    Some("list" | "dict" | "set" | "sorted" | "bytearray")
                )
        }
        _ => expression.is_literal_expr(),
    }
}

/// Whether nobody can tell if such a value changes: it cannot.
pub(super) fn is_immutable(kind: &Type) -> bool {
    matches!(kind, Type::Plain | Type::None)
}

struct Search<'v, 'a> {
    variables: &'v Variables<'a>,
    visited: BTreeSet<&'a str>,
    found: RootSet,
}

impl<'a> Search<'_, 'a> {
    fn all(&mut self, inference: &mut Inference<'_, 'a>, parts: impl Iterator<Item = &'a Expr>) {
        for part in parts {
            self.expression(inference, part);
        }
    }

    fn expression(&mut self, inference: &mut Inference<'_, 'a>, expression: &'a Expr) {
        if is_immutable(&inference.infer(expression)) {
            return;
        }
        match expression {
            Expr::Name(name) => self.name(inference, name.id.as_str()),
            Expr::Attribute(node) => self.attribute(inference, expression, node),
            Expr::Subscript(node) => self.expression(inference, &node.value),
            Expr::Starred(node) => self.expression(inference, &node.value),
            Expr::Named(node) => self.expression(inference, &node.value),
            Expr::If(node) => self.all(inference, [&*node.body, &*node.orelse].into_iter()),
            Expr::BoolOp(node) => self.all(inference, node.values.iter()),
            Expr::BinOp(node) => self.all(inference, [&*node.left, &*node.right].into_iter()),
            Expr::UnaryOp(node) => self.expression(inference, &node.operand),
            Expr::List(node) => self.all(inference, node.elts.iter()),
            Expr::Tuple(node) => self.all(inference, node.elts.iter()),
            Expr::Set(node) => self.all(inference, node.elts.iter()),
            Expr::Dict(node) => {
                let keys = node.items.iter().filter_map(|item| item.key.as_ref());
                self.all(inference, keys.chain(node.items.iter().map(|item| &item.value)));
            }
            Expr::ListComp(node) => self.inside(inference, &node.generators, &[&node.elt]),
            Expr::SetComp(node) => self.inside(inference, &node.generators, &[&node.elt]),
            Expr::Generator(node) => self.inside(inference, &node.generators, &[&node.elt]),
            Expr::DictComp(node) => {
                let elements: Vec<&Expr> =
                    node.key.as_deref().into_iter().chain([&*node.value]).collect();
                self.inside(inference, &node.generators, &elements);
            }
            Expr::Call(node) => self.call(inference, node),
            Expr::Lambda(_) | Expr::Compare(_) | Expr::FString(_) => {}
            _ if expression.is_literal_expr() => {}
            _ => {
                self.found.insert(Root::Unknown);
            }
        }
    }

    fn inside(
        &mut self,
        inference: &mut Inference<'_, 'a>,
        generators: &'a [Comprehension],
        elements: &[&'a Expr],
    ) {
        for generator in generators {
            inference.enter_generator(generator);
        }
        self.all(inference, elements.iter().copied());
        for _ in generators {
            inference.leave();
        }
    }

    fn name(&mut self, inference: &Inference<'_, 'a>, name: &'a str) {
        let scope = inference.scope;
        if scope.self_name == Some(name) {
            self.found.insert(Root::Itself);
            return;
        }
        if !self.visited.insert(name) {
            return;
        }
        if let Some(known) = self.variables.known.borrow().get(name) {
            self.found.extend(known.iter().cloned());
            self.visited.remove(name);
            return;
        }
        // A search that starts here follows all that leads on from the variable.
        let is_start = self.visited.len() == 1;
        let outer = is_start.then(|| std::mem::take(&mut self.found));
        let sources = self.variables.sources.get(name);
        let is_unknown = self.variables.unknown.contains(name);
        if is_parameter(&scope.node.parameters, name) {
            self.found.insert(Root::Argument);
        } else if sources.is_none() || is_unknown {
            match inference.name(name) {
                // A function, a class, a module: what it holds is not state.
                Name::Bound(binding) if *binding != Binding::Variable => {}
                Name::Builtin => {}
                _ => {
                    self.found.insert(Root::Unknown);
                }
            }
        }
        if is_unknown {
            self.found.insert(Root::Unknown);
        }
        for source in sources.into_iter().flatten() {
            // Variables of comprehensions have a type only inside of them.
            self.expression(&mut Inference::new(inference.typing, scope), source);
        }
        if let Some(outer) = outer {
            // Without sources, scopes inside of the function say what the name means.
            if sources.is_some() {
                self.variables.known.borrow_mut().insert(name, self.found.clone());
            }
            self.found.extend(outer);
            self.visited.clear();
        }
    }

    fn attribute(
        &mut self,
        inference: &mut Inference<'_, 'a>,
        expression: &'a Expr,
        node: &'a ruff_python_ast::ExprAttribute,
    ) {
        if inference.inherited(node).is_some() {
            self.found.insert(Root::Unknown);
            return;
        }
        if let Some(base) = inference.binding(&node.value) {
            let member = inference.application().member(&base, node.attr.as_str());
            if matches!(member, None | Some(Binding::Variable | Binding::External(_))) {
                self.found.insert(Root::Unknown);
            }
            return;
        }
        match inference.infer(&node.value) {
            Type::SelfEntity(entity) => {
                let name = inference.scope.member_name(node.attr.as_str());
                // A property may give any of the entity's objects.
                if inference.application().member_from(entity, 0, &name).is_some() {
                    self.found.insert(Root::Unknown);
                    return;
                }
                // References are shared, and never change.
                if !matches!(inference.infer(expression), Type::Reference(_)) {
                    self.found.insert(Root::State((entity, name.into_owned())));
                }
            }
            Type::Reference(entity) => {
                let name = inference.scope.member_name(node.attr.as_str());
                let function = inference.application().member_from(entity, 0, &name);
                // A copy; unless it is the function's own entity in disguise.
                let mut base = RootSet::new();
                std::mem::swap(&mut base, &mut self.found);
                self.expression(inference, &node.value);
                std::mem::swap(&mut base, &mut self.found);
                for root in base {
                    self.found.insert(match root {
                        Root::Itself if function.is_some() => Root::Unknown,
                        Root::Itself => Root::State((entity, name.clone().into_owned())),
                        other => other,
                    });
                }
            }
            _ => self.expression(inference, &node.value),
        }
    }

    fn call(&mut self, inference: &mut Inference<'_, 'a>, node: &'a ruff_python_ast::ExprCall) {
        let keywords = node.arguments.keywords.iter().map(|keyword| &keyword.value);
        let arguments = node.arguments.args.iter().chain(keywords);
        match inference.binding(&node.func) {
            Some(Binding::Entity(_)) => return,
            Some(Binding::External(name)) if name.starts_with("anabranch.") => return,
            Some(Binding::Function(_)) => {
                self.found.insert(Root::Unknown);
                return;
            }
            Some(_) => return self.all(inference, arguments),
            None => {}
        }
        let Expr::Attribute(attribute) = &*node.func else {
            if !node.func.is_name_expr() {
                self.found.insert(Root::Unknown);
            }
            if inference.builtin(&node.func) == Some("super") {
                self.found.insert(Root::Itself);
            }
            if inference.builtin(&node.func).is_none() {
                self.expression(inference, &node.func);
            }
            return self.all(inference, arguments);
        };
        if inference.inherited(attribute).is_some() {
            self.found.insert(Root::Unknown);
            return;
        }
        match inference.infer(&attribute.value) {
            Type::SelfEntity(_) => {
                self.found.insert(Root::Unknown);
            }
            // The result is a copy; of its own entity in disguise it is not.
            Type::Reference(_) => self.expression(inference, &attribute.value),
            _ => {
                self.expression(inference, &attribute.value);
                self.all(inference, arguments);
            }
        }
    }
}

/// Collects what variables are assigned and filled with.
struct Gather<'t, 'a> {
    inference: Inference<'t, 'a>,
    variables: Variables<'a>,
}

impl<'a> Gather<'_, 'a> {
    fn made(&mut self, name: &'a str, is_made: bool) {
        *self.variables.made_here.entry(name).or_insert(true) &= is_made;
    }

    fn source(&mut self, name: &'a str, value: &'a Expr) {
        self.variables.sources.entry(name).or_default().push(value);
    }

    /// `target = value`
    fn bind(&mut self, target: &'a Expr, value: &'a Expr) {
        if let Expr::Name(name) = target {
            let is_made = is_made_here(&self.inference, value);
            self.source(name.id.as_str(), value);
            self.made(name.id.as_str(), is_made);
        } else {
            self.bind_part(target, value);
        }
    }

    /// The names of `target` get something that is in `whole`.
    fn bind_part(&mut self, target: &'a Expr, whole: &'a Expr) {
        for name in targets(target) {
            self.source(name, whole);
            self.made(name, false);
        }
        self.fill(target, whole);
    }

    /// `name[…] = value` and the like put the value into what the variable holds.
    fn fill(&mut self, target: &'a Expr, value: &'a Expr) {
        match target {
            Expr::Attribute(node) => self.fill_name(&node.value, value),
            Expr::Subscript(node) => self.fill_name(&node.value, value),
            Expr::Tuple(node) => node.elts.iter().for_each(|part| self.fill(part, value)),
            Expr::List(node) => node.elts.iter().for_each(|part| self.fill(part, value)),
            Expr::Starred(node) => self.fill(&node.value, value),
            _ => {}
        }
    }

    fn fill_name(&mut self, container: &'a Expr, value: &'a Expr) {
        match container {
            Expr::Name(name) => self.source(name.id.as_str(), value),
            Expr::Attribute(node) => self.fill_name(&node.value, value),
            Expr::Subscript(node) => self.fill_name(&node.value, value),
            _ => {}
        }
    }

    /// The names may hold anything.
    fn forget(&mut self, names: impl IntoIterator<Item = &'a str>) {
        for name in names {
            self.variables.unknown.insert(name);
            self.made(name, false);
        }
    }

    /// What is put into a container by a method, or by a function that is given the container.
    fn call(&mut self, node: &'a ruff_python_ast::ExprCall) {
        let keywords = node.arguments.keywords.iter().map(|keyword| &keyword.value);
        let arguments = node.arguments.args.iter().chain(keywords);
        if let Expr::Attribute(attribute) = &*node.func
            && self.inference.binding(&node.func).is_none()
        {
            for argument in arguments.clone() {
                self.fill_name(&attribute.value, argument);
            }
        }
        let keeps_apart = self.inference.builtin(&node.func).is_some()
            || matches!(
                self.inference.binding(&node.func),
                Some(Binding::Entity(_) | Binding::Record(_) | Binding::Enum(_))
            );
        if keeps_apart {
            return;
        }
        // Which of them goes into which is not known.
        for argument in arguments {
            if let Expr::Name(name) = argument {
                self.variables.unknown.insert(name.id.as_str());
            }
        }
    }
}

impl<'a> Visitor<'a> for Gather<'_, 'a> {
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(node) => {
                node.targets.iter().for_each(|target| self.bind(target, &node.value));
            }
            Stmt::AnnAssign(node) => {
                node.value.iter().for_each(|value| self.bind(&node.target, value));
            }
            Stmt::AugAssign(node) => match &*node.target {
                Expr::Name(name) => self.source(name.id.as_str(), &node.value),
                target => self.fill(target, &node.value),
            },
            Stmt::For(node) => self.bind_part(&node.target, &node.iter),
            Stmt::With(node) => {
                let variables = node.items.iter().flat_map(|item| &item.optional_vars);
                let names: Vec<&str> = variables.flat_map(|target| targets(target)).collect();
                self.forget(names);
            }
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {
                // What happens inside may put anything into what it names.
                let found = crate::names::statement_occurrences(statement);
                self.forget(found.into_iter().map(|occurrence| occurrence.name));
                return;
            }
            Stmt::Import(_) | Stmt::ImportFrom(_) => {
                self.forget(bound_names(std::slice::from_ref(statement)));
            }
            Stmt::Match(node) => {
                for case in &node.cases {
                    for occurrence in crate::names::pattern_occurrences(&case.pattern) {
                        self.source(occurrence.name, &node.subject);
                        self.made(occurrence.name, false);
                    }
                }
            }
            _ => {}
        }
        visitor::walk_stmt(self, statement);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(node) = handler;
        self.forget(node.name.iter().map(|name| name.as_str()));
        visitor::walk_except_handler(self, handler);
    }

    fn visit_comprehension(&mut self, generator: &'a Comprehension) {
        self.bind_part(&generator.target, &generator.iter);
        visitor::walk_comprehension(self, generator);
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        match expression {
            Expr::Named(node) => self.bind(&node.target, &node.value),
            Expr::Lambda(_) => {
                let found = crate::names::occurrences(expression);
                let names: Vec<&str> =
                    found.into_iter().map(|occurrence| occurrence.name).collect();
                self.variables.unknown.extend(names);
                return;
            }
            Expr::Call(node) => self.call(node),
            _ => {}
        }
        visitor::walk_expr(self, expression);
    }
}
