//! Looks at stored entities: which stand in the way of a difference?

use std::collections::BTreeSet;

use anabranch_ir::Initial;
use anabranch_kernel::Value;
use anabranch_kernel::value::wire::DecodeError;
use anabranch_kernel::value::{state, wire};

use crate::conformance::{fits, walk};
use crate::difference::{Difference, Verdict};
use crate::display;
use crate::schema::Schema;

/// How many entities are named.
const EXAMPLES_MAX: usize = 3;

impl Obstacle<'_> {
    /// `1 entity lacks it`, `3 entities have a value that is no int`, with the way out.
    pub fn counted(&self) -> String {
        let what = self.difference.obstacle();
        if self.entities != 1 {
            return format!("{} entities {what}", self.entities);
        }
        let (verb, rest) = what.split_at(what.find([' ', ',']).unwrap_or(what.len()));
        let verb = match verb {
            "have" => "has".to_owned(),
            "may" => verb.to_owned(),
            regular => format!("{regular}s"),
        };
        format!("1 entity {verb}{rest}")
    }
}

/// What was found so far.
#[derive(Debug)]
pub struct Examination<'a> {
    /// The schema of the program that is to run.
    schema: &'a Schema,
    questions: Vec<Obstacle<'a>>,
}

/// The entities that stand in the way of one difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Obstacle<'a> {
    pub difference: &'a Difference,
    pub entities: u64,
    /// Their classes.
    pub classes: BTreeSet<String>,
    /// Some of them, as Python would write them.
    pub examples: Vec<String>,
}

impl<'a> Examination<'a> {
    /// Prepares to look at entities for the sake of `differences`.
    pub fn new(schema: &'a Schema, differences: &'a [Difference]) -> Self {
        let open = differences.iter().filter(|it| it.verdict() == Verdict::Examined);
        let question = |difference| Obstacle {
            difference,
            entities: 0,
            classes: BTreeSet::new(),
            examples: Vec::new(),
        };
        Self { schema, questions: open.map(question).collect() }
    }

    /// Whether there is nothing to look for.
    pub fn is_needless(&self) -> bool {
        self.questions.is_empty()
    }

    /// Whether entities of `class` have to be looked at. Those of classes that the program does not
    /// have are never read by it.
    pub fn concerns(&self, class: &str) -> bool {
        let is_known = self.schema.classes.contains_key(class);
        let mut classes = self.questions.iter().map(|question| question.difference.entity_class());
        is_known && classes.any(|concerned| concerned.is_none_or(|concerned| concerned == class))
    }

    /// Looks at one entity; `key` is the wire message of its key.
    ///
    /// # Errors
    /// The bytes are no state.
    pub fn entity(&mut self, class: &str, key: &[u8], state: &[u8]) -> Result<(), DecodeError> {
        let attributes = match state::decode(state) {
            Ok(attributes) => Some(attributes),
            // What cannot be looked into may be anything.
            Err(DecodeError::Cyclic) => None,
            Err(error) => return Err(error),
        };
        let key_value = wire::decode(key)?;
        let schema = self.schema;
        for question in &mut self.questions {
            let entity = Entity { class, key: &key_value, attributes: attributes.as_deref() };
            if stands_in_the_way(schema, question.difference, &entity) {
                question.entities += 1;
                if !question.classes.contains(class) {
                    question.classes.insert(class.to_owned());
                }
                if question.examples.len() < EXAMPLES_MAX {
                    question.examples.push(display::entity(class, key));
                }
            }
        }
        Ok(())
    }

    /// What was found: the differences that cannot be accepted.
    pub fn obstacles(&self) -> Vec<Obstacle<'a>> {
        self.questions.iter().filter(|question| question.entities > 0).cloned().collect()
    }
}

struct Entity<'e> {
    class: &'e str,
    key: &'e Value,
    /// `None` if it cannot be looked into.
    attributes: Option<&'e [(String, Value)]>,
}

fn stands_in_the_way(schema: &Schema, difference: &Difference, entity: &Entity<'_>) -> bool {
    let is_of = |class: &str| entity.class == class;
    let attribute = |name: &str| {
        let mut attributes = entity.attributes.into_iter().flatten();
        attributes.find(|(known, _)| known == name).map(|(_, value)| value)
    };
    match difference {
        Difference::Key { class, after, .. } => is_of(class) && !fits(schema, after, entity.key),
        Difference::KeyText { class, .. } => is_of(class),
        Difference::AttributeAdded { class, attribute: name, initial, .. } => {
            is_of(class) && *initial == Initial::Computed && attribute(name).is_none()
        }
        Difference::Attribute { class, attribute: name, after, .. } => {
            is_of(class)
                && (entity.attributes.is_none()
                    || attribute(name).is_some_and(|value| !fits(schema, after, value)))
        }
        Difference::ClassRemoved { class } => holds(
            entity,
            |value| matches!(value, Value::Reference(reference) if reference.class == *class),
        ),
        Difference::RecordRemoved { record } => {
            holds(entity, |value| record_fields(value, record).is_some())
        }
        Difference::FieldAdded { record, field, .. } => holds(entity, |value| {
            record_fields(value, record).is_some_and(|fields| named(fields, field).is_none())
        }),
        Difference::Field { record, field, after, .. } => holds(entity, |value| {
            let fields = record_fields(value, record);
            let stored = fields.and_then(|fields| named(fields, field));
            stored.is_some_and(|stored| !fits(schema, after, stored))
        }),
        Difference::EnumRemoved { class } => holds(
            entity,
            |value| matches!(value, Value::Enum { class: stored, .. } if stored == class),
        ),
        Difference::MemberRemoved { class, member } => holds(entity, |value| {
            matches!(
                value,
                Value::Enum { class: stored, member: name } if stored == class && name == member
            )
        }),
        Difference::ClassAdded { .. }
        | Difference::AttributeRemoved { .. }
        | Difference::FieldRemoved { .. } => false,
    }
}

/// Whether the entity has such a value somewhere in its state.
fn holds(entity: &Entity<'_>, is_such: impl Fn(&Value) -> bool) -> bool {
    let Some(attributes) = entity.attributes else { return true };
    let mut found = false;
    for (_, value) in attributes {
        walk(value, &mut |value| found |= is_such(value));
    }
    found
}

fn record_fields<'v>(value: &'v Value, record: &str) -> Option<&'v [(String, Value)]> {
    match value {
        Value::Record { class, fields } if class == record => Some(fields),
        _ => None,
    }
}

fn named<'v>(fields: &'v [(String, Value)], name: &str) -> Option<&'v Value> {
    fields.iter().find(|(field, _)| field == name).map(|(_, value)| value)
}
