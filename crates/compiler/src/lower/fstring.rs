//! f-strings. Each replacement field is evaluated and formatted before the next is evaluated.

use ruff_python_ast::visitor::{self, Visitor};
use ruff_python_ast::{
    Expr, ExprFString, FString, FStringFlags, InterpolatedElement, InterpolatedStringElement,
    StringFlags,
};
use ruff_text_size::{Ranged, TextLen, TextRange, TextSize};

use super::Lowering;
use super::sequence::Part;
use super::text::Edit;
use crate::cfg::Code;

/// What is refused of fields with `=`.
const UNSPEAKABLE: &str = "a field with `=` that holds quotes or backslashes";

impl<'a> Lowering<'_, 'a> {
    pub(super) fn fstring(&mut self, expression: &'a Expr, node: &'a ExprFString) -> Code {
        let mut fields: Vec<(&FString, &InterpolatedElement)> = Vec::new();
        for string in node.value.f_strings() {
            for element in &string.elements {
                if let InterpolatedStringElement::Interpolation(field) = element {
                    fields.push((string, field));
                }
            }
        }
        let suspends = |this: &Self, field: &'a InterpolatedElement| {
            field_parts(field).iter().any(|part| this.suspends(part.expression))
        };
        let last = fields.iter().rposition(|(_, field)| suspends(self, field)).unwrap_or(0);
        let mut edits = Vec::new();
        for (index, (string, field)) in fields.into_iter().enumerate().take(last + 1) {
            let does_suspend = suspends(self, field);
            let parts = field_parts(field);
            let codes = self.sequence(&parts);
            let field_edits = parts.iter().zip(codes);
            let mut field_edits: Vec<Edit> =
                field_edits.map(|(part, code)| Edit::code(part.range, code)).collect();
            if does_suspend {
                self.spell_out(string.flags, field, &mut field_edits);
            }
            if index == last {
                edits.extend(field_edits);
            } else {
                let formatted = self.formatted(expression, string, field, field_edits);
                let mut replacement = Code::new("{", field.range().start());
                replacement.append(formatted);
                replacement.push("}");
                edits.push(Edit::code(field.range(), replacement));
            }
        }
        self.edited(expression, edits)
    }

    /// Makes the text of a field with `=` part of the string, before something in it is replaced.
    fn spell_out(
        &mut self,
        flags: FStringFlags,
        field: &InterpolatedElement,
        edits: &mut Vec<Edit>,
    ) {
        if field.debug_text.is_none() {
            return;
        }
        if let Some(spelled) = self.spelled_out(flags, field) {
            edits.extend(spelled);
        } else {
            self.refuse_part(field.range(), UNSPEAKABLE);
        }
    }

    /// Refuses fields in `expression` that could not keep their text if variables got new names.
    pub(super) fn check_spelling(&mut self, expression: &'a Expr) {
        let mut finder = DebugFields(Vec::new());
        finder.visit_expr(expression);
        for (flags, field) in finder.0 {
            if self.spelled_out(flags, field).is_none() {
                self.refuse_part(field.range(), UNSPEAKABLE);
            }
        }
    }

    /// Spells out the fields that `expression` holds somewhere: their variables may get new names.
    pub(super) fn spell_out_renamed(&self, expression: &'a Expr, edits: &mut Vec<Edit>) {
        let mut finder = DebugFields(Vec::new());
        finder.visit_expr(expression);
        for (flags, field) in finder.0 {
            let is_done = |edit: &Edit| {
                edit.range.contains_range(field.range())
                    || edit.range.start() == field.range().start()
            };
            if !edits.iter().any(is_done) {
                edits.extend(self.spelled_out(flags, field).into_iter().flatten());
            }
        }
    }

    fn spelled_out(&self, flags: FStringFlags, field: &InterpolatedElement) -> Option<[Edit; 2]> {
        let text = field.debug_text.as_ref()?;
        let (start, value) = (field.range().start(), field.expression.range());
        let end = value.end() + text.trailing().text_len();
        let brace = TextRange::at(start, TextSize::of('{'));
        let spelled = self.source.slice(TextRange::new(brace.end(), end));
        if !fits(spelled, flags) {
            return None;
        }
        let spelled = spelled.replace('{', "{{").replace('}', "}}");
        let equals = value.end() + TextSize::of(text.trailing().split_once('=')?.0);
        let is_plain = field.conversion.is_none() && field.format_spec.is_none();
        let conversion = Code::new(if is_plain { "!r" } else { "" }, equals);
        let open = Code::new(format!("{spelled}{{"), start);
        Some([Edit::code(brace, open), Edit::code(TextRange::new(equals, end), conversion)])
    }

    /// Formats one field now: an f-string of that field alone, with the quotes of its string.
    fn formatted(
        &mut self,
        whole: &'a Expr,
        string: &'a FString,
        field: &'a InterpolatedElement,
        edits: Vec<Edit>,
    ) -> Code {
        let range = string.range();
        let opener = TextRange::at(range.start(), string.flags.opener_len());
        let closer = TextRange::new(range.end() - string.flags.closer_len(), range.end());
        let mut code = Code::new(self.source.slice(opener), range.start());
        // Everything but the field is cut away from the whole expression's text.
        let mut edits = edits;
        let before = TextRange::new(whole.range().start(), field.range().start());
        let after = TextRange::new(field.range().end(), whole.range().end());
        edits.push(Edit::code(before, Code::default()));
        edits.push(Edit::code(after, Code::default()));
        code.append(self.edited(whole, edits));
        code.push(self.source.slice(closer));
        self.save(code)
    }
}

/// The fields with `=` of all f-strings in an expression.
struct DebugFields<'s>(Vec<(FStringFlags, &'s InterpolatedElement)>);

impl<'s> Visitor<'s> for DebugFields<'s> {
    fn visit_expr(&mut self, expression: &'s Expr) {
        if let Expr::FString(node) = expression {
            for string in node.value.f_strings() {
                let fields =
                    string.elements.iter().filter_map(|element| element.as_interpolation());
                let fields = fields.filter(|field| field.debug_text.is_some());
                self.0.extend(fields.map(|field| (string.flags, field)));
            }
        }
        visitor::walk_expr(self, expression);
    }
}

/// Whether `text` may stand in a string with these flags as it is. Python 3.12 allows more in a
/// field than outside of it.
fn fits(text: &str, flags: FStringFlags) -> bool {
    let quote = flags.quote_style().as_char();
    let is_raw = flags.prefix().is_raw();
    let lines_fit = flags.is_triple_quoted() || !text.contains(['\n', '\r']);
    (is_raw || !text.contains('\\')) && lines_fit && !text.contains(quote)
}

/// The expressions of a field: its own, then those in its format.
fn field_parts(field: &InterpolatedElement) -> Vec<Part<'_>> {
    let mut parts = vec![Part::new(&field.expression)];
    if let Some(format) = &field.format_spec {
        for element in &format.elements {
            if let InterpolatedStringElement::Interpolation(inner) = element {
                parts.extend(field_parts(inner));
            }
        }
    }
    parts
}
