//! The header of a segment, as bytes; the table is in the documentation of the crate.

use xxhash_rust::xxh3::xxh3_64;

pub(crate) const FORMAT_VERSION: u32 = 1;
const MAGIC: [u8; 8] = *b"ANABRLOG";

pub(crate) const HEADER_BYTES: usize = 64;
/// Where the header is, twice: a sector that goes bad takes one of them.
const COPIES: [usize; 2] = [0, 512];
/// Where the frames begin.
pub(crate) const FRAMES_START: u64 = 1024;

/// What a segment says about itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SegmentHeader {
    pub(crate) number: u64,
    /// New for each use of a file: no checksum from before, or from elsewhere, is right under it.
    pub(crate) salt: u64,
    /// The sequence number of the segment's first record.
    pub(crate) first_sequence: u64,
    /// The size of the file.
    pub(crate) size: u64,
    /// The same for all segments of a log.
    pub(crate) log_identity: u64,
}

/// Why bytes are not a header.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BadHeader {
    Unreadable,
    Newer(u32),
}

/// Both copies, with what is between them: everything before the frames.
pub(crate) fn encode(header: &SegmentHeader) -> [u8; FRAMES_START as usize] {
    let mut copy = [0; HEADER_BYTES];
    copy[..8].copy_from_slice(&MAGIC);
    copy[8..12].copy_from_slice(&FORMAT_VERSION.to_le_bytes());
    let SegmentHeader { number, salt, first_sequence, size, log_identity } = *header;
    for (index, field) in [number, salt, first_sequence, size, log_identity].iter().enumerate() {
        copy[16 + index * 8..][..8].copy_from_slice(&field.to_le_bytes());
    }
    let checksum = xxh3_64(&copy[..56]);
    copy[56..].copy_from_slice(&checksum.to_le_bytes());
    let mut bytes = [0; FRAMES_START as usize];
    for start in COPIES {
        bytes[start..][..HEADER_BYTES].copy_from_slice(&copy);
    }
    bytes
}

/// The first copy that can be read. `bytes` are the first of the file, fewer if it is shorter.
pub(crate) fn decode(bytes: &[u8]) -> Result<SegmentHeader, BadHeader> {
    let mut problem = BadHeader::Unreadable;
    for start in COPIES {
        let copy = bytes.get(start..start + HEADER_BYTES);
        match copy.map_or(Err(BadHeader::Unreadable), decode_copy) {
            Ok(header) => return Ok(header),
            Err(BadHeader::Newer(version)) => problem = BadHeader::Newer(version),
            Err(BadHeader::Unreadable) => {}
        }
    }
    Err(problem)
}

fn decode_copy(copy: &[u8]) -> Result<SegmentHeader, BadHeader> {
    let field = |at: usize| u64_at(copy, at);
    if copy[..8] != MAGIC || xxh3_64(&copy[..56]) != field(56) {
        return Err(BadHeader::Unreadable);
    }
    let version = u32_at(copy, 8);
    if version != FORMAT_VERSION {
        return Err(BadHeader::Newer(version));
    }
    Ok(SegmentHeader {
        number: field(16),
        salt: field(24),
        first_sequence: field(32),
        size: field(40),
        log_identity: field(48),
    })
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes are eight bytes"))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes are four bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: SegmentHeader =
        SegmentHeader { number: 3, salt: 5, first_sequence: 70, size: 4096, log_identity: 9 };

    #[test]
    fn one_copy_is_enough() {
        let bytes = encode(&HEADER);
        assert_eq!(decode(&bytes), Ok(HEADER));
        for start in COPIES {
            let mut bytes = bytes;
            bytes[start + 30] ^= 1;
            assert_eq!(decode(&bytes), Ok(HEADER));
        }
        assert_eq!(decode(&bytes[..100]), Ok(HEADER));
        assert_eq!(decode(&bytes[..50]), Err(BadHeader::Unreadable));
        assert_eq!(decode(&[0; 1024]), Err(BadHeader::Unreadable));
    }

    #[test]
    fn newer_versions_are_told_apart_from_damage() {
        let mut bytes = encode(&HEADER);
        for start in COPIES {
            bytes[start + 8] = 2;
        }
        assert_eq!(decode(&bytes), Err(BadHeader::Unreadable));
        for start in COPIES {
            let checksum = xxh3_64(&bytes[start..start + 56]);
            bytes[start + 56..start + 64].copy_from_slice(&checksum.to_le_bytes());
        }
        assert_eq!(decode(&bytes), Err(BadHeader::Newer(2)));
    }
}
