//! Frames, as bytes; the table is in the documentation of the crate.

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::header::{u32_at, u64_at};

pub(crate) const FRAME_HEADER_BYTES: usize = 40;
/// Frames start at multiples of this.
pub(crate) const ALIGNMENT: u64 = 8;

/// In bytes. Lengths are 32 bits wide; the bound leaves room for what surrounds a record.
pub const LARGEST_RECORD: u64 = 1 << 30;
/// In bytes, of a frame's records with their lengths.
pub const LARGEST_FRAME: u64 = 2 << 30;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A group of records.
    Records,
    /// Everything before is durable. The next frame overwrites it.
    Mark,
    /// The end of the segment: the next one goes on.
    Seal,
}

impl Kind {
    fn tag(self) -> [u8; 4] {
        match self {
            Self::Records => *b"RECS",
            Self::Mark => *b"MARK",
            Self::Seal => *b"SEAL",
        }
    }

    fn from_tag(tag: [u8; 4]) -> Option<Self> {
        [Self::Records, Self::Mark, Self::Seal].into_iter().find(|kind| kind.tag() == tag)
    }
}

/// What a frame says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FrameHeader {
    pub(crate) kind: Kind,
    pub(crate) records: u32,
    /// Of the records with their lengths, in bytes.
    pub(crate) length: u64,
    /// Of the first record, or of the one that comes next.
    pub(crate) first_sequence: u64,
    /// Of the records with their lengths. A seal has the salt of the next segment here.
    pub(crate) content: u64,
}

impl FrameHeader {
    /// How much of the file the frame takes.
    pub(crate) fn frame_bytes(&self) -> u64 {
        frame_bytes(self.length)
    }
}

/// How much of the file a frame takes whose records take `length`.
pub(crate) fn frame_bytes(length: u64) -> u64 {
    (FRAME_HEADER_BYTES as u64 + length).next_multiple_of(ALIGNMENT)
}

/// How much the records take in a frame, each with its length; `None` beyond the bounds.
pub(crate) fn records_length<R: AsRef<[u8]>>(records: &[R]) -> Option<u64> {
    let mut length = 0;
    for record in records {
        let bytes = record.as_ref().len() as u64;
        if bytes > LARGEST_RECORD {
            return None;
        }
        length += 4 + bytes;
    }
    (length <= LARGEST_FRAME && u32::try_from(records.len()).is_ok()).then_some(length)
}

/// Writes the frame of a group into `buffer`, which is emptied before. The lengths are within
/// bounds.
pub(crate) fn encode_records<R: AsRef<[u8]>>(
    buffer: &mut Vec<u8>,
    records: &[R],
    first_sequence: u64,
    offset: u64,
    salt: u64,
) {
    buffer.clear();
    buffer.resize(FRAME_HEADER_BYTES, 0);
    for record in records {
        let record = record.as_ref();
        buffer.extend_from_slice(&(record.len() as u32).to_le_bytes());
        buffer.extend_from_slice(record);
    }
    let length = (buffer.len() - FRAME_HEADER_BYTES) as u64;
    let header = FrameHeader {
        kind: Kind::Records,
        records: records.len() as u32,
        length,
        first_sequence,
        content: content_checksum(&buffer[FRAME_HEADER_BYTES..], salt),
    };
    buffer[..FRAME_HEADER_BYTES].copy_from_slice(&encode_header(&header, offset, salt));
    buffer.resize(header.frame_bytes() as usize, 0);
}

/// The frame of a mark or a seal, or the header of any.
pub(crate) fn encode_header(
    header: &FrameHeader,
    offset: u64,
    salt: u64,
) -> [u8; FRAME_HEADER_BYTES] {
    let mut bytes = [0; FRAME_HEADER_BYTES];
    bytes[..4].copy_from_slice(&header.kind.tag());
    bytes[4..8].copy_from_slice(&header.records.to_le_bytes());
    bytes[8..16].copy_from_slice(&header.length.to_le_bytes());
    bytes[16..24].copy_from_slice(&header.first_sequence.to_le_bytes());
    bytes[24..32].copy_from_slice(&header.content.to_le_bytes());
    let checksum = header_checksum(&bytes, offset, salt);
    bytes[32..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// The header of the frame at `offset` of the file, if `bytes` start with one that was written
/// there, under this salt.
pub(crate) fn decode_header(bytes: &[u8], offset: u64, salt: u64) -> Option<FrameHeader> {
    let bytes: &[u8; FRAME_HEADER_BYTES] = bytes.first_chunk()?;
    let kind = Kind::from_tag(*bytes.first_chunk()?)?;
    if header_checksum(bytes, offset, salt) != u64_at(bytes, 32) {
        return None;
    }
    Some(FrameHeader {
        kind,
        records: u32_at(bytes, 4),
        length: u64_at(bytes, 8),
        first_sequence: u64_at(bytes, 16),
        content: u64_at(bytes, 24),
    })
}

pub(crate) fn content_checksum(content: &[u8], salt: u64) -> u64 {
    xxh3_64_with_seed(content, salt)
}

/// Over everything before the checksum. The offset counts as well, so that a frame is one in its
/// place only.
fn header_checksum(bytes: &[u8; FRAME_HEADER_BYTES], offset: u64, salt: u64) -> u64 {
    let mut checked = [0; FRAME_HEADER_BYTES];
    checked[..32].copy_from_slice(&bytes[..32]);
    checked[32..].copy_from_slice(&offset.to_le_bytes());
    xxh3_64_with_seed(&checked, salt)
}

/// Whether the lengths in `content` divide it into `records` records.
pub(crate) fn is_divided(content: &[u8], records: u32) -> bool {
    let mut rest = content;
    for _ in 0..records {
        let Some((length, tail)) = rest.split_first_chunk::<4>() else { return false };
        let Some(tail) = tail.get(u32::from_le_bytes(*length) as usize..) else { return false };
        rest = tail;
    }
    rest.is_empty()
}
