//! Stage 6: what cannot be compiled, as diagnostics.
//!
//! Each rule looks at one entity class or one function of entity code and reports all it finds.

mod bases;
mod captures;
mod classes;
mod definitions;
mod functions;
mod places;
mod references;
mod supers;
mod undefined;

use ruff_python_ast::Stmt;
use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};

use crate::effects::Effects;
use crate::types::{FunctionScope, Typing};
use crate::{Diagnostic, notes};

/// Checks the whole application. What is worth knowing of its functions is noted on the way, while each
/// of them is in the caches.
pub fn check<'a>(
    typing: &Typing<'a>,
    scopes: &[FunctionScope<'a>],
    effects: &Effects<'a>,
    diagnostics: &mut Vec<Diagnostic>,
    notes: &mut Vec<Diagnostic>,
) {
    for entity in 0..typing.application.entities.len() {
        classes::check(typing, entity, effects, diagnostics);
        definitions::check_class(typing, entity, effects, diagnostics);
    }
    let files = typing.application.loaded.files.iter();
    let is_dynamic: Vec<bool> = files.map(undefined::may_define_anything).collect();
    for (index, scope) in scopes.iter().enumerate() {
        if !effects.is_entity_code(index) {
            continue;
        }
        functions::check(typing, scope, diagnostics);
        let spots = effects.spots(index);
        places::check(scope, spots, diagnostics);
        references::check(typing, scope, diagnostics);
        definitions::check(typing, scope, effects, diagnostics);
        if !is_dynamic[scope.module] {
            undefined::check(typing, scope, diagnostics);
        }
        let definition = &typing.application.functions[index];
        if !definition.is_splittable() {
            places::check_accessor(scope, spots, definition, diagnostics);
        } else if effects.suspends(index).is_some() {
            functions::check_split(typing, scope, diagnostics);
            captures::check(typing, scope, spots, diagnostics);
        }
        notes::note(typing, scope, notes);
    }
}

/// The names that `body` declares `global`.
pub fn global_names(body: &[Stmt]) -> Vec<&str> {
    struct Globals<'s>(Vec<&'s str>);
    impl<'s> StatementVisitor<'s> for Globals<'s> {
        fn visit_stmt(&mut self, statement: &'s Stmt) {
            match statement {
                Stmt::Global(node) => self.0.extend(node.names.iter().map(|name| name.as_str())),
                Stmt::FunctionDef(_) | Stmt::ClassDef(_) => {}
                _ => walk_stmt(self, statement),
            }
        }
    }
    let mut globals = Globals(Vec::new());
    globals.visit_body(body);
    globals.0
}
