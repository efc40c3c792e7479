//! The schema of stored entities, as a part of the summary and as lines.

use anabranch_embedded::SchemaNote;
use anabranch_embedded::store::StoreError;
use anabranch_json::{Json, JsonObject};

/// What a folder notes: the texts of `crates/schema`, which are JSON, without the version of their
/// form.
pub(crate) fn document(note: &SchemaNote) -> Result<Json, StoreError> {
    let mut schema = parse("schema", &note.schema)?;
    schema.remove("version");
    let leftovers = match &*note.leftovers {
        "" => JsonObject::new(),
        text => parse("leftovers", text)?,
    };
    schema.insert("leftovers".to_owned(), leftovers.into());
    Ok(schema.into())
}

fn parse(what: &str, text: &str) -> Result<JsonObject, StoreError> {
    let parsed = serde_json::from_str(text);
    parsed.map_err(|error| StoreError(format!("its {what} is not readable: {error}")))
}

/// The document as people read it: as the classes were written.
pub(crate) fn lines(schema: &Json) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, class) in members(&schema["classes"]) {
        lines.push(format!("\nclass {name}"));
        let computed = class["key_text"].as_str();
        let computed = computed.map(|text| format!(" = {text}")).unwrap_or_default();
        lines.push(format!("  key: {}{computed}", text(&class["key"])));
        lines.extend(fields(&class["attributes"], ""));
        let gone = &schema["leftovers"]["attributes"][name];
        lines.extend(fields(gone, "  (gone, kept until `anabranch migrate --apply`)"));
    }
    for name in members(&schema["leftovers"]["classes"]).map(|(name, _)| name) {
        lines.push(format!("\nclass {name}  (gone, its entities are kept)"));
    }
    for (name, record) in members(&schema["records"]) {
        lines.push(format!("\ndataclass {name}"));
        lines.extend(fields(record, ""));
    }
    for (name, names) in members(&schema["enums"]) {
        let names = names.as_array().into_iter().flatten().map(text);
        lines.push(format!("\nenum {name}: {}", names.collect::<Vec<_>>().join(", ")));
    }
    lines
}

fn members(json: &Json) -> impl Iterator<Item = (&String, &Json)> {
    json.as_object().into_iter().flatten()
}

fn fields<'a>(hints: &'a Json, mark: &'a str) -> impl Iterator<Item = String> + 'a {
    members(hints).map(move |(name, hint)| format!("  {name}: {}{mark}", text(hint)))
}

fn text(json: &Json) -> String {
    json.as_str().map_or_else(|| json.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_schema_reads_as_it_was_written() {
        let schema = json!({
            "version": 1,
            "classes": { "Account": {
                "key": "str", "key_text": "self.owner", "attributes": { "balance": "int" },
            } },
            "records": { "bank:Limit": { "amount": "int" } },
            "enums": { "bank:Kind": ["OPEN", "SHUT"] },
        });
        let leftovers = json!({
            "attributes": { "Account": { "nickname": "str" } },
            "classes": { "Branch": { "key": "int", "attributes": {} } },
        });
        let note = SchemaNote {
            schema: schema.to_string(),
            leftovers: leftovers.to_string(),
            program_hash: String::new(),
        };
        let document = document(&note).unwrap();
        assert_eq!(document["classes"], schema["classes"]);
        assert_eq!(document["leftovers"], leftovers);
        assert_eq!(document.get("version"), None);
        let expected = "
class Account
  key: str = self.owner
  balance: int
  nickname: str  (gone, kept until `anabranch migrate --apply`)

class Branch  (gone, its entities are kept)

dataclass bank:Limit
  amount: int

enum bank:Kind: OPEN, SHUT";
        assert_eq!(lines(&document).join("\n"), expected);
        let damaged = SchemaNote { schema: "{".to_owned(), ..SchemaNote::default() };
        assert!(super::document(&damaged).is_err());
    }
}
