//! What is in a log, what is wrong with it, and what a repair would keep. Changes nothing.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use crate::chain::{self, Segment};
use crate::error::{Damage, DamageKind, LogError};
use crate::files::{Access, Files};
use crate::frame::Kind;
use crate::header::FRAMES_START;
use crate::segment_reader::{Found, SegmentReader};
use crate::walk::{Step, Stop, Walk};

/// A log as it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inspection {
    /// By number.
    pub segments: Vec<SegmentSummary>,
    /// What stands in the way of opening the log; empty if it can be opened.
    pub damages: Vec<Damage>,
    /// The last record that can be recovered, or what the caller has if there is none.
    pub last_recoverable: u64,
    /// The records that cannot.
    pub lost: Option<Lost>,
}

/// A file of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentSummary {
    pub path: PathBuf,
    pub number: u64,
    /// The size of the file.
    pub bytes: u64,
    /// How much of it holds readable frames.
    pub used_bytes: u64,
    /// Readable ones, wherever they are in the file.
    pub records: u64,
    /// The readable records with the lowest and the highest number.
    pub sequences: Option<(u64, u64)>,
}

/// Records that were in a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost {
    pub first: u64,
    /// `None` if nothing that is left tells how many there were.
    pub last: Option<u64>,
}

/// An inspection, and what would make the log one that can be opened.
pub(crate) struct Diagnosis {
    pub(crate) inspection: Inspection,
    pub(crate) remedy: Remedy,
    /// To be taken out of the log as they are.
    pub(crate) set_aside: Vec<Segment>,
}

pub(crate) enum Remedy {
    Nothing,
    /// The log ends at this offset of this segment.
    EndAt {
        segment: Segment,
        offset: u64,
    },
    /// The log starts again behind what the caller has.
    StartAnew,
}

/// Looks at all of a log. `after` is as for [`crate::Log::open`]. Damage is no error here.
pub fn inspect(files: &Arc<dyn Files>, after: u64) -> Result<Inspection, LogError> {
    Ok(diagnose(files, after)?.inspection)
}

pub(crate) fn diagnose(files: &Arc<dyn Files>, after: u64) -> Result<Diagnosis, LogError> {
    let mut segments = chain::segments(files)?;
    let mut summaries = Vec::new();
    let mut highest = after;
    for segment in &segments {
        let (summary, last) = summarize(files, segment)?;
        summaries.push(summary);
        highest = highest.max(last);
    }
    let mut set_aside = Vec::new();
    let mut damages = Vec::new();
    let (remedy, last_recoverable) = loop {
        let (damage, cure) = match follow(files, &segments, after)? {
            Course::Whole { last } => break (Remedy::Nothing, last),
            Course::Damaged(found) => *found,
        };
        damages.push(damage);
        match cure {
            Cure::SetAside(position) => set_aside.push(segments.remove(position)),
            Cure::EndAt { segment, offset, last, beyond } if last >= after => {
                set_aside.extend(beyond);
                break (Remedy::EndAt { segment, offset }, last);
            }
            Cure::EndAt { .. } | Cure::StartAnew => {
                set_aside.append(&mut segments);
                break (Remedy::StartAnew, after);
            }
        }
    };
    let lost = lost(&damages, last_recoverable, highest);
    let inspection = Inspection { segments: summaries, damages, last_recoverable, lost };
    Ok(Diagnosis { inspection, remedy, set_aside })
}

/// Where a walk along the log leads.
enum Course {
    Whole { last: u64 },
    Damaged(Box<(Damage, Cure)>),
}

enum Cure {
    /// The segment at this position does not belong here.
    SetAside(usize),
    EndAt {
        segment: Segment,
        offset: u64,
        last: u64,
        beyond: VecDeque<Segment>,
    },
    StartAnew,
}

fn damaged(damage: Damage, cure: Cure) -> Course {
    Course::Damaged(Box::new((damage, cure)))
}

fn follow(files: &Arc<dyn Files>, segments: &[Segment], after: u64) -> Result<Course, LogError> {
    let mut walk = match Walk::new(files, segments, after) {
        Ok(walk) => walk,
        Err(Stop::Error(error)) => return Err(error),
        Err(Stop::Damage(damage)) => return cure_start(files, segments, damage),
    };
    loop {
        let damage = match walk.step() {
            Ok(Step::Frame(_)) => continue,
            Ok(Step::End) => match walk.refuse_early_end(after) {
                Ok(()) => return Ok(Course::Whole { last: walk.next_sequence() - 1 }),
                Err(damage) => return Ok(damaged(damage, Cure::StartAnew)),
            },
            Err(Stop::Error(error)) => return Err(error),
            Err(Stop::Damage(damage)) => damage,
        };
        let mut beyond = walk.ahead().clone();
        if let DamageKind::Length { .. } = damage.kind
            && let Some(next) = beyond.pop_front()
        {
            let cure = end_of_readable(files, next, beyond)?;
            return Ok(damaged(damage, cure));
        }
        let (segment, offset) = (walk.segment().clone(), walk.reader().offset());
        let cure = Cure::EndAt { segment, offset, last: walk.next_sequence() - 1, beyond };
        return Ok(damaged(damage, cure));
    }
}

/// What to do when there is no way into the chain.
fn cure_start(
    files: &Arc<dyn Files>,
    segments: &[Segment],
    damage: Damage,
) -> Result<Course, LogError> {
    let position = segments.iter().position(|segment| segment.path == damage.path);
    let cure = match (&damage.kind, position) {
        (DamageKind::Renamed { .. } | DamageKind::OtherLog, Some(position)) => {
            Cure::SetAside(position)
        }
        (DamageKind::Length { .. }, Some(position)) => {
            let beyond = segments[position + 1..].iter().cloned().collect();
            end_of_readable(files, segments[position].clone(), beyond)?
        }
        _ => Cure::StartAnew,
    };
    Ok(damaged(damage, cure))
}

/// The end of what can be read of a segment that is not as long as it was.
fn end_of_readable(
    files: &Arc<dyn Files>,
    segment: Segment,
    beyond: VecDeque<Segment>,
) -> Result<Cure, LogError> {
    let header = segment.header.expect("a length is judged by the header");
    let file = chain::open(files, &segment, Access::Read)?;
    let mut reader = SegmentReader::new(file, segment.path.clone(), header);
    let mut next = header.first_sequence;
    while let Found::Frame(frame) = reader.look()? {
        if frame.kind != Kind::Records || frame.first_sequence != next {
            break;
        }
        next += u64::from(frame.records);
        reader.skip(&frame);
    }
    Ok(Cure::EndAt { segment, offset: reader.offset(), last: next - 1, beyond })
}

/// All that is readable in one segment, and the highest sequence number that it speaks of.
fn summarize(files: &Arc<dyn Files>, segment: &Segment) -> Result<(SegmentSummary, u64), LogError> {
    let mut summary = SegmentSummary {
        path: segment.path.clone(),
        number: segment.number,
        bytes: segment.length,
        used_bytes: 0,
        records: 0,
        sequences: None,
    };
    let Some(header) = segment.header else { return Ok((summary, 0)) };
    let mut highest = header.first_sequence - 1;
    let file = chain::open(files, segment, Access::Read)?;
    let mut reader = SegmentReader::new(file, segment.path.clone(), header);
    loop {
        match reader.look()? {
            Found::Frame(frame) => {
                let next = frame.first_sequence + u64::from(frame.records);
                highest = highest.max(next - 1);
                if frame.kind == Kind::Records {
                    summary.records += u64::from(frame.records);
                    let first = summary.sequences.map_or(frame.first_sequence, |(first, _)| first);
                    summary.sequences = Some((first, next - 1));
                }
                reader.skip(&frame);
                summary.used_bytes = reader.offset();
            }
            found => {
                if let Found::Torn(frame) = found {
                    highest = highest.max(frame.first_sequence - 1);
                }
                if reader.search()?.is_none() {
                    break;
                }
            }
        }
    }
    summary.used_bytes = summary.used_bytes.max(FRAMES_START.min(segment.length));
    Ok((summary, highest))
}

fn lost(damages: &[Damage], last_recoverable: u64, highest: u64) -> Option<Lost> {
    let hides_the_end = |damage: &Damage| {
        matches!(
            damage.kind,
            DamageKind::SegmentMissing { .. }
                | DamageKind::NoSegments
                | DamageKind::Length { .. }
                | DamageKind::Header
                | DamageKind::EndsEarly { .. }
        )
    };
    let first = last_recoverable + 1;
    if damages.iter().any(hides_the_end) {
        return Some(Lost { first, last: None });
    }
    (highest >= first && !damages.is_empty()).then_some(Lost { first, last: Some(highest) })
}
