//! The one binary encoding of values.
//!
//! A message is the [`FORMAT_VERSION`] byte and one value. A value is a tag byte and its payload;
//! lengths and counts are LEB128 varints, integers zigzag varints, everything else little-endian.
//!
//! Lists, dicts, sets and records are numbered in the order in which their tags are written. A
//! container that occurs a second time is written as [`Token::Shared`] with its number, so that
//! aliasing inside one message, cycles included, survives as `pickle`'s memo keeps it.
//!
//! [`Writer`] and [`Reader`] work token by token, for interpreters that go straight between these
//! bytes and their own objects; [`encode`] and [`decode`] are the same for [`Value`].

mod reader;
mod references;
mod tag;
#[cfg(test)]
mod tests;
mod tree;
mod writer;

pub use reader::{DecodeError, Reader, Token};
pub(crate) use references::skip_key;
pub use references::{NewKey, rewrite_references};
pub use tree::{decode, encode};
pub use writer::Writer;
pub(crate) use writer::write_length;

/// First byte of every message. A reader refuses what it does not know.
pub const FORMAT_VERSION: u8 = 1;

/// How deep values may nest. Bounds the stack of every recursive reader and writer.
pub const DEPTH_MAX: usize = 200;
