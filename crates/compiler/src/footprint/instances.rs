//! Which base classes of entities may also have instances of their own.
//!
//! What a base class defines is looked at as part of each entity class that inherits from it. Objects
//! that are no entities run it too, if somebody makes them; so every use of the class as a value counts,
//! but for those that cannot make an object of it.

use std::collections::BTreeSet;

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Stmt};
use rustc_hash::FxHashSet;

use crate::resolve::inheritance::{Ancestor, lineage};
use crate::resolve::{Application, Binding};

/// Builtins that take a class and make nothing of it.
const ASKING: &[&str] = &["isinstance", "issubclass", "super"];

/// The base classes of entities, by index into [`Application::classes`], that may have instances.
pub(super) fn with_instances(application: &Application<'_>) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    let entities: FxHashSet<usize> =
        application.entities.iter().map(|entity| entity.class).collect();
    let mut classes = application.classes.iter().enumerate();
    if !classes.any(|(index, class)| class.is_ancestor && !entities.contains(&index)) {
        return found;
    }
    for (module, loaded) in application.loaded.modules.iter().enumerate() {
        Uses { application, module, found: &mut found }.visit_body(&loaded.body);
    }
    found
}

struct Uses<'t, 'a> {
    application: &'t Application<'a>,
    module: usize,
    found: &'t mut BTreeSet<usize>,
}

impl Uses<'_, '_> {
    fn class(&self, expression: &Expr) -> Option<usize> {
        let binding = self.application.resolve(self.module, expression)?;
        self.application.class_of(&binding)
    }

    /// Objects of the class are made of the classes that it inherits from.
    fn may_be_made(&mut self, class: usize) {
        let order = lineage(self.application, class).order;
        self.found.extend(order.into_iter().filter_map(|ancestor| match ancestor {
            Ancestor::Class(class) => Some(class),
            _ => None,
        }));
    }

    fn is_entity_or_base(&self, name: &str) -> bool {
        let binding = self.application.binding(self.module, name);
        let class = binding.and_then(|binding| self.application.class_of(binding));
        class.is_some_and(|class| self.application.classes[class].is_ancestor)
    }
}

impl<'s> Visitor<'s> for Uses<'_, '_> {
    fn visit_annotation(&mut self, _: &'s Expr) {}

    fn visit_stmt(&mut self, statement: &'s Stmt) {
        match statement {
            Stmt::ClassDef(node) if self.is_entity_or_base(node.name.as_str()) => {
                self.visit_body(&node.body);
            }
            _ => visitor::walk_stmt(self, statement),
        }
    }

    fn visit_expr(&mut self, expression: &'s Expr) {
        match expression {
            Expr::Name(_) | Expr::Attribute(_) => {
                match self.application.resolve(self.module, expression) {
                    Some(Binding::PlainClass(class)) => self.may_be_made(class),
                    Some(_) => {}
                    // `Base.method` is no use of `Base` alone.
                    None => {
                        if let Expr::Attribute(node) = expression
                            && self.class(&node.value).is_none()
                        {
                            self.visit_expr(&node.value);
                        }
                    }
                }
            }
            Expr::Call(node) if matches!(&*node.func, Expr::Name(name) if ASKING.contains(&name.id.as_str())) =>
            {
                let arguments = node.arguments.args.iter();
                for argument in arguments {
                    if self.class(argument).is_none() {
                        self.visit_expr(argument);
                    }
                }
            }
            _ => visitor::walk_expr(self, expression),
        }
    }
}
