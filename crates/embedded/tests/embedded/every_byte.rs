//! Damage of every single byte of a log, through an engine that opens it: everything that was
//! acknowledged is there, or the engine is not opened. `damage.rs` does the same at some places of
//! all the files of a real folder.

use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_embedded::{Embedded, OpenError, Options, Storage};
use anabranch_kernel::Reply;
use anabranch_log::Preparation;
use anabranch_log::testing::MemoryFiles;

use crate::bank::{self, Teller, balance, create, create_with_note, delete, deposit, exists, note};
use crate::client::{submit, submit_once};
use crate::memory_store::MemoryStore;

/// How many requests of each kind are in the log.
const ROUNDS: u64 = 8;

/// A store with a checkpoint, and the files of a log that goes on after it.
struct Folder {
    store: Arc<MemoryStore>,
    log: BTreeMap<String, Vec<u8>>,
    /// What was acknowledged.
    answers: Vec<(String, Reply)>,
}

fn open(store: &Arc<MemoryStore>, files: &MemoryFiles) -> Result<Embedded, OpenError> {
    let storage = storage(store, files);
    Embedded::with_storage(storage, bank::program(), Teller::new(), &Options::default())
}

/// With segments so small that there are several.
fn storage(store: &Arc<MemoryStore>, files: &MemoryFiles) -> Storage {
    let log_options = anabranch_log::Options {
        first_segment_bytes: 1536,
        largest_segment_bytes: 1536,
        spare_segments: 0,
        preparation: Preparation::WhenNeeded,
    };
    Storage { store: store.clone(), log_files: files.shared(), log_options }
}

fn small_folder() -> Folder {
    let store = Arc::new(MemoryStore::default());
    let files = MemoryFiles::new(1);
    storage(&store, &files).create("every byte").unwrap();
    let engine = open(&store, &files).unwrap();
    submit(&engine, create("alice", 10)).value();
    submit(&engine, create("gone", 1)).value();
    engine.checkpoint().unwrap();
    submit(&engine, delete("gone")).value();
    submit(&engine, create_with_note("bob", 20, &"x".repeat(100))).value();
    for round in 0..ROUNDS {
        submit_once(&engine, deposit("alice", 1), &format!("key-{round}"), 0).value();
        submit(&engine, deposit("bob", 2)).value();
    }
    let answers = answers(&engine);
    engine.close().unwrap();
    drop(engine);
    let log = files.names().into_iter().map(|name| (name.clone(), files.bytes(&name))).collect();
    Folder { store, log, answers }
}

fn answers(engine: &Embedded) -> Vec<(String, Reply)> {
    let mut pending: Vec<_> = ["alice", "bob"]
        .map(|name| (format!("balance of {name}"), submit(engine, balance(name))))
        .into();
    pending.push(("note".to_owned(), submit(engine, note("bob"))));
    pending.push(("gone".to_owned(), submit(engine, exists("gone"))));
    for round in 0..ROUNDS {
        let key = format!("key-{round}");
        let again = submit_once(engine, deposit("alice", 1), &key, 0);
        pending.push((key, again));
    }
    pending.push(("balance at last".to_owned(), submit(engine, balance("alice"))));
    pending.into_iter().map(|(name, pending)| (name, pending.reply())).collect()
}

/// Damages each file at each place, as `damage` does it. How often it was harmless, and refused.
fn everywhere(kind: &str, damage: impl Fn(&mut Vec<u8>, usize)) -> (u64, u64) {
    let folder = small_folder();
    let lengths: Vec<_> = folder.log.iter().map(|(name, bytes)| (name, bytes.len())).collect();
    assert!(lengths.len() >= 2, "one segment only: {lengths:?}");
    let (mut harmless, mut refused) = (0, 0);
    for (damaged, bytes) in &folder.log {
        for place in 0..bytes.len() {
            let files = MemoryFiles::new(2);
            for (name, bytes) in &folder.log {
                let mut bytes = bytes.clone();
                if name == damaged {
                    damage(&mut bytes, place);
                }
                files.put(name, bytes);
            }
            let what = format!("{kind}: {damaged}, byte {place}");
            match open(&folder.store, &files) {
                Ok(engine) => {
                    assert_eq!(answers(&engine), folder.answers, "{what}");
                    harmless += 1;
                }
                Err(error) => {
                    let message = error.to_string();
                    let ways_out = ["repair", "restore", "upgrade"];
                    let has_way_out = ways_out.iter().any(|way_out| message.contains(way_out));
                    assert!(has_way_out, "{what}: {message}");
                    refused += 1;
                }
            }
        }
    }
    (harmless, refused)
}

#[test]
fn any_flipped_bit_of_a_log_is_harmless_or_refused() {
    let (harmless, refused) = everywhere("a bit flips", |bytes, place| {
        bytes[place] ^= 1 << (place % 8);
    });
    // What a second copy makes good, and what is behind the last frame; everything else.
    assert!(harmless > 100 && refused > 1000, "{harmless} harmless, {refused} refused");
}

#[test]
fn a_segment_cut_short_anywhere_is_refused() {
    let (harmless, refused) = everywhere("cut short", |bytes, place| bytes.truncate(place));
    assert!(harmless == 0 && refused > 3000, "{harmless} harmless, {refused} refused");
}
