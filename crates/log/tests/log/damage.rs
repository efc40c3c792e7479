//! Bits flip, files are cut short, lost, or swapped: all that was acknowledged comes back, or the
//! log is refused, and a repair says what is lost.

use anabranch_log::testing::MemoryFiles;
use anabranch_log::{DamageKind, Log, LogError, Lost, inspect, repair};

use crate::workload::{Known, append_up_to, record, recover, run, small};

/// A small log of a process that was killed, of several segments.
fn small_log(last: u64) -> (MemoryFiles, Known) {
    let files = MemoryFiles::new(1);
    let mut known = Known::default();
    let mut log = Log::create(files.shared(), 0, small()).unwrap();
    known.is_created = true;
    while known.acknowledged < last {
        let first = log.next_sequence();
        known.tried = (first + first % 3).min(last);
        let group: Vec<_> = (first..=known.tried).map(|it| vec![it as u8; 90]).collect();
        log.append(first, &group).unwrap();
        known.acknowledged = known.tried;
    }
    (files.after_kill(), known)
}

/// The records after `after`, or why there are none; `finish` included.
fn read(files: &MemoryFiles, after: u64) -> Result<Vec<(u64, Vec<u8>)>, LogError> {
    let mut recovery = Log::open(files.shared(), after, small())?;
    let mut records = Vec::new();
    while let Some(record) = recovery.next_record()? {
        records.push((record.sequence, record.bytes.to_vec()));
    }
    recovery.finish()?;
    Ok(records)
}

fn segments(files: &MemoryFiles) -> Vec<String> {
    files.names().into_iter().filter(|name| name.ends_with(".segment")).collect()
}

/// What a damaged log must do: give everything, or refuse, and be repaired to a beginning of it.
fn check_damaged(files: &MemoryFiles, whole: &[(u64, Vec<u8>)], after: u64, what: &str) -> bool {
    let inspection = inspect(&files.shared(), after).unwrap();
    let error = match read(&files.after_kill(), after) {
        Ok(records) => {
            assert!(records == whole, "{what}: other records");
            assert_eq!(inspection.damages, [], "{what}");
            assert_eq!(inspection.lost, None, "{what}");
            return true;
        }
        Err(error) => error,
    };
    let LogError::Damaged(damage) = &error else { panic!("{what}: {error}") };
    assert!(inspection.damages.contains(damage), "{what}: {error} {inspection:?}");
    let report = repair(&files.shared(), after, &small()).unwrap();
    assert_eq!(report.inspection, inspection, "{what}");
    let records =
        read(files, after).unwrap_or_else(|error| panic!("{what}: not repaired: {error}"));
    assert!(whole.starts_with(&records), "{what}: the repaired log has other records");
    let last = after + records.len() as u64;
    assert_eq!(inspection.last_recoverable, last, "{what}");
    if records.len() < whole.len() {
        let lost = inspection.lost.unwrap_or_else(|| panic!("{what}: silently lost"));
        let whole_last = after + whole.len() as u64;
        assert_eq!(lost.first, last + 1, "{what}");
        assert!(lost.last.is_none_or(|last| last == whole_last), "{what}: {lost:?}");
        assert_eq!(report.cuts.is_empty(), inspection.segments.is_empty(), "{what}");
    }
    for cut in &report.cuts {
        let copy = cut.copy.file_name().unwrap().to_str().unwrap();
        assert!(files.names().iter().any(|name| name == copy), "{what}: no copy is kept");
    }
    assert_eq!(inspect(&files.shared(), after).unwrap().damages, [], "{what}");
    false
}

#[test]
fn a_flipped_bit_anywhere_is_harmless_or_refused() {
    let (files, known) = small_log(40);
    let whole = read(&files.after_kill(), 0).unwrap();
    assert_eq!(whole.len() as u64, known.acknowledged);
    let names = segments(&files);
    assert!(names.len() == 2, "{names:?}");
    let (mut harmless, mut refused) = (0, 0);
    for name in names {
        let bytes = files.bytes(&name);
        let used = bytes.iter().rposition(|byte| *byte != 0).unwrap() + 64;
        for position in 0..used.min(bytes.len()) {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1 << (position % 8);
            let files = files.after_kill();
            files.put(&name, flipped);
            let what = format!("{name}, byte {position}");
            let is_harmless = if position % 16 == 0 {
                check_damaged(&files, &whole, 0, &what)
            } else {
                read(&files, 0).map(|records| assert!(records == whole, "{what}")).is_ok()
            };
            if is_harmless { harmless += 1 } else { refused += 1 }
        }
    }
    assert!(harmless > 1000 && refused > 1000, "{harmless} harmless, {refused} refused");
}

#[test]
fn a_file_cut_short_anywhere_is_refused() {
    let (files, _) = small_log(40);
    let whole = read(&files.after_kill(), 0).unwrap();
    for name in segments(&files) {
        let bytes = files.bytes(&name);
        for length in 0..bytes.len() {
            let files = files.after_kill();
            files.put(&name, bytes[..length].to_vec());
            let what = format!("{name}, {length} bytes");
            if length % 16 == 0 {
                assert!(!check_damaged(&files, &whole, 0, &what));
            } else {
                assert!(matches!(read(&files, 0), Err(LogError::Damaged(_))), "{what}");
            }
        }
        let files = files.after_kill();
        files.put(&name, [&bytes[..], &[0; 512]].concat());
        assert!(!check_damaged(&files, &whole, 0, &format!("{name}, longer")));
    }
}

#[test]
fn a_block_of_zeros_or_noise_is_harmless_or_refused() {
    let (files, _) = small_log(40);
    let whole = read(&files.after_kill(), 0).unwrap();
    let last = segments(&files).pop().unwrap();
    let mark = files.bytes(&last).windows(4).rposition(|window| window == b"MARK").unwrap();
    for name in segments(&files) {
        let bytes = files.bytes(&name);
        for start in (0..bytes.len()).step_by(512) {
            for filler in [0, 0xa5] {
                let mut damaged = bytes.clone();
                damaged[start..start + 512].fill(filler);
                let files = files.after_kill();
                files.put(&name, damaged);
                let has_last_mark = *name == *last && (start..start + 512).contains(&mark);
                // The one loss that cannot be told from a group that was never synced: the last
                // frame goes together with its mark.
                if !has_last_mark {
                    check_damaged(&files, &whole, 0, &format!("{name}, sector at {start}"));
                }
            }
        }
    }
}

#[test]
fn a_lost_segment_is_refused() {
    let (files, _) = small_log(150);
    let whole = read(&files.after_kill(), 0).unwrap();
    let names = segments(&files);
    assert!(names.len() >= 3);
    for name in &names {
        let files = files.after_kill();
        files.lose(name);
        assert!(!check_damaged(&files, &whole, 0, &format!("without {name}")));
    }
    for name in &names {
        files.lose(name);
    }
    assert!(!check_damaged(&files, &whole, 0, "without segments"));
}

#[test]
fn segments_that_are_not_needed_may_be_lost() {
    let (files, known) = small_log(150);
    files.lose(&segments(&files)[0]);
    let records = read(&files, known.acknowledged).unwrap();
    assert_eq!(records, []);
}

#[test]
fn segments_of_other_logs_are_refused() {
    let (files, _) = small_log(150);
    let whole = read(&files.after_kill(), 0).unwrap();
    let other = MemoryFiles::new(2);
    let mut known = Known::default();
    run(&other, 60, &mut known).unwrap();
    let foreign = other.bytes(segments(&other).last().unwrap());
    let names = segments(&files);
    for name in names.iter().map(String::as_str).chain(["000000000009.segment"]) {
        for (bytes, what) in [(foreign.clone(), "foreign"), (b"noise".to_vec(), "noise")] {
            let files = files.after_kill();
            files.put(name, bytes);
            assert!(!check_damaged(&files, &whole, 0, &format!("{name} is {what}")));
        }
    }
    // One of its own under another name.
    files.put("000000000009.segment", files.bytes(&names[0]));
    assert!(!check_damaged(&files, &whole, 0, "a segment twice"));
}

#[test]
fn an_older_copy_of_a_segment_is_refused() {
    let (old, _) = small_log(20);
    let (files, known) = small_log(150);
    let whole = read(&files.after_kill(), 0).unwrap();
    let names = segments(&files);
    let now = files.bytes(&names[0]);
    assert_eq!(now[..1024], old.bytes(&names[0])[..1024], "the seeds make the same log");
    let damaged = files.after_kill();
    damaged.put(&names[0], old.bytes(&names[0]));
    assert!(!check_damaged(&damaged, &whole, 0, "an older first segment"));

    // As the last segment it looks like a shorter log: what the caller has already tells.
    for name in &names[1..] {
        files.lose(name);
    }
    files.put(&names[0], old.bytes(&names[0]));
    let error = read(&files, known.acknowledged).unwrap_err();
    let LogError::Damaged(damage) = error else { panic!("{error}") };
    assert_eq!(damage.kind, DamageKind::EndsEarly { expected: known.acknowledged, found: 20 });
    let report = repair(&files.shared(), known.acknowledged, &small()).unwrap();
    let first = known.acknowledged + 1;
    assert_eq!(report.inspection.lost, Some(Lost { first, last: None }));
    assert_eq!(read(&files, known.acknowledged).unwrap(), []);
}

#[test]
fn records_that_quote_frames_are_only_records() {
    let files = MemoryFiles::new(1);
    let mut log = Log::create(files.shared(), 0, small()).unwrap();
    log.append(1, &[vec![7; 100]]).unwrap();
    let name = segments(&files).remove(0);
    // All of the file up to here: header, frame and mark, with the real salt.
    let bytes = files.bytes(&name);
    let quoted = bytes[..=bytes.iter().rposition(|byte| *byte != 0).unwrap()].to_vec();
    log.append(2, std::slice::from_ref(&quoted)).unwrap();
    let end = files.bytes(&name).iter().rposition(|byte| *byte != 0).unwrap();
    drop(log);
    let killed = files.after_kill();
    let records = read(&killed, 0).unwrap();
    assert_eq!(records, [(1, vec![7; 100]), (2, quoted)]);

    // The same log when the power failed while the second group was written: its frame is torn, and
    // the frames that it quotes are no sign of damage.
    let mut torn = files.bytes(&name);
    torn[end - 100..].fill(0);
    files.put(&name, torn);
    assert_eq!(read(&files, 0).unwrap(), [(1, vec![7; 100])]);
}

#[test]
fn recycled_segments_show_nothing_of_their_past() {
    let files = MemoryFiles::new(1);
    let mut known = Known::default();
    drop(run(&files, 400, &mut known).unwrap());
    let name = segments(&files).pop().unwrap();
    let mut log = recover(&files, &mut known).unwrap();
    // Fresh records in a recycled file, until stale frames surround them.
    append_up_to(&mut log, 500, &mut known).unwrap();
    drop(log);
    assert_ne!(segments(&files).pop().unwrap(), name);
    recover(&files.after_kill(), &mut known).unwrap();
    recover(&files.after_power_loss(3), &mut known).unwrap();
    assert_eq!(known.acknowledged, 500);
}

#[test]
fn a_repair_that_is_interrupted_is_done_again() {
    use anabranch_log::testing::{Fault, Plan};
    let (files, _) = small_log(150);
    let whole = read(&files.after_kill(), 0).unwrap();
    let names = segments(&files);
    let mut bytes = files.bytes(&names[1]);
    bytes[2000] ^= 4;
    files.put(&names[1], bytes);
    let undisturbed = files.after_kill();
    let expected = repair(&undisturbed.shared(), 0, &small()).unwrap().inspection;
    assert!(undisturbed.operations() > 8);
    for operation in 0..undisturbed.operations() {
        for seed in 0..8 {
            let files = files.after_kill();
            files.set_plan(Some(Plan { operation, fault: Fault::PowerLoss }));
            repair(&files.shared(), 0, &small()).unwrap_err();
            let files = files.after_power_loss(seed);
            // Either it is refused as before, or the repair was complete.
            let records = read(&files.after_kill(), 0);
            if records.is_err() {
                repair(&files.shared(), 0, &small()).unwrap();
            }
            let records = read(&files, 0).unwrap();
            assert!(whole.starts_with(&records));
            assert_eq!(records.len() as u64, expected.last_recoverable, "{operation} {seed}");
        }
    }
}

#[test]
fn a_read_only_folder_can_be_inspected_but_not_opened() {
    let (files, known) = small_log(40);
    files.set_read_only(true);
    let inspection = inspect(&files.shared(), 0).unwrap();
    assert_eq!(inspection.last_recoverable, known.acknowledged);
    let error = read(&files, 0).unwrap_err();
    assert!(matches!(error, LogError::NotWritable { .. }), "{error}");
    assert!(error.to_string().contains("make the log's folder writable"), "{error}");
    files.set_read_only(false);
    assert_eq!(read(&files, 0).unwrap().len() as u64, known.acknowledged);
}

#[test]
fn a_full_disk_stops_the_log_until_there_is_room() {
    let files = MemoryFiles::new(1);
    let mut known = Known::default();
    files.set_capacity(9000);
    let mut log = Log::create(files.shared(), 0, small()).unwrap();
    known.is_created = true;
    let error = append_up_to(&mut log, 100, &mut known).unwrap_err();
    assert!(matches!(error, LogError::Full { .. }), "{error}");
    let first = log.next_sequence();
    let again = log.append(first, &[record(first)]).unwrap_err();
    assert!(matches!(again, LogError::Stopped(_)), "{again}");
    assert!(matches!(log.cut(0).unwrap_err(), LogError::Stopped(_)));
    drop(log);
    files.set_capacity(usize::MAX);
    let mut log = recover(&files, &mut known).unwrap();
    append_up_to(&mut log, 100, &mut known).unwrap();
}

#[test]
fn what_is_too_large_is_refused_and_the_log_goes_on() {
    let files = MemoryFiles::new(1);
    let mut log = Log::create(files.shared(), 0, small()).unwrap();
    // Many views of one buffer: nothing is copied before the bounds are checked.
    let large = vec![0; 64 << 20];
    let error = log.append(1, &[&large[..]; 33]).unwrap_err();
    assert!(matches!(error, LogError::TooLarge { records: 33, .. }), "{error}");
    log.append(1, &[record(1)]).unwrap();
    assert_eq!(log.next_sequence(), 2);
}
