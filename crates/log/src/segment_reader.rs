//! Reads the frames of one segment, one after another, in memory bounded by the largest frame.

use std::path::PathBuf;

use crate::error::LogError;
use crate::files::File;
use crate::frame::{
    ALIGNMENT, FRAME_HEADER_BYTES, FrameHeader, Kind, content_checksum, decode_header,
};
use crate::header::{FRAMES_START, SegmentHeader};

/// How much is read at once, at least.
const READ_BYTES: u64 = 1 << 20;

/// What is at the reader's place.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A whole frame.
    Frame(FrameHeader),
    /// No header of a frame: the end of what was written, or damage.
    Nothing,
    /// A header of a frame, but other content than was written with it.
    Torn(FrameHeader),
}

/// A place in a segment.
pub(crate) struct SegmentReader {
    file: Box<dyn File>,
    path: PathBuf,
    header: SegmentHeader,
    offset: u64,
    /// Bytes of the file, from `buffered_from` on.
    buffer: Vec<u8>,
    buffered_from: u64,
}

impl SegmentReader {
    /// At the segment's first frame.
    pub(crate) fn new(file: Box<dyn File>, path: PathBuf, header: SegmentHeader) -> Self {
        let (buffer, buffered_from) = (Vec::new(), FRAMES_START);
        Self { file, path, header, offset: FRAMES_START, buffer, buffered_from }
    }

    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    pub(crate) fn header(&self) -> &SegmentHeader {
        &self.header
    }

    /// What is here. The reader does not move.
    pub(crate) fn look(&mut self) -> Result<Found, LogError> {
        let offset = self.offset;
        self.load(FRAME_HEADER_BYTES as u64)?;
        let Some(header) = decode_header(self.loaded(), offset, self.header.salt) else {
            return Ok(Found::Nothing);
        };
        // The header has a checksum, but what it leads to is allocated only if the file has it.
        if header.frame_bytes() > self.header.size.saturating_sub(offset) {
            return Ok(Found::Torn(header));
        }
        if header.kind != Kind::Records {
            return Ok(Found::Frame(header));
        }
        self.load(header.frame_bytes())?;
        let is_whole = self
            .content(&header)
            .is_some_and(|content| content_checksum(content, self.header.salt) == header.content);
        Ok(if is_whole { Found::Frame(header) } else { Found::Torn(header) })
    }

    /// The records, with their lengths, of the frame at this place, which was just looked at.
    pub(crate) fn content(&self, header: &FrameHeader) -> Option<&[u8]> {
        self.loaded().get(FRAME_HEADER_BYTES..)?.get(..usize::try_from(header.length).ok()?)
    }

    /// Moves behind the frame at this place.
    pub(crate) fn skip(&mut self, header: &FrameHeader) {
        self.offset += header.frame_bytes();
    }

    /// Moves to `offset`, where a frame may start.
    pub(crate) fn seek(&mut self, offset: u64) {
        (self.offset, self.buffered_from) = (offset, offset);
        self.buffer.clear();
    }

    /// Moves to the next place behind this one where a header of a frame is, if there is one.
    pub(crate) fn search(&mut self) -> Result<Option<FrameHeader>, LogError> {
        loop {
            self.offset += ALIGNMENT;
            if self.offset + FRAME_HEADER_BYTES as u64 > self.header.size {
                return Ok(None);
            }
            self.load(FRAME_HEADER_BYTES as u64)?;
            if self.loaded().len() < FRAME_HEADER_BYTES {
                return Ok(None);
            }
            let header = decode_header(self.loaded(), self.offset, self.header.salt);
            if header.is_some() {
                return Ok(header);
            }
        }
    }

    /// What is in memory from this place on.
    fn loaded(&self) -> &[u8] {
        &self.buffer[(self.offset - self.buffered_from) as usize..]
    }

    /// Gets `count` bytes from this place on into memory, or what the file has of them.
    fn load(&mut self, count: u64) -> Result<(), LogError> {
        if self.offset + count <= self.buffered_from + self.buffer.len() as u64 {
            return Ok(());
        }
        let length = count.max(READ_BYTES).min(self.header.size.saturating_sub(self.offset));
        self.buffer.resize(length as usize, 0);
        let read = self.file.read_at(&mut self.buffer, self.offset);
        let read = read.map_err(|error| LogError::from_io("read", self.path.clone(), error))?;
        self.buffer.truncate(read);
        self.buffered_from = self.offset;
        Ok(())
    }
}
