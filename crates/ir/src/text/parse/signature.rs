//! Signatures.

use super::hint::hint;
use crate::text::ParseError;
use crate::text::cursor::Cursor;
use crate::{Parameter, ParameterKind, Signature};

/// Reads `(parameters) [-> hint]`.
pub(super) fn signature(line: &mut Cursor<'_>) -> Result<Signature, ParseError> {
    line.expect("(")?;
    let mut parameters: Vec<Parameter> = Vec::new();
    let mut is_keyword_only = false;
    let mut is_first = true;
    while !line.eat(")") {
        if !is_first {
            line.expect(",")?;
        }
        is_first = false;
        if line.eat("/") {
            for before in &mut parameters {
                before.kind = ParameterKind::PositionalOnly;
            }
            continue;
        }
        let kind = if line.eat("**") {
            ParameterKind::VarKeyword
        } else if line.eat("*") {
            is_keyword_only = true;
            // The star alone is a separator.
            if line.clone().eat(",") {
                continue;
            }
            ParameterKind::VarPositional
        } else if is_keyword_only {
            ParameterKind::KeywordOnly
        } else {
            ParameterKind::PositionalOrKeyword
        };
        parameters.push(parameter(line, kind)?);
    }
    let returns = if line.eat("->") { Some(hint(line)?) } else { None };
    Ok(Signature { parameters, returns })
}

fn parameter(line: &mut Cursor<'_>, kind: ParameterKind) -> Result<Parameter, ParseError> {
    let name = line.name()?;
    line.expect(":")?;
    let hint = hint(line)?;
    let is_variadic = matches!(kind, ParameterKind::VarPositional | ParameterKind::VarKeyword);
    let has_default = is_variadic || line.eat("= ...");
    Ok(Parameter { name, kind, hint, has_default })
}
