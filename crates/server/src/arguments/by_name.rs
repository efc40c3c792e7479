//! Binds arguments given by name.

use std::collections::HashSet;

use anabranch_ir::{Hint, Parameter, ParameterKind, Program, Signature};
use anabranch_kernel::Value;

use super::{collector, missing, needs, unknown};
use anabranch_json::mistakes::Mistakes;
use anabranch_json::{Json, JsonObject, read};

/// Binds all of `named`; what is bound counts only if there are no mistakes.
pub(super) fn bind<'a>(
    program: &Program,
    signature: &'a Signature,
    named: &JsonObject,
    mistakes: &mut Mistakes,
) -> Bound<'a> {
    let mut bound = Bound::default();
    for parameter in &signature.parameters {
        bound.take(program, parameter, named, mistakes);
    }
    bound.collect_rest(program, signature, named, mistakes);
    bound
}

/// What has been bound so far.
#[derive(Default)]
pub(super) struct Bound<'a> {
    pub(super) positional: Vec<Value>,
    pub(super) keywords: Vec<(String, Value)>,
    /// The first parameter that could be positional but is left to its default.
    gap: Option<&'a str>,
    names_taken: HashSet<&'a str>,
}

impl<'a> Bound<'a> {
    fn take(
        &mut self,
        program: &Program,
        parameter: &'a Parameter,
        named: &JsonObject,
        mistakes: &mut Mistakes,
    ) {
        if parameter.kind == ParameterKind::VarKeyword {
            return;
        }
        self.names_taken.insert(&parameter.name);
        mistakes.within(format_args!(".{}", parameter.name), |mistakes| {
            match named.get(&parameter.name) {
                Some(json) => self.take_given(program, parameter, json, mistakes),
                None => self.take_missing(parameter, mistakes),
            }
        });
    }

    fn take_missing(&mut self, parameter: &'a Parameter, mistakes: &mut Mistakes) {
        match parameter.kind {
            ParameterKind::VarPositional => {}
            _ if !parameter.has_default => mistakes.add(missing(&parameter.hint)),
            ParameterKind::PositionalOnly | ParameterKind::PositionalOrKeyword => {
                self.gap.get_or_insert(&parameter.name);
            }
            ParameterKind::KeywordOnly | ParameterKind::VarKeyword => {}
        }
    }

    fn take_given(
        &mut self,
        program: &Program,
        parameter: &Parameter,
        json: &Json,
        mistakes: &mut Mistakes,
    ) {
        let hint = match parameter.kind {
            ParameterKind::VarPositional => &Hint::List(Box::new(parameter.hint.clone())),
            _ => &parameter.hint,
        };
        let Some(value) = read::value(program, hint, json, mistakes) else {
            return;
        };
        match (parameter.kind, self.gap) {
            (ParameterKind::PositionalOnly | ParameterKind::PositionalOrKeyword, None) => {
                self.positional.push(value);
            }
            (ParameterKind::PositionalOnly, Some(gap)) => mistakes.add(needs(gap)),
            (ParameterKind::VarPositional, gap) => {
                let Value::List(elements) = value else { return };
                match gap {
                    Some(gap) if !elements.is_empty() => mistakes.add(needs(gap)),
                    _ => self.positional.extend(elements),
                }
            }
            _ => self.keywords.push((parameter.name.clone(), value)),
        }
    }

    /// Takes the names that are no parameter's.
    fn collect_rest(
        &mut self,
        program: &Program,
        signature: &Signature,
        named: &JsonObject,
        mistakes: &mut Mistakes,
    ) {
        let collector = collector(signature);
        for (name, json) in named {
            if self.names_taken.contains(name.as_str()) {
                continue;
            }
            mistakes.within(format_args!(".{name}"), |mistakes| {
                let Some(collector) = collector else {
                    return mistakes.add(unknown(signature));
                };
                if let Some(value) = read::value(program, &collector.hint, json, mistakes) {
                    self.keywords.push((name.clone(), value));
                }
            });
        }
    }
}
