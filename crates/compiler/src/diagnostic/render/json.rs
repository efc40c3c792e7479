//! All diagnostics as one JSON array. `docs/check-formats.md` tells the fields.

use serde_json::{Map, Value, json};

use super::span::Span;
use crate::SourceFile;
use crate::diagnostic::{Diagnostic, Severity};

/// The array, indented, with a final newline.
pub fn json(diagnostics: &[Diagnostic], files: &[SourceFile]) -> String {
    let array: Vec<Value> = diagnostics.iter().map(|found| object(found, files)).collect();
    format!("{:#}\n", Value::Array(array))
}

fn object(diagnostic: &Diagnostic, files: &[SourceFile]) -> Value {
    let span = diagnostic.place.as_ref().map(|place| Span::of(place, files));
    let related = diagnostic.related.iter().map(|(place, label)| {
        let mut fields = Map::from_iter([("label".to_owned(), json!(label))]);
        fields.extend(place_fields(Some(Span::of(place, files))));
        Value::Object(fields)
    });
    let mut fields = Map::from_iter([
        ("code".to_owned(), json!(diagnostic.code.id())),
        ("severity".to_owned(), json!(severity(diagnostic.severity()))),
        ("message".to_owned(), json!(diagnostic.message)),
        ("label".to_owned(), json!(span.map(|_| &*diagnostic.label))),
        ("why".to_owned(), json!(diagnostic.why)),
        ("help".to_owned(), json!(diagnostic.help)),
    ]);
    fields.extend(place_fields(span));
    fields.insert("related".to_owned(), related.collect());
    fields.insert("page".to_owned(), json!(diagnostic.code.page_path()));
    Value::Object(fields)
}

fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

/// Always all fields; `null` without a place.
fn place_fields(span: Option<Span<'_>>) -> [(String, Value); 5] {
    [
        ("file".to_owned(), json!(span.map(|span| span.file))),
        ("line".to_owned(), json!(span.map(|span| span.line))),
        ("column".to_owned(), json!(span.map(|span| span.column))),
        ("end_line".to_owned(), json!(span.map(|span| span.end_line))),
        ("end_column".to_owned(), json!(span.map(|span| span.end_column))),
    ]
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::diagnostic::render::examples::{files, placed, placeless};

    #[test]
    fn all_fields_are_always_there() {
        expect![[r#"
            [
              {
                "code": "AB043",
                "severity": "error",
                "message": "`Item` has no method `updat`",
                "label": "not defined there",
                "why": null,
                "help": "did you mean `update`?",
                "file": "shop.py",
                "line": 5,
                "column": 18,
                "end_line": 5,
                "end_column": 23,
                "related": [
                  {
                    "label": "the class",
                    "file": "shop.py",
                    "line": 1,
                    "column": 7,
                    "end_line": 1,
                    "end_column": 11
                  }
                ],
                "page": "docs/errors/AB043.md"
              },
              {
                "code": "AB003",
                "severity": "error",
                "message": "no class is marked `@entity`",
                "label": null,
                "why": null,
                "help": "mark one",
                "file": null,
                "line": null,
                "column": null,
                "end_line": null,
                "end_column": null,
                "related": [],
                "page": "docs/errors/AB003.md"
              }
            ]
        "#]]
        .assert_eq(&json(&[placed(), placeless()], &files()));
    }

    #[test]
    fn nothing_found_is_an_empty_array() {
        assert_eq!(json(&[], &files()), "[]\n");
    }
}
