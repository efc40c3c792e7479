//! Reads the elements of a frame's array one after another.

use rmp::Marker;
use rmp::decode::{read_array_len, read_ext_meta, read_int, read_marker, read_str_from_slice};
use thiserror::Error;

use crate::{Content, MESSAGE_EXTENSION};

/// How deep natural content may nest; values nest less.
const DEPTH_MAX: usize = 256;

/// Why a frame cannot be read.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("expected {expected}")]
pub struct Malformed {
    /// In words.
    pub expected: &'static str,
}

pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// How many elements of the array are left.
    elements: u32,
}

impl<'a> Reader<'a> {
    /// A reader of the array that `content` is.
    pub(crate) fn new(content: &'a [u8]) -> Result<Self, Malformed> {
        let mut rest = content;
        let elements = read_array_len(&mut rest);
        let elements = elements.map_err(|_| Malformed { expected: "a MessagePack array" })?;
        Ok(Self { rest, elements })
    }

    fn next(&mut self, expected: &'static str) -> Result<(), Malformed> {
        self.elements = self.elements.checked_sub(1).ok_or(Malformed { expected })?;
        Ok(())
    }

    pub(crate) fn unsigned(&mut self, expected: &'static str) -> Result<u64, Malformed> {
        self.next(expected)?;
        read_int(&mut self.rest).map_err(|_| Malformed { expected })
    }

    pub(crate) fn text(&mut self, expected: &'static str) -> Result<&'a str, Malformed> {
        self.next(expected)?;
        let (text, rest) = read_str_from_slice(self.rest).map_err(|_| Malformed { expected })?;
        self.rest = rest;
        Ok(text)
    }

    /// A text, or `None` for nil or the end of the array.
    pub(crate) fn optional_text(
        &mut self,
        expected: &'static str,
    ) -> Result<Option<&'a str>, Malformed> {
        if self.elements == 0 {
            return Ok(None);
        }
        if self.rest.first() == Some(&Marker::Null.to_u8()) {
            self.next(expected)?;
            self.rest = &self.rest[1..];
            return Ok(None);
        }
        self.text(expected).map(Some)
    }

    /// What has not been read.
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    pub(crate) fn content(&mut self, expected: &'static str) -> Result<Content<'a>, Malformed> {
        self.next(expected)?;
        let malformed = Malformed { expected };
        if is_extension(self.rest) {
            let meta = read_ext_meta(&mut self.rest).map_err(|_| malformed.clone())?;
            let length = meta.size as usize;
            if meta.typeid != MESSAGE_EXTENSION || length > self.rest.len() {
                return Err(malformed);
            }
            let (message, rest) = self.rest.split_at(length);
            self.rest = rest;
            return Ok(Content::Message(message));
        }
        let value = rmpv::decode::read_value_with_max_depth(&mut self.rest, DEPTH_MAX);
        Ok(Content::Natural(value.map_err(|_| malformed)?))
    }

    /// Makes sure that nothing is left.
    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.elements == 0 && self.rest.is_empty() {
            return Ok(());
        }
        Err(Malformed { expected: "the end of the message" })
    }
}

fn is_extension(content: &[u8]) -> bool {
    let mut content = content;
    matches!(
        read_marker(&mut content),
        Ok(Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32)
    )
}
