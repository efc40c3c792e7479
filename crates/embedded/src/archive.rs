//! A data folder as a stream of bytes: a backup that goes to another process, or machine.
//!
//! | bytes | |
//! | --- | --- |
//! | 8 | `ANABRBAK` |
//! | 4 | version of this format: 1 |
//! | 4, … | length, manifest |
//! | 32 | what the view holds: sequence, entities, bytes of states, replies (8 each) |
//! | 4, 4, … | each entry of the store, in order: length of the key, length of the value, both |
//! | 4 | zero: there are no more entries |
//! | 32 | BLAKE3 of all before |
//!
//! Numbers are little-endian. A stream that breaks off has no end, so it is never taken for whole.

use std::io::{self, Read, Write};
use std::path::Path;

use crate::copy::{CopyError, StoreEntry, fill};
use crate::manifest::Manifest;
use crate::options::Application;
use crate::store::StoreError;
use crate::view::{Verification, View};

const MAGIC: &[u8; 8] = b"ANABRBAK";
const VERSION: u32 = 1;
/// Longer manifests are none.
const MANIFEST_BYTES_MAX: u32 = 64 << 20;
/// Longer values are none; they would be taken into memory.
const VALUE_BYTES_MAX: u32 = 2 << 30;

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("what is to be copied is damaged: {0}; restore it from an older backup")]
    Damaged(StoreError),
    #[error("cannot write the archive: {0}")]
    Io(#[from] io::Error),
}

impl View {
    /// Writes everything to `target`, after reading and checking it whole.
    ///
    /// # Errors
    /// What is damaged, or why nothing more can be written.
    pub fn archive(
        &self,
        application: Option<&Application>,
        target: &mut dyn Write,
    ) -> Result<Verification, ArchiveError> {
        let verification = self.verify().map_err(ArchiveError::Damaged)?;
        let mut target = Hashing { inner: target, hasher: blake3::Hasher::new() };
        target.write_all(MAGIC)?;
        target.write_all(&VERSION.to_le_bytes())?;
        let manifest = Manifest::new(application.cloned()).to_json();
        target.write_all(&length(manifest.as_bytes())?)?;
        target.write_all(manifest.as_bytes())?;
        let Verification { sequence, entities, state_bytes, replies } = verification;
        for number in [sequence, entities, state_bytes, replies] {
            target.write_all(&number.to_le_bytes())?;
        }
        for entry in self.entries() {
            let (key, value) = entry.map_err(ArchiveError::Damaged)?;
            target.write_all(&length(&key)?)?;
            target.write_all(&length(&value)?)?;
            target.write_all(&key)?;
            target.write_all(&value)?;
        }
        target.write_all(&[0; 4])?;
        let digest = target.hasher.finalize();
        target.inner.write_all(digest.as_bytes())?;
        target.inner.flush()?;
        Ok(verification)
    }
}

/// Makes a data folder of the new or empty folder `into` from an archive, and reads it whole to see
/// that it holds what the archive says.
///
/// # Errors
/// The archive breaks off or is damaged, or why nothing can be written there.
pub fn restore_archive(source: &mut dyn Read, into: &Path) -> Result<Verification, CopyError> {
    let mut source = Hashing { inner: source, hasher: blake3::Hasher::new() };
    if source.array()? != *MAGIC {
        return Err(CopyError::Archive("it is none".to_owned()));
    }
    let version = source.number()?;
    if version != VERSION {
        return Err(CopyError::Archive(format!(
            "it has version {version}, this version of Anabranch knows {VERSION}"
        )));
    }
    let manifest = source.number()?;
    let manifest = String::from_utf8(source.bytes(manifest, MANIFEST_BYTES_MAX)?);
    let manifest = manifest.map_err(|_| damaged())?;
    let manifest = Manifest::from_json(&manifest)
        .map_err(|error| CopyError::Archive(format!("its manifest is not readable: {error:?}")))?;
    let mut number = || Ok::<_, CopyError>(u64::from_le_bytes(source.array()?));
    let expected = Verification {
        sequence: number()?,
        entities: number()?,
        state_bytes: number()?,
        replies: number()?,
    };
    let mut entries = std::iter::from_fn(|| source.entry().transpose());
    fill(into, manifest.application, &expected, &mut entries)
}

fn length(bytes: &[u8]) -> io::Result<[u8; 4]> {
    let length = u32::try_from(bytes.len()).ok().filter(|length| *length <= VALUE_BYTES_MAX);
    Ok(length.ok_or_else(|| io::Error::other("a value is too long"))?.to_le_bytes())
}

fn damaged() -> CopyError {
    CopyError::Archive("it is damaged".to_owned())
}

/// Passes bytes on and digests them.
struct Hashing<T> {
    inner: T,
    hasher: blake3::Hasher,
}

impl Hashing<&mut dyn Write> {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hasher.update(bytes);
        self.inner.write_all(bytes)
    }
}

impl Hashing<&mut dyn Read> {
    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], CopyError> {
        let mut bytes = [0; LENGTH];
        self.inner.read_exact(&mut bytes).map_err(broken)?;
        self.hasher.update(&bytes);
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u32, CopyError> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    fn bytes(&mut self, length: u32, length_max: u32) -> Result<Vec<u8>, CopyError> {
        if length > length_max {
            return Err(damaged());
        }
        // Memory is taken for what is there, not for what is announced.
        let mut bytes = Vec::new();
        let read = self.inner.take(length.into()).read_to_end(&mut bytes).map_err(broken)?;
        if read != length as usize {
            return Err(broken(io::ErrorKind::UnexpectedEof.into()));
        }
        self.hasher.update(&bytes);
        Ok(bytes)
    }

    /// The next entry; `None` after the last, if the digest is right.
    fn entry(&mut self) -> Result<Option<StoreEntry>, CopyError> {
        let key_length = self.number()?;
        if key_length == 0 {
            let digest = self.hasher.finalize();
            return if self.array()? == *digest.as_bytes() { Ok(None) } else { Err(damaged()) };
        }
        let value_length = self.number()?;
        let key = self.bytes(key_length, crate::store::KEY_BYTES_MAX as u32)?;
        Ok(Some((key, self.bytes(value_length, VALUE_BYTES_MAX)?)))
    }
}

fn broken(error: io::Error) -> CopyError {
    CopyError::Archive(match error.kind() {
        io::ErrorKind::UnexpectedEof => "it breaks off".to_owned(),
        _ => format!("it cannot be read: {error}"),
    })
}
