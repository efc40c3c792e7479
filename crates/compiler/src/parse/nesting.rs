//! How deep a module nests. All later stages walk the tree by recursion, and must not run out of
//! stack.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Pattern, Stmt};
use ruff_text_size::{Ranged, TextRange};

/// More than any program that people write, and less than what the smallest stack can hold.
const NESTING_MAX: usize = 1000;

/// The outermost parts that nest deeper than can be compiled.
pub(super) fn too_deep(body: &[Stmt]) -> Vec<TextRange> {
    let mut nesting = Nesting { depth: 0, outermost: TextRange::default(), found: Vec::new() };
    nesting.visit_body(body);
    nesting.found
}

struct Nesting {
    depth: usize,
    /// The simple statement or the head around.
    outermost: TextRange,
    found: Vec<TextRange>,
}

impl Nesting {
    fn inside(&mut self, walk: impl FnOnce(&mut Self)) {
        if self.depth == NESTING_MAX {
            if self.found.last() != Some(&self.outermost) {
                self.found.push(self.outermost);
            }
            return;
        }
        self.depth += 1;
        walk(self);
        self.depth -= 1;
    }
}

impl<'a> Visitor<'a> for Nesting {
    fn visit_stmt(&mut self, statement: &'a Stmt) {
        self.outermost = statement.range();
        self.inside(|nesting| visitor::walk_stmt(nesting, statement));
    }

    fn visit_expr(&mut self, expression: &'a Expr) {
        self.inside(|nesting| visitor::walk_expr(nesting, expression));
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        self.inside(|nesting| visitor::walk_pattern(nesting, pattern));
    }
}

#[cfg(test)]
mod tests {
    use crate::parse::parse;
    use crate::{Code, SourceFile};

    fn codes(text: String) -> Vec<Code> {
        let mut diagnostics = Vec::new();
        let file = SourceFile::new("a.py".to_owned(), text);
        let module = parse("a".to_owned(), 0, &file, &mut diagnostics);
        assert_eq!(module.body.is_empty(), !diagnostics.is_empty());
        diagnostics.iter().map(|diagnostic| diagnostic.code).collect()
    }

    #[test]
    fn what_nests_too_deep_is_refused_once() {
        assert_eq!(codes(format!("x = 1{}\n", " + 1".repeat(900))), []);
        assert_eq!(codes(format!("x = 1{}\n", " + 1".repeat(100_000))), [Code::TooDeep]);
        assert_eq!(codes(format!("x = a{}\n", ".a".repeat(100_000))), [Code::TooDeep]);
    }
}
