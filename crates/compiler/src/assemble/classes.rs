//! Keys and attributes of entity classes; dataclasses and enums.

use std::collections::{BTreeMap, BTreeSet};

use anabranch_ir::program::{EnumMember, EnumValue};
use anabranch_ir::{Attribute, EnumClass, Field, Hint, Initial, Record};
use ruff_python_ast::{Expr, Number, Stmt, StmtClassDef};
use ruff_text_size::{Ranged, TextRange};

use super::initial;
use crate::hints::{annotation, class_name};
use crate::resolve::{Application, Binding, EntityClass};
use crate::types::{Type, Typing};

/// What `__key__` returns, as annotated, else as the attribute that it returns is.
pub(super) fn key_hint(application: &Application<'_>, entity: &EntityClass<'_>) -> Hint {
    let key = entity.key();
    let returns = key.and_then(|key| Some((key.module, key.node.returns.as_deref()?)));
    let hint = returns.map(|(module, returns)| annotation(application, module, returns).0);
    // What no key can be is a mistake that the first entity to be created shows.
    hint.map(Hint::bounded).filter(Hint::can_be_key).unwrap_or(Hint::Any)
}

/// What `__key__` computes, as source text without its docstring, on one line.
pub(super) fn key_text(application: &Application<'_>, entity: &EntityClass<'_>) -> Option<String> {
    let is_text = |statement: &&Stmt| matches!(statement, Stmt::Expr(node) if node.value.is_string_literal_expr());
    let key = entity.key()?;
    let mut statements = key.node.body.iter().filter(|statement| !is_text(statement));
    let (first, last) = (statements.clone().next()?, statements.next_back()?);
    let range = TextRange::new(first.range().start(), last.range().end());
    let text = application.loaded.files[key.module].slice(range);
    let words: Vec<&str> = text.split_whitespace().collect();
    let text = words.join(" ");
    Some(text.strip_prefix("return ").unwrap_or(&text).to_owned())
}

/// The attributes that the code of the class and of its bases assigns, bases first, each in source
/// order.
pub(super) fn attributes(typing: &Typing<'_>, index: usize) -> Vec<Attribute> {
    let entity = &typing.application.entities[index];
    let known = initial::attributes(typing.application, index);
    let mut attributes: Vec<Attribute> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut add = |name: &str| {
        // A property is no part of the state, whatever its setter is called with.
        let is_function = typing.application.method(index, name).is_some()
            || typing.application.accessor(index, name).is_some();
        if !is_function && seen.insert(name.to_owned()) {
            let found = known.get(name);
            let inferred = || hint_of(typing, &typing.attribute(index, name));
            let hint = found.and_then(|it| it.declared.clone().or_else(|| it.assigned.clone()));
            let hint = hint.filter(|hint| *hint != Hint::Any).unwrap_or_else(inferred).bounded();
            let initial = found.map_or(Initial::Unset, |it| it.initial.clone());
            attributes.push(Attribute { name: name.to_owned(), hint, initial });
        }
    };
    for body in entity.bodies.iter().rev() {
        for name in crate::names::bound_names(&body.node.body) {
            let is_annotated = body.node.body.iter().any(|statement| match statement {
                Stmt::AnnAssign(node) => {
                    matches!(&*node.target, Expr::Name(target) if target.id.as_str() == name)
                }
                _ => false,
            });
            if is_annotated {
                add(&crate::names::mangled(Some(body.name), name));
            }
        }
    }
    for name in typing.assigned_attributes(index) {
        add(name);
    }
    attributes
}

/// A hint for what has been inferred.
fn hint_of(typing: &Typing<'_>, kind: &Type) -> Hint {
    let of = |inner: &Type| Box::new(hint_of(typing, inner));
    let application = typing.application;
    match kind {
        Type::Reference(entity) => Hint::Entity(application.entities[*entity].name.to_owned()),
        Type::Record(record) => {
            let record = &application.records[*record];
            Hint::Record(class_name(application, record.module, record.name))
        }
        Type::List(element) => Hint::List(of(element)),
        Type::Set(element) => Hint::Set(of(element)),
        Type::Dict(key, value) => Hint::Dict(of(key), of(value)),
        Type::TupleOf(element) => Hint::TupleOf(of(element)),
        Type::Tuple(elements) => {
            Hint::Tuple(elements.iter().map(|element| hint_of(typing, element)).collect())
        }
        _ => Hint::Any,
    }
}

/// All dataclasses, with the fields of their bases first. The last definition of a name wins, as in
/// Python.
pub(super) fn records(application: &Application<'_>) -> Vec<Record> {
    let mut records: BTreeMap<String, Record> = BTreeMap::new();
    let mut names = Vec::new();
    for record in &application.records {
        let name = class_name(application, record.module, record.name);
        let depth = application.records.len();
        let fields = fields(application, record.module, record.node, depth);
        if records.insert(name.clone(), Record { name: name.clone(), fields }).is_none() {
            names.push(name);
        }
    }
    names.iter().filter_map(|name| records.remove(name)).collect()
}

/// `depth` bounds how far bases are followed.
fn fields(
    application: &Application<'_>,
    module: usize,
    node: &StmtClassDef,
    depth: usize,
) -> Vec<Field> {
    let mut fields: Vec<Field> = Vec::new();
    for base in node.bases() {
        if let (Some(Binding::Record(record)), Some(depth)) =
            (application.resolve(module, base), depth.checked_sub(1))
        {
            let record = &application.records[record];
            fields.extend(self::fields(application, record.module, record.node, depth));
        }
    }
    for statement in &node.body {
        let Stmt::AnnAssign(assigned) = statement else { continue };
        let Expr::Name(name) = &*assigned.target else { continue };
        if is_class_variable(&assigned.annotation) {
            continue;
        }
        let field = Field {
            name: name.id.to_string(),
            hint: annotation(application, module, &assigned.annotation).0.bounded(),
            has_default: assigned.value.as_deref().is_some_and(gives_default),
        };
        fields.retain(|other| other.name != field.name);
        fields.push(field);
    }
    fields
}

fn is_class_variable(hint: &Expr) -> bool {
    let name = match hint {
        Expr::Subscript(node) => &*node.value,
        other => other,
    };
    match name {
        Expr::Name(name) => name.id.as_str() == "ClassVar",
        Expr::Attribute(node) => node.attr.as_str() == "ClassVar",
        _ => false,
    }
}

/// Whether the right side of a field is a default: anything but `field()` without one.
fn gives_default(value: &Expr) -> bool {
    let Expr::Call(call) = value else { return true };
    let is_field = match &*call.func {
        Expr::Name(name) => name.id.as_str() == "field",
        Expr::Attribute(node) => node.attr.as_str() == "field",
        _ => false,
    };
    let gives = |name: &str| call.arguments.find_keyword(name).is_some();
    !is_field || gives("default") || gives("default_factory") || gives("init")
}

/// All enums, with the members whose values are literals. The last definition of a name wins, as in
/// Python, which takes no member twice.
pub(super) fn enums(application: &Application<'_>) -> Vec<EnumClass> {
    let mut enums: BTreeMap<String, EnumClass> = BTreeMap::new();
    let mut names = Vec::new();
    for class in &application.enums {
        let name = class_name(application, class.module, class.name);
        let mut seen = BTreeSet::new();
        let members = class.node.body.iter().filter_map(member);
        let members = members.filter(|member| seen.insert(member.name.clone())).collect();
        if enums.insert(name.clone(), EnumClass { name: name.clone(), members }).is_none() {
            names.push(name);
        }
    }
    names.iter().filter_map(|name| enums.remove(name)).collect()
}

fn member(statement: &Stmt) -> Option<EnumMember> {
    let Stmt::Assign(node) = statement else { return None };
    let [Expr::Name(name)] = &node.targets[..] else { return None };
    if name.id.starts_with('_') {
        return None;
    }
    let value = match &*node.value {
        Expr::StringLiteral(literal) => Some(EnumValue::Str(literal.value.to_string())),
        Expr::NumberLiteral(literal) => match &literal.value {
            Number::Int(value) => value.as_i64().map(EnumValue::Int),
            _ => None,
        },
        _ => None,
    };
    Some(EnumMember { name: name.id.to_string(), value })
}
