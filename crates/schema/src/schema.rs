//! What a program says of stored values.

use std::collections::BTreeMap;

use anabranch_ir::text::{hint_text, parse_hint};
use anabranch_ir::{Hint, Program};
use serde_json::{Map, Value as Json, json};

/// The version of the text form.
const FORMAT_VERSION: u64 = 1;

/// The shape of stored entities. Equal schemas have equal texts.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Schema {
    /// Entity classes by name.
    pub classes: BTreeMap<String, Class>,
    /// Dataclasses by `module:QualifiedName`.
    pub records: BTreeMap<String, Record>,
    /// The names of the members of enums, by `module:QualifiedName` of the enum.
    pub enums: BTreeMap<String, Vec<String>>,
}

/// The fields of a dataclass by name.
pub type Record = BTreeMap<String, Hint>;

/// An entity class.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Class {
    pub key: Hint,
    /// What `__key__` computes, as source text.
    pub key_text: Option<String>,
    pub attributes: BTreeMap<String, Hint>,
}

impl Schema {
    /// The schema of `program`.
    pub fn of(program: &Program) -> Self {
        let classes = program.operators.iter().map(|operator| {
            let attributes = operator.attributes.iter();
            let class = Class {
                key: operator.key.clone(),
                key_text: operator.key_text.clone(),
                attributes: attributes.map(|it| (it.name.clone(), it.hint.clone())).collect(),
            };
            (operator.name.clone(), class)
        });
        let records = program.records.iter().map(|record| {
            let fields = record.fields.iter();
            let fields = fields.map(|field| (field.name.clone(), field.hint.clone())).collect();
            (record.name.clone(), fields)
        });
        let enums = program.enums.iter().map(|class| {
            let members = class.members.iter().map(|member| member.name.clone());
            (class.name.clone(), members.collect())
        });
        Self { classes: classes.collect(), records: records.collect(), enums: enums.collect() }
    }

    /// The text form: JSON.
    pub fn to_text(&self) -> String {
        let classes = self.classes.iter().map(|(name, class)| (name.clone(), class_json(class)));
        let records = self.records.iter().map(|(name, fields)| (name.clone(), hints_json(fields)));
        let enums = self.enums.iter().map(|(name, members)| (name.clone(), json!(members)));
        json!({
            "version": FORMAT_VERSION,
            "classes": classes.collect::<Map<_, _>>(),
            "records": records.collect::<Map<_, _>>(),
            "enums": enums.collect::<Map<_, _>>(),
        })
        .to_string()
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// The text is no schema of this version; in words.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let version = json["version"].as_u64();
        if version != Some(FORMAT_VERSION) {
            return Err(match version {
                Some(version) => format!(
                    "its schema has version {version}, this version of Anabranch knows \
                     {FORMAT_VERSION}"
                ),
                None => "its schema has no version".to_owned(),
            });
        }
        let entries = |name: &str| {
            let object = json[name].as_object().ok_or_else(|| format!("its schema has no {name}"));
            object.map(|object| object.iter())
        };
        let mut schema = Self::default();
        for (name, class) in entries("classes")? {
            schema.classes.insert(name.clone(), class_from(class)?);
        }
        for (name, fields) in entries("records")? {
            schema.records.insert(name.clone(), hints_from(fields)?);
        }
        for (name, members) in entries("enums")? {
            let members = members.as_array().ok_or_else(|| unreadable(name))?.iter();
            let members = members.map(|member| member.as_str().map(str::to_owned));
            let members = members.collect::<Option<_>>().ok_or_else(|| unreadable(name))?;
            schema.enums.insert(name.clone(), members);
        }
        Ok(schema)
    }
}

pub(crate) fn class_json(class: &Class) -> Json {
    let mut json = json!({ "key": hint_text(&class.key) });
    if let Some(text) = &class.key_text {
        json["key_text"] = json!(text);
    }
    json["attributes"] = hints_json(&class.attributes);
    json
}

pub(crate) fn class_from(json: &Json) -> Result<Class, String> {
    Ok(Class {
        key: hint_from(&json["key"])?,
        key_text: json["key_text"].as_str().map(str::to_owned),
        attributes: hints_from(&json["attributes"])?,
    })
}

pub(crate) fn hints_json(hints: &BTreeMap<String, Hint>) -> Json {
    let hints = hints.iter().map(|(name, hint)| (name.clone(), json!(hint_text(hint))));
    Json::Object(hints.collect())
}

pub(crate) fn hints_from(json: &Json) -> Result<BTreeMap<String, Hint>, String> {
    let object = json.as_object().ok_or_else(|| unreadable("a table of hints"))?;
    object.iter().map(|(name, hint)| Ok((name.clone(), hint_from(hint)?))).collect()
}

fn hint_from(json: &Json) -> Result<Hint, String> {
    let text = json.as_str().ok_or_else(|| unreadable("a hint"))?;
    parse_hint(text).map_err(|error| format!("its schema has the hint {text:?}: {}", error.message))
}

fn unreadable(what: &str) -> String {
    format!("its schema is not readable at {what}")
}
