//! Goes along a chain, frame by frame, and judges what it finds.
//!
//! A group is synced before the next is written, and after each sync a mark is written behind the
//! frame, which the next frame overwrites. So whatever stands behind a frame, a mark, another
//! frame or a seal, says that the frame was durable. A place without a whole frame is
//! - the end of the log, if no header of a frame follows in this segment and no record in the
//!   next: a group that was being written when the power failed, of which nobody was told;
//! - a seal that went bad, if the next segment goes on with the very next record: nothing is lost;
//! - damage otherwise.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::chain::{self, Segment};
use crate::error::{Damage, DamageKind, LogError};
use crate::files::{Access, Files};
use crate::frame::{self, FrameHeader, Kind};
use crate::header::SegmentHeader;
use crate::segment_reader::{Found, SegmentReader};

/// What stops a walk.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The log is not what was written.
    Damage(Damage),
    /// It cannot be read.
    Error(LogError),
}

impl From<LogError> for Stop {
    fn from(error: LogError) -> Self {
        Self::Error(error)
    }
}

impl From<Damage> for Stop {
    fn from(damage: Damage) -> Self {
        Self::Damage(damage)
    }
}

impl From<Stop> for LogError {
    fn from(stop: Stop) -> Self {
        match stop {
            Stop::Damage(damage) => Self::Damaged(damage),
            Stop::Error(error) => error,
        }
    }
}

/// A step of a walk.
#[derive(Debug)]
pub(crate) enum Step {
    /// At a frame with records.
    Frame(FrameHeader),
    /// Behind the last frame.
    End,
}

/// A place in a chain.
pub(crate) struct Walk {
    files: Arc<dyn Files>,
    reader: SegmentReader,
    segment: Segment,
    /// The segments behind the reader's.
    ahead: VecDeque<Segment>,
    /// The number of the segment where the chain starts.
    first_number: u64,
    next_sequence: u64,
    /// The frame the walk is at.
    frame: Option<FrameHeader>,
    /// What was written last of all that the walk has seen.
    last: Option<Place>,
}

/// Where a frame is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) segment: Segment,
    pub(crate) offset: u64,
    pub(crate) bytes: u64,
}

impl Walk {
    /// At the start of the chain for the records after `after`, among `segments`.
    pub(crate) fn new(
        files: &Arc<dyn Files>,
        segments: &[Segment],
        after: u64,
    ) -> Result<Self, Stop> {
        let start = chain::start(files, segments, after)?;
        let mut ahead: VecDeque<Segment> = segments[start..].iter().cloned().collect();
        let segment = ahead.pop_front().expect("a chain starts with a segment");
        let header = chain::whole(&segment, after + 1)?;
        let file = chain::open(files, &segment, Access::Read)?;
        let reader = SegmentReader::new(file, segment.path.clone(), header);
        let next_sequence = header.first_sequence;
        Ok(Self {
            files: files.clone(),
            reader,
            first_number: segment.number,
            segment,
            ahead,
            next_sequence,
            frame: None,
            last: None,
        })
    }

    /// The sequence number of the record behind those seen.
    pub(crate) fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    pub(crate) fn reader(&self) -> &SegmentReader {
        &self.reader
    }

    /// The segment that the walk is in.
    pub(crate) fn segment(&self) -> &Segment {
        &self.segment
    }

    /// The segments that it has not come to.
    pub(crate) fn ahead(&self) -> &VecDeque<Segment> {
        &self.ahead
    }

    /// The number of the segment where the chain starts.
    pub(crate) fn first_number(&self) -> u64 {
        self.first_number
    }

    /// At the end: refuses a log that does not reach `after`, which was in it once.
    pub(crate) fn refuse_early_end(&self, after: u64) -> Result<(), Damage> {
        if self.next_sequence > after {
            return Ok(());
        }
        let found = self.next_sequence - 1;
        Err(self.damage(DamageKind::EndsEarly { expected: after, found }))
    }

    /// The last frame seen with records, or the last seal if that is later.
    pub(crate) fn last(&self) -> Option<&Place> {
        self.last.as_ref()
    }

    /// Goes on to the next frame with records.
    pub(crate) fn step(&mut self) -> Result<Step, Stop> {
        if let Some(frame) = self.frame.take() {
            self.reader.skip(&frame);
            self.next_sequence += u64::from(frame.records);
        }
        loop {
            let found = self.reader.look()?;
            let Found::Frame(frame) = found else {
                return self.judge_end(&found);
            };
            if frame.first_sequence != self.next_sequence {
                let (expected, found) = (self.next_sequence, frame.first_sequence);
                return Err(self.damage(DamageKind::Sequence { expected, found }).into());
            }
            if frame.kind != Kind::Mark {
                let (segment, offset) = (self.segment.clone(), self.reader.offset());
                self.last = Some(Place { segment, offset, bytes: frame.frame_bytes() });
            }
            match frame.kind {
                Kind::Mark => return self.judge_ahead(),
                Kind::Seal => self.enter_sealed(frame.content)?,
                Kind::Records => {
                    let content = self.reader.content(&frame).expect("a whole frame is loaded");
                    if !frame::is_divided(content, frame.records) {
                        return Err(self.damage(DamageKind::Records).into());
                    }
                    self.frame = Some(frame);
                    return Ok(Step::Frame(frame));
                }
            }
        }
    }

    /// Goes to the segment that the seal names.
    fn enter_sealed(&mut self, salt: u64) -> Result<(), Stop> {
        let Some(segment) = self.ahead.front() else {
            let number = self.segment.number + 1;
            return Err(self.damage(DamageKind::SegmentMissing { number }).into());
        };
        let before = self.reader.header();
        let header = chain::successor(segment, before, salt, self.next_sequence)?;
        Ok(self.enter_next(header)?)
    }

    /// Goes to the segment ahead, which is right and has this header.
    fn enter_next(&mut self, header: SegmentHeader) -> Result<(), LogError> {
        let segment = self.ahead.pop_front().expect("the caller has looked at it");
        let file = chain::open(&self.files, &segment, Access::Read)?;
        self.reader = SegmentReader::new(file, segment.path.clone(), header);
        self.segment = segment;
        Ok(())
    }

    /// No whole frame is here: the end, unless anything follows.
    fn judge_end(&mut self, found: &Found) -> Result<Step, Stop> {
        let mut probe = self.probe(&self.segment)?;
        probe.seek(self.reader.offset());
        if probe.search()?.is_some() {
            let following = probe.offset();
            return Err(self
                .damage(match found {
                    Found::Torn(_) => DamageKind::Checksum { following },
                    _ => DamageKind::NotAFrame { following },
                })
                .into());
        }
        self.judge_ahead()
    }

    /// Nothing more is in this segment, which has no seal. A segment ahead without records is what
    /// a crash between creating it and sealing this one leaves.
    fn judge_ahead(&mut self) -> Result<Step, Stop> {
        let Some(next) = self.ahead.front() else { return Ok(Step::End) };
        let not_sealed = self.damage(DamageKind::NotSealed { next: next.number });
        let Some(header) = next.header else { return Err(not_sealed.into()) };
        let is_next = chain::successor(next, self.reader.header(), header.salt, self.next_sequence);
        if is_next.is_err() {
            return Err(not_sealed.into());
        }
        let mut probe = self.probe(next)?;
        if probe.look()? != Found::Nothing || probe.search()?.is_some() {
            self.enter_next(header)?;
            return self.step();
        }
        if self.ahead.len() > 1 {
            return Err(not_sealed.into());
        }
        Ok(Step::End)
    }

    /// A reader of its own, at the first frame of `segment`, whose header is good.
    fn probe(&self, segment: &Segment) -> Result<SegmentReader, LogError> {
        let header = segment.header.expect("a segment is entered by its header");
        let file = chain::open(&self.files, segment, Access::Read)?;
        Ok(SegmentReader::new(file, segment.path.clone(), header))
    }

    fn damage(&self, kind: DamageKind) -> Damage {
        self.segment.damage(self.reader.offset(), self.next_sequence, kind)
    }
}
