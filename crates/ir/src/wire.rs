//! The wire form of a program: what is stored, and sent to where it runs.
//!
//! A message is the [`FORMAT_VERSION`] byte and the program. A struct is its fields in order, an enum
//! a tag byte and the fields of its variant, a list its length and its elements, an option the byte
//! 0, or 1 and the value. Lengths and numbers are LEB128 varints (signed ones zigzag), text is
//! UTF-8 behind its length in bytes. Each program has one message: a number in more bytes than it
//! needs is refused, and so are bytes behind the program.
//!
//! Decoding never panics and never reserves memory that the message does not pay for: a list cannot
//! be longer than the rest of the message, and hints nest at most [`DEPTH_MAX`] levels. That the
//! program makes sense is for [`crate::verify()`] to say.
//!
//! # A new version
//! `tests/golden` holds the message of a program with one of everything. A change of the format makes
//! its test fail. Then raise [`FORMAT_VERSION`], which gives the test a new file, and write that with
//! `UPDATE_EXPECT=1 cargo nextest run -p anabranch-ir`. Never change the file of a version that has
//! been released. Programs are compiled anew from source, so a reader knows its own version only.

mod reader;
mod tables;
mod writer;

use std::fmt;

use crate::Program;
use crate::hint::DEPTH_MAX;

use self::reader::Reader;
use self::writer::Writer;

/// First byte of every message. A reader refuses what it does not know.
pub const FORMAT_VERSION: u8 = 5;

/// Why bytes are not a program.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecodeError {
    Truncated,
    Version(u8),
    /// No variant of the type in question has this tag.
    UnknownTag {
        kind: &'static str,
        tag: u8,
    },
    /// A number has another form than its shortest, or is out of range.
    Number,
    NotUtf8,
    TooDeep,
    Trailing,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Truncated => f.write_str("the program ends too early"),
            DecodeError::Version(version) => write!(
                f,
                "the program has format version {version}, but only version {FORMAT_VERSION} is \
                 known; compile it with this version of Anabranch"
            ),
            DecodeError::UnknownTag { kind, tag } => {
                write!(f, "the program is damaged: no {kind} has the tag {tag}")
            }
            DecodeError::Number => f.write_str("the program is damaged: a number is malformed"),
            DecodeError::NotUtf8 => f.write_str("the program is damaged: a text is not UTF-8"),
            DecodeError::TooDeep => {
                write!(f, "the program is damaged: hints nest deeper than {DEPTH_MAX} levels")
            }
            DecodeError::Trailing => f.write_str("the program is damaged: bytes follow its end"),
        }
    }
}

impl std::error::Error for DecodeError {}

/// What has a wire form.
trait Wire: Sized {
    fn write(&self, writer: &mut Writer);
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;
}

/// The message of `program`.
pub fn encode(program: &Program) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.byte(FORMAT_VERSION);
    program.write(&mut writer);
    writer.finish()
}

/// The program in `message`.
///
/// # Errors
/// The bytes are no program of this version.
pub fn decode(message: &[u8]) -> Result<Program, DecodeError> {
    let mut reader = Reader::new(message);
    match reader.byte()? {
        FORMAT_VERSION => {}
        other => return Err(DecodeError::Version(other)),
    }
    let program = Program::read(&mut reader)?;
    reader.finish()?;
    Ok(program)
}
