//! What the tests append, and how they check what comes back.

use std::sync::Arc;

use anabranch_log::testing::{MemoryFiles, SplitMix};
use anabranch_log::{DamageKind, Files, Log, LogError, Options, Preparation};

/// Small segments, so that a few records make several, and everything in one order.
pub(crate) fn small() -> Options {
    Options {
        first_segment_bytes: 4096,
        largest_segment_bytes: 8192,
        spare_segments: 1,
        preparation: Preparation::WhenNeeded,
    }
}

/// The record with this number: of any length, now and then longer than a segment.
pub(crate) fn record(sequence: u64) -> Vec<u8> {
    let mut random = SplitMix::new(sequence);
    let length = match sequence % 23 {
        0 => 10_000,
        1 => 0,
        _ => random.below(700),
    };
    (0..length).map(|_| random.number() as u8).collect()
}

/// What the user of a log knows.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Known {
    /// The log was created.
    pub(crate) is_created: bool,
    /// The last record that was acknowledged.
    pub(crate) acknowledged: u64,
    /// The last one whose append was tried.
    pub(crate) tried: u64,
    /// What is elsewhere.
    pub(crate) after: u64,
}

/// Creates a log and appends up to `last`, in groups, with cuts between, until something fails.
pub(crate) fn run(files: &MemoryFiles, last: u64, known: &mut Known) -> Result<Log, LogError> {
    let mut log = Log::create(files.shared(), 0, small())?;
    known.is_created = true;
    append_up_to(&mut log, last, known)?;
    Ok(log)
}

pub(crate) fn append_up_to(log: &mut Log, last: u64, known: &mut Known) -> Result<(), LogError> {
    while log.next_sequence() <= last {
        let first = log.next_sequence();
        known.tried = (first + first % 4).min(last);
        let group: Vec<_> = (first..=known.tried).map(record).collect();
        log.append(first, &group)?;
        known.acknowledged = known.tried;
        if first.is_multiple_of(5) {
            known.after = known.acknowledged.saturating_sub(12).max(known.after);
            log.cut(known.after)?;
        }
    }
    Ok(())
}

/// Opens the log and checks that it has everything acknowledged and nothing that was not appended.
pub(crate) fn recover(files: &MemoryFiles, known: &mut Known) -> Result<Log, LogError> {
    let files: Arc<dyn Files> = files.shared();
    let recovery = Log::open(files.clone(), known.after, small());
    let mut recovery = match recovery {
        Err(LogError::Damaged(damage))
            if damage.kind == DamageKind::NoSegments && !known.is_created =>
        {
            // Nothing was promised: it is created again.
            let log = Log::create(files, 0, small())?;
            known.is_created = true;
            return Ok(log);
        }
        recovery => recovery?,
    };
    known.is_created = true;
    let mut last = known.after;
    while let Some(found) = recovery.next_record()? {
        last += 1;
        assert_eq!(found.sequence, last);
        assert!(found.bytes == record(last), "record {last} is another");
    }
    assert!(last >= known.acknowledged, "{last} is the last, of {known:?}");
    assert!(last <= known.tried, "{last} was never appended: {known:?}");
    let log = recovery.finish()?;
    (known.acknowledged, known.tried) = (last, last);
    assert_eq!(log.next_sequence(), last + 1);
    Ok(log)
}

/// A seed that a failing test names; another one by `ANABRANCH_SEED`.
pub(crate) fn seed() -> u64 {
    let given = std::env::var("ANABRANCH_SEED");
    let seed = given.map_or(1, |text| text.parse().expect("ANABRANCH_SEED is a number"));
    #[expect(clippy::print_stdout, reason = "shown when a test fails")]
    {
        println!("ANABRANCH_SEED={seed}");
    }
    seed
}
