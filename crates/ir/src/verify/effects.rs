//! Effects and access sets.

use std::collections::BTreeSet;

use super::{Place, Violations, names};
use crate::access::EXPRESSION_DEPTH_MAX;
use crate::{
    AccessMode, AccessSet, Body, Callee, Classes, Effects, Expression, Function, FunctionId,
    Member, OperatorId, Program, Signature,
};

pub(super) fn check(program: &Program, violations: &mut Violations) {
    for (index, operator) in program.operators.iter().enumerate() {
        let place = Place::Operator(OperatorId::from_index(index));
        if let Some(key) = &operator.new_key {
            let terms = Terms { program, signature: &operator.constructor, has_receiver: false };
            check_expression(place, key, &terms, violations);
        }
    }
    let hidden = program.operators.iter().flat_map(|operator| &operator.overridden);
    let hidden: BTreeSet<FunctionId> = hidden.copied().collect();
    for (index, function) in program.functions.iter().enumerate() {
        let place = Place::Function(FunctionId::from_index(index));
        check_lists(program, &hidden, place, function, violations);
        check_access_set(program, place, function, violations);
    }
}

fn check_lists(
    program: &Program,
    hidden: &BTreeSet<FunctionId>,
    place: Place,
    function: &Function,
    violations: &mut Violations,
) {
    let effects = &function.effects;
    for members in [&effects.reads, &effects.writes] {
        check_order(place, "attributes", members, violations);
        // Those of any class come first.
        let of_any = members.partition_point(|member| member.operator.is_none());
        let (of_any, of_class) = members.split_at(of_any);
        for member in members {
            names::check_identifier(place, "attribute", &member.name, violations);
        }
        for Member { name, .. } in of_class {
            if of_any.binary_search_by(|any| any.name.cmp(name)).is_ok() {
                violations
                    .add(place, format!("the attribute {name} of any class is listed as well"));
            }
        }
    }
    let Effects { exists, creates, deletes, changes, calls, .. } = effects;
    for classes in [exists, creates, deletes, changes].into_iter().filter_map(Classes::listed) {
        check_order(place, "classes", classes, violations);
    }
    check_order(place, "methods", calls, violations);
    let of_class = calls.partition_point(|callee| matches!(callee, Callee::Method(_)));
    let of_any = &calls[of_class..];
    for callee in calls {
        match callee {
            Callee::OfAnyClass(name) => {
                names::check_identifier(place, "method", name, violations);
            }
            Callee::Method(method) => {
                let Function { operator, name, .. } = program.function(*method);
                if operator.is_none() || hidden.contains(method) {
                    let message = format!("it calls {method} on an entity, which is no method");
                    violations.add(place, message);
                }
                if of_any.contains(&Callee::OfAnyClass(name.clone())) {
                    let message = format!("the method {name} of any class is listed as well");
                    violations.add(place, message);
                }
            }
        }
    }
}

fn check_order<T: Ord>(place: Place, what: &str, items: &[T], violations: &mut Violations) {
    if !items.is_sorted_by(|before, after| before < after) {
        violations.add(place, format!("the {what} of the effects are not in order, each once"));
    }
}

fn check_access_set(
    program: &Program,
    place: Place,
    function: &Function,
    violations: &mut Violations,
) {
    let AccessSet { accesses, reasons } = &function.effects.access;
    let entities = accesses.iter().map(|access| (access.operator, &access.entity));
    check_order(place, "accesses", &entities.collect::<Vec<_>>(), violations);
    check_order(place, "reasons", reasons, violations);
    let has_receiver = function.operator.is_some();
    let terms = Terms { program, signature: &function.signature, has_receiver };
    for access in accesses {
        check_expression(place, &access.entity, &terms, violations);
    }
    for reason in reasons {
        super::functions::check_span(place, reason.span.module, reason.span, violations);
    }
    let own = function.operator.map(|operator| (operator, &Expression::Receiver));
    if let Some(own) = own
        && !accesses.iter().any(|access| (access.operator, &access.entity) == own)
    {
        violations.add(place, "the access set of a method does not hold its own entity");
    }
    if function.body == Body::Native
        && accesses.iter().any(|access| access.entity != Expression::Receiver)
    {
        violations.add(place, "a native function touches other entities");
    }
    if function.effects.is_read_only()
        && accesses.iter().any(|access| access.mode != AccessMode::Read)
    {
        violations.add(place, "it changes nothing, but accesses something to change it");
    }
}

/// What an expression may be made of.
struct Terms<'p> {
    program: &'p Program,
    signature: &'p Signature,
    has_receiver: bool,
}

fn check_expression(
    place: Place,
    expression: &Expression,
    terms: &Terms<'_>,
    violations: &mut Violations,
) {
    if expression.depth() > EXPRESSION_DEPTH_MAX {
        let message = format!("an expression nests deeper than {EXPRESSION_DEPTH_MAX} levels");
        return violations.add(place, message);
    }
    let parameters = terms.signature.parameters.iter().map(|parameter| &*parameter.name);
    match expression {
        Expression::Receiver if !terms.has_receiver => {
            violations.add(place, "an expression has a receiver, which is not there");
        }
        Expression::Parameter(name) if !parameters.collect::<BTreeSet<_>>().contains(&**name) => {
            violations.add(place, format!("an expression names the unknown parameter {name}"));
        }
        Expression::Field { record, field, .. } => {
            let known = terms.program.record_named(record);
            let has_field = known.is_some_and(|it| it.fields.iter().any(|it| it.name == *field));
            if !has_field {
                let message = format!("an expression names the unknown field {field} of {record}");
                violations.add(place, message);
            }
        }
        _ => {}
    }
    for part in expression.parts() {
        check_expression(place, part, terms, violations);
    }
}
