//! Reads numbers and text from bytes that may come from anywhere.

use super::{DecodeError, Wire};
use crate::hint::DEPTH_MAX;

/// What is left of a message.
#[derive(Debug)]
pub(super) struct Reader<'m> {
    rest: &'m [u8],
    /// How many hints are open.
    depth: usize,
}

impl<'m> Reader<'m> {
    pub(super) fn new(message: &'m [u8]) -> Self {
        Self { rest: message, depth: 0 }
    }

    pub(super) fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DecodeError::Trailing) }
    }

    pub(super) fn byte(&mut self) -> Result<u8, DecodeError> {
        let (byte, rest) = self.rest.split_first().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*byte)
    }

    pub(super) fn unsigned(&mut self) -> Result<u64, DecodeError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if (bits << shift) >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                // A last byte without bits makes the number longer than it need be.
                let is_shortest = byte != 0 || shift == 0;
                return if is_shortest { Ok(value) } else { Err(DecodeError::Number) };
            }
        }
        Err(DecodeError::Number)
    }

    pub(super) fn signed(&mut self) -> Result<i64, DecodeError> {
        let zigzag = self.unsigned()?;
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// A length in bytes or elements, each of which takes a byte at least.
    fn length(&mut self) -> Result<usize, DecodeError> {
        let length = usize::try_from(self.unsigned()?).map_err(|_| DecodeError::Truncated)?;
        if length > self.rest.len() { Err(DecodeError::Truncated) } else { Ok(length) }
    }

    pub(super) fn text(&mut self) -> Result<String, DecodeError> {
        let length = self.length()?;
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        let text = std::str::from_utf8(taken).map_err(|_| DecodeError::NotUtf8)?;
        Ok(text.to_owned())
    }

    pub(super) fn list<T: Wire>(&mut self) -> Result<Vec<T>, DecodeError> {
        let length = self.length()?;
        // Elements may be larger than their bytes, so the list grows as they are read.
        let mut items = Vec::new();
        for _ in 0..length {
            items.push(T::read(self)?);
        }
        Ok(items)
    }

    /// Reads something that can hold others of its kind.
    pub(super) fn nested<T>(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        if self.depth == DEPTH_MAX {
            return Err(DecodeError::TooDeep);
        }
        self.depth += 1;
        let value = read(self)?;
        self.depth -= 1;
        Ok(value)
    }
}
