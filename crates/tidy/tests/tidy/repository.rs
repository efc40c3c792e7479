//! The files and crates that the tests look at.

use std::fs;
use std::path::{Path, PathBuf};

use cargo_metadata::{MetadataCommand, Package};

/// The start of the package names of our crates.
const PACKAGE_PREFIX: &str = "anabranch-";

/// The folders with code.
const SOURCE_FOLDERS: &[&str] = &["crates", "python", "examples", "tests", "fuzz"];

/// The folder of the whole repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// A file with its path below [`root`].
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) text: String,
}

/// The files of our code with one of these extensions.
pub(crate) fn sources(extensions: &[&str]) -> Vec<File> {
    let mut found = Vec::new();
    for folder in SOURCE_FOLDERS {
        collect(&root().join(folder), extensions, &mut found);
    }
    assert!(!found.is_empty(), "no source files found");
    found
}

/// The documents: those of the repository, those in `docs`, and those beside the examples.
pub(crate) fn documents() -> Vec<File> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() && path.extension().is_some_and(|extension| extension == "md") {
            found.push(read(&path));
        }
    }
    for folder in ["docs", "examples"] {
        collect(&root().join(folder), &["md"], &mut found);
    }
    found
}

/// A document by its path below the root.
pub(crate) fn document(path: &str) -> String {
    read(&root().join(path)).text
}

fn collect(folder: &Path, extensions: &[&str], found: &mut Vec<File>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if name.starts_with('.') || name == "__pycache__" || name == "target" || name == "corpus" {
            continue;
        }
        if path.is_dir() {
            collect(&path, extensions, found);
        } else if extensions.iter().any(|wanted| path.extension().is_some_and(|own| own == *wanted))
        {
            found.push(read(&path));
        }
    }
}

fn read(path: &Path) -> File {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    File { path: path.strip_prefix(root()).unwrap_or(path).to_path_buf(), text }
}

/// Our crates.
pub(crate) fn packages() -> Vec<Package> {
    let manifest = root().join("Cargo.toml");
    MetadataCommand::new().manifest_path(manifest).no_deps().exec().unwrap().packages
}

/// The name of one of our crates, as its folder has it; `None` for crates of others.
pub(crate) fn crate_name(package: &str) -> Option<&str> {
    package.strip_prefix(PACKAGE_PREFIX)
}
