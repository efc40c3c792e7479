//! Modules, records, enums, operators and edges.

use std::collections::BTreeSet;

use super::hints::Classes;
use super::names::{self, is_identifier};
use super::{Place, Violations};
use crate::{CallKind, FunctionId, ModuleId, Operator, OperatorId, Program};

pub(super) fn check(program: &Program, violations: &mut Violations) {
    let classes = Classes::new(program);
    check_modules(program, violations);
    check_records(program, &classes, violations);
    check_enums(program, violations);
    let mut seen = BTreeSet::new();
    for (index, operator) in program.operators.iter().enumerate() {
        let id = OperatorId::from_index(index);
        let place = Place::Operator(id);
        if !seen.insert(&operator.name) {
            violations.add(place, format!("another operator is called {}", operator.name));
        }
        names::check(place, "entity class", [&*operator.name], violations);
        check_operator(program, id, operator, &classes, violations);
    }
    check_membership(program, violations);
    check_edges(program, violations);
}

fn check_modules(program: &Program, violations: &mut Violations) {
    let mut seen = BTreeSet::new();
    for (index, module) in program.modules.iter().enumerate() {
        let place = Place::Module(ModuleId::from_index(index));
        if module.name.is_empty() || !seen.insert(&module.name) {
            violations.add(place, format!("the module name {:?} is not its own", module.name));
        }
        let path = &module.path;
        let climbs = path.split(['/', '\\']).any(|part| part == "..");
        if path.is_empty() || path.starts_with(['/', '\\']) || climbs {
            violations.add(place, format!("the file {path:?} is not inside the import root"));
        }
    }
}

/// Checks the name of the record or enum at `place`: `module:QualifiedName`, and unique.
fn check_class_name<'p>(
    modules: &BTreeSet<&str>,
    place: Place,
    name: &'p str,
    seen: &mut BTreeSet<&'p str>,
    violations: &mut Violations,
) {
    let parts = name.split_once(':');
    let is_known = parts.is_some_and(|(module, qualified)| {
        modules.contains(module) && qualified.split('.').all(is_identifier)
    });
    if !is_known {
        violations.add(place, format!("{name} is not module:QualifiedName of a known module"));
    }
    if !seen.insert(name) {
        violations.add(place, format!("{name} is there twice"));
    }
}

fn module_names(program: &Program) -> BTreeSet<&str> {
    program.modules.iter().map(|module| &*module.name).collect()
}

fn check_records(program: &Program, classes: &Classes<'_>, violations: &mut Violations) {
    let modules = module_names(program);
    let mut seen = BTreeSet::new();
    for (index, record) in program.records.iter().enumerate() {
        let place = Place::Record(index);
        check_class_name(&modules, place, &record.name, &mut seen, violations);
        names::check(place, "field", record.fields.iter().map(|field| &*field.name), violations);
        for field in &record.fields {
            classes.check(place, &field.hint, violations);
        }
    }
}

fn check_enums(program: &Program, violations: &mut Violations) {
    let modules = module_names(program);
    let mut seen = BTreeSet::new();
    for (index, class) in program.enums.iter().enumerate() {
        let place = Place::Enum(index);
        check_class_name(&modules, place, &class.name, &mut seen, violations);
        let members = class.members.iter().map(|member| &*member.name);
        names::check(place, "member", members, violations);
    }
}

fn check_operator(
    program: &Program,
    id: OperatorId,
    operator: &Operator,
    classes: &Classes<'_>,
    violations: &mut Violations,
) {
    let place = Place::Operator(id);
    let attributes = operator.attributes.iter().map(|attribute| &*attribute.name);
    names::check(place, "attribute", attributes, violations);
    for attribute in &operator.attributes {
        classes.check(place, &attribute.hint, violations);
    }
    classes.check(place, &operator.key, violations);
    if !operator.key.can_be_key() {
        violations.add(place, format!("the key cannot be of type {}", operator.key));
    }
    super::functions::check_signature(place, &operator.constructor, classes, violations);
    super::functions::check_span(place, operator.module, operator.span, violations);
    let mut seen = BTreeSet::new();
    for method in operator.methods.iter().chain(&operator.overridden) {
        if program.function(*method).operator != Some(id) {
            violations.add(place, format!("the method {method} belongs to another operator"));
        }
        if !seen.insert(*method) {
            violations.add(place, format!("the method {method} is there twice"));
        }
    }
    let methods: BTreeSet<FunctionId> = operator.methods.iter().copied().collect();
    let methods = methods.iter().map(|method| &*program.function(*method).name);
    names::check(place, "method", methods, violations);
    for base in &operator.bases {
        names::check(place, "base class", [&*base.name], violations);
    }
}

/// Every function of an operator is one of its methods.
fn check_membership(program: &Program, violations: &mut Violations) {
    let operators = program.operators.iter();
    let methods =
        operators.flat_map(|operator| operator.methods.iter().chain(&operator.overridden));
    let methods: BTreeSet<FunctionId> = methods.copied().collect();
    for (index, function) in program.functions.iter().enumerate() {
        let id = FunctionId::from_index(index);
        if let Some(operator) = function.operator
            && !methods.contains(&id)
        {
            let message = format!("it belongs to {operator}, but is not among the methods");
            violations.add(Place::Function(id), message);
        }
    }
}

fn check_edges(program: &Program, violations: &mut Violations) {
    let mut seen = BTreeSet::new();
    for (index, edge) in program.edges.iter().enumerate() {
        let place = Place::Edge(index);
        if !seen.insert(edge) {
            violations.add(place, "the edge is there twice");
        }
        if edge.kind == CallKind::Create && edge.to.is_none() {
            violations.add(place, "the edge creates an entity of no operator");
        }
        if let CallKind::Method(name) | CallKind::Read(name) | CallKind::Write(name) = &edge.kind {
            names::check(place, "member", [&**name], violations);
        }
    }
}
