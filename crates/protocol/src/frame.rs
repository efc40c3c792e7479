//! Frames: where one message ends and the next begins.

/// Bytes of a frame before its content.
pub const HEADER_BYTES: usize = 4;

/// What the front of a stream holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Front {
    /// A whole frame, with this many bytes of content after the header.
    Whole(usize),
    /// At least this many bytes are missing.
    Missing(usize),
    /// A frame with more content than is allowed.
    TooLarge(usize),
}

/// What is at the front of `stream`, where a content has at most `content_max` bytes.
pub fn front(stream: &[u8], content_max: usize) -> Front {
    let Some(header) = stream.first_chunk::<HEADER_BYTES>() else {
        return Front::Missing(HEADER_BYTES - stream.len());
    };
    let length = u32::from_le_bytes(*header) as usize;
    if length > content_max {
        return Front::TooLarge(length);
    }
    let end = HEADER_BYTES + length;
    if stream.len() < end { Front::Missing(end - stream.len()) } else { Front::Whole(length) }
}

/// Appends a frame to `stream`; `write` appends its content.
pub(crate) fn append(stream: &mut Vec<u8>, write: impl FnOnce(&mut Vec<u8>)) {
    let start = stream.len();
    stream.extend([0; HEADER_BYTES]);
    write(stream);
    let length = stream.len() - start - HEADER_BYTES;
    let length = u32::try_from(length).expect("this is a bug in Anabranch: a frame beyond 4 GiB");
    stream[start..start + HEADER_BYTES].copy_from_slice(&length.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_cut_into_frames() {
        let mut stream = Vec::new();
        append(&mut stream, |content| content.extend(b"one"));
        append(&mut stream, |_| {});
        assert_eq!(front(&stream, 3), Front::Whole(3));
        assert_eq!(front(&stream[HEADER_BYTES + 3..], 3), Front::Whole(0));
        assert_eq!(front(&[], 3), Front::Missing(4));
        assert_eq!(front(&stream[..3], 3), Front::Missing(1));
        assert_eq!(front(&stream[..5], 3), Front::Missing(2));
        assert_eq!(front(&stream, 2), Front::TooLarge(3));
    }
}
