//! What the classes of the application could do behind the back of the code that is looked at.

use std::collections::BTreeSet;

use ruff_python_ast::statement_visitor::{self, StatementVisitor};
use ruff_python_ast::{Expr, ExprContext, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::{Ranged, TextSize};
use rustc_hash::FxHashMap;

use super::changes::{OwnChanges, own_changes};
use super::instances::with_instances;
use super::keys::own_name;
use super::members::{MemberTable, NamedMembers};
use super::names::Names;
use crate::SourceFile;
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

/// What assigns attributes that nobody can see.
const REFLECTIVE: &[&str] = &["setattr", "delattr", "__dict__", "vars(", "exec(", "eval("];

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
    /// What the bodies of entity classes define.
    pub(super) table: MemberTable,
}

impl ApplicationClasses {
    pub(super) fn of<'a>(typing: &Typing<'a>, scopes: &[FunctionScope<'a>]) -> Self {
        let application = typing.application;
        let files = &application.loaded.files;
        // File by file: what has been looked through is in the caches.
        let mention = |words: &[&str]| {
            files.iter().any(|file| words.iter().any(|word| file.text.contains(word)))
        };
        let mut classes = Self {
            names: Names::default(),
            has_default_dicts: mention(&["defaultdict", "__missing__"]),
            is_reflective: mention(REFLECTIVE),
            changes_unseen: false,
            assigned: assigned(application),
            reading: BTreeSet::new(),
            plain_constructors: BTreeSet::new(),
            table: MemberTable::of(typing),
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
    pub(super) fn members(&self, name: &str) -> &NamedMembers {
        self.table.named(name)
    }

    /// The functions that the bodies of `entity` define as `name`.
    pub(super) fn members_of(
        &self,
        application: &Application<'_>,
        entity: usize,
        name: &str,
    ) -> &[usize] {
        self.members(name).functions_of(application, entity)
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
        let mut classes_of_module =
            Classes { source: &application.loaded.files[module], found: Vec::new() };
        classes_of_module.visit_body(&loaded.body);
        for class in classes_of_module.found {
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

/// The classes of a module, those inside of functions and classes included.
struct Classes<'s> {
    source: &'s SourceFile,
    found: Vec<&'s StmtClassDef>,
}

impl<'s> StatementVisitor<'s> for Classes<'s> {
    fn visit_stmt(&mut self, statement: &'s Stmt) {
        match statement {
            Stmt::ClassDef(node) => self.found.push(node),
            // To look through the text is faster than to walk the tree.
            Stmt::FunctionDef(node) if !self.source.slice(node.range()).contains("class") => return,
            _ => {}
        }
        statement_visitor::walk_stmt(self, statement);
    }
}

/// The names of attributes that are assigned to anything but the entity of the method around.
fn assigned(application: &Application<'_>) -> BTreeSet<String> {
    let own_names = own_names(application);
    let mut found = BTreeSet::new();
    for (module, loaded) in application.loaded.modules.iter().enumerate() {
        for assignment in &loaded.attribute_assignments {
            let own = assignment.function.and_then(|start| own_names.get(&(module, start)));
            let is_own = own.is_some() && own.copied() == assignment.object.as_deref();
            if !is_own && !found.contains(assignment.attribute.as_str()) {
                found.insert(assignment.attribute.to_string());
            }
        }
    }
    found
}

/// By module and start of a method in the body of an entity class: what it calls its own entity. That
/// the name never means anything else in it is a rule.
fn own_names<'a>(application: &Application<'a>) -> FxHashMap<(usize, TextSize), &'a str> {
    let constructors = application.entities.iter().flat_map(|entity| &entity.constructors);
    let methods = application.functions.iter().chain(constructors);
    let methods = methods.filter(|method| {
        let is_ordinary = matches!(method.kind, FunctionKind::Method | FunctionKind::Constructor);
        is_ordinary && method.level == 0 && method.owner.is_some()
    });
    let names = methods.filter_map(|method| {
        let place = (method.module, method.node.range().start());
        own_name(method.node).map(|own| (place, own))
    });
    names.collect()
}
