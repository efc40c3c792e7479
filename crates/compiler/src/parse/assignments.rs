//! Assignments to attributes, which later stages ask for by place: without them they would go through
//! all of the tree again.

use ruff_python_ast::name::Name;
use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Comprehension, Expr, ExprContext, Stmt};
use ruff_text_size::{Ranged, TextRange, TextSize};

/// An attribute is assigned, or deleted.
#[derive(Debug)]
pub struct AttributeAssignment {
    pub attribute: Name,
    /// What stands before the dot, if that is a name alone.
    pub object: Option<Name>,
    pub range: TextRange,
    /// Where the innermost function around starts, unless a class or comprehension is between.
    pub function: Option<TextSize>,
}

/// All assignments in `body`, in the order of the source.
pub(super) fn attribute_assignments(body: &[Stmt]) -> Vec<AttributeAssignment> {
    let mut finder = Finder { function: None, found: Vec::new() };
    finder.visit_body(body);
    finder.found.sort_by_key(|assignment| assignment.range.start());
    finder.found
}

struct Finder {
    function: Option<TextSize>,
    found: Vec<AttributeAssignment>,
}

impl Finder {
    fn inside(&mut self, function: Option<TextSize>, walk: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.function, function);
        walk(self);
        self.function = outer;
    }
}

impl<'s> Visitor<'s> for Finder {
    fn visit_stmt(&mut self, statement: &'s Stmt) {
        let function = match statement {
            Stmt::FunctionDef(node) => Some(node.range().start()),
            Stmt::ClassDef(_) => None,
            _ => return visitor::walk_stmt(self, statement),
        };
        self.inside(function, |this| visitor::walk_stmt(this, statement));
    }

    fn visit_comprehension(&mut self, generator: &'s Comprehension) {
        self.inside(None, |this| visitor::walk_comprehension(this, generator));
    }

    fn visit_expr(&mut self, expression: &'s Expr) {
        if let Expr::Attribute(node) = expression
            && node.ctx != ExprContext::Load
        {
            let object = match &*node.value {
                Expr::Name(name) => Some(name.id.clone()),
                _ => None,
            };
            self.found.push(AttributeAssignment {
                attribute: node.attr.id.clone(),
                object,
                range: node.range(),
                function: self.function,
            });
        }
        visitor::walk_expr(self, expression);
    }
}
