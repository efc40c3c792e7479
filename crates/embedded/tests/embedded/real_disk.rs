//! A disk that really is full, or read-only: a small file system in memory, mounted for the test.
//!
//! Mounting takes root. Who is not tests the same with files in memory (`failures`, `faults`).

use std::path::Path;
use std::process::Command;

use anabranch_embedded::{DataFolder, Embedded, OpenError, Options};
use anabranch_kernel::{Operation, Value};

use crate::bank::{self, Teller, create, create_with_note, deposit, note};
use crate::client::{submit, submit_once, unavailable};
use crate::random::Random;

/// A file system that goes with this.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    /// `None` if this is not allowed here.
    fn new(folder: &'a Path, bytes: u64) -> Option<Self> {
        let options = format!("size={bytes}");
        let arguments = ["-t", "tmpfs", "-o", &options, "anabranch-test"];
        let status = Command::new("mount").args(arguments).arg(folder).output().ok()?.status;
        status.success().then_some(Self(folder))
    }

    fn remount(&self, options: &str) {
        let options = format!("remount,{options}");
        let status = Command::new("mount").args(["-o", &options]).arg(self.0).status();
        assert!(status.unwrap().success(), "mount -o {options}");
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        // Lazily: a failed test may still have files open.
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

fn open(directory: &Path, checkpoint_bytes: u64) -> Result<Embedded, OpenError> {
    let options = Options { checkpoint_bytes, ..Options::default() };
    Embedded::open(directory, bank::program(), Teller::new(), &options)
}

/// What compresses badly, so that the store fills up as well.
fn long_note(number: u64) -> String {
    let mut random = Random::new(number);
    (0..2000).map(|_| format!("{:x}", random.below(u64::MAX))).collect()
}

/// Works until the disk is full; gives the number of the last acknowledged request and why it ended.
fn fill(engine: &Embedded, first: u64) -> (u64, String) {
    for number in first.. {
        let reply = submit_once(engine, request(number), &key(number), 0).reply();
        if reply.is_err() {
            return (number - 1, unavailable(&reply).to_owned());
        }
        assert!(number < first + 10_000, "the disk never fills up");
    }
    unreachable!("it ends above")
}

fn account(number: u64) -> String {
    format!("account-{number}")
}

fn request(number: u64) -> Operation {
    create_with_note(&account(number), 1, &long_note(number))
}

fn key(number: u64) -> String {
    format!("key-{number}")
}

#[test]
fn a_full_disk_stops_writes_and_loses_nothing() {
    for checkpoint_bytes in [200_000, 1 << 30] {
        let folder = tempfile::tempdir().unwrap();
        let mut megabytes = 6;
        let Some(mounted) = Mounted::new(folder.path(), megabytes << 20) else { return };
        let directory = folder.path().join("data");
        let mut acknowledged = 0;
        for _ in 0..2 {
            let engine = open(&directory, checkpoint_bytes).unwrap();
            check(&engine, acknowledged);
            let (last, message) = fill(&engine, acknowledged + 1);
            assert!(message.contains("full") || message.contains("space"), "{message}");
            assert!(last > acknowledged, "nothing fitted of {acknowledged}: {message}");
            acknowledged = last;
            let refused = submit(&engine, note(&account(1))).reply();
            assert_eq!(unavailable(&refused), message, "reads stop as well");
            engine.close().unwrap_err();
            drop(engine);
            // There is no room to open it either, or just enough; it is not harmed by trying.
            match open(&directory, checkpoint_bytes) {
                Ok(engine) => drop(engine.close()),
                Err(error) => {
                    let message = error.to_string();
                    assert!(message.contains("full") || message.contains("space"), "{message}");
                    assert!(message.contains(&directory.display().to_string()), "{message}");
                }
            }
            // Enough for the next segment of the log, which is twice as long as the one before.
            megabytes *= 4;
            mounted.remount(&format!("size={megabytes}m"));
        }
        check(&open(&directory, checkpoint_bytes).unwrap(), acknowledged);
        let verified = DataFolder::open_read_only(&directory).unwrap().view.verify().unwrap();
        assert!(verified.replies >= acknowledged, "{verified:?}");
    }
}

/// What was acknowledged is there, once.
fn check(engine: &Embedded, acknowledged: u64) {
    for number in 1..=acknowledged {
        let found = submit(engine, note(&account(number))).value();
        assert_eq!(found, Value::Str(long_note(number)), "request {number} of {acknowledged}");
        submit_once(engine, request(number), &key(number), 0).value();
    }
}

#[test]
fn a_read_only_disk_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mounted) = Mounted::new(folder.path(), 16 << 20) else { return };
    let directory = folder.path().join("data");
    let engine = open(&directory, 1 << 30).unwrap();
    submit(&engine, create("alice", 1)).value();
    engine.close().unwrap();
    mounted.remount("ro");
    let error = open(&directory, 1 << 30).err().unwrap();
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error:?}");
    let folder_named = format!("{} is not writable", directory.display());
    assert!(error.to_string().contains(&folder_named), "{error}");
    mounted.remount("rw");
    let engine = open(&directory, 1 << 30).unwrap();
    assert_eq!(submit(&engine, deposit("alice", 1)).value(), Value::Int(2));
}
