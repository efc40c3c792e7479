//! What the classes of the application could do behind the back of the code that is looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::{mem, ptr};

use ruff_python_ast::statement_visitor::{self, StatementVisitor};
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, Expr, ExprContext, Stmt, StmtClassDef, StmtFunctionDef};
use rustc_hash::FxHashMap;

use super::attributes::Names;
use super::changes::{OwnChanges, own_changes};
use super::instances::with_instances;
use super::keys::own_name;
use crate::resolve::{Application, Binding, FunctionDefinition, FunctionKind};
use crate::types::{FunctionScope, Typing};

/// Special methods that make an object, and those that write it as text, which nobody expects to
/// change it.
const HARMLESS: &[&str] = &[
    "__init__",
    "__post_init__",
    "__new__",
    "__key__",
    "__init_subclass__",
    "__class_getitem__",
    "__str__",
    "__repr__",
    "__format__",
];

/// How often methods of dataclasses may lead to other methods before those count as changing.
const ROUNDS: usize = 3;

/// Facts about the whole application.
#[derive(Debug, Default)]
pub(super) struct ApplicationClasses {
    /// Of attributes.
    pub(super) names: Names,
    /// A look-up in a dict may add to it.
    pub(super) has_default_dicts: bool,
    /// Attributes may be assigned by other means than the assignments that can be seen.
    pub(super) is_reflective: bool,
    /// What Python calls by itself (operators, properties) may change something.
    pub(super) changes_unseen: bool,
    /// Names of attributes that are assigned anywhere, but by the methods of entity classes to their own
    /// entity.
    assigned: BTreeSet<String>,
    /// Methods of dataclasses that change nothing.
    reading: BTreeSet<(usize, String)>,
    /// Dataclasses whose constructor only keeps its arguments.
    plain_constructors: BTreeSet<usize>,
    /// The functions in the bodies of entity classes by the name that Python stores, those that others
    /// hide included, in the order of the classes.
    members: BTreeMap<String, Vec<usize>>,
}

impl ApplicationClasses {
    pub(super) fn of<'a>(typing: &Typing<'a>, scopes: &[FunctionScope<'a>]) -> Self {
        let application = typing.application;
        let files = &application.loaded.files;
        let mentions = |word: &str| files.iter().any(|file| file.text.contains(word));
        let reflective = ["setattr", "delattr", "__dict__", "vars(", "exec(", "eval("];
        let mut assigned =
            Assigned { found: BTreeSet::new(), own_names: own_names(application), own: None };
        for module in &application.loaded.modules {
            assigned.visit_body(&module.body);
        }
        let mut classes = Self {
            names: Names::default(),
            has_default_dicts: mentions("defaultdict") || mentions("__missing__"),
            is_reflective: reflective.into_iter().any(mentions),
            changes_unseen: false,
            assigned: assigned.found,
            reading: BTreeSet::new(),
            plain_constructors: BTreeSet::new(),
            members: members(application),
        };
        for (index, record) in application.records.iter().enumerate() {
            let has_constructor = methods(record.node).any(|method| {
                matches!(method.name.as_str(), "__init__" | "__post_init__" | "__new__")
            });
            if !has_constructor && record.node.bases().is_empty() {
                classes.plain_constructors.insert(index);
            }
        }
        for _ in 0..ROUNDS {
            for (index, record) in application.records.iter().enumerate() {
                for method in methods(record.node) {
                    let scope = typing.scope(&plain_function(record.module, method));
                    let changes = own_changes(typing, &scope, &classes);
                    if changes_nothing(&changes) && changes.callees.is_empty() {
                        classes.reading.insert((index, method.name.to_string()));
                    }
                }
            }
        }
        classes.changes_unseen = changes_unseen(typing, scopes, &classes);
        classes
    }

    /// The functions that the bodies of entity classes define as `name`.
    pub(super) fn members(&self, name: &str) -> &[usize] {
        self.members.get(name).map_or(&[], Vec::as_slice)
    }

    /// The functions that the bodies of `entity` define as `name`.
    pub(super) fn members_of(
        &self,
        application: &Application<'_>,
        entity: usize,
        name: &str,
    ) -> &[usize] {
        let all = self.members(name);
        let owner = |index: &usize| application.functions[*index].owner;
        let start = all.partition_point(|index| owner(index) < Some(entity));
        let end = all.partition_point(|index| owner(index) <= Some(entity));
        &all[start..end]
    }

    /// Whether the method of a dataclass changes nothing.
    pub(super) fn only_reads(&self, record: usize, method: &str) -> bool {
        self.reading.contains(&(record, method.to_owned()))
    }

    pub(super) fn has_plain_constructor(&self, record: usize) -> bool {
        self.plain_constructors.contains(&record)
    }

    /// Whether an attribute of this name, of anything but an entity, is never assigned once its object
    /// is made.
    pub(super) fn is_fixed(&self, attribute: &str) -> bool {
        !self.is_reflective && !self.assigned.contains(attribute)
    }
}

fn members(application: &Application<'_>) -> BTreeMap<String, Vec<usize>> {
    let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, definition) in application.functions.iter().enumerate() {
        if definition.owner.is_some() {
            members.entry(application.stored_name(definition)).or_default().push(index);
        }
    }
    for functions in members.values_mut() {
        functions.sort_by_key(|index| application.functions[*index].owner);
    }
    members
}

/// A function of a class that is no entity class.
fn plain_function<'a>(module: usize, node: &'a StmtFunctionDef) -> FunctionDefinition<'a> {
    let name = node.name.as_str();
    FunctionDefinition { name, module, kind: FunctionKind::Helper, owner: None, level: 0, node }
}

fn changes_nothing(changes: &OwnChanges) -> bool {
    changes.writes.is_empty() && !changes.changes_itself && !changes.changes_arguments
}

fn methods(node: &StmtClassDef) -> impl Iterator<Item = &StmtFunctionDef> {
    node.body.iter().filter_map(|statement| match statement {
        Stmt::FunctionDef(function) => Some(function),
        _ => None,
    })
}

fn is_special(name: &str) -> bool {
    name.starts_with("__") && name.ends_with("__") && !HARMLESS.contains(&name)
}

fn changes_unseen<'a>(
    typing: &Typing<'a>,
    scopes: &[FunctionScope<'a>],
    classes: &ApplicationClasses,
) -> bool {
    let application = typing.application;
    let with_instances = with_instances(application);
    for (index, function) in application.functions.iter().enumerate() {
        if function.owner.is_some() && is_special(function.name) {
            let changes = own_changes(typing, &scopes[index], classes);
            if !changes_nothing(&changes) || !changes.callees.is_empty() {
                return true;
            }
        }
    }
    for (module, loaded) in application.loaded.modules.iter().enumerate() {
        let mut found = Classes(Vec::new());
        found.visit_body(&loaded.body);
        for class in found.0 {
            let name = Expr::Name(ruff_python_ast::ExprName {
                node_index: Default::default(),
                range: class.name.range,
                id: class.name.id.clone(),
                ctx: ExprContext::Load,
            });
            match application.resolve(module, &name) {
                Some(Binding::Entity(_)) => continue,
                // What it defines runs as part of entities, where it is looked at.
                Some(Binding::PlainClass(found))
                    if application.classes[found].is_ancestor
                        && !with_instances.contains(&found) =>
                {
                    continue;
                }
                _ => {}
            }
            for method in methods(class) {
                let is_harmless = method.decorator_list.iter().all(|decorator| {
                    matches!(&decorator.expression, Expr::Name(name)
                        if matches!(name.id.as_str(), "staticmethod" | "classmethod"))
                });
                if is_harmless && !is_special(method.name.as_str()) {
                    continue;
                }
                let is_known = method.decorator_list.iter().all(|decorator| {
                    matches!(&decorator.expression, Expr::Name(name)
                        if matches!(name.id.as_str(), "staticmethod" | "classmethod" | "property"))
                });
                let scope = typing.scope(&plain_function(module, method));
                let changes = own_changes(typing, &scope, classes);
                if !is_known || !changes_nothing(&changes) || !changes.callees.is_empty() {
                    return true;
                }
            }
        }
    }
    false
}

struct Classes<'s>(Vec<&'s StmtClassDef>);

impl<'s> StatementVisitor<'s> for Classes<'s> {
    fn visit_stmt(&mut self, statement: &'s Stmt) {
        if let Stmt::ClassDef(node) = statement {
            self.0.push(node);
        }
        statement_visitor::walk_stmt(self, statement);
    }
}

/// By the address of a method in the body of an entity class: what it calls its own entity. That the
/// name never means anything else in it is a rule.
fn own_names<'a>(application: &Application<'a>) -> FxHashMap<usize, &'a str> {
    let constructors = application.entities.iter().flat_map(|entity| &entity.constructors);
    let methods = application.functions.iter().chain(constructors);
    let methods = methods.filter(|method| {
        let is_ordinary = matches!(method.kind, FunctionKind::Method | FunctionKind::Constructor);
        is_ordinary && method.level == 0 && method.owner.is_some()
    });
    let names = methods.filter_map(|method| {
        own_name(method.node).map(|own| (ptr::from_ref(method.node).addr(), own))
    });
    names.collect()
}

/// Finds the names of attributes that are assigned to anything but the entity of the method around.
struct Assigned<'s> {
    found: BTreeSet<String>,
    own_names: FxHashMap<usize, &'s str>,
    /// What the entity is called here.
    own: Option<&'s str>,
}

impl<'s> Assigned<'s> {
    fn inside(&mut self, own: Option<&'s str>, walk: impl FnOnce(&mut Self)) {
        let outer = mem::replace(&mut self.own, own);
        walk(self);
        self.own = outer;
    }
}

impl<'s> Visitor<'s> for Assigned<'s> {
    fn visit_stmt(&mut self, statement: &'s Stmt) {
        let own = match statement {
            Stmt::FunctionDef(node) => self.own_names.get(&ptr::from_ref(node).addr()).copied(),
            Stmt::ClassDef(_) => None,
            _ => return visitor::walk_stmt(self, statement),
        };
        self.inside(own, |this| visitor::walk_stmt(this, statement));
    }

    fn visit_comprehension(&mut self, generator: &'s Comprehension) {
        self.inside(None, |this| visitor::walk_comprehension(this, generator));
    }

    fn visit_expr(&mut self, expression: &'s Expr) {
        if let Expr::Attribute(node) = expression
            && node.ctx != ExprContext::Load
        {
            let is_own = matches!(&*node.value, Expr::Name(base)
                if self.own == Some(base.id.as_str()));
            if !is_own {
                self.found.insert(node.attr.to_string());
            }
        }
        visitor::walk_expr(self, expression);
    }
}
