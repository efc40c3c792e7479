//! Archives, imports, and folders that are filled from elsewhere.

use std::fs;
use std::path::Path;

use anabranch_embedded::{
    CopyError, DataFolder, Embedded, Import, OpenError, Options, Verification, restore_archive,
};
use anabranch_kernel::Value;
use anabranch_kernel::value::{state, wire};

use crate::bank::{self, Teller, balance, create, create_with_note, deposit};
use crate::client::{submit, submit_once};

fn open(directory: &Path) -> Embedded {
    Embedded::open(directory, bank::program(), Teller::new(), &Options::default()).unwrap()
}

fn key(name: &str) -> Vec<u8> {
    wire::encode(&Value::Str(name.to_owned()))
}

fn account(balance: i64) -> Vec<u8> {
    state::encode([("balance", &Value::Int(balance))].into_iter())
}

/// An archive of a running engine.
fn archive(directory: &Path) -> (Vec<u8>, Verification) {
    let engine = open(directory);
    submit(&engine, create("alice", 1)).value();
    submit(&engine, create_with_note("bob", 2, &"x".repeat(5_000))).value();
    submit_once(&engine, deposit("bob", 5), "one", 0).value();
    let mut archive = Vec::new();
    let verification = engine.view().unwrap().archive(None, &mut archive).unwrap();
    submit(&engine, deposit("alice", 100)).value();
    (archive, verification)
}

#[test]
fn an_archive_becomes_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, verification) = archive(&folder.path().join("original"));
    assert_eq!((verification.sequence, verification.entities, verification.replies), (3, 2, 1));
    let restored = folder.path().join("restored");
    assert_eq!(restore_archive(&mut &archive[..], &restored).unwrap(), verification);
    let engine = open(&restored);
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(1));
    assert_eq!(submit_once(&engine, deposit("bob", 5), "one", 0).value(), Value::Int(7));
    let error = restore_archive(&mut &archive[..], &restored).unwrap_err().to_string();
    assert!(error.contains("in use"), "{error}");
    drop(engine);
    let error = restore_archive(&mut &archive[..], &restored).unwrap_err().to_string();
    assert!(error.contains("is a data folder already"), "{error}");
}

#[test]
fn an_archive_that_is_not_whole_becomes_none() {
    let folder = tempfile::tempdir().unwrap();
    let (archive, _) = archive(&folder.path().join("original"));
    let target = folder.path().join("target");
    let engine_refused = || {
        let options = Options::default();
        let opened = Embedded::open(&target, bank::program(), Teller::new(), &options);
        matches!(opened.err(), Some(OpenError::Incomplete { .. }))
    };
    let steps = [0, 1, 7, 8, 11, 12, 20, 200, 400, archive.len() - 33, archive.len() - 1];
    for length in steps {
        let error = restore_archive(&mut &archive[..length], &target).unwrap_err();
        assert!(matches!(error, CopyError::Archive(_)), "{length}: {error}");
        assert!(error.to_string().contains("breaks off"), "{length}: {error}");
        assert!(!target.exists() || engine_refused(), "{length}");
    }
    for at in (0..archive.len()).step_by(97) {
        let mut damaged = archive.clone();
        damaged[at] ^= 1;
        restore_archive(&mut &damaged[..], &target).unwrap_err();
        assert!(!target.exists() || engine_refused(), "{at}");
    }
    restore_archive(&mut &archive[..], &target).unwrap();
    assert!(!engine_refused());
}

#[test]
fn entities_are_imported_into_a_new_folder() {
    let folder = tempfile::tempdir().unwrap();
    let mut import = Import::into_new(folder.path(), None).unwrap();
    import.put("Account", &key("alice"), account(5)).unwrap();
    assert!(import.exists("Account", &key("alice")).unwrap());
    assert!(!import.exists("Account", &key("bob")).unwrap());
    drop(import);
    let error = DataFolder::open_read_only(folder.path()).err().unwrap();
    assert!(matches!(error, OpenError::Incomplete { .. }));

    let mut import = Import::into_new(folder.path(), None).unwrap();
    import.put("Account", &key("alice"), account(6)).unwrap();
    import.finish().unwrap();
    let engine = open(folder.path());
    assert_eq!(submit(&engine, deposit("alice", 1)).value(), Value::Int(7));
}

#[test]
fn an_import_wins_over_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    submit(&engine, create_with_note("alice", 1, &"x".repeat(5_000))).value();
    submit(&engine, create("bob", 2)).value();
    engine.close().unwrap();
    let mut import = Import::into_existing(folder.path()).unwrap();
    assert!(import.exists("Account", &key("alice")).unwrap());
    import.put("Account", &key("alice"), account(50)).unwrap();
    import.finish().unwrap();
    for _ in 0..2 {
        let folder = DataFolder::open_read_only(folder.path()).unwrap();
        let state = folder.view.state("Account", &key("alice")).unwrap();
        assert_eq!(state, Some(account(50)));
        assert_eq!(folder.view.verify().unwrap().sequence, 2);
        let class_names = folder.view.class_names().unwrap();
        assert_eq!(class_names, ["Account"]);
        let after: Vec<_> = folder.view.entities_after("Account", &key("bob")).collect();
        assert_eq!(after.len(), 1);
    }
    let engine = open(folder.path());
    assert_eq!(submit(&engine, deposit("bob", 1)).value(), Value::Int(3));
    drop(engine);
    assert_eq!(submit(&open(folder.path()), balance("alice")).value(), Value::Int(50));
}

#[test]
fn a_key_that_is_too_long_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut import = Import::into_new(folder.path(), None).unwrap();
    let error = import.put("Account", &vec![1; 70_000], account(1)).unwrap_err().to_string();
    assert!(error.contains("is too long"), "{error}");
}

#[test]
fn what_was_in_the_folder_stays() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("letter.txt"), "dear").unwrap();
    let error = Import::into_new(folder.path(), None).err().unwrap().to_string();
    assert!(error.contains("letter.txt"), "{error}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
