//! The migration: a Python file with functions that the user completes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::difference::Difference;
use crate::examination::Obstacle;
use crate::leftovers::Leftovers;
use crate::schema::Schema;

/// What a migration is from and to: the texts of two schemas, as a short digest.
pub fn digest(before: &str, after: &Schema) -> (String, String) {
    (fingerprint(before), fingerprint(&after.to_text()))
}

/// FNV-1a, 64 bits: it tells schemas apart, and protects against nobody.
fn fingerprint(text: &str) -> String {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// What the migration is for.
pub struct Purpose<'a> {
    /// As in `0001.py`.
    pub number: u32,
    /// What the user types to apply it.
    pub command: &'a str,
    /// The digests of both schemas.
    pub digests: (String, String),
    pub leftovers: &'a Leftovers,
    /// How many entities there are of classes that are gone.
    pub dropped: &'a BTreeMap<String, u64>,
}

/// The text of a migration that takes `obstacles` out of the way.
pub fn migration_text(purpose: &Purpose<'_>, obstacles: &[Obstacle<'_>]) -> String {
    let mut text = format!(
        "\"\"\"Migration {:04}: complete what has an ellipsis (...), then run\n\n    {}\n\n\
         Each function gets the attributes of one stored entity and returns those it shall have.\n\
         A stored value whose class is gone comes as `anabranch.migration.Stored`.\n\"\"\"\n\n\
         from typing import Any\n\n\
         # The schemas before and after. Anabranch finds the migration by them.\n\
         FROM = \"{}\"\nTO = \"{}\"\n",
        purpose.number, purpose.command, purpose.digests.0, purpose.digests.1
    );
    for (class, entities) in purpose.dropped {
        let _ = write!(
            text,
            "\n# The class is gone. True: delete its {entities} {}.\ndrop_{class} = False\n",
            if *entities == 1 { "entity" } else { "entities" }
        );
    }
    let classes: BTreeSet<&String> = obstacles.iter().flat_map(|it| &it.classes).collect();
    for class in classes {
        text.push_str(&function(class, purpose, obstacles));
    }
    text
}

fn function(class: &str, purpose: &Purpose<'_>, obstacles: &[Obstacle<'_>]) -> String {
    let mut text = format!("\n\ndef migrate_{class}(state: dict[str, Any]) -> dict[str, Any]:\n");
    if let Some(gone) = purpose.leftovers.attributes.get(class) {
        let gone: Vec<&str> = gone.keys().map(String::as_str).collect();
        let _ = writeln!(text, "    # Dropped afterwards, if still there: {}", gone.join(", "));
    }
    for obstacle in obstacles {
        let difference = obstacle.difference;
        if !obstacle.classes.contains(class) {
            continue;
        }
        let counted = obstacle.counted();
        let counted = counted.split(':').next().unwrap_or_default();
        let _ = writeln!(text, "    # {difference}: {counted}");
        match difference {
            Difference::AttributeAdded { attribute, .. } => {
                let _ = writeln!(text, "    state[\"{attribute}\"] = ...");
            }
            Difference::Attribute { attribute, .. } => {
                let _ = writeln!(
                    text,
                    "    old = state[\"{attribute}\"]  # noqa: F841\n    state[\"{attribute}\"] = ..."
                );
            }
            Difference::Key { .. } | Difference::KeyText { .. } => {
                text.push_str(
                    "    # The key is what __key__ computes of the attributes that are returned;\n    \
                     # references to the entity are rewritten in all stored entities.\n",
                );
            }
            _ => text.push_str("    # Replace it wherever the state holds one.\n"),
        }
    }
    text.push_str("    return state\n");
    text
}
