//! Damage anywhere in a real data folder: all is there, or the folder is refused; never silently
//! less, or something else.
//!
//! A small folder has states, large attributes, and replies, each in the store and in the log. Copies
//! of it are damaged at one place: a bit flips, or a file is cut short. Then an engine opens the
//! copy, and everything is asked. An error has to name the folder and a way out.
//!
//! Which places: all of a small file, and of a larger one as many as [`PLACES_VARIABLE`] says.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use anabranch_embedded::{DataFolder, Embedded, Options};
use anabranch_kernel::{Failure, Operation, Reply};

use crate::bank::{
    self, Teller, balance, create, create_with_note, delete, deposit, exists, note, set_note,
};
use crate::client::{submit, submit_once};
use crate::data_folder::copy_folder;
use crate::random::Random;

/// At how many places one file is damaged; `make crash` does 500.
const PLACES_VARIABLE: &str = "ANABRANCH_PLACES";
const PLACES: usize = 24;
const ACCOUNTS: u64 = 12;

fn open(directory: &Path) -> Result<Embedded, String> {
    let options = Options::default();
    let opened = Embedded::open(directory, bank::program(), Teller::new(), &options);
    opened.map_err(|error| error.to_string())
}

fn account(number: u64) -> String {
    format!("account-{number}")
}

/// Every third account has a note so large that it is stored apart.
fn long_note(number: u64) -> String {
    format!("{number}-").repeat(2500)
}

/// Requests with a key, which can be repeated.
fn keyed(round: u64) -> Vec<(String, Operation)> {
    let deposits = (0..ACCOUNTS).map(|number| {
        (format!("key-{round}-{number}"), deposit(&account(number), 1 + number.cast_signed()))
    });
    deposits.collect()
}

/// A folder with two checkpoints, and a log after them.
fn create_folder(directory: &Path) {
    let engine = open(directory).unwrap();
    for number in 0..ACCOUNTS {
        let name = account(number);
        let operation = match number % 3 {
            0 => create_with_note(&name, 100, &long_note(number)),
            _ => create(&name, 100),
        };
        submit(&engine, operation).value();
    }
    for round in 0..3 {
        for (key, operation) in keyed(round) {
            submit_once(&engine, operation, &key, 0).value();
        }
        submit(&engine, set_note(&account(round * 3), &long_note(round + 50))).value();
        submit(&engine, create(&format!("gone-{round}"), 1)).value();
        submit(&engine, delete(&format!("gone-{round}"))).value();
        if round < 2 {
            engine.checkpoint().unwrap();
        }
    }
    engine.close().unwrap();
}

/// Everything that an engine can be asked, by name.
fn answers(engine: &Embedded) -> BTreeMap<String, Reply> {
    let mut pending = Vec::new();
    for number in 0..ACCOUNTS {
        let name = account(number);
        pending.push((format!("balance {number}"), submit(engine, balance(&name))));
        pending.push((format!("note {number}"), submit(engine, note(&name))));
    }
    for round in 0..3 {
        let gone = exists(&format!("gone-{round}"));
        pending.push((format!("gone {round}"), submit(engine, gone)));
        for (key, operation) in keyed(round) {
            let again = submit_once(engine, operation, &key, 0);
            pending.push((key, again));
        }
    }
    pending.push(("balance at last".to_owned(), submit(engine, balance(&account(0)))));
    pending.into_iter().map(|(name, pending)| (name, pending.reply())).collect()
}

/// What became of a damaged folder.
#[derive(PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Outcome {
    Harmless,
    /// It is not opened.
    Refused,
    /// It is opened, and the engine stops when it reads what is damaged.
    Stopped,
    /// Somebody is told something else: who, and what.
    Silent(String),
}

fn outcome(directory: &Path, expected: &BTreeMap<String, Reply>, what: &str) -> Outcome {
    let engine = match open(directory) {
        Ok(engine) => engine,
        Err(message) => {
            let folder = directory.display().to_string();
            assert!(message.contains(&folder), "{what}: {message}");
            let ways_out = ["restore", "repair", "upgrade", "open it with", "move it away"];
            assert!(ways_out.iter().any(|way_out| message.contains(way_out)), "{what}: {message}");
            return Outcome::Refused;
        }
    };
    let found = answers(&engine);
    let mut outcome = Outcome::Harmless;
    for (name, reply) in &found {
        if *reply == expected[name] {
            continue;
        }
        match reply {
            Err(Failure::Unavailable(_) | Failure::Bug(_)) => outcome = Outcome::Stopped,
            other => {
                let expected = &expected[name];
                return Outcome::Silent(format!("{what}: {name}: {other:?}, not {expected:?}"));
            }
        }
    }
    drop(engine);
    if outcome == Outcome::Harmless {
        let verified = DataFolder::open_read_only(directory).map(|folder| folder.view.verify());
        match verified {
            Ok(Ok(_)) => {}
            Ok(Err(_)) => outcome = Outcome::Stopped,
            Err(error) => panic!("{what}: opened, and refused afterwards: {error}"),
        }
    }
    outcome
}

#[test]
fn a_flipped_bit_anywhere_in_a_folder_is_harmless_or_refused() {
    damage_everywhere("a bit flips", |bytes, place| bytes[place] ^= 1 << (place % 8));
}

#[test]
fn a_file_of_a_folder_cut_short_anywhere_is_harmless_or_refused() {
    damage_everywhere("cut short", |bytes, place| bytes.truncate(place));
}

#[expect(clippy::print_stdout, reason = "the figures are what one wants to know")]
fn damage_everywhere(kind: &str, damage: impl Fn(&mut Vec<u8>, usize)) {
    let mut random = Random::seeded();
    let folder = tempfile::tempdir().unwrap();
    let [original, copy] = ["original", "copy"].map(|name| folder.path().join(name));
    create_folder(&original);
    copy_folder(&original, &copy);
    let expected = answers(&open(&copy).unwrap());
    let mut outcomes: BTreeMap<(String, Outcome), u64> = BTreeMap::new();
    let mut silent = Vec::new();
    for file in files(&original) {
        let bytes = fs::read(original.join(&file)).unwrap();
        // Behind the frames of a segment there are only zeros.
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
        for place in places(used, &mut random) {
            fs::remove_dir_all(&copy).unwrap();
            copy_folder(&original, &copy);
            let mut damaged = bytes.clone();
            damage(&mut damaged, place);
            fs::write(copy.join(&file), damaged).unwrap();
            let what = format!("{kind}: {}, byte {place} of {used}", file.display());
            let outcome = outcome(&copy, &expected, &what);
            if let Outcome::Silent(difference) = &outcome {
                silent.push(difference.clone());
            }
            *outcomes.entry((file.display().to_string(), outcome)).or_default() += 1;
        }
    }
    for ((file, outcome), count) in outcomes {
        println!("{kind}: {file}: {count} {outcome:?}");
    }
    assert!(silent.is_empty(), "silent: {silent:#?}");
}

/// All places below `used`, or some.
fn places(used: usize, random: &mut Random) -> Vec<usize> {
    let count = env::var(PLACES_VARIABLE).map_or(PLACES, |count| count.parse().unwrap());
    if used <= count {
        return (0..used).collect();
    }
    // Beginnings and ends are where formats have most to say.
    let mut places: Vec<_> = (0..8).chain(used - 8..used).collect();
    places.extend((16..count).map(|_| random.below(used as u64) as usize));
    places
}

/// All files with content that matters, relative to the folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::new()];
    while let Some(inner) = folders.pop() {
        for entry in fs::read_dir(folder.join(&inner)).unwrap() {
            let entry = entry.unwrap();
            let path = inner.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else if path != Path::new("anabranch.lock")
                && path.extension() != Some("spare".as_ref())
            {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
