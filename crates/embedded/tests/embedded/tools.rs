//! What tools do with a data folder: read it, copy it, repair it.

use std::fs;
use std::path::{Path, PathBuf};

use anabranch_embedded::{DataFolder, Embedded, OpenError, Options, diagnose, repair};
use anabranch_kernel::value::{state, wire};
use anabranch_kernel::{Engine, Value};

use crate::bank::{self, Teller, balance, create, create_with_note, delete, deposit};
use crate::client::{submit, submit_once, unavailable};

fn open(directory: &Path) -> Embedded {
    Embedded::open(directory, bank::program(), Teller::new(), &Options::default()).unwrap()
}

fn key(name: &str) -> Vec<u8> {
    wire::encode(&Value::Str(name.to_owned()))
}

/// Some of it in the store, some in the log.
fn fill(engine: &Embedded) {
    submit(engine, create("alice", 1)).value();
    submit(engine, create_with_note("bob", 2, &"x".repeat(10_000))).value();
    submit(engine, create("carol", 3)).value();
    submit_once(engine, deposit("alice", 1), "one", 0).value();
    engine.checkpoint().unwrap();
    submit_once(engine, deposit("bob", 5), "two", 0).value();
    submit(engine, delete("carol")).value();
    submit(engine, create("dave", 4)).value();
}

#[test]
fn a_folder_is_read_as_log_and_store_have_it() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    fill(&engine);
    let in_use = DataFolder::open_read_only(folder.path()).err();
    assert!(matches!(in_use, Some(OpenError::InUse { .. })));
    let running = engine.view().unwrap();
    submit(&engine, create("erin", 5)).value();
    engine.close().unwrap();
    let closed = DataFolder::open_read_only(folder.path()).unwrap();
    let before = vec![("alice", 2), ("bob", 7), ("dave", 4)];
    let after = [&before[..], &[("erin", 5)]].concat();
    for (view, sequence, expected) in [(&running, 7, before), (&closed.view, 8, after)] {
        assert_eq!(view.sequence().unwrap(), sequence);
        assert_eq!(view.replies().unwrap(), 2);
        let classes = view.classes().unwrap();
        assert_eq!(classes["Account"].entities, expected.len() as u64);
        assert!(classes["Account"].state_bytes > 10_000);
        let entities = view.entities("Account").collect::<Result<Vec<_>, _>>().unwrap();
        let mut keys: Vec<_> = expected.iter().map(|(name, _)| key(name)).collect();
        keys.sort();
        assert!(entities.iter().map(|entity| &entity.key).eq(&keys));
        assert_eq!(view.entities("Acc").count(), 0);
        for (name, balance) in &expected {
            let state = view.state("Account", &key(name)).unwrap().unwrap();
            let attributes = state::decode(&state).unwrap();
            assert_eq!(attributes[0], ("balance".to_owned(), Value::Int(*balance)));
        }
        assert_eq!(view.state("Account", &key("carol")).unwrap(), None);
        assert_eq!(view.verify().unwrap().entities, expected.len() as u64);
    }
}

#[test]
fn a_folder_that_does_not_exist_is_not_created_by_reading() {
    let folder = tempfile::tempdir().unwrap();
    let error = DataFolder::open_read_only(folder.path()).err().unwrap().to_string();
    assert!(error.contains("is not a data folder of Anabranch"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn a_backup_of_a_running_engine_is_a_folder_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let [original, backup, restored] =
        ["original", "backup", "restored"].map(|name| folder.path().join(name));
    let engine = open(&original);
    fill(&engine);
    let verification = engine.backup(&backup).unwrap();
    assert_eq!((verification.sequence, verification.entities), (7, 3));
    assert_eq!(verification.replies, 2);
    submit(&engine, deposit("alice", 100)).value();
    let error = engine.backup(&backup).unwrap_err().to_string();
    assert!(error.contains("is a data folder already"), "{error}");

    let copy = DataFolder::open_read_only(&backup).unwrap();
    assert_eq!(copy.copy(&restored).unwrap(), verification);
    drop(copy);
    let engine = open(&restored);
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(2));
    assert_eq!(submit_once(&engine, deposit("bob", 5), "two", 0).value(), Value::Int(7));
    assert_eq!(submit(&engine, deposit("dave", 1)).value(), Value::Int(5));
    drop(engine);
    assert_eq!(submit(&open(&restored), balance("dave")).value(), Value::Int(5));
}

#[test]
fn a_damaged_log_is_refused_and_repaired() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    submit(&engine, create("alice", 0)).value();
    for _ in 0..10 {
        submit(&engine, deposit("alice", 1)).value();
    }
    engine.close().unwrap();
    let segment = folder.path().join("log/000000000001.segment");
    let bytes = fs::read(&segment).unwrap();
    let states: Vec<_> =
        (0..bytes.len() - 7).filter(|at| &bytes[*at..*at + 7] == b"balance").collect();
    let mut damaged = bytes;
    damaged[states[5]] ^= 1;
    fs::write(&segment, &damaged).unwrap();

    let options = Options::default();
    let refused = Embedded::open(folder.path(), bank::program(), Teller::new(), &options);
    let message = refused.err().unwrap().to_string();
    let repair_command = format!("`anabranch repair {}`", folder.path().display());
    for text in ["record 6", "checksum", &repair_command] {
        assert!(message.contains(text), "{text} in {message}");
    }
    let foretold = diagnose(folder.path()).unwrap();
    let report = repair(folder.path()).unwrap();
    assert_eq!(report.inspection, foretold);
    assert_eq!(report.inspection.last_recoverable, 5);
    let lost = report.inspection.lost.unwrap();
    assert_eq!((lost.first, lost.last), (6, Some(11)));
    assert_eq!(fs::read(&report.cuts[0].copy).unwrap(), damaged);
    let engine = open(folder.path());
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(4));
    assert_eq!(submit(&engine, deposit("alice", 1)).value(), Value::Int(5));
    engine.close().unwrap();
    assert!(repair(folder.path()).unwrap().cuts.is_empty());
    assert_eq!(submit(&open(folder.path()), balance("alice")).value(), Value::Int(5));
}

#[test]
fn a_damaged_store_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    let account = |number| format!("account-{number}");
    let created: Vec<_> =
        (0..5000).map(|number| submit(&engine, create(&account(number), 7))).collect();
    created.iter().for_each(|pending| drop(pending.reply()));
    engine.checkpoint().unwrap();
    engine.close().unwrap();
    let table = largest_file(&folder.path().join("store/tables"));
    let mut bytes = fs::read(&table).unwrap();
    // Among the states, which make up most of the table.
    let middle = bytes.len() / 3;
    bytes[middle] ^= 0x10;
    fs::write(&table, bytes).unwrap();

    let opened = DataFolder::open_read_only(folder.path()).unwrap();
    let problem = opened.view.verify().unwrap_err().to_string();
    assert_eq!(problem, "a block of the store has a wrong checksum");
    drop(opened);
    let engine = open(folder.path());
    let mut replies = (0..5000).map(|number| submit(&engine, balance(&account(number))).reply());
    let refused = replies.find(Result::is_err).unwrap();
    let message = unavailable(&refused);
    assert!(message.contains("could not read its store: a block of the store"), "{message}");
    assert!(engine.ready().is_err());
}

#[test]
fn a_damaged_list_of_tables_is_refused_before_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    submit(&engine, create("alice", 1)).value();
    engine.checkpoint().unwrap();
    engine.close().unwrap();
    let current = fs::read(folder.path().join("store/current")).unwrap();
    let list = folder.path().join(format!("store/v{}", current[0]));
    let whole = fs::read(&list).unwrap();
    // Among these is the high byte of a count, for which the library takes 80 GB.
    for place in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[place] ^= 0x80;
        fs::write(&list, damaged).unwrap();
        let error = DataFolder::open_read_only(folder.path()).err().unwrap().to_string();
        assert!(error.contains("wrong checksum"), "byte {place}: {error}");
        assert!(error.contains("restore it from a backup"), "byte {place}: {error}");
    }
    fs::write(&list, whole).unwrap();
    assert_eq!(submit(&open(folder.path()), balance("alice")).value(), Value::Int(1));
}

fn largest_file(folder: &Path) -> PathBuf {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap()
}
