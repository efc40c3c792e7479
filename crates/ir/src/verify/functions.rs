//! Functions and their signatures.

use std::collections::BTreeSet;

use super::hints::Classes;
use super::{Place, Violations, names};
use crate::{Function, FunctionId, ModuleId, ParameterKind, Program, Signature, Span};

pub(super) fn check(program: &Program, violations: &mut Violations) {
    let classes = Classes::new(program);
    let mut helpers = BTreeSet::new();
    for (index, function) in program.functions.iter().enumerate() {
        let place = Place::Function(FunctionId::from_index(index));
        if function.operator.is_none() {
            names::check(place, "function", [&*function.name], violations);
            if !helpers.insert((function.module, &function.name)) {
                let name = &function.name;
                violations.add(place, format!("another function of the module is called {name}"));
            }
        }
        check_class(program, place, function, violations);
        check_span(place, function.module, function.span, violations);
        check_signature(place, &function.signature, &classes, violations);
    }
}

/// A method stands in the body of its entity class or of one of the bases.
fn check_class(program: &Program, place: Place, function: &Function, violations: &mut Violations) {
    let operator = function.operator.map(|operator| program.operator(operator));
    let is_known = match (operator, &function.class) {
        (None, class) => class.is_none(),
        (Some(operator), Some(class)) => {
            let of_bases = operator.bases.iter().map(|base| (base.module, &base.name));
            let mut classes = of_bases.chain([(operator.module, &operator.name)]);
            classes.any(|known| known == (function.module, class))
        }
        (Some(_), None) => false,
    };
    if !is_known {
        let class = function.class.as_deref().unwrap_or("no class");
        let message = format!("it is defined in {class}, which is not its operator nor a base");
        violations.add(place, message);
    }
}

pub(super) fn check_span(place: Place, module: ModuleId, span: Span, violations: &mut Violations) {
    if span.module != module {
        violations.add(place, format!("it is in {module}, but its span is in {}", span.module));
    }
    if span.line == 0 || span.end_line < span.line {
        let (line, end_line) = (span.line, span.end_line);
        violations.add(place, format!("{line}-{end_line} are no lines of a file"));
    }
}

pub(super) fn check_signature(
    place: Place,
    signature: &Signature,
    classes: &Classes<'_>,
    violations: &mut Violations,
) {
    let parameters = &signature.parameters;
    let parameter_names = parameters.iter().map(|parameter| &*parameter.name);
    names::check(place, "parameter", parameter_names, violations);
    for hint in parameters.iter().map(|parameter| &parameter.hint).chain(&signature.returns) {
        classes.check(place, hint, violations);
    }
    for (index, parameter) in parameters.iter().enumerate() {
        let name = &parameter.name;
        let is_variadic = is_variadic(parameter.kind);
        if is_variadic && !parameter.has_default {
            violations.add(place, format!("the variadic parameter {name} cannot be left out"));
        }
        let Some(previous) = index.checked_sub(1).map(|index| &parameters[index]) else { continue };
        let (before, after) = (rank(previous.kind), rank(parameter.kind));
        if before > after || (before == after && is_variadic) {
            violations.add(place, format!("the parameter {name} is out of order"));
        }
        let is_required = is_positional(parameter.kind) && !parameter.has_default;
        if is_required && is_positional(previous.kind) && previous.has_default {
            violations.add(place, format!("{name} has no default, but follows one that has"));
        }
    }
}

/// The place of a kind in Python's order.
fn rank(kind: ParameterKind) -> u8 {
    match kind {
        ParameterKind::PositionalOnly => 0,
        ParameterKind::PositionalOrKeyword => 1,
        ParameterKind::VarPositional => 2,
        ParameterKind::KeywordOnly => 3,
        ParameterKind::VarKeyword => 4,
    }
}

fn is_variadic(kind: ParameterKind) -> bool {
    matches!(kind, ParameterKind::VarPositional | ParameterKind::VarKeyword)
}

fn is_positional(kind: ParameterKind) -> bool {
    matches!(kind, ParameterKind::PositionalOnly | ParameterKind::PositionalOrKeyword)
}
