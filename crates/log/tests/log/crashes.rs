//! The power fails, or an operation does, at every point of a run, and again while the log recovers.

use std::io::ErrorKind;

use anabranch_log::testing::{Fault, MemoryFiles, Plan, SplitMix};

use crate::workload::{Known, append_up_to, recover, run, seed};

const RECORDS: u64 = 200;

/// The number of operations of an undisturbed run.
fn operations() -> u64 {
    let files = MemoryFiles::new(1);
    run(&files, RECORDS, &mut Known::default()).unwrap();
    let operations = files.operations();
    assert!(operations > 300, "{operations} operations do not try much");
    operations
}

/// The log must recover in `files`, where it may be disturbed `disturbances` times more, and then
/// go on.
fn recover_disturbed(mut files: MemoryFiles, mut known: Known, random: &mut SplitMix) {
    for _ in 0..random.below(3) {
        let fault = match random.below(3) {
            0 => Fault::FailHalfway(ErrorKind::Other),
            1 => Fault::Fail(ErrorKind::StorageFull),
            _ => Fault::PowerLoss,
        };
        let operation = files.operations() + random.below(12) as u64;
        files.set_plan(Some(Plan { operation, fault }));
        let last = known.acknowledged + 6;
        let disturbed = recover(&files, &mut known)
            .and_then(|mut log| append_up_to(&mut log, last, &mut known));
        drop(disturbed);
        files = if !files.has_power() || random.below(2) == 0 {
            files.after_power_loss(random.number())
        } else {
            files.after_kill()
        };
    }
    let mut log = recover(&files, &mut known).unwrap();
    let last = known.acknowledged + 20;
    append_up_to(&mut log, last, &mut known).unwrap();
    assert_eq!(known.acknowledged, last);
    drop(log);
    recover(&files.after_power_loss(random.number()), &mut known).unwrap();
    assert_eq!(known.acknowledged, last);
}

#[test]
fn a_power_failure_at_any_point_loses_nothing_acknowledged() {
    let mut random = SplitMix::new(seed());
    for operation in 0..=operations() {
        for _ in 0..2 {
            let files = MemoryFiles::new(1);
            files.set_plan(Some(Plan { operation, fault: Fault::PowerLoss }));
            let mut known = Known::default();
            let _ = run(&files, RECORDS, &mut known);
            recover_disturbed(files.after_power_loss(random.number()), known, &mut random);
        }
    }
}

#[test]
fn an_operation_that_fails_stops_the_log_and_loses_nothing_acknowledged() {
    let mut random = SplitMix::new(seed());
    for operation in 0..operations() {
        for fault in [
            Fault::Fail(ErrorKind::Other),
            Fault::Fail(ErrorKind::StorageFull),
            Fault::FailHalfway(ErrorKind::Other),
            Fault::FailHalfway(ErrorKind::StorageFull),
        ] {
            let files = MemoryFiles::new(1);
            files.set_plan(Some(Plan { operation, fault }));
            let mut known = Known::default();
            assert!(run(&files, RECORDS, &mut known).is_err(), "operation {operation} {fault:?}");
            recover_disturbed(files.after_kill(), known, &mut random);
            recover_disturbed(files.after_power_loss(random.number()), known, &mut random);
        }
    }
}

#[test]
fn a_sync_that_failed_is_made_good_before_anything_is_told() {
    let mut random = SplitMix::new(seed());
    for operation in 0..operations() {
        let files = MemoryFiles::new(1);
        let fault = Fault::FailHalfway(ErrorKind::Other);
        files.set_plan(Some(Plan { operation, fault }));
        let mut known = Known::default();
        let _ = run(&files, RECORDS, &mut known);
        // The same machine: it shows what it believes to have written. What the reopened log gives
        // must then survive the power.
        let files = files.after_kill();
        drop(recover(&files, &mut known).unwrap());
        recover(&files.after_power_loss(random.number()), &mut known).unwrap();
    }
}
