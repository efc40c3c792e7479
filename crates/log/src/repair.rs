//! Makes a damaged log one that can be opened, by ending it before the damage. What comes after
//! cannot be used: records build on those before them.
//!
//! Nothing is destroyed: of what is taken out a copy stays in the folder, under a name that is no
//! part of the log. Until the last step the log refuses to be opened, so a repair that was
//! interrupted is done again:
//! 1. the segment that is to end earlier is copied;
//! 2. what is kept of it is written to a draft, which then takes its name;
//! 3. the segments beyond get names that are no part of the log, from the last to the first;
//! 4. if nothing can be kept, an empty segment is created.

use std::path::PathBuf;
use std::sync::Arc;

use crate::chain::{self, Segment};
use crate::error::LogError;
use crate::file_name;
use crate::files::{Access, File, Files};
use crate::header::{FRAMES_START, SegmentHeader, encode};
use crate::inspection::{Diagnosis, Inspection, Remedy, diagnose};
use crate::log::{publish, random, remove_leftovers, segment_size};
use crate::options::Options;
use crate::spares::Spares;

/// How much is copied at once.
const COPY_BYTES: u64 = 1 << 20;

/// What a repair has done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repair {
    /// Of the log before.
    pub inspection: Inspection,
    pub cuts: Vec<Cut>,
}

/// Bytes that are no part of the log any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cut {
    /// The segment they were in, as a whole or from `offset` on.
    pub path: PathBuf,
    pub offset: u64,
    /// How many.
    pub bytes: u64,
    /// A copy of the whole segment as it was.
    pub copy: PathBuf,
}

/// Repairs a log, which nobody may have open. `after` is as for [`crate::Log::open`], which
/// succeeds afterwards; `options` are for a segment that has to be made.
pub fn repair(files: &Arc<dyn Files>, after: u64, options: &Options) -> Result<Repair, LogError> {
    let Diagnosis { inspection, remedy, mut set_aside } = diagnose(files, after)?;
    let mut cuts = Vec::new();
    if inspection.damages.is_empty() {
        return Ok(Repair { inspection, cuts });
    }
    remove_leftovers(files, Vec::new())?;
    if let Remedy::EndAt { segment, offset } = &remedy {
        cuts.push(end_at(files, segment, *offset)?);
    }
    set_aside.sort_by_key(|segment| std::cmp::Reverse(segment.number));
    for segment in &set_aside {
        let copy = free_name(files, &segment.name)?;
        let renamed = files.rename(&segment.name, &copy);
        renamed.map_err(|error| LogError::from_io("rename", segment.path.clone(), error))?;
        sync_folder(files)?;
        let (path, copy) = (segment.path.clone(), files.path(&copy));
        cuts.push(Cut { path, offset: 0, bytes: segment.length, copy });
    }
    if let Remedy::StartAnew = remedy {
        let last = inspection.segments.iter().map(|segment| segment.number).max();
        start_anew(files, last.unwrap_or(0) + 1, after, options)?;
    }
    Ok(Repair { inspection, cuts })
}

/// Keeps the frames of `segment` before `offset`.
fn end_at(files: &Arc<dyn Files>, segment: &Segment, offset: u64) -> Result<Cut, LogError> {
    let error = |error| LogError::from_io("repair", segment.path.clone(), error);
    let header = segment.header.expect("a segment without a header is not kept");
    let source = chain::open(files, segment, Access::Read)?;
    let copy = free_name(files, &segment.name)?;
    let draft = file_name::draft(segment.number);

    let file = files.create(&draft).map_err(error)?;
    copy_bytes(&*source, &*file, 0, segment.length).map_err(error)?;
    file.sync_data().map_err(error)?;
    files.rename(&draft, &copy).map_err(error)?;
    sync_folder(files)?;

    let file = files.create(&draft).map_err(error)?;
    write_zeros(&*file, header.size).map_err(error)?;
    file.write_at(&encode(&header), 0).map_err(error)?;
    // The padding of the last frame may be missing at the end of the file: it is zeros as well.
    copy_bytes(&*source, &*file, FRAMES_START, offset.min(segment.length)).map_err(error)?;
    file.sync_data().map_err(error)?;
    files.rename(&draft, &segment.name).map_err(error)?;
    sync_folder(files)?;
    let bytes = segment.length.saturating_sub(offset);
    Ok(Cut { path: segment.path.clone(), offset, bytes, copy: files.path(&copy) })
}

fn start_anew(
    files: &Arc<dyn Files>,
    number: u64,
    after: u64,
    options: &Options,
) -> Result<(), LogError> {
    let size = segment_size(options.first_segment_bytes, 0);
    let header = SegmentHeader {
        number,
        salt: random(files)?,
        first_sequence: after + 1,
        size,
        log_identity: random(files)?,
    };
    let spares = Spares::new(files.clone(), 0, crate::Preparation::WhenNeeded)?;
    publish(files, spares.take(size)?, &header).map(drop)
}

fn copy_bytes(source: &dyn File, target: &dyn File, from: u64, to: u64) -> std::io::Result<()> {
    let mut buffer = vec![0; COPY_BYTES as usize];
    let mut offset = from;
    while offset < to {
        let wanted = COPY_BYTES.min(to - offset) as usize;
        let read = source.read_at(&mut buffer[..wanted], offset)?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        target.write_at(&buffer[..read], offset)?;
        offset += read as u64;
    }
    Ok(())
}

fn write_zeros(file: &dyn File, size: u64) -> std::io::Result<()> {
    let zeros = vec![0; COPY_BYTES.min(size) as usize];
    let mut offset = 0;
    while offset < size {
        let chunk = &zeros[..zeros.len().min((size - offset) as usize)];
        file.write_at(chunk, offset)?;
        offset += chunk.len() as u64;
    }
    Ok(())
}

/// A name for what was in `name`, which no earlier repair has used.
fn free_name(files: &Arc<dyn Files>, name: &str) -> Result<String, LogError> {
    let listed = files.list();
    let taken = listed.map_err(|error| LogError::from_io("list", files.path(""), error))?;
    let names = (1..).map(|count| format!("{name}.{count}{}", file_name::CUT));
    let mut free = names.filter(|name| !taken.contains(name));
    Ok(free.next().expect("there are more numbers than files"))
}

fn sync_folder(files: &Arc<dyn Files>) -> Result<(), LogError> {
    files.sync_folder().map_err(|error| LogError::from_io("sync", files.path(""), error))
}
