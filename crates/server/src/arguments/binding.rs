//! Binds encoded arguments as Python does, checking each value against its parameter's hint.

use std::collections::HashSet;

use anabranch_ir::{Parameter, ParameterKind, Program, Signature};
use anabranch_kernel::Value;

use super::{collector, conformance, missing, unknown};
use anabranch_json::mistakes::Mistakes;

/// Adds to `mistakes` where the arguments do not fit `signature`.
pub(super) fn check(
    program: &Program,
    signature: &Signature,
    positional: &[Value],
    keywords: &[(&str, &Value)],
    mistakes: &mut Mistakes,
) {
    let mut given = HashSet::new();
    check_positional(program, signature, positional, &mut given, mistakes);
    for (name, value) in keywords {
        mistakes.within(format_args!(".{name}"), |mistakes| {
            check_keyword(program, signature, name, value, &mut given, mistakes);
        });
    }
    for parameter in &signature.parameters {
        let is_collector =
            matches!(parameter.kind, ParameterKind::VarPositional | ParameterKind::VarKeyword);
        if !is_collector && !parameter.has_default && !given.contains(parameter.name.as_str()) {
            let step = format_args!(".{}", parameter.name);
            mistakes.within(step, |mistakes| mistakes.add(missing(&parameter.hint)));
        }
    }
}

fn check_positional<'a>(
    program: &Program,
    signature: &'a Signature,
    positional: &[Value],
    given: &mut HashSet<&'a str>,
    mistakes: &mut Mistakes,
) {
    let mut parameters = signature.parameters.iter().filter(|parameter| takes_position(parameter));
    let mut parameter = parameters.next();
    for (index, value) in positional.iter().enumerate() {
        let Some(current) = parameter else {
            let excess = positional.len() - index;
            return mistakes.add(format!("{excess} more positional than there are parameters"));
        };
        mistakes.within(format_args!(".{}", current.name), |mistakes| {
            conformance::check(program, &current.hint, value, mistakes);
        });
        if current.kind != ParameterKind::VarPositional {
            given.insert(&current.name);
            parameter = parameters.next();
        }
    }
}

fn check_keyword<'a>(
    program: &Program,
    signature: &'a Signature,
    name: &str,
    value: &Value,
    given: &mut HashSet<&'a str>,
    mistakes: &mut Mistakes,
) {
    let kinds = [ParameterKind::PositionalOrKeyword, ParameterKind::KeywordOnly];
    let mut parameters = signature.parameters.iter();
    let by_name = parameters.find(|known| known.name == name && kinds.contains(&known.kind));
    if by_name.is_some_and(|parameter| !given.insert(&parameter.name)) {
        return mistakes.add("given twice");
    }
    match by_name.or_else(|| collector(signature)) {
        Some(parameter) => conformance::check(program, &parameter.hint, value, mistakes),
        None => mistakes.add(unknown(signature)),
    }
}

fn takes_position(parameter: &Parameter) -> bool {
    let kinds = [
        ParameterKind::PositionalOnly,
        ParameterKind::PositionalOrKeyword,
        ParameterKind::VarPositional,
    ];
    kinds.contains(&parameter.kind)
}
