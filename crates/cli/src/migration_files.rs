//! Finds and writes the migrations of an application: `migrations/0001.py` and so on, beside its
//! main module.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Failure;

/// The migrations of one application.
pub(crate) struct MigrationFiles {
    folder: PathBuf,
    /// By number.
    files: Vec<(u32, PathBuf)>,
}

impl MigrationFiles {
    /// Looks for migrations in the folder `migrations` of `root`.
    pub(crate) fn find(root: &Path) -> Result<Self, Failure> {
        let current = std::env::current_dir().and_then(|folder| folder.canonicalize()).ok();
        let near = current.as_ref().and_then(|folder| root.strip_prefix(folder).ok());
        let folder = near.unwrap_or(root).join("migrations");
        let mut files = Vec::new();
        if folder.is_dir() {
            for entry in fs::read_dir(&folder)? {
                let path = entry?.path();
                let stem = path.file_stem().and_then(|stem| stem.to_str());
                let number = stem.and_then(|stem| stem.parse().ok());
                if let Some(number) =
                    number.filter(|_| path.extension().is_some_and(|it| it == "py"))
                {
                    files.push((number, path));
                }
            }
        }
        files.sort();
        Ok(Self { folder, files })
    }

    /// The last migration from one schema to another, by their digests.
    pub(crate) fn between(&self, digests: &(String, String)) -> Result<Option<PathBuf>, Failure> {
        let lines = [format!("FROM = \"{}\"", digests.0), format!("TO = \"{}\"", digests.1)];
        for (_, path) in self.files.iter().rev() {
            let text = fs::read_to_string(path)?;
            if lines.iter().all(|wanted| text.lines().any(|line| line.trim() == wanted)) {
                return Ok(Some(path.clone()));
            }
        }
        Ok(None)
    }

    /// The number of the next migration.
    pub(crate) fn next(&self) -> u32 {
        self.files.last().map_or(1, |(number, _)| number + 1)
    }

    /// Writes the migration with this number.
    pub(crate) fn write(&self, number: u32, text: &str) -> Result<PathBuf, Failure> {
        fs::create_dir_all(&self.folder)?;
        let path = self.folder.join(format!("{number:04}.py"));
        fs::write(&path, text).map_err(|error| {
            Failure::Message(format!("cannot write {}: {error}", path.display()))
        })?;
        Ok(path)
    }
}
