//! The segments of a folder, and which of them matter.
//!
//! A *chain* is what has to be there: from the last segment that starts at or before the first
//! record wanted, each segment followed by the one that its seal names. What is before the chain
//! was cut off already; a crash may have left it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Damage, DamageKind, LogError};
use crate::file_name::{self, FileKind};
use crate::files::{Access, File, Files};
use crate::header::{self, BadHeader, FORMAT_VERSION, FRAMES_START, SegmentHeader};

/// A file that is a segment by its name.
#[derive(Clone, Debug)]
pub(crate) struct Segment {
    pub(crate) number: u64,
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// Of the file, in bytes.
    pub(crate) length: u64,
    /// `None` if it cannot be read.
    pub(crate) header: Option<SegmentHeader>,
}

impl Segment {
    pub(crate) fn damage(&self, offset: u64, sequence: u64, kind: DamageKind) -> Damage {
        Damage { path: self.path.clone(), offset, sequence, kind }
    }
}

/// All segments in the folder, by number.
pub(crate) fn segments(files: &Arc<dyn Files>) -> Result<Vec<Segment>, LogError> {
    let listed = files.list();
    let names = listed.map_err(|error| LogError::from_io("list", files.path(""), error))?;
    let mut segments = Vec::new();
    for name in names {
        if let Some(FileKind::Segment(number)) = file_name::kind(&name) {
            segments.push(read_segment(files, number, name)?);
        }
    }
    segments.sort_by_key(|segment| segment.number);
    Ok(segments)
}

fn read_segment(files: &Arc<dyn Files>, number: u64, name: String) -> Result<Segment, LogError> {
    let path = files.path(&name);
    let io_error = |error| LogError::from_io("read", path.clone(), error);
    let file = files.open(&name, Access::Read).map_err(io_error)?;
    let length = file.length().map_err(io_error)?;
    let mut bytes = [0; FRAMES_START as usize];
    let read = file.read_at(&mut bytes, 0).map_err(io_error)?;
    let header = match header::decode(&bytes[..read]) {
        Ok(header) => Some(header),
        Err(BadHeader::Unreadable) => None,
        Err(BadHeader::Newer(found)) => {
            return Err(LogError::NewerFormat { path, found, supported: FORMAT_VERSION });
        }
    };
    Ok(Segment { number, name, path, length, header })
}

/// Where among `segments` the records after `after` start.
pub(crate) fn start(
    files: &Arc<dyn Files>,
    segments: &[Segment],
    after: u64,
) -> Result<usize, Damage> {
    let wanted = after + 1;
    let Some(first) = segments.first() else {
        let kind = DamageKind::NoSegments;
        return Err(Damage { path: files.path(""), offset: 0, sequence: wanted, kind });
    };
    let identity = segments.iter().find_map(|segment| Some(segment.header?.log_identity));
    for segment in segments {
        let Some(header) = segment.header else { continue };
        if header.number != segment.number {
            let kind = DamageKind::Renamed { found: header.number };
            return Err(segment.damage(0, header.first_sequence, kind));
        }
        if Some(header.log_identity) != identity {
            return Err(segment.damage(0, header.first_sequence, DamageKind::OtherLog));
        }
    }
    let starts_in_time =
        |segment: &Segment| segment.header.is_some_and(|header| header.first_sequence <= wanted);
    segments.iter().rposition(starts_in_time).ok_or_else(|| {
        let kind = match first.header {
            None => DamageKind::Header,
            Some(header) => {
                DamageKind::StartsLate { expected: wanted, found: header.first_sequence }
            }
        };
        first.damage(0, wanted, kind)
    })
}

/// The header of `segment`, if it is what comes after `before` and starts with `sequence`.
pub(crate) fn successor(
    segment: &Segment,
    before: &SegmentHeader,
    sealed_salt: u64,
    sequence: u64,
) -> Result<SegmentHeader, Damage> {
    let number = before.number + 1;
    if segment.number != number {
        return Err(segment.damage(0, sequence, DamageKind::SegmentMissing { number }));
    }
    let header = readable(segment, sequence)?;
    if header.salt != sealed_salt || header.first_sequence != sequence {
        return Err(segment.damage(0, sequence, DamageKind::NotTheSuccessor));
    }
    whole(segment, sequence)
}

fn readable(segment: &Segment, sequence: u64) -> Result<SegmentHeader, Damage> {
    segment.header.ok_or_else(|| segment.damage(0, sequence, DamageKind::Header))
}

/// The header of `segment`, if the file is as long as that says.
pub(crate) fn whole(segment: &Segment, sequence: u64) -> Result<SegmentHeader, Damage> {
    let header = readable(segment, sequence)?;
    if header.size != segment.length {
        let kind = DamageKind::Length { expected: header.size, found: segment.length };
        return Err(segment.damage(segment.length.min(header.size), sequence, kind));
    }
    Ok(header)
}

/// Opens the file of `segment`.
pub(crate) fn open(
    files: &Arc<dyn Files>,
    segment: &Segment,
    access: Access,
) -> Result<Box<dyn File>, LogError> {
    let opened = files.open(&segment.name, access);
    opened.map_err(|error| LogError::from_io("open", segment.path.clone(), error))
}
