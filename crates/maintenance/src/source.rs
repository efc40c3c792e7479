//! Where state is that an operator asks for.

use std::io::Write;
use std::path::{Path, PathBuf};

use anabranch_embedded::Verification;
use anabranch_json::Json;
use anabranch_kernel::Value;

use crate::remote::Server;
use crate::{Error, folder};

/// A data folder that no engine uses, or a running server.
pub enum Source {
    Folder(PathBuf),
    Server(Server),
}

/// Which keys of a class are wanted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WantedKeys {
    pub class: String,
    /// What they start with as they are written, percent-decoded.
    pub prefix: String,
    /// Most of them; `None` for all.
    pub limit: Option<u64>,
}

impl Source {
    /// What `text` names: the URL of a server, which wants `token` if it was set up so, or a folder.
    ///
    /// # Errors
    /// It is a URL of a kind that is not known.
    pub fn named(text: &str, token: Option<String>) -> Result<Self, Error> {
        if text.contains("://") {
            return Server::at(text, token).map(Self::Server);
        }
        if token.is_some() {
            let message = format!("a token is for a server; {text} is a folder, which needs none");
            return Err(Error::Mistake(message));
        }
        Ok(Self::Folder(PathBuf::from(text)))
    }

    /// What there is, as a document ([`crate::summary`]).
    ///
    /// # Errors
    /// The folder or the server cannot be asked.
    pub fn summary(&self) -> Result<Json, Error> {
        match self {
            Self::Folder(directory) => folder::summary(directory),
            Self::Server(server) => server.summary(),
        }
    }

    /// The entities of `class` whose key is written so, as documents with key and state. That may be
    /// more than one in a folder, which has no type hints: `7` is an `int` and a `str`.
    ///
    /// # Errors
    /// There are none, or as for [`Source::summary`].
    pub fn get(&self, class: &str, key: &str) -> Result<Vec<Json>, Error> {
        match self {
            Self::Folder(directory) => folder::get(directory, class, key),
            Self::Server(server) => Ok(vec![server.get(class, key)?]),
        }
    }

    /// Gives the keys that are wanted to `each`, until it fails.
    ///
    /// # Errors
    /// There is no such class, or as for [`Source::summary`].
    pub fn keys(
        &self,
        wanted: &WantedKeys,
        each: &mut dyn FnMut(&Value) -> Result<(), Error>,
    ) -> Result<(), Error> {
        match self {
            Self::Folder(directory) => folder::keys(directory, wanted, each),
            Self::Server(server) => server.keys(wanted, each),
        }
    }

    /// Copies everything into a new or empty folder, which is a data folder then.
    ///
    /// # Errors
    /// As for [`Source::summary`], or why nothing can be written there.
    pub fn backup(&self, into: &Path) -> Result<Verification, Error> {
        match self {
            Self::Folder(directory) => folder::copy(directory, into),
            Self::Server(server) => server.backup(into),
        }
    }

    /// Writes all entities as JSON lines ([`crate::lines`]); tells `progress` how many there are so
    /// far. Gives how many there were.
    ///
    /// # Errors
    /// As for [`Source::summary`], or why nothing more can be written.
    pub fn export(
        &self,
        target: &mut dyn Write,
        progress: &mut dyn FnMut(u64),
    ) -> Result<u64, Error> {
        match self {
            Self::Folder(directory) => folder::export(directory, target, progress),
            Self::Server(server) => server.export(target, progress),
        }
    }
}

/// Makes a data folder of a backup.
///
/// # Errors
/// The backup is none or damaged, or why nothing can be written there.
pub fn restore(backup: &Path, into: &Path) -> Result<Verification, Error> {
    folder::copy(backup, into)
}
