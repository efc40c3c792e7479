//! What the body of a class defines.

use std::collections::BTreeMap;

use ruff_python_ast::{Expr, Stmt, StmtClassDef};

use super::classes::{builtin_decorator, kind};
use super::{Application, FunctionDefinition, FunctionKind};
use crate::names::{bound_names, mangled};

/// One of the bodies that an entity class is made of: its own, or that of a class that it inherits
/// from.
#[derive(Debug)]
pub struct ClassBody<'a> {
    pub name: &'a str,
    pub module: usize,
    pub node: &'a StmtClassDef,
    /// Index into [`Application::classes`].
    pub class: usize,
    /// By the name that Python stores: the function, unless the name means something else.
    pub(super) members: BTreeMap<String, Option<usize>>,
}

/// The functions of a class body that run when an entity is created.
#[derive(Default)]
pub(super) struct Special<'a> {
    pub(super) constructor: Option<FunctionDefinition<'a>>,
    pub(super) key: Option<FunctionDefinition<'a>>,
}

/// Enters the functions in the body of `class`, which is the `level`th body of entity class `owner`.
pub(super) fn class_body<'a>(
    application: &mut Application<'a>,
    owner: usize,
    level: usize,
    class: usize,
) -> (ClassBody<'a>, Special<'a>) {
    let super::ClassDefinition { name, module, node, .. } = application.classes[class];
    let mut body = ClassBody { name, module, node, class, members: BTreeMap::new() };
    let mut special = Special::default();
    for statement in executed(&node.body) {
        let Stmt::FunctionDef(function) = statement else {
            // `name: hint` alone defines nothing.
            let is_bare = matches!(statement, Stmt::AnnAssign(node) if node.value.is_none());
            if !is_bare {
                for bound in bound_names(std::slice::from_ref(statement)) {
                    body.members.insert(mangled(Some(name), bound).into_owned(), None);
                }
            }
            continue;
        };
        let mut definition = FunctionDefinition {
            name: function.name.as_str(),
            module,
            kind: FunctionKind::Constructor,
            owner: Some(owner),
            level,
            node: function,
        };
        match definition.name {
            "__init__" => special.constructor = Some(definition),
            "__key__" => special.key = Some(definition),
            _ => {
                definition.kind = kind(application, module, function);
                let index = application.functions.len();
                let stored = mangled(Some(name), definition.name);
                // The last definition of a name wins, as in Python; a property has several parts,
                // of which the first is the getter.
                let is_part = is_further_part(application, &definition);
                let known = body.members.get(&*stored).copied().flatten();
                if known.is_none() || !is_part {
                    body.members.insert(stored.into_owned(), Some(index));
                }
                application.functions.push(definition);
            }
        }
    }
    (body, special)
}

/// Whether the function is the setter or deleter of a property that it goes on with.
fn is_further_part(application: &Application<'_>, definition: &FunctionDefinition<'_>) -> bool {
    definition.node.decorator_list.iter().any(|decorator| {
        decorator.expression.is_attribute_expr()
            && builtin_decorator(application, definition.module, &decorator.expression).is_some()
    })
}

/// The statements of a class body without those for type checkers alone.
fn executed(body: &[Stmt]) -> Vec<&Stmt> {
    let mut statements = Vec::new();
    for statement in body {
        match statement {
            Stmt::If(node) if is_type_checking(&node.test) => {
                if let [clause] = &node.elif_else_clauses[..]
                    && clause.test.is_none()
                {
                    statements.extend(executed(&clause.body));
                }
            }
            _ => statements.push(statement),
        }
    }
    statements
}

fn is_type_checking(test: &Expr) -> bool {
    match test {
        Expr::Name(name) => name.id.as_str() == "TYPE_CHECKING",
        Expr::Attribute(node) => node.attr.as_str() == "TYPE_CHECKING",
        _ => false,
    }
}
