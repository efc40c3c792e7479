//! What classes had and the program has no longer: entities keep it until a migration drops it.

use std::collections::BTreeMap;

use anabranch_ir::Hint;
use serde_json::{Map, Value as Json, json};

use crate::schema::{Class, Schema, class_from, class_json, hints_from, hints_json};

/// What stored entities may have beside what the schema says.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Leftovers {
    /// Attributes by class.
    pub attributes: BTreeMap<String, BTreeMap<String, Hint>>,
    /// Whole classes.
    pub classes: BTreeMap<String, Class>,
}

impl Leftovers {
    /// What is left over when `after` follows `before`.
    #[must_use]
    pub fn following(&self, before: &Schema, after: &Schema) -> Self {
        let mut next = Self::default();
        let classes = self.classes.iter().chain(&before.classes);
        for (name, class) in classes.filter(|(name, _)| !after.classes.contains_key(*name)) {
            next.classes.insert(name.clone(), class.clone());
        }
        for (name, class) in &after.classes {
            let left = self.attributes.get(name).into_iter().flatten();
            let known = [&self.classes, &before.classes].map(|classes| classes.get(name));
            let known = known.into_iter().flatten().flat_map(|class| &class.attributes);
            let gone: BTreeMap<String, Hint> = left
                .chain(known)
                .filter(|(attribute, _)| !class.attributes.contains_key(*attribute))
                .map(|(attribute, hint)| (attribute.clone(), hint.clone()))
                .collect();
            if !gone.is_empty() {
                next.attributes.insert(name.clone(), gone);
            }
        }
        next
    }

    pub fn is_empty(&self) -> bool {
        self.attributes.is_empty() && self.classes.is_empty()
    }

    /// The text form: JSON.
    pub fn to_text(&self) -> String {
        let attributes =
            self.attributes.iter().map(|(class, hints)| (class.clone(), hints_json(hints)));
        let classes = self.classes.iter().map(|(name, class)| (name.clone(), class_json(class)));
        json!({
            "attributes": attributes.collect::<Map<_, _>>(),
            "classes": classes.collect::<Map<_, _>>(),
        })
        .to_string()
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// The text is none; in words.
    pub fn from_text(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| error.to_string())?;
        let entries = |name: &str| json[name].as_object().into_iter().flatten();
        let mut leftovers = Self::default();
        for (class, hints) in entries("attributes") {
            leftovers.attributes.insert(class.clone(), hints_from(hints)?);
        }
        for (name, class) in entries("classes") {
            leftovers.classes.insert(name.clone(), class_from(class)?);
        }
        Ok(leftovers)
    }
}
