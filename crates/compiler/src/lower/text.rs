//! Slices of the user's source with edits.

use ruff_python_ast::{Expr, ExprContext, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::Lowering;
use crate::cfg::{Chunk, Code};
use crate::names::{Occurrence, occurrences_outside, statement_occurrences};
use crate::types::Name;

/// A part of the source to be replaced.
pub(super) struct Edit {
    pub(super) range: TextRange,
    pub(super) with: Code,
}

impl Edit {
    pub(super) fn code(range: TextRange, code: Code) -> Self {
        Self { range, with: code }
    }
}

impl<'a> Lowering<'_, 'a> {
    /// The text of `expression` as it stands.
    pub(super) fn verbatim(&self, expression: &'a Expr) -> Code {
        self.edited(expression, Vec::new())
    }

    /// The text of `expression` with edits.
    pub(super) fn edited(&self, expression: &'a Expr, mut edits: Vec<Edit>) -> Code {
        if !self.renames.is_empty() {
            self.spell_out_renamed(expression, &mut edits);
        }
        edits.sort_by_key(|edit| edit.range.start());
        let replaced = edits.iter().map(|edit| edit.range).collect();
        self.slice(expression.range(), occurrences_outside(expression, replaced), edits)
    }

    /// The text of `statement` with edits. Its `binds` are the names that it may bind.
    pub(super) fn edited_statement(&self, statement: &'a Stmt, mut edits: Vec<Edit>) -> Code {
        edits.sort_by_key(|edit| edit.range.start());
        self.slice(statement.range(), statement_occurrences(statement), edits)
    }

    /// The text of `expression`, fit to stand alone on the right of `=` or between commas.
    pub(super) fn standalone(&self, expression: &'a Expr, code: Code) -> Code {
        let needs_parentheses = match expression {
            Expr::Tuple(node) => !node.parenthesized,
            Expr::Generator(node) => !node.parenthesized,
            Expr::Named(_) | Expr::Yield(_) | Expr::YieldFrom(_) => true,
            _ => false,
        };
        if needs_parentheses || code.is_multiline() { code.parenthesized() } else { code }
    }

    /// The text of `expression`, fit to have something attached to it: a `.` behind, stars before.
    pub(super) fn atom(&self, expression: &'a Expr, code: Code) -> Code {
        let is_atom = match expression {
            Expr::Name(_)
            | Expr::Attribute(_)
            | Expr::Subscript(_)
            | Expr::Call(_)
            | Expr::List(_)
            | Expr::Set(_)
            | Expr::Dict(_)
            | Expr::ListComp(_)
            | Expr::SetComp(_)
            | Expr::DictComp(_) => true,
            Expr::Tuple(node) => node.parenthesized,
            Expr::Generator(node) => node.parenthesized,
            _ => false,
        };
        if is_atom && !code.is_multiline() || self.is_temporary(&code) {
            code
        } else {
            code.parenthesized()
        }
    }

    /// The text in `range`, in which these names were found, with edits in the order of the source.
    pub(super) fn slice(
        &self,
        range: TextRange,
        found: Vec<Occurrence<'a>>,
        mut edits: Vec<Edit>,
    ) -> Code {
        let mut code = Code::default();
        let given = edits.len();
        for occurrence in found {
            let given = &edits[..given];
            let behind =
                given.partition_point(|edit| edit.range.start() <= occurrence.range.start());
            let replaced = given[..behind].last();
            if replaced.is_some_and(|edit| edit.range.contains_range(occurrence.range)) {
                continue;
            }
            let Some(name) = self.variable(occurrence.name) else { continue };
            if name != occurrence.name {
                let replacement = Code::new(name.clone(), occurrence.range.start());
                edits.push(Edit::code(occurrence.range, replacement));
            }
            match occurrence.context {
                ExprContext::Load => _ = code.reads.insert(name),
                ExprContext::Store => _ = code.binds.insert(name),
                // What has no value cannot be deleted.
                ExprContext::Del => {
                    code.reads.insert(name.clone());
                    code.binds.insert(name);
                }
                ExprContext::Invalid => {}
            }
        }
        edits.sort_by_key(|edit| edit.range.start());
        let mut from = range.start();
        for edit in edits {
            self.copy(TextRange::new(from, edit.range.start()), &mut code);
            self.insert(edit.range, edit.with, &mut code);
            from = edit.range.end();
        }
        self.copy(TextRange::new(from, range.end()), &mut code);
        code
    }

    fn copy(&self, range: TextRange, code: &mut Code) {
        if !range.is_empty() {
            let text = self.source.slice(range).to_owned();
            code.chunks.push(Chunk { text, origin: range.start(), begins_line: None });
        }
    }

    /// Puts `replacement` where `range` was. A name must not grow together with its neighbours:
    /// `"a"in x` is valid Python.
    fn insert(&self, range: TextRange, replacement: Code, code: &mut Code) {
        let is_word = |character: char| character.is_alphanumeric() || character == '_';
        let text = replacement.text();
        let before = self.source.text[..usize::from(range.start())].chars().next_back();
        let after = self.source.text[usize::from(range.end())..].chars().next();
        if before.is_some_and(is_word) && text.starts_with(is_word) {
            code.push(" ");
        }
        code.append(replacement);
        if after.is_some_and(is_word) && text.ends_with(is_word) {
            code.push(" ");
        }
    }

    /// The name that `name` has in the emitted text, if it is a variable that segments hand on:
    /// not `self`, which every segment of a method gets.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        for renames in self.renames.iter().rev() {
            if let Some(renamed) = renames.get(name) {
                return Some(renamed.clone());
            }
        }
        let scope = self.inference.scope;
        let is_self = scope.self_name == Some(name);
        let is_variable = match self.inference.name(name) {
            Name::Local => true,
            Name::Bound(_) => scope.variables.contains(name),
            Name::Builtin => false,
        };
        (is_variable && !is_self).then(|| name.to_owned())
    }
}
