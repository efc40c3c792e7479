//! The differences between the schema that a data folder was written with and that of a program.

use std::collections::BTreeMap;

use anabranch_ir::{Hint, Initial, Program};

use crate::difference::Difference;
use crate::leftovers::Leftovers;
use crate::schema::{Class, Schema};

/// What is different in `program`. `leftovers` are compared as well: what comes back may have come
/// back as something else.
pub fn compare(before: &Schema, leftovers: &Leftovers, program: &Program) -> Vec<Difference> {
    let after = Schema::of(program);
    let mut found = Vec::new();
    for (name, class) in &after.classes {
        match before.classes.get(name).or_else(|| leftovers.classes.get(name)) {
            Some(earlier) => {
                let left = leftovers.attributes.get(name);
                compare_classes(program, name, earlier, left, class, &mut found);
            }
            None => found.push(Difference::ClassAdded { class: name.clone() }),
        }
    }
    for name in before.classes.keys().filter(|name| !after.classes.contains_key(*name)) {
        found.push(Difference::ClassRemoved { class: name.clone() });
    }
    compare_records(before, &after, program, &mut found);
    for (name, members) in &before.enums {
        match after.enums.get(name) {
            None => found.push(Difference::EnumRemoved { class: name.clone() }),
            Some(now) => {
                let gone = members.iter().filter(|member| !now.contains(member));
                found.extend(gone.map(|member| Difference::MemberRemoved {
                    class: name.clone(),
                    member: member.clone(),
                }));
            }
        }
    }
    found
}

fn compare_classes(
    program: &Program,
    name: &str,
    before: &Class,
    leftovers: Option<&BTreeMap<String, Hint>>,
    after: &Class,
    found: &mut Vec<Difference>,
) {
    let class = || name.to_owned();
    if before.key != after.key {
        let (before, after) = (before.key.clone(), after.key.clone());
        found.push(Difference::Key { class: class(), before, after });
    }
    if let (Some(before), Some(after)) = (&before.key_text, &after.key_text)
        && before != after
    {
        let (before, after) = (before.clone(), after.clone());
        found.push(Difference::KeyText { class: class(), before, after });
    }
    for (attribute, hint) in &after.attributes {
        let known = before.attributes.get(attribute);
        if known.is_none() {
            found.push(Difference::AttributeAdded {
                class: class(),
                attribute: attribute.clone(),
                hint: hint.clone(),
                initial: initial(program, name, attribute),
            });
        }
        let left = || leftovers.and_then(|leftovers| leftovers.get(attribute));
        if let Some(earlier) = known.or_else(left)
            && earlier != hint
        {
            found.push(Difference::Attribute {
                class: class(),
                attribute: attribute.clone(),
                before: earlier.clone(),
                after: hint.clone(),
            });
        }
    }
    let gone = before.attributes.keys().filter(|it| !after.attributes.contains_key(*it));
    found.extend(gone.map(|attribute| Difference::AttributeRemoved {
        class: class(),
        attribute: attribute.clone(),
    }));
}

fn initial(program: &Program, class: &str, attribute: &str) -> Initial {
    let operator = program.operator_named(class).map(|id| program.operator(id));
    let attributes = operator.into_iter().flat_map(|operator| &operator.attributes);
    let mut attributes = attributes.filter(|known| known.name == attribute);
    attributes.next().map_or(Initial::Unset, |attribute| attribute.initial.clone())
}

fn compare_records(
    before: &Schema,
    after: &Schema,
    program: &Program,
    found: &mut Vec<Difference>,
) {
    for (name, fields) in &before.records {
        let record = || name.clone();
        let Some(now) = after.records.get(name) else {
            found.push(Difference::RecordRemoved { record: record() });
            continue;
        };
        for (field, hint) in now {
            let field = field.clone();
            match fields.get(&field) {
                Some(earlier) if earlier != hint => {
                    let (before, after) = (earlier.clone(), hint.clone());
                    found.push(Difference::Field { record: record(), field, before, after });
                }
                Some(_) => {}
                None => {
                    let known = program.record_named(name).into_iter().flat_map(|it| &it.fields);
                    let has_default = known.filter(|it| it.name == field).any(|it| it.has_default);
                    found.push(Difference::FieldAdded { record: record(), field, has_default });
                }
            }
        }
        let gone = fields.keys().filter(|field| !now.contains_key(*field));
        found.extend(
            gone.map(|field| Difference::FieldRemoved { record: record(), field: field.clone() }),
        );
    }
}
