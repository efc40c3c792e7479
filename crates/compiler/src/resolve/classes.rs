//! Which classes are entities, dataclasses and enums.

use std::collections::BTreeMap;

use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::inheritance::{Ancestor, Finding, Obstacle, is_abstract, lineage};
use super::members::{ClassBody, class_body};
use super::{Application, Binding, EntityClass, EnumDefinition, FunctionKind, RecordClass};
use crate::names::mangled;
use crate::{Code, Diagnostic};

const ENUM_BASES: &[&str] =
    &["enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"];

/// Enters a class into the table it belongs to.
pub(super) fn define(
    application: &mut Application<'_>,
    class: usize,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let super::ClassDefinition { name, module, node, .. } = application.classes[class];
    if has_decorator(application, module, node, "anabranch.entity") {
        application.entities.push(EntityClass {
            name,
            module,
            node,
            class,
            bodies: Vec::new(),
            ancestors: Vec::new(),
            findings: Vec::new(),
            constructors: Vec::new(),
            keys: Vec::new(),
            methods: Vec::new(),
            overridden: Vec::new(),
            accessors: Vec::new(),
        });
        let binding = Binding::Entity(application.entities.len() - 1);
        application.rebind(module, node, binding);
    } else if has_decorator(application, module, node, "dataclasses.dataclass") {
        application.records.push(RecordClass { name, module, node });
        let binding = Binding::Record(application.records.len() - 1);
        application.rebind(module, node, binding);
    } else if is_enum(application, module, node) {
        application.enums.push(EnumDefinition { name, module, node });
        let binding = Binding::Enum(application.enums.len() - 1);
        application.rebind(module, node, binding);
    }
    refuse_nested(application, module, &node.body, diagnostics);
}

/// Puts entity class `owner` together: its own body and those of the classes that it inherits from.
pub(super) fn complete(application: &mut Application<'_>, owner: usize) {
    let lineage = lineage(application, application.entities[owner].class);
    let classes = lineage.order.iter().filter_map(|ancestor| match ancestor {
        Ancestor::Class(class) => Some(*class),
        _ => None,
    });
    let mut findings = lineage.findings;
    let (mut constructors, mut keys) = (Vec::new(), Vec::new());
    let mut bodies: Vec<ClassBody<'_>> = Vec::new();
    for (level, class) in classes.enumerate() {
        application.classes[class].is_ancestor = true;
        let first = application.functions.len();
        let (body, special) = class_body(application, owner, level, class);
        check_body(&body, &mut findings);
        constructors.extend(special.constructor);
        keys.extend(special.key);
        bodies.push(body);
        let entity = &mut application.entities[owner];
        for index in first..application.functions.len() {
            let definition = &application.functions[index];
            let stored = mangled(Some(bodies[level].name), definition.name);
            let is_visible =
                bodies[..level].iter().all(|body| !body.members.contains_key(&*stored));
            let is_last = bodies[level].members.get(&*stored) == Some(&Some(index));
            match definition.kind {
                FunctionKind::Method if !is_last => {}
                FunctionKind::Method if is_visible => entity.methods.push(index),
                FunctionKind::Method => entity.overridden.push(index),
                _ => entity.accessors.push(index),
            }
        }
    }
    let initializing = constructors.first().map_or(usize::MAX, |definition| definition.level);
    check_protocols(application, &bodies, initializing, &mut findings);
    let entity = &mut application.entities[owner];
    entity.bodies = bodies;
    entity.ancestors = lineage.order;
    entity.findings = findings;
    entity.constructors = constructors;
    entity.keys = keys;
}

fn check_body(body: &ClassBody<'_>, findings: &mut Vec<Finding>) {
    let mut add = |obstacle, range| {
        findings.push(Finding { obstacle, module: body.module, range });
    };
    for statement in &body.node.body {
        let (targets, value) = match statement {
            Stmt::Assign(node) => (&node.targets[..], Some(&*node.value)),
            Stmt::AnnAssign(node) => (std::slice::from_ref(&*node.target), node.value.as_deref()),
            _ => continue,
        };
        let is_slots =
            |target: &Expr| matches!(target, Expr::Name(name) if name.id.as_str() == "__slots__");
        let is_empty = match value {
            Some(Expr::Tuple(node)) => node.elts.is_empty(),
            Some(Expr::List(node)) => node.elts.is_empty(),
            other => other.is_none(),
        };
        if targets.iter().any(is_slots) && !is_empty {
            add(Obstacle::Slots(body.name.to_owned()), statement.range());
        }
    }
    for member in ["__init__", "__key__"] {
        if body.members.contains_key(member) {
            let obstacle = Obstacle::Replaced { class: body.name.to_owned(), member };
            add(obstacle, body.node.name.range());
        }
    }
}

/// A protocol class without an `__init__` of its own gets one from Python, which hides those behind it.
fn check_protocols(
    application: &Application<'_>,
    bodies: &[ClassBody<'_>],
    initializing: usize,
    findings: &mut Vec<Finding>,
) {
    for (level, body) in bodies.iter().enumerate() {
        let protocol = body.node.bases().iter().find(|base| {
            let base = match base {
                Expr::Subscript(node) => &*node.value,
                other => other,
            };
            is_external(application, body.module, base, "typing.Protocol")
        });
        if let Some(base) = protocol
            && (level == 0 || level < initializing && initializing != usize::MAX)
        {
            let obstacle = Obstacle::Protocol(body.name.to_owned());
            findings.push(Finding { obstacle, module: body.module, range: base.range() });
        }
    }
}

/// Methods marked `@abstractmethod` that no class before theirs defines, where Python makes no
/// instance because of them.
pub fn abstract_methods(application: &Application<'_>, entity: &EntityClass<'_>) -> Vec<usize> {
    if !is_abstract(application, &entity.ancestors) {
        return Vec::new();
    }
    let is_marked = |index: &usize| {
        let definition = &application.functions[*index];
        definition.node.decorator_list.iter().any(|decorator| {
            is_external(application, definition.module, &decorator.expression, "abc.abstractmethod")
        })
    };
    let visible = |index: &usize| {
        let definition = &application.functions[*index];
        let stored = mangled(Some(entity.bodies[definition.level].name), definition.name);
        !entity.bodies[..definition.level].iter().any(|body| body.members.contains_key(&*stored))
    };
    let functions = entity.methods.iter().chain(&entity.accessors).copied();
    functions.filter(|index| is_marked(index) && visible(index)).collect()
}

/// What the decorators make of a function in an entity class.
pub(super) fn kind(
    application: &Application<'_>,
    module: usize,
    function: &StmtFunctionDef,
) -> FunctionKind {
    let mut kinds = function
        .decorator_list
        .iter()
        .filter_map(|decorator| builtin_decorator(application, module, &decorator.expression));
    kinds.next().unwrap_or(FunctionKind::Method)
}

/// What a decorator of Python's own makes of a function: `@property`, `@price.setter`, …
pub fn builtin_decorator(
    application: &Application<'_>,
    module: usize,
    decorator: &Expr,
) -> Option<FunctionKind> {
    if application.resolve(module, decorator).is_some() {
        return None;
    }
    match decorator {
        Expr::Name(name) => match name.id.as_str() {
            "property" => Some(FunctionKind::Property),
            "staticmethod" => Some(FunctionKind::StaticMethod),
            "classmethod" => Some(FunctionKind::ClassMethod),
            _ => None,
        },
        Expr::Attribute(node) => matches!(node.attr.as_str(), "setter" | "getter" | "deleter")
            .then_some(FunctionKind::Property),
        _ => None,
    }
}

/// Whether one of the class's decorators is `wanted`, with or without arguments.
fn has_decorator(
    application: &Application<'_>,
    module: usize,
    node: &StmtClassDef,
    wanted: &str,
) -> bool {
    node.decorator_list.iter().any(|decorator| {
        let expression = match &decorator.expression {
            Expr::Call(call) => &*call.func,
            other => other,
        };
        is_external(application, module, expression, wanted)
    })
}

fn is_external(
    application: &Application<'_>,
    module: usize,
    expression: &Expr,
    wanted: &str,
) -> bool {
    matches!(application.resolve(module, expression), Some(Binding::External(name)) if name == wanted)
}

fn is_enum(application: &Application<'_>, module: usize, node: &StmtClassDef) -> bool {
    node.bases().iter().any(|base| match application.resolve(module, base) {
        Some(Binding::External(name)) => ENUM_BASES.contains(&name.as_str()),
        Some(Binding::Enum(_)) => true,
        _ => false,
    })
}

/// Reports entity classes inside of functions and classes.
pub(super) fn refuse_nested(
    application: &Application<'_>,
    module: usize,
    body: &[Stmt],
    diagnostics: &mut Vec<Diagnostic>,
) {
    struct Nested<'a, 'b> {
        application: &'b Application<'a>,
        module: usize,
        diagnostics: &'b mut Vec<Diagnostic>,
    }
    impl<'s> StatementVisitor<'s> for Nested<'_, '_> {
        fn visit_stmt(&mut self, statement: &'s Stmt) {
            if let Stmt::ClassDef(node) = statement
                && has_decorator(self.application, self.module, node, "anabranch.entity")
            {
                let message = format!("the entity class `{}` is not at module level", node.name);
                self.diagnostics.push(
                    Diagnostic::new(Code::NestedEntity, message)
                        .at(self.module, node.name.range(), "inside of a function or class")
                        .why("entities are found by the name of their class and key, also after a restart")
                        .help("move the class to the top level of the module"),
                );
            }
            walk_stmt(self, statement);
        }
    }
    Nested { application, module, diagnostics }.visit_body(body);
}

/// Reports entity classes of the same name, and an application without entities.
pub(super) fn check_names(application: &Application<'_>, diagnostics: &mut Vec<Diagnostic>) {
    let mut first_by_name: BTreeMap<&str, &EntityClass<'_>> = BTreeMap::new();
    for entity in &application.entities {
        if let Some(first) = first_by_name.get(entity.name) {
            let message = format!("two entity classes are called `{}`", entity.name);
            diagnostics.push(
                Diagnostic::new(Code::EntityNameCollision, message)
                    .at(entity.module, entity.node.name.range(), "the second one")
                    .also(first.module, first.node.name.range(), "the first one")
                    .why("stored entities and URLs go by the class name alone")
                    .help("rename one of the classes"),
            );
        } else {
            first_by_name.insert(entity.name, entity);
        }
    }
    let parsed = application.loaded.modules.iter().all(|module| !module.body.is_empty());
    if application.entities.is_empty() && (parsed || diagnostics.is_empty()) {
        let path = application.loaded.files.first().map_or("the file", |file| &*file.path);
        let message = format!("no class in {path} is marked `@entity`");
        diagnostics.push(
            Diagnostic::new(Code::NoEntity, message)
                .help("`from anabranch import entity` and write `@entity` above the class"),
        );
    }
}
