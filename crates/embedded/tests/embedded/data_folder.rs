//! Data folders: new, taken, newer, damaged, foreign.

use std::fs;
use std::path::Path;

use anabranch_embedded::{Application, Embedded, OpenError, Options};
use anabranch_kernel::Value;

use crate::bank::{self, Teller, balance, create};
use crate::client::submit;

fn try_open(directory: &Path) -> Result<Embedded, OpenError> {
    Embedded::open(directory, bank::program(), Teller::new(), &Options::default())
}

fn open_error(directory: &Path) -> OpenError {
    try_open(directory).err().expect("the folder was opened")
}

/// A data folder with the account of alice.
fn create_folder(directory: &Path) {
    let engine = try_open(directory).unwrap();
    submit(&engine, create("alice", 7)).value();
    engine.close().unwrap();
}

fn assert_has_alice(directory: &Path) {
    let engine = try_open(directory).unwrap();
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(7));
}

#[test]
fn a_new_folder_is_created_with_its_parents() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("far/away/data");
    let application = Application { module: "shop".to_owned(), program_hash: "abc123".to_owned() };
    let options = Options { application: Some(application), ..Options::default() };
    let engine = Embedded::open(&directory, bank::program(), Teller::new(), &options).unwrap();
    drop(engine);
    let manifest = fs::read_to_string(directory.join("anabranch.json")).unwrap();
    for text in ["\"format_version\": 2", "\"created_by\"", "\"shop\"", "\"abc123\""] {
        assert!(manifest.contains(text), "{text} in {manifest}");
    }
    assert!(!directory.join("anabranch.json.new").exists());
}

#[test]
fn a_folder_is_used_by_one_engine_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let engine = try_open(folder.path()).unwrap();
    let error = open_error(folder.path());
    assert!(matches!(error, OpenError::InUse { .. }), "{error:?}");
    let message = error.to_string();
    assert!(message.contains(&folder.path().display().to_string()), "{message}");
    assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
    engine.close().unwrap();
    // The closed engine still exists, but has given the folder free.
    try_open(folder.path()).unwrap();
}

#[test]
fn a_newer_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    create_folder(folder.path());
    let manifest = folder.path().join("anabranch.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let newer = text.replace("\"format_version\": 2", "\"format_version\": 99");
    fs::write(&manifest, newer.replace(env!("CARGO_PKG_VERSION"), "7.8.9")).unwrap();
    let message = open_error(folder.path()).to_string();
    let own = env!("CARGO_PKG_VERSION");
    for text in ["version 99", "Anabranch 7.8.9", &format!("Anabranch {own}"), "up to 2;"] {
        assert!(message.contains(text), "{text} in {message}");
    }
    fs::write(&manifest, text).unwrap();
    assert_has_alice(folder.path());
}

#[test]
fn an_older_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    create_folder(folder.path());
    let manifest = folder.path().join("anabranch.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let older = text.replace("\"format_version\": 2", "\"format_version\": 1");
    fs::write(&manifest, older).unwrap();
    let message = open_error(folder.path()).to_string();
    assert!(message.contains("version 1"), "{message}");
    assert!(message.contains("reads version 2 only; open it with the version"), "{message}");
}

#[test]
fn a_half_deleted_folder_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().join("data");
    create_folder(&directory);
    let aside = folder.path().join("aside");
    for (name, expected) in [
        ("anabranch.json", "has log and store but no anabranch.json"),
        ("store", "its store is gone"),
        ("log", "its log is gone"),
        ("store/current", "files of its store are missing"),
        ("store/tables/0", "its store cannot be opened"),
        ("log/000000000001.segment", "there is no segment"),
    ] {
        let backup = folder.path().join("backup");
        copy_folder(&directory, &backup);
        fs::rename(directory.join(name), &aside).unwrap();
        let message = open_error(&directory).to_string();
        assert!(message.contains(expected), "without {name}: {message}");
        let ways_out = ["restore", "anabranch repair"];
        assert!(ways_out.iter().any(|way_out| message.contains(way_out)), "{message}");
        for folder_or_file in [&directory, &aside] {
            if folder_or_file.is_dir() {
                fs::remove_dir_all(folder_or_file).unwrap();
            } else {
                fs::remove_file(folder_or_file).unwrap();
            }
        }
        fs::rename(backup, &directory).unwrap();
        assert_has_alice(&directory);
    }
}

#[test]
fn a_store_of_another_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (folder.path().join("one"), folder.path().join("other"));
    create_folder(&one);
    create_folder(&other);
    fs::copy(one.join("anabranch.json"), other.join("anabranch.json")).unwrap();
    let message = open_error(&other).to_string();
    assert!(message.contains("its store belongs to another data folder"), "{message}");
    assert_has_alice(&one);
}

#[test]
fn an_unreadable_manifest_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    create_folder(folder.path());
    let manifest = folder.path().join("anabranch.json");
    for content in [&b""[..], b"{", b"\xff\xfe", b"{\"format_version\": \"one\"}"] {
        fs::write(&manifest, content).unwrap();
        let message = open_error(folder.path()).to_string();
        assert!(message.contains("its anabranch.json is not readable"), "{message}");
    }
}

#[test]
fn an_interrupted_creation_is_completed() {
    let folder = tempfile::tempdir().unwrap();
    let complete = folder.path().join("complete");
    create_folder(&complete);
    let interrupted = folder.path().join("interrupted");
    fs::create_dir(&interrupted).unwrap();
    // Creation stopped: after the lock; in the middle of the draft; with a part of the rest.
    for stage in 0..3 {
        fs::write(interrupted.join("anabranch.lock"), "1\n").unwrap();
        if stage > 0 {
            fs::write(interrupted.join("anabranch.json.new"), "{\"format").unwrap();
        }
        if stage > 1 {
            copy_folder(&complete.join("store"), &interrupted.join("store"));
            fs::remove_file(interrupted.join("store/current")).unwrap();
            fs::create_dir(interrupted.join("log")).unwrap();
        }
        create_folder(&interrupted);
        assert_has_alice(&interrupted);
        fs::remove_dir_all(&interrupted).unwrap();
        fs::create_dir(&interrupted).unwrap();
    }
}

#[test]
fn a_foreign_folder_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("thesis.tex"), "precious").unwrap();
    let message = open_error(folder.path()).to_string();
    assert!(message.contains("is not a data folder of Anabranch"), "{message}");
    assert!(message.contains("thesis.tex"), "{message}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_file_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    for path in [file.clone(), file.join("data")] {
        let message = open_error(&path).to_string();
        assert!(message.contains("is not a folder"), "{message}");
    }
}

/// Also for root, who may write nearly everywhere.
#[cfg(target_os = "linux")]
#[test]
fn a_place_without_permission_is_named() {
    let error = open_error(Path::new("/sys/kernel/anabranch"));
    assert!(matches!(error, OpenError::NotWritable { .. }), "{error:?}");
    assert!(error.to_string().contains("/sys/kernel/anabranch is not writable"), "{error}");
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
