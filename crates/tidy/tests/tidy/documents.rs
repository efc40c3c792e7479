//! What the documents say, against what is there.

use std::collections::BTreeSet;
use std::fs;

use anabranch_compiler::Code;
use expect_test::expect_file;

use crate::assert_none;
use crate::repository::{crate_name, document, documents, packages, root};

/// The folders whose files documents name by their paths from the root.
const NAMED_FOLDERS: &[&str] = &["crates/", "docs/", "examples/", "python/", "tests/"];

#[test]
fn the_architecture_has_a_section_with_invariants_for_each_crate() {
    let text = document("ARCHITECTURE.md");
    let mut sections: Vec<(&str, &str)> = Vec::new();
    for section in text.split("\n### `crates/").skip(1) {
        let (name, rest) = section.split_once('`').unwrap();
        let end = rest.find("\n#").unwrap_or(rest.len());
        sections.push((name, &rest[..end]));
    }
    let packages = packages();
    let names = packages.iter().filter_map(|package| crate_name(&package.name));
    let mut problems = differences(names, sections.iter().map(|(name, _)| *name), "a crate");
    for (name, section) in sections {
        if !section.contains("\n- Invariant:") {
            problems.push(format!("crates/{name} has no line with an invariant"));
        }
    }
    assert_none(&problems);
}

#[test]
fn the_architecture_gives_a_reason_for_each_dependency() {
    let packages = packages();
    let dependencies = packages.iter().flat_map(|package| &package.dependencies);
    let names = dependencies.map(|dependency| dependency.name.as_str());
    let names = names.filter(|name| crate_name(name).is_none());
    let text = document("ARCHITECTURE.md");
    let explained = code_rows(section(&text, "### Rust"));
    assert_none(&differences(names, explained.iter().map(String::as_str), "a dependency"));
}

#[test]
fn contributing_names_the_targets_of_make() {
    let makefile = fs::read_to_string(root().join("Makefile")).unwrap();
    let rules = makefile.lines().filter_map(|line| line.split_once(':')).map(|(target, _)| target);
    let is_name =
        |name: &&str| name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '-');
    // A step of other targets, not for people.
    let targets = rules.filter(is_name).filter(|target| *target != "prerequisites");
    let text = document("CONTRIBUTING.md");
    let spans = code_spans(&text).into_iter();
    let named =
        spans.filter_map(|span| span.strip_prefix("make ")).filter(|it| !it.contains([' ', '=']));
    assert_none(&differences(targets, named, "a target of make"));
}

#[test]
fn named_files_exist() {
    let mut problems = Vec::new();
    for file in documents() {
        for span in code_spans(&file.text) {
            let is_path = NAMED_FOLDERS.iter().any(|folder| span.starts_with(folder))
                && !span.contains([' ', '*', '<', '…', '{']);
            if is_path && !root().join(span).exists() {
                problems.push(format!("{}: there is no {span}", file.path.display()));
            }
        }
        for target in link_targets(&file.text) {
            let path = root().join(file.path.parent().unwrap()).join(target);
            if !target.contains("://") && !path.exists() {
                problems.push(format!("{}: the link to {target} is broken", file.path.display()));
            }
        }
    }
    assert_none(&problems);
}

/// To write the file anew: `UPDATE_EXPECT=1 cargo nextest run -p anabranch-tidy`.
#[test]
fn the_diagnostics_are_documented() {
    let mut text = "# Diagnostics\n\n\
        What `anabranch check` reports: mistakes that the compiler refuses, with the line, the reason and the way out,\n\
        and from AB070 on notes, which `anabranch check --notes` shows. `anabranch explain AB015` prints the page of a code.\n\
        [Formats for programs](check-formats.md) tells the output of `--format json|github|sarif`.\n\n\
        A code never changes its meaning. This file is made from `crates/compiler/src/diagnostic/code.rs`.\n\n\
        | code | |\n| --- | --- |\n"
        .to_owned();
    for code in Code::ALL {
        text.push_str(&format!("| [{code}](errors/{code}.md) | {} |\n", code.summary()));
    }
    expect_file![root().join("docs/diagnostics.md")].assert_eq(&text);
}

#[test]
fn each_diagnostic_has_a_page() {
    let mut problems = Vec::new();
    for code in Code::ALL {
        let (first, page) = code.page().split_once('\n').unwrap_or_default();
        let start = format!("# {code}: ");
        let summary = code.summary().trim_end_matches('.');
        if !first.strip_prefix(&start).is_some_and(|title| title.eq_ignore_ascii_case(summary)) {
            problems.push(format!("{}: its first line is not {start}{summary}", code.page_path()));
        }
        for part in ["\n```python", "\n## Why\n", "\n## How to mend it\n"] {
            if !page.contains(part) {
                problems.push(format!("{} has no {}", code.page_path(), part.trim()));
            }
        }
    }
    for entry in fs::read_dir(root().join("docs/errors")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.strip_suffix(".md").is_none_or(|id| Code::named(id).is_none()) {
            problems.push(format!("docs/errors/{name} is the page of no code"));
        }
    }
    assert_none(&problems);
}

/// The programs on the pages are run by `tests/python/test_error_pages.py`.
#[test]
fn each_diagnostic_is_shown_in_a_language_test_or_runs_on_its_page() {
    let mut shown = String::new();
    for entry in fs::read_dir(root().join("tests/lang")).unwrap() {
        shown.push_str(&fs::read_to_string(entry.unwrap().path()).unwrap());
    }
    let mut problems = Vec::new();
    for code in Code::ALL {
        let is_tested = shown.lines().any(|line| line.starts_with(code.id()));
        let programs = code.page().matches("\n```python").count();
        if !is_tested && programs < 2 {
            problems.push(format!("{code} is in no test"));
        }
    }
    assert_none(&problems);
}

#[test]
fn the_problems_of_the_http_interface_are_documented() {
    let source = root().join("crates/server/src/problem/kind.rs");
    let source = fs::read_to_string(source).unwrap();
    let (_, table) = source.split_once("\nkinds! {").unwrap();
    let (table, _) = table.split_once("\n}").unwrap();
    let problems = table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let [_, status, slug, ..] = fields[..] else { return None };
        Some(format!("{status} {}", slug.trim_matches('"')))
    });
    let problems: Vec<String> = problems.collect();
    let text = document("docs/http-api.md");
    let rows = section(&text, "## Errors").lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, status, slug, ..] = cells[..] else { return None };
        status.parse::<u16>().is_ok().then(|| format!("{status} {}", slug.trim_matches('`')))
    });
    let rows: Vec<String> = rows.collect();
    let (problems, rows) = (problems.iter(), rows.iter());
    assert_none(&differences(problems.map(String::as_str), rows.map(String::as_str), "a problem"));
}

/// What is `there` but not `written` or the other way round.
fn differences<'a>(
    there: impl Iterator<Item = &'a str>,
    written: impl Iterator<Item = &'a str>,
    kind: &str,
) -> Vec<String> {
    let there: BTreeSet<&str> = there.collect();
    let written: BTreeSet<&str> = written.collect();
    assert!(!there.is_empty(), "nothing is there to compare");
    let missing = there.difference(&written).map(|name| format!("{name}: {kind} not documented"));
    let stale =
        written.difference(&there).map(|name| format!("{name}: not {kind}, but documented"));
    missing.chain(stale).collect()
}

/// The text from `heading` to the next heading of the same level or above.
fn section<'t>(text: &'t str, heading: &str) -> &'t str {
    let start = text.find(&format!("\n{heading}\n")).unwrap_or_else(|| panic!("no {heading}"));
    let rest = &text[start + heading.len() + 2..];
    let level = heading.chars().take_while(|character| *character == '#').count();
    let ends = (1..=level).filter_map(|level| rest.find(&format!("\n{} ", "#".repeat(level))));
    &rest[..ends.min().unwrap_or(rest.len())]
}

/// The code in the first cell of each row of the tables in `text`.
fn code_rows(text: &str) -> Vec<String> {
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    let cells = rows.filter_map(|row| row.split_once(" |")).map(|(cell, _)| cell);
    cells.flat_map(|cell| cell.split(", ")).map(|name| name.trim_matches('`').to_owned()).collect()
}

/// What stands between single backticks, outside of code blocks.
fn code_spans(text: &str) -> Vec<&str> {
    prose(text).flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

/// The targets of links, without the place in the file.
fn link_targets(text: &str) -> Vec<&str> {
    let links = prose(text).flat_map(|line| line.split("](").skip(1));
    let targets = links.filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter_map(|target| target.split('#').next()).filter(|it| !it.is_empty()).collect()
}

/// The lines outside of code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    text.split("```").step_by(2).flat_map(str::lines)
}
