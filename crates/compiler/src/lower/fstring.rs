//! f-strings. Each replacement field is evaluated and formatted before the next is evaluated.

use ruff_python_ast::{
    Expr, ExprFString, FString, InterpolatedElement, InterpolatedStringElement, StringFlags,
};
use ruff_text_size::{Ranged, TextRange};

use super::Lowering;
use super::sequence::Part;
use super::text::Edit;
use crate::cfg::Code;

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
            if field.debug_text.is_some() && does_suspend {
                self.refuse_part(field.range(), "a field with `=` of an f-string");
                continue;
            }
            let parts = field_parts(field);
            let codes = self.sequence(&parts);
            let field_edits = parts.iter().zip(codes);
            let field_edits: Vec<Edit> =
                field_edits.map(|(part, code)| Edit::code(part.range, code)).collect();
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
