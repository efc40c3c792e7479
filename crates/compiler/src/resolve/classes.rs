//! Which classes are entities, dataclasses and enums.

use std::collections::BTreeMap;

use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::{Expr, Stmt, StmtClassDef, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::{
    Application, Binding, EntityClass, EnumDefinition, FunctionDefinition, FunctionKind,
    RecordClass,
};
use crate::{Code, Diagnostic};

const ENUM_BASES: &[&str] =
    &["enum.Enum", "enum.IntEnum", "enum.StrEnum", "enum.Flag", "enum.IntFlag"];

/// Enters `node` into the table it belongs to.
pub(super) fn define<'a>(
    application: &mut Application<'a>,
    module: usize,
    node: &'a StmtClassDef,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let name = node.name.as_str();
    if has_decorator(application, module, node, "anabranch.entity") {
        let entity = entity_class(application, module, node);
        application.entities.push(entity);
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

fn entity_class<'a>(
    application: &mut Application<'a>,
    module: usize,
    node: &'a StmtClassDef,
) -> EntityClass<'a> {
    let owner = application.entities.len();
    let (mut constructor, mut key) = (None, None);
    let (mut methods, mut accessors): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for statement in &node.body {
        let Stmt::FunctionDef(function) = statement else { continue };
        match function.name.as_str() {
            "__init__" => constructor = Some(function),
            "__key__" => key = Some(function),
            name => {
                // The last definition of a name wins, as in Python; a property has several parts.
                methods.retain(|method| application.functions[*method].name != name);
                let kind = kind(application, module, function);
                if kind == FunctionKind::Method {
                    accessors.retain(|accessor| application.functions[*accessor].name != name);
                }
                let table =
                    if kind == FunctionKind::Method { &mut methods } else { &mut accessors };
                table.push(application.functions.len());
                application.functions.push(FunctionDefinition {
                    name,
                    module,
                    kind,
                    owner: Some(owner),
                    node: function,
                });
            }
        }
    }
    EntityClass { name: node.name.as_str(), module, node, constructor, key, methods, accessors }
}

/// What the decorators make of a function in an entity class.
fn kind(application: &Application<'_>, module: usize, function: &StmtFunctionDef) -> FunctionKind {
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
