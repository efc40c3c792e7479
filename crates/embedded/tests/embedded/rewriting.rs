//! The schema that a folder notes, and entities that a migration rewrites.

use std::path::Path;

use anabranch_embedded::{
    Application, DataFolder, Embedded, OpenError, Options, Rewritten, SchemaNote,
};
use anabranch_kernel::Value;
use anabranch_kernel::value::{state, wire};

use crate::bank::{self, Teller, balance, create, create_with_note, deposit};
use crate::client::submit;

fn open(directory: &Path, schema: &str, program_hash: &str) -> Result<Embedded, OpenError> {
    let (module, program_hash) = ("bank".to_owned(), program_hash.to_owned());
    let options = Options {
        application: Some(Application { module, program_hash }),
        schema: Some(schema.to_owned()),
        ..Options::default()
    };
    Embedded::open(directory, bank::program(), Teller::new(), &options)
}

fn note(schema: &str) -> SchemaNote {
    let (leftovers, program_hash) = ("left".to_owned(), "2".to_owned());
    SchemaNote { schema: schema.to_owned(), leftovers, program_hash }
}

fn key(name: &str) -> Vec<u8> {
    wire::encode(&Value::Str(name.to_owned()))
}

#[test]
fn a_folder_with_another_schema_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path(), "one", "1").unwrap();
    submit(&engine, create("alice", 1)).value();
    engine.close().unwrap();
    drop(engine);
    let refused = open(folder.path(), "two", "2").err().unwrap();
    assert!(
        matches!(&refused, OpenError::SchemaDiffers { directory } if directory == folder.path())
    );
    drop(open(folder.path(), "one", "2").unwrap());

    let closed = DataFolder::open_read_only(folder.path()).unwrap();
    let stored = closed.schema.clone().unwrap();
    assert_eq!((&*stored.schema, &*stored.program_hash), ("one", "2"));
    closed.rewrite(std::iter::empty(), &note("two")).unwrap();
    let engine = open(folder.path(), "two", "2").unwrap();
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(1));
    drop(engine);
    assert_eq!(DataFolder::open_read_only(folder.path()).unwrap().schema, Some(note("two")));
}

#[test]
fn entities_are_rewritten_whether_they_are_in_the_log_or_in_the_store() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path(), "one", "1").unwrap();
    submit(&engine, create_with_note("stored", 1, &"x".repeat(10_000))).value();
    engine.checkpoint().unwrap();
    submit(&engine, create_with_note("logged", 2, &"y".repeat(10_000))).value();
    submit(&engine, create("gone", 3)).value();
    submit(&engine, create("other", 4)).value();
    engine.close().unwrap();
    drop(engine);

    let closed = DataFolder::open_read_only(folder.path()).unwrap();
    let state = |balance: i64, note: &str| {
        let (balance, note) = (Value::Int(balance), Value::Str(note.to_owned()));
        Some(state::encode([("balance", &balance), ("note", &note)].into_iter()))
    };
    let rewritten = |name: &str, state| {
        let (class, key) = ("Account".to_owned(), key(name));
        Rewritten { class, key, state }
    };
    let large = "z".repeat(9_000);
    let entities = [
        rewritten("stored", state(10, "small")),
        rewritten("logged", state(20, &large)),
        rewritten("gone", None),
        rewritten("new", state(30, "")),
    ];
    closed.rewrite(entities.into_iter().map(Ok), &note("two")).unwrap();

    let engine = open(folder.path(), "two", "2").unwrap();
    for (name, expected) in [("stored", 10), ("logged", 20), ("new", 30), ("other", 4)] {
        assert_eq!(submit(&engine, balance(name)).value(), Value::Int(expected), "{name}");
        assert_eq!(submit(&engine, deposit(name, 1)).value(), Value::Int(expected + 1), "{name}");
    }
    let view = engine.view().unwrap();
    assert_eq!(view.state("Account", &key("gone")).unwrap(), None);
    assert_eq!(view.verify().unwrap().entities, 4);
    let logged = state::decode(&view.state("Account", &key("logged")).unwrap().unwrap()).unwrap();
    assert!(logged.contains(&("note".to_owned(), Value::Str(large))));
}
