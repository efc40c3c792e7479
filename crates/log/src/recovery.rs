//! Gives back what a log holds, then makes it a log to append to.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::chain::{self, Segment};
use crate::error::LogError;
use crate::files::{Access, Files};
use crate::frame::FrameHeader;
use crate::log::{End, Live, Log, remove_leftovers};
use crate::options::Options;
use crate::walk::{Place, Step, Walk};

/// Reads the records of a log in order. All of them must be read, by [`Self::next_record`] or
/// [`Self::finish`], before the log takes more: only then is it known to be whole.
pub struct Recovery {
    files: Arc<dyn Files>,
    options: Options,
    after: u64,
    /// All that were in the folder, by number.
    segments: Vec<Segment>,
    walk: Walk,
    /// The frame that is being read.
    current: Option<Current>,
    is_at_end: bool,
}

struct Current {
    frame: FrameHeader,
    /// In the frame's content, of the next record's length.
    position: usize,
    next_sequence: u64,
    records_left: u32,
}

/// A record as it was appended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record<'a> {
    pub sequence: u64,
    pub bytes: &'a [u8],
}

impl Recovery {
    pub(crate) fn new(
        files: Arc<dyn Files>,
        after: u64,
        options: Options,
    ) -> Result<Self, LogError> {
        let segments = chain::segments(&files)?;
        let walk = Walk::new(&files, &segments, after)?;
        Ok(Self { files, options, after, segments, walk, current: None, is_at_end: false })
    }

    /// The next record after those that the caller has, or `None` behind the last one.
    pub fn next_record(&mut self) -> Result<Option<Record<'_>>, LogError> {
        let after = self.after;
        while self.current.as_ref().is_none_or(|current| current.records_left == 0) {
            if self.is_at_end {
                return Ok(None);
            }
            self.step()?;
        }
        let walk = &self.walk;
        let current = self.current.as_mut().expect("the loop ends with a frame or returns");
        let content = walk.reader().content(&current.frame);
        let content = content.expect("the walk has loaded the frame");
        loop {
            let record = current.advance(content);
            if record.sequence > after {
                return Ok(Some(record));
            }
        }
    }

    /// Reads what is left, makes sure that all of it is durable, and gives the log to append to.
    pub fn finish(mut self) -> Result<Log, LogError> {
        while !self.is_at_end {
            self.step()?;
        }
        if let Some(place) = self.walk.last() {
            self.write_again(place)?;
        }
        let header = *self.walk.reader().header();
        let (chain, other): (Vec<_>, Vec<_>) = self.segments.iter().partition(|segment| {
            let first = self.walk.first_number();
            (first..=header.number).contains(&segment.number)
        });
        remove_leftovers(&self.files, other.iter().map(|segment| segment.name.clone()).collect())?;
        let segments: VecDeque<Live> = chain.into_iter().filter_map(live).collect();
        let (offset, next_sequence) = (self.walk.reader().offset(), self.walk.next_sequence());
        let end = End { segments, header, offset, next_sequence };
        Log::resume(self.files, self.options, end)
    }

    /// Goes on to the next frame of which something is wanted, or to the end.
    fn step(&mut self) -> Result<(), LogError> {
        let Step::Frame(frame) = self.walk.step()? else {
            self.is_at_end = true;
            self.current = None;
            return self.walk.refuse_early_end(self.after).map_err(LogError::Damaged);
        };
        let (records, first) = (frame.records, frame.first_sequence);
        let is_wanted = first + u64::from(records) > self.after + 1;
        self.current = is_wanted.then_some(Current {
            frame,
            position: 0,
            next_sequence: first,
            records_left: records,
        });
        Ok(())
    }

    /// A process may have died, or a sync failed, before the last frame was durable, and yet it is
    /// here to be read. A system that failed to write a page may believe that it has: only writing
    /// it again makes sure.
    fn write_again(&self, place: &Place) -> Result<(), LogError> {
        let error = |error| LogError::from_io("write again", place.segment.path.clone(), error);
        let file = chain::open(&self.files, &place.segment, Access::ReadAndWrite)?;
        let mut bytes = vec![0; place.bytes as usize];
        let read = file.read_at(&mut bytes, place.offset).map_err(error)?;
        bytes.truncate(read);
        file.write_at(&bytes, place.offset).map_err(error)?;
        file.sync_data().map_err(error)
    }
}

impl Current {
    /// The next record in `content`, which the walk has found to be well divided.
    fn advance<'a>(&mut self, content: &'a [u8]) -> Record<'a> {
        let (length, rest) =
            content[self.position..].split_first_chunk::<4>().expect("frames are well divided");
        let bytes = &rest[..u32::from_le_bytes(*length) as usize];
        let sequence = self.next_sequence;
        self.position += 4 + bytes.len();
        self.next_sequence += 1;
        self.records_left -= 1;
        Record { sequence, bytes }
    }
}

fn live(segment: &Segment) -> Option<Live> {
    let header = segment.header?;
    let name = segment.name.clone();
    Some(Live { name, first_sequence: header.first_sequence, size: header.size })
}
