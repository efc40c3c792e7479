//! The manifest: what a data folder says about itself, as JSON.
//!
//! Its presence means that the creation of the folder was finished. It comes into being under
//! [`DRAFT_FILE_NAME`], before the store, and gets its own name as the last step.

use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::Application;

pub(crate) const FILE_NAME: &str = "anabranch.json";

/// The name of a manifest that is not valid yet.
pub(crate) const DRAFT_FILE_NAME: &str = "anabranch.json.new";

/// The version of the data folder as a whole. Others are refused.
pub(crate) const FORMAT_VERSION: u64 = 2;

/// The version of Anabranch that writes manifests here.
pub(crate) const CREATED_BY: &str = env!("CARGO_PKG_VERSION");

/// What a data folder says about itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Manifest {
    /// The version of Anabranch that created the folder.
    pub(crate) created_by: String,
    /// A random name that the store has as well, so that a manifest beside another folder's store
    /// is noticed.
    pub(crate) identity: String,
    pub(crate) application: Option<Application>,
}

/// Why a manifest cannot be used.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum ManifestError {
    NewerFormat {
        found: u64,
        written_by: String,
    },
    OlderFormat {
        found: u64,
        written_by: String,
    },
    /// In words.
    Unreadable(String),
}

impl Manifest {
    /// A manifest with a new identity.
    pub(crate) fn new(application: Option<Application>) -> Self {
        let identity = [RandomState::new(), RandomState::new()];
        let identity = identity.map(|random| format!("{:016x}", random.hash_one(0)));
        Self { created_by: CREATED_BY.to_owned(), identity: identity.concat(), application }
    }

    /// Its text.
    pub(crate) fn to_json(&self) -> String {
        let mut json = json!({
            "format_version": FORMAT_VERSION,
            "created_by": self.created_by,
            "identity": self.identity,
        });
        if let Some(Application { module, program_hash }) = &self.application {
            json["application"] = json!({ "module": module, "program_hash": program_hash });
        }
        format!("{json:#}\n")
    }

    /// Reads the text of a manifest.
    pub(crate) fn from_json(text: &str) -> Result<Self, ManifestError> {
        let unreadable = |problem: String| {
            ManifestError::Unreadable(format!("its {FILE_NAME} is not readable ({problem})"))
        };
        let json: Map<String, Value> =
            serde_json::from_str(text).map_err(|error| unreadable(error.to_string()))?;
        let version = json.get("format_version").and_then(Value::as_u64);
        let version =
            version.ok_or_else(|| unreadable("no number \"format_version\"".to_owned()))?;
        let created_by = text_member(&json, "created_by");
        if version != FORMAT_VERSION {
            let written_by = created_by.unwrap_or_else(|_| "of an unknown version".to_owned());
            return Err(if version > FORMAT_VERSION {
                ManifestError::NewerFormat { found: version, written_by }
            } else {
                ManifestError::OlderFormat { found: version, written_by }
            });
        }
        let application = match json.get("application") {
            None => None,
            Some(Value::Object(application)) => Some(Application {
                module: text_member(application, "module").map_err(unreadable)?,
                program_hash: text_member(application, "program_hash").map_err(unreadable)?,
            }),
            Some(_) => return Err(unreadable("\"application\" is no object".to_owned())),
        };
        Ok(Self {
            created_by: created_by.map_err(unreadable)?,
            identity: text_member(&json, "identity").map_err(unreadable)?,
            application,
        })
    }

    /// Writes the draft, durably.
    pub(crate) fn write_draft(&self, directory: &Path) -> io::Result<()> {
        let mut file = File::create(directory.join(DRAFT_FILE_NAME))?;
        file.write_all(self.to_json().as_bytes())?;
        file.sync_all()?;
        sync_directory(directory)
    }
}

/// Makes the draft valid, durably.
pub(crate) fn publish_draft(directory: &Path) -> io::Result<()> {
    fs::rename(directory.join(DRAFT_FILE_NAME), directory.join(FILE_NAME))?;
    sync_directory(directory)
}

/// Makes the names in `directory` durable.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    // Elsewhere a folder cannot be opened as a file, and names are durable without this.
    if cfg!(unix) { File::open(directory)?.sync_all() } else { Ok(()) }
}

fn text_member(object: &Map<String, Value>, name: &str) -> Result<String, String> {
    let text = object.get(name).and_then(Value::as_str);
    text.map(str::to_owned).ok_or_else(|| format!("no text {name:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_comes_back() {
        let application = Application { module: "shop".to_owned(), program_hash: "abc".to_owned() };
        for application in [None, Some(application)] {
            let manifest = Manifest::new(application);
            assert_eq!(Manifest::from_json(&manifest.to_json()), Ok(manifest));
        }
    }

    #[test]
    fn each_folder_has_its_own_identity() {
        assert_ne!(Manifest::new(None).identity, Manifest::new(None).identity);
    }

    #[test]
    fn a_newer_format_is_told_even_if_nothing_else_is_known() {
        let newer = |found: u64, written_by: &str| {
            Err(ManifestError::NewerFormat { found, written_by: written_by.to_owned() })
        };
        assert_eq!(
            Manifest::from_json(r#"{"format_version": 9, "created_by": "3.1", "identity": []}"#),
            newer(9, "3.1")
        );
        assert_eq!(
            Manifest::from_json(r#"{"format_version": 3}"#),
            newer(3, "of an unknown version")
        );
    }

    #[test]
    fn an_older_format_is_told() {
        assert_eq!(
            Manifest::from_json(r#"{"format_version": 1, "created_by": "0.1.0"}"#),
            Err(ManifestError::OlderFormat { found: 1, written_by: "0.1.0".to_owned() })
        );
    }

    #[test]
    fn an_unreadable_manifest_says_why() {
        for (text, problem) in [
            ("", "EOF"),
            ("[]", "expected a map"),
            ("{}", "format_version"),
            (r#"{"format_version": 2}"#, "created_by"),
            (r#"{"format_version": 2, "created_by": "1"}"#, "identity"),
            (r#"{"format_version": 2, "created_by": "1", "application": 7}"#, "application"),
        ] {
            let error = Manifest::from_json(text).unwrap_err();
            let ManifestError::Unreadable(message) = error else { panic!("{error:?}") };
            assert!(message.contains(problem), "{message}");
        }
    }
}
