//! What is stored, as a document and as a table.

use anabranch_embedded::store::StoreError;
use anabranch_embedded::{Application, View};
use anabranch_json::{Json, JsonObject};
use serde_json::json;

use crate::schema_text;
use crate::size::{in_thousands, readable};

/// The document of what `view` holds; `log` is about the log, as far as is known.
///
/// # Errors
/// The store is damaged.
pub fn document(
    view: &View,
    application: Option<&Application>,
    log: Json,
) -> Result<Json, StoreError> {
    let mut classes = JsonObject::new();
    for (class, summary) in view.classes()? {
        let summary = json!({
            "entities": summary.entities,
            "key_bytes": summary.key_bytes,
            "state_bytes": summary.state_bytes,
        });
        classes.insert(class, summary);
    }
    let application = application.map(|application| {
        json!({ "module": application.module, "program_hash": application.program_hash })
    });
    let schema = view.schema()?.map(|note| schema_text::document(&note)).transpose()?;
    Ok(json!({
        "application": application,
        "sequence": view.sequence()?,
        "replies": view.replies()?,
        "classes": classes,
        "log": log,
        "schema": schema,
    }))
}

/// The document as people read it.
pub fn table(document: &Json) -> String {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let number = |value: &Json| value.as_u64().map(in_thousands).unwrap_or_default();
    let mut lines = Vec::new();
    let mut line = |name: &str, value: String| lines.push(format!("{name:<16}{value}"));
    match &document["application"] {
        Json::Null => line("application", "not known".to_owned()),
        application => {
            let hash = text(&application["program_hash"]);
            line("application", format!("{} (program {hash})", text(&application["module"])));
        }
    }
    if let Some(version) = document.get("created_by") {
        line("created by", format!("Anabranch {}", text(version)));
    }
    line("last request", number(&document["sequence"]));
    line("stored replies", number(&document["replies"]));
    let log = &document["log"];
    if let Some(bytes) = log["bytes"].as_u64() {
        let segments = log["segments"].as_u64();
        let segments = segments
            .map(|count| match count {
                1 => " in 1 segment".to_owned(),
                _ => format!(" in {count} segments"),
            })
            .unwrap_or_default();
        line("log", format!("{}{segments}", readable(bytes)));
    }
    let mut rows = vec![["class", "entities", "keys", "states"].map(str::to_owned)];
    for (class, summary) in document["classes"].as_object().into_iter().flatten() {
        let bytes = |name: &str| summary[name].as_u64().map(readable).unwrap_or_default();
        let entities = number(&summary["entities"]);
        rows.push([class.clone(), entities, bytes("key_bytes"), bytes("state_bytes")]);
    }
    if rows.len() == 1 {
        lines.push("\nno entities".to_owned());
    } else {
        lines.push(String::new());
        lines.extend(columns(&rows));
    }
    lines.extend(schema_text::lines(&document["schema"]));
    lines.join("\n") + "\n"
}

/// An entity as people read it: a line for its key and one for each attribute.
pub fn entity_table(class: &str, entity: &Json) -> String {
    let mut rows = vec![(class, &entity["key"])];
    let state = entity["state"].as_object();
    rows.extend(state.into_iter().flatten().map(|(name, value)| (name.as_str(), value)));
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    rows.iter().map(|(name, value)| format!("{name:<width$}  {value}\n")).collect()
}

/// Rows with their columns below each other: the first to the left, the others to the right.
pub(crate) fn columns<const COUNT: usize>(rows: &[[String; COUNT]]) -> Vec<String> {
    let width =
        |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; COUNT] = std::array::from_fn(width);
    let line = |row: &[String; COUNT]| {
        let mut line = format!("{:<1$}", row[0], widths[0]);
        for (cell, width) in row.iter().zip(widths).skip(1) {
            line.push_str(&format!("  {cell:>width$}"));
        }
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}
