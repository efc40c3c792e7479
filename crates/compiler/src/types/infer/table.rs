//! Types of attributes, fields and results: what functions know of each other.

use std::collections::BTreeMap;

use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtFunctionDef};
use rustc_hash::FxHashMap;

use super::Inference;
use super::variables::infer_variables;
use crate::hints::annotation;
use crate::names::mangled;
use crate::resolve::{Application, FunctionDefinition, FunctionKind};
use crate::types::{FunctionScope, Type};

/// The types of the application's attributes, fields and results.
#[derive(Debug)]
pub struct Typing<'a> {
    pub application: &'a Application<'a>,
    /// By entity class, then by the name that Python stores.
    attributes: Vec<BTreeMap<String, Type>>,
    /// By that name: the entity classes that have the attribute, in order.
    having: FxHashMap<String, Vec<usize>>,
    /// By dataclass.
    fields: Vec<BTreeMap<&'a str, Type>>,
    /// By function.
    results: Vec<Type>,
}

impl<'a> Typing<'a> {
    /// With the functions that assign attributes, as far as they are known then.
    ///
    /// What is assigned to one class's attribute may come from another's, so this takes two rounds. Only
    /// functions that assign attributes have a part in them; all others are left for
    /// [`Assigning::scopes`].
    pub fn new(application: &'a Application<'a>) -> (Self, Assigning<'a>) {
        let results = application.functions.iter().map(|function| match &function.node.returns {
            Some(hint) => annotation(application, function.module, hint).1,
            None if returns_a_value(function.node) => Type::Unknown,
            None => Type::None,
        });
        let records = application.records.iter();
        let fields =
            records.map(|record| class_annotations(application, record.module, &record.node.body));
        let mut typing = Self {
            application,
            attributes: vec![BTreeMap::new(); application.entities.len()],
            having: FxHashMap::default(),
            fields: fields.collect(),
            results: results.collect(),
        };
        // Bases first: the annotation of the class itself counts.
        let constructors = application
            .entities
            .iter()
            .flat_map(|entity| entity.constructors.iter().rev().chain(entity.keys.iter().rev()));
        let constructors: Vec<_> = constructors.filter(|it| assigns(application, it)).collect();
        let count = constructors.len();
        let functions = application.functions.iter().filter(|it| assigns(application, it));
        let mut scopes: Vec<FunctionScope<'a>> = Vec::new();
        // Each function is gone through as soon as its variables are known, while it is in the caches.
        let mut found = FoundAttributes::of_classes(application);
        for definition in constructors.into_iter().chain(functions) {
            let scope = typing.scope(definition);
            found.add(&typing, &scope);
            scopes.push(scope);
        }
        let changed = typing.replace_attributes(found);
        let mut found = FoundAttributes::of_classes(application);
        for scope in &mut scopes {
            typing.infer_again(scope, &changed);
            found.add(&typing, scope);
        }
        let changed = typing.replace_attributes(found);
        for (entity, attributes) in typing.attributes.iter().enumerate() {
            for name in attributes.keys() {
                typing.having.entry(name.clone()).or_default().push(entity);
            }
        }
        let functions = scopes.split_off(count);
        (typing, Assigning { functions, changed })
    }

    /// The type of attribute `name` of an entity class.
    pub fn attribute(&self, entity: usize, name: &str) -> Type {
        self.attributes[entity].get(name).cloned().unwrap_or(Type::Unknown)
    }

    /// The attributes that the class's own code assigns, by name.
    pub fn assigned_attributes(&self, entity: usize) -> impl Iterator<Item = &str> {
        self.attributes[entity].keys().map(String::as_str)
    }

    /// Whether the class's own code assigns the attribute.
    pub fn has_attribute(&self, entity: usize, name: &str) -> bool {
        self.attributes[entity].contains_key(name)
    }

    /// The entity classes whose own code assigns the attribute, in order.
    pub fn having_attribute(&self, name: &str) -> &[usize] {
        self.having.get(name).map_or(&[], Vec::as_slice)
    }

    /// The type of field `name` of a dataclass.
    pub fn field(&self, record: usize, name: &str) -> Type {
        self.fields[record].get(name).cloned().unwrap_or(Type::Unknown)
    }

    /// The type of what a function returns.
    pub fn result(&self, function: usize) -> Type {
        self.results[function].clone()
    }

    /// The type of an attribute that is the function, or a property of it.
    pub fn member_type(&self, function: usize) -> Type {
        let definition = &self.application.functions[function];
        let is_getter = definition.node.decorator_list.iter().all(|decorator| {
            !matches!(&decorator.expression, Expr::Attribute(node)
                if matches!(node.attr.as_str(), "setter" | "deleter"))
        });
        match definition.kind {
            FunctionKind::Property if is_getter => self.result(function),
            // A setter added to the property of a base class.
            FunctionKind::Property => Type::Unknown,
            _ => Type::Local,
        }
    }

    /// The scope of a function with the types of its variables.
    pub fn scope(&self, definition: &FunctionDefinition<'a>) -> FunctionScope<'a> {
        let mut scope = FunctionScope::new(self.application, definition);
        infer_variables(self, &mut scope);
        scope
    }

    /// Takes these attributes for those of before; which classes have others now.
    fn replace_attributes(&mut self, found: FoundAttributes) -> Vec<bool> {
        let previous = std::mem::replace(&mut self.attributes, found.finished());
        previous.iter().zip(&self.attributes).map(|(before, now)| before != now).collect()
    }

    /// Infers the variables anew if classes have changed that had a say.
    fn infer_again(&self, scope: &mut FunctionScope<'a>, changed: &[bool]) {
        if scope.consulted.get_mut().iter().any(|entity| changed[*entity]) {
            infer_variables(self, scope);
        }
    }
}

/// The functions of the application that assign attributes, with what was known of their variables
/// before the last round.
#[derive(Debug)]
pub struct Assigning<'a> {
    /// In the order of the application's table.
    functions: Vec<FunctionScope<'a>>,
    /// By entity class: whether its attributes have other types since.
    changed: Vec<bool>,
}

impl<'a> Assigning<'a> {
    /// The scopes of all functions with the types of their variables, in the order of the application's
    /// table. Each is worked out when it is asked for, so that whoever looks at the function at once
    /// finds it in the caches.
    pub fn scopes(self, typing: &Typing<'a>) -> impl Iterator<Item = FunctionScope<'a>> {
        let Self { functions, changed } = self;
        let mut known = functions.into_iter();
        typing.application.functions.iter().map(move |definition| {
            if !assigns(typing.application, definition) {
                return typing.scope(definition);
            }
            let known = known.next();
            let mut scope = known.expect("this is a bug in Anabranch: it assigns attributes");
            typing.infer_again(&mut scope, &changed);
            scope
        })
    }
}

/// Whether a function may have a say in the types of attributes.
fn assigns(application: &Application<'_>, definition: &FunctionDefinition<'_>) -> bool {
    application.loaded.modules[definition.module].assigns_attributes(definition.node)
}

/// The attributes that assignments show.
struct FoundAttributes {
    /// By entity class: what its own methods assign to `self`.
    own: Vec<AttributeTypes>,
    /// Assignments through a reference, with its class if that is known.
    elsewhere: Vec<(Option<usize>, String, Type)>,
}

impl FoundAttributes {
    /// Those in the bodies of the classes.
    fn of_classes(application: &Application<'_>) -> Self {
        let entities = 0..application.entities.len();
        let own = entities.map(|entity| class_attributes(application, entity)).collect();
        Self { own, elsewhere: Vec::new() }
    }

    /// Those that a function assigns.
    fn add<'a>(&mut self, typing: &Typing<'a>, scope: &FunctionScope<'a>) {
        let mut pass = Assignments { inference: Inference::new(typing, scope), found: self };
        pass.visit_body(&scope.node.body);
    }

    fn finished(mut self) -> Vec<BTreeMap<String, Type>> {
        join_elsewhere(&mut self.own, self.elsewhere);
        self.own.into_iter().map(AttributeTypes::finished).collect()
    }
}

fn class_attributes(application: &Application<'_>, entity: usize) -> AttributeTypes {
    let mut found = AttributeTypes { inferred: BTreeMap::new(), declared: BTreeMap::new() };
    for body in application.entities[entity].bodies.iter().rev() {
        let declared = class_annotations(application, body.module, &body.node.body);
        let declared = declared.into_iter();
        found.declared.extend(
            declared.map(|(name, kind)| (mangled(Some(body.name), name).into_owned(), kind)),
        );
        for statement in &body.node.body {
            let Stmt::Assign(node) = statement else { continue };
            for target in &node.targets {
                if let Expr::Name(name) = target {
                    found.join(&mangled(Some(body.name), name.id.as_str()), Type::Unknown);
                }
            }
        }
    }
    found
}

/// Joins what other code assigns through a reference into the attributes that a class has itself.
fn join_elsewhere(found: &mut [AttributeTypes], elsewhere: Vec<(Option<usize>, String, Type)>) {
    let mut owners: FxHashMap<&str, Vec<usize>> =
        elsewhere.iter().map(|(_, name, _)| (&**name, Vec::new())).collect();
    if elsewhere.is_empty() {
        return;
    }
    for (entity, attributes) in found.iter().enumerate() {
        for name in attributes.inferred.keys() {
            if let Some(owners) = owners.get_mut(&**name) {
                owners.push(entity);
            }
        }
    }
    for (receiver, name, kind) in &elsewhere {
        for entity in &owners[&**name] {
            if receiver.is_none_or(|receiver| receiver == *entity) {
                found[*entity].join(name, kind.clone());
            }
        }
    }
}

/// `name: hint` in a class body.
fn class_annotations<'a>(
    application: &Application<'a>,
    module: usize,
    body: &'a [Stmt],
) -> BTreeMap<&'a str, Type> {
    let mut types = BTreeMap::new();
    for statement in body {
        if let Stmt::AnnAssign(node) = statement
            && let Expr::Name(name) = &*node.target
        {
            let (_, kind) = annotation(application, module, &node.annotation);
            types.insert(name.id.as_str(), kind);
        }
    }
    types
}

struct AttributeTypes {
    inferred: BTreeMap<String, Type>,
    /// With an annotation, which wins.
    declared: BTreeMap<String, Type>,
}

impl AttributeTypes {
    fn join(&mut self, name: &str, kind: Type) {
        if let Some(known) = self.inferred.get_mut(name) {
            *known = std::mem::replace(known, Type::Never).join(kind).shared();
        } else {
            self.inferred.insert(name.to_owned(), kind.shared());
        }
    }

    fn finished(self) -> BTreeMap<String, Type> {
        let mut types = self.inferred;
        // Only `None` so far: somebody else will assign something to it.
        for kind in types.values_mut().filter(|kind| **kind == Type::None) {
            *kind = Type::Unknown;
        }
        types.extend(self.declared);
        types
    }
}

/// Assignments to attributes of entities in one function.
struct Assignments<'t, 'a> {
    inference: Inference<'t, 'a>,
    found: &'t mut FoundAttributes,
}

impl<'a> Assignments<'_, 'a> {
    fn assign(&mut self, target: &'a Expr, kind: Type) {
        match target {
            Expr::Attribute(node) => {
                let name = self.inference.scope.member_name(node.attr.as_str());
                match self.inference.infer(&node.value) {
                    Type::SelfEntity(entity) => self.found.own[entity].join(&name, kind),
                    Type::Reference(entity) => {
                        self.found.elsewhere.push((Some(entity), name.into_owned(), kind));
                    }
                    receiver if receiver.may_be_reference() => {
                        self.found.elsewhere.push((None, name.into_owned(), kind));
                    }
                    _ => {}
                }
            }
            Expr::Tuple(node) => {
                node.elts.iter().for_each(|element| self.assign(element, Type::Unknown));
            }
            Expr::List(node) => {
                node.elts.iter().for_each(|element| self.assign(element, Type::Unknown));
            }
            Expr::Starred(node) => self.assign(&node.value, Type::Unknown),
            _ => {}
        }
    }
}

impl<'a> StatementVisitor<'a> for Assignments<'_, 'a> {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        match statement {
            Stmt::Assign(node) => {
                let kind = self.inference.infer(&node.value);
                for target in &node.targets {
                    self.assign(target, kind.clone());
                }
            }
            Stmt::AnnAssign(node) => {
                if let Expr::Attribute(attribute) = &*node.target
                    && let Expr::Name(name) = &*attribute.value
                    && self.inference.scope.self_name == Some(name.id.as_str())
                    && let Some(owner) = self.inference.scope.owner
                {
                    let module = self.inference.scope.module;
                    let application = self.inference.application();
                    let (_, kind) = annotation(application, module, &node.annotation);
                    let name = self.inference.scope.member_name(attribute.attr.as_str());
                    self.found.own[owner].declared.insert(name.into_owned(), kind);
                }
            }
            Stmt::AugAssign(node) => {
                let both = self.inference.infer(&node.target);
                let value = self.inference.infer(&node.value);
                self.assign(&node.target, both.augmented(value));
            }
            Stmt::For(node) => self.assign(&node.target, Type::Unknown),
            Stmt::With(node) => {
                for item in &node.items {
                    if let Some(target) = &item.optional_vars {
                        self.assign(target, Type::Unknown);
                    }
                }
            }
            _ => {}
        }
        walk_stmt(self, statement);
    }
}

/// Whether some `return` of the function gives a value. Nested functions count, which only makes
/// the answer less precise.
fn returns_a_value(node: &StmtFunctionDef) -> bool {
    struct Returns(bool);
    impl<'s> StatementVisitor<'s> for Returns {
        fn visit_stmt(&mut self, statement: &'s Stmt) {
            if let Stmt::Return(node) = statement {
                self.0 |= node.value.is_some();
            }
            walk_stmt(self, statement);
        }
    }
    let mut returns = Returns(false);
    returns.visit_body(&node.body);
    returns.0
}
