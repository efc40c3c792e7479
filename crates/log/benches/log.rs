//! What an append costs, how the layouts of files compare, and how fast a log is read back:
//! `cargo bench -p anabranch-log`. Uses the disk of the folder for temporary files.

#![expect(clippy::print_stdout, reason = "its result is what it prints")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anabranch_log::{DiskFiles, Files, Log, Options};

const RECORD_BYTES: usize = 100;
const GROUPS: [usize; 3] = [1, 100, 1000];
/// How long each measurement takes.
const TIME: Duration = Duration::from_secs(3);
const SEGMENT_BYTES: u64 = 64 << 20;

fn main() {
    println!("group      what                      groups/s   records/s   p50 µs   p99 µs  max µs");
    for group in GROUPS {
        for (what, layout) in [
            ("append to a growing file", Layout::Growing),
            ("into allocated space", Layout::Allocated),
            ("into a pre-written file", Layout::PreWritten),
            ("into a recycled file", Layout::Recycled),
        ] {
            let folder = tempfile::tempdir().unwrap();
            report(group, what, raw_syncs(folder.path(), group, layout));
        }
        let folder = tempfile::tempdir().unwrap();
        report(group, "the log, cut each 256 MB", log_appends(folder.path(), group));
    }
    for bytes in [20, 100, 1000] {
        recovery(bytes);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Layout {
    Growing,
    /// Its length is set, its blocks are not written.
    Allocated,
    PreWritten,
    /// Written once as a log, and written over.
    Recycled,
}

/// The times of writes of one frame's size with a sync each, in a file of one segment that starts
/// again at its beginning when it is full.
fn raw_syncs(folder: &Path, group: usize, layout: Layout) -> Vec<Duration> {
    let path = folder.join("file");
    let frame = vec![7; group * (RECORD_BYTES + 4) + 40];
    let create = || {
        let file = File::options().write(true).create(true).truncate(true).open(&path).unwrap();
        if layout == Layout::Allocated {
            file.set_len(SEGMENT_BYTES).unwrap();
        } else if layout != Layout::Growing {
            for chunk in 0..64 {
                file.write_all_at(
                    &vec![u8::from(layout == Layout::Recycled); 1 << 20],
                    chunk << 20,
                )
                .unwrap();
            }
        }
        file.sync_all().unwrap();
        file
    };
    let mut file = create();
    let (mut offset, mut times, start) = (0, Vec::new(), Instant::now());
    while start.elapsed() < TIME {
        if offset + frame.len() as u64 > SEGMENT_BYTES {
            if layout != Layout::Recycled {
                file = create();
            }
            offset = 0;
        }
        let before = Instant::now();
        file.write_all_at(&frame, offset).unwrap();
        file.sync_data().unwrap();
        times.push(before.elapsed());
        offset += frame.len() as u64;
    }
    times
}

fn log_appends(folder: &Path, group: usize) -> Vec<Duration> {
    let files: Arc<dyn Files> = Arc::new(DiskFiles::new(folder));
    let mut log = Log::create(files, 0, Options::default()).unwrap();
    let records = vec![vec![7; RECORD_BYTES]; group];
    let (mut times, start) = (Vec::new(), Instant::now());
    while start.elapsed() < TIME {
        let before = Instant::now();
        let first = log.next_sequence();
        log.append(first, &records).unwrap();
        times.push(before.elapsed());
        if log.bytes() > 256 << 20 {
            log.cut(first).unwrap();
        }
    }
    times
}

fn report(group: usize, what: &str, mut times: Vec<Duration>) {
    let total: Duration = times.iter().sum();
    let groups = times.len() as f64 / total.as_secs_f64();
    times.sort_unstable();
    let micros = |part: f64| times[((times.len() - 1) as f64 * part) as usize].as_micros();
    let (half, most, all) = (micros(0.5), micros(0.99), micros(1.0));
    let records = groups * group as f64;
    println!("{group:5}  {what:28} {groups:9.0} {records:11.0} {half:8} {most:8} {all:7}");
}

fn recovery(record_bytes: usize) {
    let folder = tempfile::tempdir().unwrap();
    let files: Arc<dyn Files> = Arc::new(DiskFiles::new(folder.path()));
    let mut log = Log::create(files.clone(), 0, Options::default()).unwrap();
    let records = vec![vec![7; record_bytes]; 2000];
    while log.bytes() < 512 << 20 {
        log.append(log.next_sequence(), &records).unwrap();
    }
    let bytes = log.bytes() as f64;
    drop(log);
    let start = Instant::now();
    let mut recovery = Log::open(files, 0, Options::default()).unwrap();
    let (mut count, mut sum) = (0_u64, 0);
    while let Some(record) = recovery.next_record().unwrap() {
        count += 1;
        sum += record.bytes.len();
    }
    recovery.finish().unwrap();
    let time = start.elapsed().as_secs_f64();
    assert_eq!(sum, count as usize * record_bytes);
    let (gigabytes, millions) = (bytes / time / 1e9, count as f64 / time / 1e6);
    println!("recovery, {record_bytes} B: {gigabytes:.2} GB/s, {millions:.1} M records/s");
}
