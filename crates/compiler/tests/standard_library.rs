//! No input makes the compiler panic: every Python file below some folders goes through it.
//!
//! `make check-standard-library` names the standard library and the installed packages.

#![expect(clippy::print_stderr, reason = "a long run says what it does")]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anabranch_compiler::{SourceText, Sources, compile};

/// Makes the functions of any module entity code, so that all stages see them.
const ENTITY: &str = "\n\nfrom anabranch import entity as _entity\n\n\n@_entity\nclass _Everything:\n    \
                      def __init__(self, key: str):\n        self.key = key\n\n    def __key__(self) -> str:\n        \
                      return self.key\n\n    def name_all(self, other: '_Everything'):\n        other.key\n";

#[test]
#[ignore = "takes minutes; run it with `make check-standard-library`"]
fn no_file_makes_the_compiler_panic() {
    let folders = std::env::var("ANABRANCH_PYTHON_FOLDERS").expect("the folders to go through");
    let mut files = Vec::new();
    for folder in folders.split(':') {
        collect(Path::new(folder), &mut files);
    }
    assert!(files.len() > 100, "only {} files below {folders}", files.len());
    let panicked: Vec<&PathBuf> = files
        .iter()
        .filter(|file| {
            let started = Instant::now();
            let panicked = panics(file);
            let seconds = started.elapsed().as_secs();
            if seconds > 1 {
                eprintln!("{}: {seconds} seconds", file.display());
            }
            panicked
        })
        .collect();
    assert!(panicked.is_empty(), "the compiler panicked on {panicked:#?}");
    eprintln!("{} files, none made the compiler panic", files.len());
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() && !path.is_symlink() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "py") {
            files.push(path);
        }
    }
}

fn panics(file: &Path) -> bool {
    let Ok(bytes) = std::fs::read(file) else { return false };
    let named = String::from_utf8(bytes.clone()).ok().map(|text| text + ENTITY + &calls(&bytes));
    let sources = [Some(bytes), named.map(String::into_bytes)];
    sources.into_iter().flatten().any(|source| {
        let compiled = catch_unwind(AssertUnwindSafe(|| {
            let mut read = |name: &str| {
                (name == "module")
                    .then(|| SourceText { path: "module.py".into(), bytes: source.clone() })
            };
            compile("module", &mut Sources { read: &mut read, is_reserved: &|_| false })
        }));
        compiled.is_err()
    })
}

/// Lines for the last method that name every function at the top level of the module.
fn calls(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let names = text.lines().filter_map(|line| line.strip_prefix("def ")?.split('(').next());
    names.map(|name| format!("        {name}(other)\n")).collect()
}
