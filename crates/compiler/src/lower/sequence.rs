//! Parts of an expression in the order in which Python evaluates them.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{Expr, Keyword, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::Lowering;
use super::text::Edit;
use crate::builtins::BUILTINS;
use crate::cfg::Code;
use crate::node_ranges::NodeRanges;
use crate::types::Name;

/// A part of an expression.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    pub(super) expression: &'a Expr,
    /// What stands before it.
    stars: Stars,
    /// The part of the source that it takes up, stars included.
    pub(super) range: TextRange,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stars {
    None,
    /// `*iterable`: iterated when its turn comes.
    One,
    /// `**mapping`
    Two,
    /// `**mapping` in a dict display: the stars are not part of any node and stay in the text.
    InText,
}

impl<'a> Part<'a> {
    /// An operand, or an element of a display or of arguments.
    pub(super) fn new(expression: &'a Expr) -> Self {
        match expression {
            Expr::Starred(node) => {
                Self { expression: &node.value, stars: Stars::One, range: node.range() }
            }
            _ => Self { expression, stars: Stars::None, range: expression.range() },
        }
    }

    /// `name=value` (of which the value is the part) or `**mapping`.
    pub(super) fn keyword(keyword: &'a Keyword) -> Self {
        match keyword.arg {
            Some(_) => Self::new(&keyword.value),
            None => Self { expression: &keyword.value, stars: Stars::Two, range: keyword.range() },
        }
    }

    /// `**mapping` in a dict display, which has no node of its own.
    pub(super) fn unpacked(mapping: &'a Expr) -> Self {
        Self { expression: mapping, stars: Stars::InText, range: mapping.range() }
    }

    pub(super) fn is_starred(&self) -> bool {
        !matches!(self.stars, Stars::None)
    }
}

impl<'a> Lowering<'_, 'a> {
    /// Evaluates `parts` in order, up to and including the last that suspends. Gives the code of
    /// each, in the form in which it stands in the source (with its stars).
    pub(super) fn sequence(&mut self, parts: &[Part<'a>]) -> Vec<Code> {
        let last = parts.iter().rposition(|part| self.suspends(part.expression));
        let settled = last.unwrap_or(0);
        self.sequence_until(parts, settled)
    }

    /// Evaluates all of `parts` so that nothing of it is left to do but to name the values, if one
    /// of them binds a variable; otherwise like [`Lowering::sequence`].
    pub(super) fn settled_sequence(&mut self, parts: &[Part<'a>]) -> Vec<Code> {
        if parts.iter().any(|part| self.binds_a_name(part.expression)) {
            return self.sequence_until(parts, parts.len());
        }
        self.sequence(parts)
    }

    /// Saves every part before number `settled`.
    fn sequence_until(&mut self, parts: &[Part<'a>], settled: usize) -> Vec<Code> {
        let mut codes = Vec::new();
        let last_binding = parts.iter().rposition(|part| self.binds_a_name(part.expression));
        let binding = last_binding.map_or(0, |last| last + 1);
        for (index, part) in parts.iter().enumerate() {
            let code = if self.suspends(part.expression) {
                self.expression(part.expression)
            } else {
                self.verbatim(part.expression)
            };
            let later = parts[..binding].get(index + 1..).unwrap_or_default();
            let code = match part.stars {
                _ if index >= settled => with_stars(part.stars, self.grouped(part, code)),
                Stars::None if self.is_stable(part.expression, &code, later) => {
                    self.check_name(part.expression);
                    code
                }
                Stars::None => {
                    let code = self.standalone(part.expression, code);
                    self.save(code)
                }
                stars => {
                    // The iterable is used up now, as Python does.
                    let (open, close) = match stars {
                        Stars::One => ("[*", "]"),
                        _ => ("{**", "}"),
                    };
                    let mut display = Code::new(open, part.range.start());
                    display.append(self.grouped(part, code));
                    display.push(close);
                    let saved = self.save(display);
                    with_stars(stars, saved)
                }
            };
            codes.push(code);
        }
        codes
    }

    /// Whether evaluating `part` has no effect, and fails only if it is a variable without a value.
    pub(super) fn is_simple(&self, part: &Part<'a>) -> bool {
        match part.expression {
            _ if part.is_starred() => false,
            Expr::Name(name) => {
                self.inference.name(name.id.as_str()) != Name::Builtin
                    || BUILTINS.binary_search(&name.id.as_str()).is_ok()
            }
            other => other.is_literal_expr(),
        }
    }

    /// Fails, when it runs, if `expression` is the name of a variable without a value.
    pub(super) fn check_name(&mut self, expression: &'a Expr) {
        if let Expr::Name(name) = expression
            && let Some(variable) = self.variable(name.id.as_str())
        {
            self.check_bound(variable, expression.range().start());
        }
    }

    /// `code` of a part as it can stand between commas.
    fn grouped(&self, part: &Part<'a>, code: Code) -> Code {
        if part.is_starred() { self.atom(part.expression, code) } else { code }
    }

    /// Whether `expression` binds any variable with `:=`.
    pub(super) fn binds_a_name(&self, expression: &Expr) -> bool {
        self.bindings.any_within(expression)
    }

    /// Whether `code` gives the same value after the `later` parts have run as before. Parts behind
    /// those bind nothing.
    pub(super) fn is_stable(&self, expression: &'a Expr, code: &Code, later: &[Part<'a>]) -> bool {
        if self.is_temporary(code) {
            return true;
        }
        match expression {
            Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::BytesLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
            | Expr::EllipsisLiteral(_) => true,
            Expr::Name(name) => match self.inference.name(name.id.as_str()) {
                Name::Local => !later.iter().any(|part| binds(part.expression, name.id.as_str())),
                // Definitions of a module do not change while it serves.
                Name::Bound(binding) => *binding != crate::resolve::Binding::Variable,
                // Any other name is looked for when its turn comes, and may be missing.
                Name::Builtin => BUILTINS.binary_search(&name.id.as_str()).is_ok(),
            },
            // It says no more than where to look.
            Expr::Call(_) => self.inference.super_level(expression).is_some(),
            _ => false,
        }
    }

    /// Whether `code` is the name of a temporary.
    pub(super) fn is_temporary(&self, code: &Code) -> bool {
        matches!(&code.chunks[..], [chunk] if self.temporaries.contains(&chunk.text))
    }

    /// `expression` with its parts evaluated in order.
    pub(super) fn composed(&mut self, expression: &'a Expr, parts: &[Part<'a>]) -> Code {
        let codes = self.sequence(parts);
        let edits = parts.iter().zip(codes);
        let edits = edits.map(|(part, code)| Edit::code(part.range, code)).collect();
        self.edited(expression, edits)
    }
}

fn with_stars(stars: Stars, code: Code) -> Code {
    let text = match stars {
        Stars::None | Stars::InText => return code,
        Stars::One => "*",
        Stars::Two => "**",
    };
    let mut starred = Code::new(text, code.origin());
    starred.append(code);
    starred
}

/// Where `body` binds variables with `:=`.
pub(super) fn bindings(body: &[Stmt]) -> NodeRanges {
    struct Walrus(Vec<TextRange>);
    impl<'s> Visitor<'s> for Walrus {
        fn visit_expr(&mut self, expression: &'s Expr) {
            if expression.is_named_expr() {
                self.0.push(expression.range());
            }
            visitor::walk_expr(self, expression);
        }
    }
    let mut walrus = Walrus(Vec::new());
    walrus.visit_body(body);
    NodeRanges::new(walrus.0)
}

/// Whether `expression` binds `variable` with `:=`.
pub(super) fn binds(expression: &Expr, variable: &str) -> bool {
    let stores = crate::names::occurrences(expression);
    stores.iter().any(|occurrence| occurrence.name == variable && occurrence.context.is_store())
}
