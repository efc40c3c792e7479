//! SARIF 2.1.0 (OASIS): one run with one tool, the rules that were broken, and a result for each
//! diagnostic.
//!
//! Paths are URI references relative to where the command ran, with what a URI cannot hold
//! percent-encoded; an absolute path becomes a `file` URI.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::span::Span;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::{SourceFile, VERSION};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The log file, indented, with a final newline.
pub fn sarif(diagnostics: &[Diagnostic], files: &[SourceFile]) -> String {
    let codes: BTreeSet<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    let codes: Vec<Code> = codes.into_iter().collect();
    let rules: Vec<Value> = codes.iter().map(|code| rule(*code)).collect();
    let results: Vec<Value> =
        diagnostics.iter().map(|found| result(found, &codes, files)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "anabranch", "version": VERSION, "rules": rules } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log:#}\n")
}

fn rule(code: Code) -> Value {
    json!({
        "id": code.id(),
        "shortDescription": { "text": code.summary() },
        // Markdown reads well as plain text, which every viewer must be given.
        "help": { "text": code.page(), "markdown": code.page() },
        "defaultConfiguration": { "level": level(code.severity()) },
    })
}

fn result(diagnostic: &Diagnostic, codes: &[Code], files: &[SourceFile]) -> Value {
    let details = [&diagnostic.why, &diagnostic.help].into_iter().flatten();
    let text: Vec<&str> =
        [&diagnostic.message].into_iter().chain(details).map(String::as_str).collect();
    let locations: Vec<Value> = diagnostic
        .place
        .iter()
        .map(|place| location(&Span::of(place, files), &diagnostic.label))
        .collect();
    let related: Vec<Value> = diagnostic
        .related
        .iter()
        .map(|(place, label)| location(&Span::of(place, files), label))
        .collect();
    json!({
        "ruleId": diagnostic.code.id(),
        "ruleIndex": codes.binary_search(&diagnostic.code).ok(),
        "level": level(diagnostic.severity()),
        "message": { "text": text.join("\n") },
        "locations": locations,
        "relatedLocations": related,
    })
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn location(span: &Span<'_>, label: &str) -> Value {
    json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(span.file) },
            "region": {
                "startLine": span.line,
                "startColumn": span.column,
                "endLine": span.end_line,
                "endColumn": span.end_column,
            },
        },
        "message": { "text": label },
    })
}

fn uri(path: &str) -> String {
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(byte.into()),
            _ if byte.is_ascii_alphanumeric() => uri.push(byte.into()),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::diagnostic::render::examples::{awkward, files, placed, placeless};

    /// The log, with the help of the rules checked and taken out: it is the pages.
    fn log(diagnostics: &[Diagnostic]) -> Value {
        let mut log: Value = serde_json::from_str(&sarif(diagnostics, &files())).unwrap();
        for rule in log["runs"][0]["tool"]["driver"]["rules"].as_array_mut().unwrap() {
            let help = rule.as_object_mut().unwrap().remove("help").unwrap();
            let page = Code::named(rule["id"].as_str().unwrap()).unwrap().page();
            assert_eq!(help, json!({ "text": page, "markdown": page }));
        }
        log
    }

    #[test]
    fn rules_and_results() {
        let log = log(&[placed(), placeless(), awkward()]);
        expect![[r#"
            {
              "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
              "version": "2.1.0",
              "runs": [
                {
                  "tool": {
                    "driver": {
                      "name": "anabranch",
                      "version": "0.1.0",
                      "rules": [
                        {
                          "id": "AB001",
                          "shortDescription": {
                            "text": "The file is not Python that this interpreter accepts."
                          },
                          "defaultConfiguration": {
                            "level": "error"
                          }
                        },
                        {
                          "id": "AB003",
                          "shortDescription": {
                            "text": "No class is marked `@entity`."
                          },
                          "defaultConfiguration": {
                            "level": "error"
                          }
                        },
                        {
                          "id": "AB043",
                          "shortDescription": {
                            "text": "The entity class has no such method."
                          },
                          "defaultConfiguration": {
                            "level": "error"
                          }
                        }
                      ]
                    }
                  },
                  "columnKind": "unicodeCodePoints",
                  "results": [
                    {
                      "ruleId": "AB043",
                      "ruleIndex": 2,
                      "level": "error",
                      "message": {
                        "text": "`Item` has no method `updat`\ndid you mean `update`?"
                      },
                      "locations": [
                        {
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "shop.py"
                            },
                            "region": {
                              "startLine": 5,
                              "startColumn": 18,
                              "endLine": 5,
                              "endColumn": 23
                            }
                          },
                          "message": {
                            "text": "not defined there"
                          }
                        }
                      ],
                      "relatedLocations": [
                        {
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "shop.py"
                            },
                            "region": {
                              "startLine": 1,
                              "startColumn": 7,
                              "endLine": 1,
                              "endColumn": 11
                            }
                          },
                          "message": {
                            "text": "the class"
                          }
                        }
                      ]
                    },
                    {
                      "ruleId": "AB003",
                      "ruleIndex": 1,
                      "level": "error",
                      "message": {
                        "text": "no class is marked `@entity`\nmark one"
                      },
                      "locations": [],
                      "relatedLocations": []
                    },
                    {
                      "ruleId": "AB001",
                      "ruleIndex": 0,
                      "level": "error",
                      "message": {
                        "text": "100% wrong:\r\nvery, really"
                      },
                      "locations": [
                        {
                          "physicalLocation": {
                            "artifactLocation": {
                              "uri": "odd%2C%20name%3A%20100%25.py"
                            },
                            "region": {
                              "startLine": 1,
                              "startColumn": 1,
                              "endLine": 1,
                              "endColumn": 2
                            }
                          },
                          "message": {
                            "text": "here"
                          }
                        }
                      ],
                      "relatedLocations": []
                    }
                  ]
                }
              ]
            }
        "#]].assert_eq(&format!("{log:#}\n"));
    }

    #[test]
    fn nothing_found_is_a_run_without_results() {
        let log = log(&[]);
        assert_eq!(log["runs"][0]["results"], json!([]));
    }

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("a b/c,ü.py"), "a%20b/c%2C%C3%BC.py");
        assert_eq!(uri("/home/me/a.py"), "file:///home/me/a.py");
    }
}
