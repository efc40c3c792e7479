//! The log in a folder on disk.

use std::sync::Arc;

use anabranch_log::{DiskFiles, Files, Log, LogError, Options, Preparation};

fn options(preparation: Preparation) -> Options {
    Options {
        first_segment_bytes: 4096,
        largest_segment_bytes: 16384,
        spare_segments: 2,
        preparation,
    }
}

fn record(sequence: u64) -> Vec<u8> {
    let size = if sequence.is_multiple_of(50) { 30_000 } else { sequence as usize % 300 };
    vec![sequence as u8; size]
}

/// Appends in groups of different sizes, and cuts now and then.
fn fill(log: &mut Log, up_to: u64, cuts_every: u64) -> u64 {
    let mut cut_at = 0;
    while log.next_sequence() <= up_to {
        let first = log.next_sequence();
        let group: Vec<_> = (first..=(first + first % 7).min(up_to)).map(record).collect();
        log.append(first, &group).unwrap();
        if first.saturating_sub(cut_at) > cuts_every {
            cut_at = first - 5;
            log.cut(cut_at).unwrap();
        }
    }
    cut_at
}

fn check(files: &Arc<dyn Files>, after: u64, up_to: u64, options: Options) -> Log {
    let mut recovery = Log::open(files.clone(), after, options).unwrap();
    for sequence in after + 1..=up_to {
        let found = recovery.next_record().unwrap().unwrap();
        assert_eq!(found.sequence, sequence);
        assert_eq!(found.bytes, record(sequence));
    }
    assert_eq!(recovery.next_record().unwrap(), None);
    recovery.finish().unwrap()
}

#[test]
fn records_come_back_in_order_across_segments() {
    for preparation in [Preparation::Background, Preparation::WhenNeeded] {
        let folder = tempfile::tempdir().unwrap();
        let files: Arc<dyn Files> = Arc::new(DiskFiles::new(folder.path()));
        let options = options(preparation);
        drop(Log::create(files.clone(), 0, options.clone()).unwrap());
        let mut log = check(&files, 0, 0, options.clone());
        fill(&mut log, 200, u64::MAX);
        drop(log);
        for after in [0, 1, 99, 199, 200] {
            drop(check(&files, after, 200, options.clone()));
        }
        let mut log = check(&files, 200, 200, options.clone());
        let cut_at = fill(&mut log, 400, 100);
        drop(log);
        drop(check(&files, cut_at, 400, options.clone()));
        assert!(matches!(
            Log::create(files.clone(), 0, options.clone()),
            Err(LogError::Exists { .. })
        ));
        let late = Log::open(files.clone(), 1, options).err().unwrap().to_string();
        assert!(late.contains("those from 2 on are missing"), "{late}");
    }
}
