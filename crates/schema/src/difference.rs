//! One difference between the schema that a data folder was written with and that of a program.

use std::fmt;

use anabranch_ir::{Hint, Initial};

use crate::compatibility::{reason, widens};

/// One difference. Classes go by their names, dataclasses and enums by `module:QualifiedName`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    ClassAdded {
        class: String,
    },
    /// Its entities are kept, but nobody can use them.
    ClassRemoved {
        class: String,
    },
    /// The type of the key.
    Key {
        class: String,
        before: Hint,
        after: Hint,
    },
    /// What `__key__` computes.
    KeyText {
        class: String,
        before: String,
        after: String,
    },
    AttributeAdded {
        class: String,
        attribute: String,
        hint: Hint,
        initial: Initial,
    },
    AttributeRemoved {
        class: String,
        attribute: String,
    },
    Attribute {
        class: String,
        attribute: String,
        before: Hint,
        after: Hint,
    },
    RecordRemoved {
        record: String,
    },
    FieldAdded {
        record: String,
        field: String,
        has_default: bool,
    },
    FieldRemoved {
        record: String,
        field: String,
    },
    Field {
        record: String,
        field: String,
        before: Hint,
        after: Hint,
    },
    EnumRemoved {
        class: String,
    },
    MemberRemoved {
        class: String,
        member: String,
    },
}

/// Whether stored entities have to be looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The program can run, whatever is stored.
    Accepted,
    /// The program can run if no stored entity stands in the way.
    Examined,
}

impl Difference {
    pub fn verdict(&self) -> Verdict {
        let is_accepted = match self {
            Difference::ClassAdded { .. }
            | Difference::AttributeRemoved { .. }
            | Difference::FieldRemoved { .. } => true,
            Difference::AttributeAdded { initial, .. } => *initial != Initial::Computed,
            Difference::FieldAdded { has_default, .. } => *has_default,
            Difference::Key { before, after, .. }
            | Difference::Attribute { before, after, .. }
            | Difference::Field { before, after, .. } => widens(before, after),
            Difference::KeyText { .. }
            | Difference::ClassRemoved { .. }
            | Difference::RecordRemoved { .. }
            | Difference::EnumRemoved { .. }
            | Difference::MemberRemoved { .. } => false,
        };
        if is_accepted { Verdict::Accepted } else { Verdict::Examined }
    }

    /// The entity class, if the difference is one of a single class's entities.
    pub fn entity_class(&self) -> Option<&str> {
        match self {
            Difference::Key { class, .. }
            | Difference::KeyText { class, .. }
            | Difference::AttributeAdded { class, .. }
            | Difference::AttributeRemoved { class, .. }
            | Difference::Attribute { class, .. }
            | Difference::ClassAdded { class } => Some(class),
            _ => None,
        }
    }

    /// What becomes of stored entities, if the difference is accepted.
    pub fn consequence(&self) -> String {
        match self {
            Difference::ClassAdded { .. } => "it has no entities yet".to_owned(),
            Difference::ClassRemoved { .. } => {
                "its entities are kept, and nobody can use them; `anabranch migrate --apply` drops \
                 them if the migration says so. Was it renamed? Export and import its entities: \
                 docs/schema.md, \"Renaming an entity class\""
                    .to_owned()
            }
            Difference::AttributeAdded { initial, .. } => match initial {
                Initial::Constant(text) => {
                    format!("entities that lack it get {text} when they are next used")
                }
                Initial::Class => "entities that lack it have the value of the class".to_owned(),
                Initial::Unset => "no entity has it until a method assigns it".to_owned(),
                Initial::Computed => "all entities have it".to_owned(),
            },
            Difference::AttributeRemoved { .. } => {
                "entities keep what they have of it until `anabranch migrate --apply` drops it"
                    .to_owned()
            }
            Difference::Key { before, after, .. }
            | Difference::Attribute { before, after, .. }
            | Difference::Field { before, after, .. }
                if widens(before, after) =>
            {
                reason(before, after)
            }
            Difference::Key { .. } | Difference::Attribute { .. } | Difference::Field { .. } => {
                "all stored values fit".to_owned()
            }
            Difference::FieldAdded { has_default: true, .. } => {
                "stored values get its default when they are next used".to_owned()
            }
            Difference::FieldRemoved { .. } => {
                "stored values keep it; with slots, until their entity is next written".to_owned()
            }
            Difference::KeyText { .. } => "there are no entities".to_owned(),
            Difference::FieldAdded { .. }
            | Difference::RecordRemoved { .. }
            | Difference::EnumRemoved { .. }
            | Difference::MemberRemoved { .. } => "no entity holds one".to_owned(),
        }
    }

    /// What is wrong with the entities that stand in its way, after "3 entities ".
    pub fn obstacle(&self) -> String {
        match self {
            Difference::ClassRemoved { class } => format!("hold references to {class}"),
            Difference::Key { after, .. } => format!("have a key that is no {after}"),
            Difference::KeyText { .. } => "may have another key now".to_owned(),
            Difference::AttributeAdded { .. } => {
                "lack it, and `__init__` computes it: give it a default (in the class body, as the \
                 default of a parameter, or as a constant in `__init__`) or a migration"
                    .to_owned()
            }
            Difference::Attribute { after, .. } => format!("have a value that is no {after}"),
            Difference::FieldAdded { .. } => {
                "hold one without it: give it a default or a migration".to_owned()
            }
            Difference::Field { after, .. } => format!("hold one where it is no {after}"),
            Difference::RecordRemoved { .. }
            | Difference::EnumRemoved { .. }
            | Difference::MemberRemoved { .. } => "hold one".to_owned(),
            Difference::ClassAdded { .. }
            | Difference::AttributeRemoved { .. }
            | Difference::FieldRemoved { .. } => {
                unreachable!("this is a bug in Anabranch: nothing stands in the way of this")
            }
        }
    }
}

/// In one line, for people.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Difference::ClassAdded { class } => write!(f, "new class {class}"),
            Difference::ClassRemoved { class } => write!(f, "class {class} is gone"),
            Difference::Key { class, before, after } => {
                write!(f, "the key of {class} changed from {before} to {after}")
            }
            Difference::KeyText { class, before, after } => {
                write!(f, "__key__ of {class} changed from {before} to {after}")
            }
            Difference::AttributeAdded { class, attribute, hint, .. } => {
                write!(f, "new attribute {class}.{attribute}: {hint}")
            }
            Difference::AttributeRemoved { class, attribute } => {
                write!(f, "attribute {class}.{attribute} is gone")
            }
            Difference::Attribute { class, attribute, before, after } => {
                write!(f, "attribute {class}.{attribute} changed from {before} to {after}")
            }
            Difference::RecordRemoved { record } => {
                write!(f, "dataclass {} is gone", plain(record))
            }
            Difference::FieldAdded { record, field, .. } => {
                write!(f, "new field {}.{field}", plain(record))
            }
            Difference::FieldRemoved { record, field } => {
                write!(f, "field {}.{field} is gone", plain(record))
            }
            Difference::Field { record, field, before, after } => {
                write!(f, "field {}.{field} changed from {before} to {after}", plain(record))
            }
            Difference::EnumRemoved { class } => write!(f, "enum {} is gone", plain(class)),
            Difference::MemberRemoved { class, member } => {
                write!(f, "member {}.{member} is gone", plain(class))
            }
        }
    }
}

/// With the module, which tells a class that moved.
fn plain(name: &str) -> String {
    name.replace(':', ".")
}
