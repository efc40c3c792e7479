//! Appends groups of records.
//!
//! An append writes the frame, syncs, and writes a mark behind it, which needs no sync of its own:
//! it survives the death of the process, and a power failure that takes it loses nothing.
//!
//! When a frame does not fit into the segment, the next one is begun, each step durable before the
//! next: the header of a spare, its name as a segment, the seal that ends the segment before.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::chain;
use crate::error::LogError;
use crate::file_name::{self, FileKind};
use crate::files::{Access, File, Files};
use crate::frame::{
    self, FRAME_HEADER_BYTES, FrameHeader, Kind, encode_header, frame_bytes, records_length,
};
use crate::header::{self, FRAMES_START, SegmentHeader};
use crate::options::Options;
use crate::recovery::Recovery;
use crate::segment_reader::{Found, SegmentReader};
use crate::spares::{self, Retired, Spare, Spares};

/// Sizes of segments are multiples of this: the unit of most file systems.
const SIZE_UNIT: u64 = 4096;

/// An open log.
///
/// After an error nothing can be appended or cut any more: what reached the disk is known when the
/// log is opened again.
pub struct Log {
    files: Arc<dyn Files>,
    options: Options,
    spares: Spares,
    /// From the oldest to the one that is written.
    segments: VecDeque<Live>,
    file: Box<dyn File>,
    header: SegmentHeader,
    /// Where the next frame starts.
    offset: u64,
    next_sequence: u64,
    /// A segment to follow this one was asked for.
    is_next_announced: bool,
    /// Why nothing is taken any more.
    stopped: Option<String>,
    /// The last frame; kept for its memory.
    buffer: Vec<u8>,
}

/// A segment whose records may be needed.
pub(crate) struct Live {
    pub(crate) name: String,
    pub(crate) first_sequence: u64,
    pub(crate) size: u64,
}

/// Where a recovery has found the end of the log.
pub(crate) struct End {
    pub(crate) segments: VecDeque<Live>,
    pub(crate) header: SegmentHeader,
    pub(crate) offset: u64,
    pub(crate) next_sequence: u64,
}

impl Log {
    /// Creates a log in an empty folder; its first record will be `after + 1`. What an interrupted
    /// creation left is replaced.
    pub fn create(files: Arc<dyn Files>, after: u64, options: Options) -> Result<Self, LogError> {
        refuse_existing(&files)?;
        let leftover = chain::segments(&files)?.into_iter().map(|segment| segment.name).collect();
        remove_leftovers(&files, leftover)?;
        let spares = Spares::new(files.clone(), options.spare_segments, options.preparation)?;
        let size = segment_size(options.first_segment_bytes, 0);
        let header = SegmentHeader {
            number: 1,
            salt: random(&files)?,
            first_sequence: after + 1,
            size,
            log_identity: random(&files)?,
        };
        let file = publish(&files, spares.take(size)?, &header)?;
        let end = End {
            segments: VecDeque::from([live(&header)]),
            header,
            offset: FRAMES_START,
            next_sequence: after + 1,
        };
        Ok(Self::from_parts(files, options, spares, file, end))
    }

    /// Opens the log in a folder. `after` is the last record that the caller has elsewhere and
    /// durably: the recovery gives those after it, and is then finished into a log to append to.
    pub fn open(files: Arc<dyn Files>, after: u64, options: Options) -> Result<Recovery, LogError> {
        Recovery::new(files, after, options)
    }

    /// Goes on where a recovery has ended.
    pub(crate) fn resume(
        files: Arc<dyn Files>,
        options: Options,
        end: End,
    ) -> Result<Self, LogError> {
        let spares = Spares::new(files.clone(), options.spare_segments, options.preparation)?;
        let name = file_name::segment(end.header.number);
        let opened = files.open(&name, Access::ReadAndWrite);
        let file = opened.map_err(|error| LogError::from_io("open", files.path(&name), error))?;
        let mut log = Self::from_parts(files, options, spares, file, end);
        log.mark()?;
        Ok(log)
    }

    fn from_parts(
        files: Arc<dyn Files>,
        options: Options,
        spares: Spares,
        file: Box<dyn File>,
        end: End,
    ) -> Self {
        let End { segments, header, offset, next_sequence } = end;
        Self {
            files,
            options,
            spares,
            segments,
            file,
            header,
            offset,
            next_sequence,
            is_next_announced: false,
            stopped: None,
            buffer: Vec::new(),
        }
    }

    /// The sequence number of the next record.
    pub fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// The size of the files that hold records which were not cut off, in bytes.
    pub fn bytes(&self) -> u64 {
        let full: u64 = self.segments.iter().rev().skip(1).map(|segment| segment.size).sum();
        full + self.offset
    }

    /// Appends a group of records, numbered from [`Self::next_sequence`] on, which
    /// `first_sequence` repeats. They are durable when this returns. After an error they may be
    /// found by the next opening, all of them or none; [`LogError::TooLarge`] says for sure that
    /// nothing was written, and the log goes on.
    pub fn append<R: AsRef<[u8]>>(
        &mut self,
        first_sequence: u64,
        records: &[R],
    ) -> Result<(), LogError> {
        assert_eq!(
            first_sequence, self.next_sequence,
            "this is a bug in Anabranch: records are appended out of order"
        );
        self.refuse_if_stopped()?;
        let Some(length) = records_length(records) else {
            let bytes = records.iter().map(|record| record.as_ref().len() as u64).sum();
            return Err(LogError::TooLarge { records: records.len(), bytes });
        };
        if records.is_empty() {
            return Ok(());
        }
        let appended = self.append_frame(records, length);
        self.stop_on_error(appended)
    }

    /// Forgets the segments whose records are all `up_to_sequence` or before. The caller must have
    /// those durably, as `after` at the next opening.
    pub fn cut(&mut self, up_to_sequence: u64) -> Result<(), LogError> {
        assert!(
            up_to_sequence < self.next_sequence,
            "this is a bug in Anabranch: the log is cut beyond its end"
        );
        self.refuse_if_stopped()?;
        let mut retired = Vec::new();
        while self.segments.get(1).is_some_and(|next| next.first_sequence <= up_to_sequence + 1) {
            let Live { name, size, .. } = self.segments.pop_front().expect("there are two");
            retired.push(Retired { name, size });
        }
        if retired.is_empty() {
            return Ok(());
        }
        let recycled = self.spares.recycle(retired, self.next_size());
        self.stop_on_error(recycled)
    }

    fn append_frame<R: AsRef<[u8]>>(&mut self, records: &[R], length: u64) -> Result<(), LogError> {
        // There is always room for a seal behind the last frame.
        let needed = frame_bytes(length) + FRAME_HEADER_BYTES as u64;
        if needed > self.header.size - self.offset {
            self.begin_segment(needed)?;
        }
        let (offset, salt) = (self.offset, self.header.salt);
        frame::encode_records(&mut self.buffer, records, self.next_sequence, offset, salt);
        self.write(&self.buffer)?;
        self.sync()?;
        self.offset += self.buffer.len() as u64;
        self.next_sequence += records.len() as u64;
        self.mark()?;
        if !self.is_next_announced && self.offset > self.header.size / 2 {
            self.spares.announce(self.next_size());
            self.is_next_announced = true;
        }
        Ok(())
    }

    /// Says, behind the last frame, that it is durable.
    fn mark(&mut self) -> Result<(), LogError> {
        self.write(&self.end_frame(Kind::Mark, 0))
    }

    fn begin_segment(&mut self, frame_bytes: u64) -> Result<(), LogError> {
        let size = self.next_size().max(segment_size(0, frame_bytes));
        let header = SegmentHeader {
            number: self.header.number + 1,
            salt: random(&self.files)?,
            first_sequence: self.next_sequence,
            size,
            log_identity: self.header.log_identity,
        };
        let file = publish(&self.files, self.spares.take(size)?, &header)?;
        self.write(&self.end_frame(Kind::Seal, header.salt))?;
        self.sync()?;
        self.segments.push_back(live(&header));
        (self.file, self.header, self.offset) = (file, header, FRAMES_START);
        self.is_next_announced = false;
        Ok(())
    }

    /// The size of the segment after this one, unless a frame needs more.
    fn next_size(&self) -> u64 {
        let doubled = self.header.size.saturating_mul(2);
        segment_size(doubled.min(self.options.largest_segment_bytes), 0)
    }

    /// A mark or a seal at the end of the log.
    fn end_frame(&self, kind: Kind, content: u64) -> [u8; FRAME_HEADER_BYTES] {
        let first_sequence = self.next_sequence;
        let header = FrameHeader { kind, records: 0, length: 0, first_sequence, content };
        encode_header(&header, self.offset, self.header.salt)
    }

    fn write(&self, bytes: &[u8]) -> Result<(), LogError> {
        let written = self.file.write_at(bytes, self.offset);
        written.map_err(|error| self.io_error("write", error))
    }

    fn sync(&self) -> Result<(), LogError> {
        self.file.sync_data().map_err(|error| self.io_error("sync", error))
    }

    fn io_error(&self, action: &'static str, error: std::io::Error) -> LogError {
        let path = self.files.path(&file_name::segment(self.header.number));
        LogError::from_io(action, path, error)
    }

    fn refuse_if_stopped(&self) -> Result<(), LogError> {
        self.stopped.as_ref().map_or(Ok(()), |reason| Err(LogError::Stopped(reason.clone())))
    }

    fn stop_on_error(&mut self, result: Result<(), LogError>) -> Result<(), LogError> {
        if let Err(error) = &result {
            self.stopped = Some(error.to_string());
        }
        result
    }
}

/// Refuses a folder with a log in it, unless that is a creation that was interrupted.
fn refuse_existing(files: &Arc<dyn Files>) -> Result<(), LogError> {
    for segment in chain::segments(files)? {
        let exists = LogError::Exists { path: segment.path.clone() };
        let Some(header) = segment.header.filter(|header| header.number == 1) else {
            return Err(exists);
        };
        let file = chain::open(files, &segment, Access::Read)?;
        let mut reader = SegmentReader::new(file, segment.path.clone(), header);
        if reader.look()? != Found::Nothing || reader.search()?.is_some() {
            return Err(exists);
        }
    }
    Ok(())
}

/// Removes `segments`, and whatever was prepared, and makes that durable.
pub(crate) fn remove_leftovers(
    files: &Arc<dyn Files>,
    segments: Vec<String>,
) -> Result<(), LogError> {
    let listed = files.list();
    let names = listed.map_err(|error| LogError::from_io("list", files.path(""), error))?;
    let is_prepared =
        |name: &String| matches!(file_name::kind(name), Some(FileKind::Spare(_) | FileKind::Draft));
    for name in segments.iter().chain(names.iter().filter(|name| is_prepared(name))) {
        spares::remove(files, name)?;
    }
    files.sync_folder().map_err(|error| LogError::from_io("sync", files.path(""), error))
}

/// Makes a spare the segment of `header`, durably.
pub(crate) fn publish(
    files: &Arc<dyn Files>,
    spare: Spare,
    header: &SegmentHeader,
) -> Result<Box<dyn File>, LogError> {
    let Spare { name, size, file } = spare;
    assert_eq!(size, header.size, "this is a bug in Anabranch: a spare of another size");
    let path = files.path(&name);
    let error = |action| move |error| LogError::from_io(action, path, error);
    file.write_at(&header::encode(header), 0).map_err(error.clone()("write"))?;
    file.sync_data().map_err(error.clone()("sync"))?;
    let segment = file_name::segment(header.number);
    files.rename(&name, &segment).map_err(error("rename"))?;
    files.sync_folder().map_err(|error| LogError::from_io("sync", files.path(""), error))?;
    Ok(file)
}

/// The size of a segment of about `wanted` bytes, in which a frame of `frame_bytes` fits.
pub(crate) fn segment_size(wanted: u64, frame_bytes: u64) -> u64 {
    wanted.max(FRAMES_START + frame_bytes).max(SIZE_UNIT).next_multiple_of(SIZE_UNIT)
}

fn live(header: &SegmentHeader) -> Live {
    let SegmentHeader { number, first_sequence, size, .. } = *header;
    Live { name: file_name::segment(number), first_sequence, size }
}

pub(crate) fn random(files: &Arc<dyn Files>) -> Result<u64, LogError> {
    let random = files.random();
    random.map_err(|error| LogError::from_io("find a salt for", files.path(""), error))
}
