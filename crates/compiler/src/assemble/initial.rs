//! What gives an entity its attributes, and what they look like where nothing is annotated.
//!
//! An entity that was stored before its class had an attribute needs a value for it. There is one
//! where `__init__` surely assigns an expression that has the same value for every entity: a
//! constant, or a parameter with a constant as its default.

use std::collections::BTreeMap;

use anabranch_ir::{Hint, Initial};
use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Number, Stmt, StmtFunctionDef};
use ruff_text_size::Ranged;

use crate::hints::{annotation, class_name};
use crate::names::{bound_names, mangled, parameter_names};
use crate::resolve::{Application, Binding, ClassBody, FunctionDefinition};

/// Built-in classes whose instances depend on their arguments alone.
const PLAIN_CLASSES: &[&str] =
    &["bool", "bytes", "dict", "float", "frozenset", "int", "list", "set", "str", "tuple"];

/// The same, of the standard library.
const LIBRARY_CLASSES: &[&str] = &[
    "collections.Counter",
    "collections.OrderedDict",
    "collections.defaultdict",
    "collections.deque",
    "datetime.date",
    "datetime.datetime",
    "datetime.time",
    "datetime.timedelta",
    "decimal.Decimal",
    "fractions.Fraction",
    "uuid.UUID",
];

/// What is known of an attribute.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Found {
    /// As annotated.
    pub(super) declared: Option<Hint>,
    /// As what is assigned looks like; `None` if it does not tell.
    pub(super) assigned: Option<Hint>,
    pub(super) initial: Initial,
}

/// What the class bodies, `__init__` and the other methods say of the attributes of an entity class,
/// by the names that Python stores.
///
/// What another `__init__` than the first assigns is not followed: whether it runs, and after what,
/// is the first one's affair.
pub(super) fn attributes(application: &Application<'_>, entity: usize) -> BTreeMap<String, Found> {
    let class = &application.entities[entity];
    let found = BTreeMap::new();
    let mut table = Table {
        application,
        bodies: &class.bodies,
        module: class.module,
        class: class.name,
        found,
    };
    for body in class.bodies.iter().rev() {
        (table.module, table.class) = (body.module, body.name);
        for statement in &body.node.body {
            table.class_body(statement);
        }
    }
    let functions = class.methods.iter().chain(&class.overridden).chain(&class.accessors);
    let functions = functions.map(|index| &application.functions[*index]);
    for function in functions.filter(|function| function.self_class().is_some()) {
        table.enter(function);
        table.assignments(function.node, Place::Method);
    }
    for constructor in class.constructors.iter().skip(1) {
        table.enter(constructor);
        table.assignments(constructor.node, Place::Constructor);
    }
    if let Some(constructor) = class.constructor() {
        table.enter(constructor);
        let constructor = constructor.node;
        table.assignments(constructor, Place::Constructor);
        // A constant is evaluated in the module of the entity class.
        if table.module == class.module {
            table.initial_values(constructor);
        }
        if calls_own_method(constructor) {
            // What the method assigns, new entities have.
            for found in table.found.values_mut() {
                if found.initial == Initial::Unset {
                    found.initial = Initial::Computed;
                }
            }
        }
    }
    table.found
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Constructor,
    Method,
}

struct Table<'t, 'a> {
    application: &'t Application<'a>,
    bodies: &'t [ClassBody<'a>],
    /// The class that is looked at, and its module.
    class: &'a str,
    module: usize,
    found: BTreeMap<String, Found>,
}

impl<'a> Table<'_, 'a> {
    /// Looks at a function from here on.
    fn enter(&mut self, function: &FunctionDefinition<'a>) {
        self.module = function.module;
        self.class = self.bodies[function.level].name;
    }

    fn entry(&mut self, name: &str) -> &mut Found {
        let nothing = Found { declared: None, assigned: None, initial: Initial::Unset };
        self.found.entry(mangled(Some(self.class), name).into_owned()).or_insert(nothing)
    }

    fn class_body(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::AnnAssign(node) => {
                let Expr::Name(name) = &*node.target else { return };
                let hint = annotation(self.application, self.module, &node.annotation).0;
                let entry = self.entry(name.id.as_str());
                entry.declared = Some(hint);
                if node.value.is_some() {
                    entry.initial = Initial::Class;
                }
            }
            Stmt::Assign(node) => {
                for target in &node.targets {
                    let Expr::Name(name) = target else { continue };
                    self.entry(name.id.as_str()).initial = Initial::Class;
                }
            }
            _ => {}
        }
    }

    /// Everything that a method assigns to attributes of its own entity, wherever it stands.
    fn assignments(&mut self, node: &'a StmtFunctionDef, place: Place) {
        let Some(own) = own_name(node) else { return };
        let mut assignments = Assignments { own, found: Vec::new() };
        assignments.visit_body(&node.body);
        for (name, hint, value) in assignments.found {
            let declared = hint.map(|hint| annotation(self.application, self.module, hint).0);
            let assigned = value.and_then(|value| self.hint_of(node, value));
            let entry = self.entry(name);
            entry.declared = entry.declared.take().or(declared);
            entry.assigned = match (entry.assigned.take(), assigned) {
                (Some(before), Some(hint)) if before != hint => Some(Hint::Any),
                (before, hint) => before.or(hint),
            };
            if place == Place::Constructor && entry.initial == Initial::Unset {
                entry.initial = Initial::Computed;
            }
        }
    }

    /// The statements of `__init__` that surely run.
    fn initial_values(&mut self, node: &'a StmtFunctionDef) {
        let Some(own) = own_name(node) else { return };
        let mut conditional = Assignments { own, found: Vec::new() };
        for statement in &node.body {
            let (targets, value): (Vec<&Expr>, _) = match statement {
                Stmt::Assign(node) => (node.targets.iter().collect(), &*node.value),
                Stmt::AnnAssign(node) => match &node.value {
                    Some(value) => (vec![&*node.target], &**value),
                    None => continue,
                },
                Stmt::Return(_) | Stmt::Raise(_) => break,
                other => {
                    conditional.visit_stmt(other);
                    continue;
                }
            };
            for target in targets {
                if let Some(name) = own_attribute(target, own) {
                    let text = self.constant_text(node, value);
                    let entry = self.entry(name);
                    entry.initial = match (text, &entry.initial) {
                        (Some(text), _) => Initial::Constant(text),
                        (None, Initial::Class) => Initial::Class,
                        (None, _) => Initial::Computed,
                    };
                }
            }
        }
        for (name, ..) in conditional.found {
            let entry = self.entry(name);
            if entry.initial != Initial::Class {
                entry.initial = Initial::Computed;
            }
        }
    }

    /// The source of `value`, assigned in `node`, if it has the same value for all entities.
    fn constant_text(&self, node: &StmtFunctionDef, value: &Expr) -> Option<String> {
        let bound = bound_names(&node.body);
        let parameters = parameter_names(&node.parameters);
        let is_local = |name: &str| bound.contains(&name) || parameters.contains(&name);
        let expression = match value {
            Expr::Name(name) if !bound.contains(&name.id.as_str()) => {
                let is_named = |parameter: &&ruff_python_ast::ParameterWithDefault| {
                    parameter.name().as_str() == name.id.as_str()
                };
                match node.parameters.iter_non_variadic_params().find(is_named) {
                    Some(parameter) => {
                        // A default is evaluated in the class body, whose names are not the
                        // module's.
                        let default = parameter.default.as_deref()?;
                        return self.text_if_constant(default, &|_| false);
                    }
                    None => value,
                }
            }
            other => other,
        };
        self.text_if_constant(expression, &is_local)
    }

    fn text_if_constant(
        &self,
        expression: &Expr,
        is_local: &dyn Fn(&str) -> bool,
    ) -> Option<String> {
        let source = &self.application.loaded.files[self.module];
        self.is_constant(expression, is_local).then(|| source.slice(expression.range()).to_owned())
    }

    fn is_constant(&self, expression: &Expr, is_local: &dyn Fn(&str) -> bool) -> bool {
        let all = |parts: &[Expr]| parts.iter().all(|part| self.is_constant(part, is_local));
        match expression {
            Expr::NoneLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::EllipsisLiteral(_) => true,
            Expr::List(node) => all(&node.elts),
            Expr::Set(node) => all(&node.elts),
            Expr::Tuple(node) => all(&node.elts),
            Expr::Dict(node) => node.items.iter().all(|item| {
                let key = item.key.as_ref();
                key.is_some_and(|key| self.is_constant(key, is_local))
                    && self.is_constant(&item.value, is_local)
            }),
            Expr::UnaryOp(node) => self.is_constant(&node.operand, is_local),
            Expr::BinOp(node) => {
                self.is_constant(&node.left, is_local) && self.is_constant(&node.right, is_local)
            }
            Expr::Name(name) => {
                !is_local(name.id.as_str())
                    && match self.application.resolve(self.module, expression) {
                        Some(Binding::Entity(_) | Binding::Function(_)) => false,
                        Some(_) => true,
                        None => PLAIN_CLASSES.contains(&name.id.as_str()),
                    }
            }
            Expr::Attribute(node) => self.is_constant(&node.value, is_local),
            Expr::Call(node) => {
                let makes_value = match self.application.resolve(self.module, &node.func) {
                    Some(Binding::Record(_)) => true,
                    Some(Binding::External(name)) => LIBRARY_CLASSES.contains(&name.as_str()),
                    Some(_) => false,
                    None => matches!(
                        &*node.func,
                        Expr::Name(name) if PLAIN_CLASSES.contains(&name.id.as_str())
                    ),
                };
                makes_value
                    && self.is_constant(&node.func, is_local)
                    && all(&node.arguments.args)
                    && node.arguments.keywords.iter().all(|keyword| {
                        keyword.arg.is_some() && self.is_constant(&keyword.value, is_local)
                    })
            }
            _ => false,
        }
    }

    /// What `value`, assigned in `node`, looks like. `None` for what does not tell: the value may be
    /// anything, or be replaced by anything.
    fn hint_of(&self, node: &StmtFunctionDef, value: &Expr) -> Option<Hint> {
        let any = || Box::new(Hint::Any);
        let hint = match value {
            Expr::BooleanLiteral(_) | Expr::Compare(_) => Hint::Bool,
            Expr::NumberLiteral(literal) => match literal.value {
                Number::Int(_) => Hint::Int,
                Number::Float(_) => Hint::Float,
                Number::Complex { .. } => Hint::Any,
            },
            Expr::UnaryOp(inner) => return self.hint_of(node, &inner.operand),
            Expr::StringLiteral(_) | Expr::FString(_) => Hint::Str,
            Expr::BytesLiteral(_) => Hint::Bytes,
            Expr::NoneLiteral(_) => Hint::Any,
            Expr::List(_) | Expr::ListComp(_) => Hint::List(any()),
            Expr::Set(_) | Expr::SetComp(_) => Hint::Set(any()),
            Expr::Dict(_) | Expr::DictComp(_) => Hint::Dict(any(), any()),
            Expr::Tuple(_) => Hint::TupleOf(any()),
            Expr::Name(name) => {
                if bound_names(&node.body).contains(&name.id.as_str()) {
                    return None;
                }
                let mut parameters = node.parameters.iter_non_variadic_params();
                let parameter = parameters.find(|it| it.name().as_str() == name.id.as_str())?;
                let hint = parameter.annotation()?;
                annotation(self.application, self.module, hint).0
            }
            Expr::Call(call) => {
                let is_local = parameter_names(&node.parameters).into_iter().any(
                    |name| matches!(&*call.func, Expr::Name(node) if node.id.as_str() == name),
                );
                match annotation(self.application, self.module, &call.func).0 {
                    // The class of a reference is what the inference of references says.
                    Hint::Any | Hint::Entity(_) => return None,
                    _ if is_local => return None,
                    hint => hint,
                }
            }
            Expr::Attribute(inner) => match self.application.resolve(self.module, &inner.value) {
                Some(Binding::Enum(index)) => {
                    let class = &self.application.enums[index];
                    Hint::Enum(class_name(self.application, class.module, class.name))
                }
                _ => return None,
            },
            _ => return None,
        };
        Some(hint)
    }
}

/// What `self` is called.
fn own_name(node: &StmtFunctionDef) -> Option<&str> {
    let mut positional = node.parameters.posonlyargs.iter().chain(&node.parameters.args);
    positional.next().map(|parameter| parameter.name().as_str())
}

/// The name of the attribute, if `target` is one of `own`.
fn own_attribute<'a>(target: &'a Expr, own: &str) -> Option<&'a str> {
    let Expr::Attribute(node) = target else { return None };
    match &*node.value {
        Expr::Name(name) if name.id.as_str() == own => Some(node.attr.as_str()),
        _ => None,
    }
}

/// Assignments to attributes of `own`: name, annotation, value (`None` if it is not an expression
/// that stands there).
struct Assignments<'a> {
    own: &'a str,
    found: Vec<(&'a str, Option<&'a Expr>, Option<&'a Expr>)>,
}

impl<'a> Assignments<'a> {
    fn assign(&mut self, target: &'a Expr, hint: Option<&'a Expr>, value: Option<&'a Expr>) {
        let parts: &[Expr] = match target {
            Expr::Tuple(node) => &node.elts,
            Expr::List(node) => &node.elts,
            Expr::Starred(node) => std::slice::from_ref(&*node.value),
            other => {
                self.found.extend(own_attribute(other, self.own).map(|name| (name, hint, value)));
                return;
            }
        };
        parts.iter().for_each(|part| self.assign(part, None, None));
    }
}

impl<'a> StatementVisitor<'a> for Assignments<'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(node) => {
                node.targets.iter().for_each(|target| self.assign(target, None, Some(&node.value)));
            }
            Stmt::AnnAssign(node) => {
                self.assign(&node.target, Some(&node.annotation), node.value.as_deref());
            }
            Stmt::For(node) => self.assign(&node.target, None, None),
            Stmt::With(node) => {
                for target in node.items.iter().filter_map(|item| item.optional_vars.as_deref()) {
                    self.assign(target, None, None);
                }
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }
}

/// Whether a method is called on `self` somewhere in `node`, or `self` given away.
fn calls_own_method(node: &StmtFunctionDef) -> bool {
    struct Calls<'s> {
        own: &'s str,
        found: bool,
    }
    impl<'s> Visitor<'s> for Calls<'s> {
        fn visit_expr(&mut self, expression: &'s Expr) {
            if let Expr::Call(call) = expression {
                let is_own =
                    |it: &Expr| matches!(it, Expr::Name(name) if name.id.as_str() == self.own);
                self.found |= own_attribute(&call.func, self.own).is_some()
                    || call.arguments.args.iter().any(is_own)
                    || call.arguments.keywords.iter().any(|keyword| is_own(&keyword.value));
            }
            visitor::walk_expr(self, expression);
        }
    }
    let Some(own) = own_name(node) else { return false };
    let mut calls = Calls { own, found: false };
    calls.visit_body(&node.body);
    calls.found
}
