//! What a data folder notes about the schema of what it holds: opaque texts of whoever uses the
//! engine. The engine compares one of them and never looks inside.
//!
//! In the store, under keys of their own: they change together with the entities that they
//! describe, and copies of a folder have them.

use crate::error::OpenError;
use crate::store::{Change, Store, StoreError};
use crate::store_key::metadata_key;

const LEFTOVERS: &str = "leftovers";
const PROGRAM: &str = "program";
const SCHEMA: &str = "schema";

/// The schema that entities were written with.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct SchemaNote {
    /// The schema. An engine that has another one does not open the folder.
    pub schema: String,
    /// What entities may have that the schema does not say; empty if there is nothing.
    pub leftovers: String,
    /// A digest of the program that last used the folder.
    pub program_hash: String,
}

impl SchemaNote {
    /// The changes that write the note, in the order of their keys.
    pub(crate) fn changes(&self) -> [Change; 3] {
        let texts =
            [(LEFTOVERS, &self.leftovers), (PROGRAM, &self.program_hash), (SCHEMA, &self.schema)];
        texts.map(|(name, text)| Change {
            key: metadata_key(name),
            value: Some(text.clone().into_bytes()),
        })
    }

    /// What is noted in a store; `None` if nothing is.
    pub(crate) fn read(
        read: impl Fn(&[u8]) -> Result<Option<Vec<u8>>, StoreError>,
    ) -> Result<Option<Self>, StoreError> {
        let text = |name: &str| {
            let bytes = read(&metadata_key(name))?;
            let text = bytes.map(String::from_utf8).transpose();
            text.map_err(|_| StoreError(format!("its {name} is not readable")))
        };
        let Some(schema) = text(SCHEMA)? else { return Ok(None) };
        let (leftovers, program_hash) = (text(LEFTOVERS)?, text(PROGRAM)?);
        Ok(Some(Self {
            schema,
            leftovers: leftovers.unwrap_or_default(),
            program_hash: program_hash.unwrap_or_default(),
        }))
    }
}

/// Makes sure that `store` has this schema. A store without any gets it.
pub(crate) fn agree(
    store: &dyn Store,
    schema: &str,
    program_hash: Option<&str>,
) -> Result<(), OpenError> {
    let stored = SchemaNote::read(|key| store.read(key)).map_err(OpenError::Store)?;
    let program_hash = program_hash.unwrap_or_default().to_owned();
    let note = match stored {
        Some(note) if note.schema != schema => {
            return Err(OpenError::SchemaDiffers { directory: Default::default() });
        }
        Some(note) if note.program_hash == program_hash => return Ok(()),
        Some(note) => SchemaNote { program_hash, ..note },
        None => SchemaNote { schema: schema.to_owned(), leftovers: String::new(), program_hash },
    };
    store.apply(&mut note.changes().into_iter()).map_err(OpenError::Store)
}
