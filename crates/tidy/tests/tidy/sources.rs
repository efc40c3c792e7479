//! What every source file keeps to.

use crate::assert_none;
use crate::repository::sources;

/// Names that say nothing about what is in a file.
const VAGUE_NAMES: &[&str] = &["common", "helper", "helpers", "misc", "util", "utils"];

/// A file as long as this is more than one concept.
const LINES_MAX: usize = 800;

/// Words that mark what is not finished. In pieces, or this file would hold them.
const UNFINISHED: &[&str] = &[concat!("TO", "DO"), concat!("FIX", "ME"), concat!("dbg", "!(")];

#[test]
fn files_are_named_after_what_they_hold() {
    let mut problems = Vec::new();
    for file in sources(&["rs", "py", "pyi"]) {
        for part in &file.path {
            let name = part.to_string_lossy();
            let stem = name.split('.').next().unwrap_or_default().trim_start_matches('_');
            if VAGUE_NAMES.contains(&stem) {
                problems.push(format!("{}: name it after what it holds", file.path.display()));
            }
        }
    }
    assert_none(&problems);
}

#[test]
fn rust_files_start_with_what_they_are_for() {
    let mut problems = Vec::new();
    for file in sources(&["rs"]) {
        if !file.text.starts_with("//!") {
            problems.push(format!("{}: start it with a //! comment", file.path.display()));
        }
    }
    assert_none(&problems);
}

#[test]
fn files_are_short() {
    let mut problems = Vec::new();
    for file in sources(&["rs", "py"]) {
        let lines = file.text.lines().count();
        if lines > LINES_MAX {
            problems.push(format!("{}: {lines} lines, split it up", file.path.display()));
        }
    }
    assert_none(&problems);
}

#[test]
fn nothing_is_left_unfinished() {
    let mut problems = Vec::new();
    for file in sources(&["rs", "py", "pyi"]) {
        for (index, line) in file.text.lines().enumerate() {
            for word in UNFINISHED.iter().filter(|word| line.contains(**word)) {
                problems.push(format!("{}:{}: {word}", file.path.display(), index + 1));
            }
        }
    }
    assert_none(&problems);
}
