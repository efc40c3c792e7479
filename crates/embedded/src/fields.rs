//! How records are made of fields: numbers as little-endian `u32`, texts and byte strings after
//! their length.

pub(crate) fn write_number(record: &mut Vec<u8>, number: usize) {
    let number = u32::try_from(number).expect("this is a bug in Anabranch: a record of 4 GiB");
    record.extend_from_slice(&number.to_le_bytes());
}

pub(crate) fn write_bytes(record: &mut Vec<u8>, bytes: &[u8]) {
    write_number(record, bytes.len());
    record.extend_from_slice(bytes);
}

/// Reads field after field; `None` where the record is too short or not what it should be.
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn new(record: &'a [u8]) -> Self {
        Self(record)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn byte(&mut self) -> Option<u8> {
        self.0.split_off_first().copied()
    }

    pub(crate) fn array<const LENGTH: usize>(&mut self) -> Option<[u8; LENGTH]> {
        let (array, after) = self.0.split_first_chunk()?;
        self.0 = after;
        Some(*array)
    }

    pub(crate) fn number(&mut self) -> Option<usize> {
        Some(u32::from_le_bytes(self.array()?) as usize)
    }

    pub(crate) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.0.split_off(..length)
    }

    pub(crate) fn text(&mut self) -> Option<&'a str> {
        str::from_utf8(self.bytes()?).ok()
    }
}
