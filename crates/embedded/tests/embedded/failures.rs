//! What happens when the disk or we fail.

use std::io;
use std::sync::{Arc, mpsc};

use anabranch_embedded::{Embedded, OpenError, Options, Storage};
use anabranch_kernel::{Engine, Failure, Value};

use crate::bank::{self, Teller, balance, create, deposit, exists, panic_in};
use crate::client::{TIMEOUT, submit, submit_once, unavailable};
use crate::faulty_store::{FaultyStore, StoreFault};
use crate::laboratory::Laboratory;

#[test]
fn after_a_failed_sync_nothing_is_acknowledged() {
    let laboratory = Laboratory::new();
    let (begun_sender, begun) = mpsc::channel();
    let teller = Teller { begun: Some(begun_sender) };
    let engine = laboratory.open_with(teller, &Options::default());
    let gate = laboratory.log_files.gate().close();
    let created = submit(&engine, create("alice", 1));
    gate.wait_entered();
    let behind = submit(&engine, deposit("alice", 1));
    let read = submit(&engine, balance("alice"));
    for _ in 0..3 {
        begun.recv_timeout(TIMEOUT).unwrap();
    }
    // By now the deposit was executed and waits for the committer.
    gate.release(Err("the disk burns"));

    let expected = "the engine stopped because it could not log a group of 1 requests: cannot sync \
                    log/000000000001.segment: the disk burns; nothing was acknowledged after that; \
                    mend the cause and restart";
    let written = laboratory.log_files.written();
    for pending in [created, behind, read, submit(&engine, exists("alice"))] {
        assert_eq!(unavailable(&pending.reply()), expected);
    }
    let failure = Err(Failure::Unavailable(expected.to_owned()));
    assert_eq!(engine.ready(), failure);
    assert_eq!(engine.checkpoint(), failure);
    assert_eq!(engine.statistics().last_error.as_deref(), Some(expected));
    assert_eq!(engine.close(), failure);
    assert_eq!(laboratory.log_files.written(), written, "nothing is written after a failed sync");
    assert!(laboratory.store.take_applied().is_empty());

    // The sync failed after the write: what was not acknowledged may be there, but nothing else.
    drop(gate);
    let engine = laboratory.open();
    let there = submit(&engine, exists("alice")).value();
    assert_eq!(there, Value::Bool(true));
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(1));
}

#[test]
fn a_full_or_read_only_disk_stops_the_engine_until_it_is_opened_again() {
    for (kind, word) in [
        (io::ErrorKind::StorageFull, "the disk is full"),
        (io::ErrorKind::ReadOnlyFilesystem, "writable"),
    ] {
        let laboratory = Laboratory::new();
        let engine = laboratory.open();
        submit(&engine, create("alice", 1)).value();
        laboratory.log_files.fail_writes(kind);
        let reply = submit(&engine, deposit("alice", 1)).reply();
        assert!(unavailable(&reply).contains(word), "{reply:?}");
        let reply = submit(&engine, balance("alice")).reply();
        assert!(unavailable(&reply).contains(word), "reads stop as well: {reply:?}");
        laboratory.log_files.mend();
        let reply = submit(&engine, balance("alice")).reply();
        assert!(unavailable(&reply).contains(word), "it does not go on by itself: {reply:?}");
        engine.close().unwrap_err();

        let engine = laboratory.open();
        assert_eq!(submit(&engine, deposit("alice", 1)).value(), Value::Int(2));
    }
}

#[test]
fn a_failed_checkpoint_stops_the_engine_and_loses_nothing() {
    let laboratory = Laboratory::new();
    let engine = laboratory.open();
    submit(&engine, create("alice", 1)).value();
    laboratory.store.fail_writes("no space left on device");
    let failure = engine.checkpoint().unwrap_err();
    let message = unavailable(&Err(failure)).to_owned();
    assert!(message.contains("could not write its store: no space left on device"), "{message}");
    assert!(engine.ready().is_err());
    engine.close().unwrap_err();

    laboratory.store.mend();
    let engine = laboratory.open();
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(1));
    engine.checkpoint().unwrap();
    assert_eq!(laboratory.store.keys(b"s").len(), 1);
}

#[test]
fn after_a_failed_read_nothing_is_acknowledged() {
    for with_key in [false, true] {
        let laboratory = Laboratory::new();
        let engine = laboratory.open();
        assert_eq!(submit(&engine, exists("alice")).value(), Value::Bool(false));
        laboratory.store.fail_reads("the disk burns");
        let pending = if with_key {
            submit_once(&engine, exists("alice"), "key", 0)
        } else {
            submit(&engine, exists("alice"))
        };
        assert!(unavailable(&pending.reply()).contains("could not read its store: the disk burns"));
        assert!(engine.ready().is_err());
    }
}

#[test]
fn requests_behind_one_that_kills_the_executor_are_answered() {
    let laboratory = Laboratory::new();
    let store = FaultyStore::new(laboratory.store.clone());
    let storage = Storage { store: Arc::new(store.clone()), ..laboratory.storage() };
    let teller = Teller::new();
    let options = Options::default();
    let engine = Embedded::with_storage(storage, bank::program(), teller, &options).unwrap();
    let gate = laboratory.log_files.gate().close();
    let created = submit(&engine, create("alice", 1));
    gate.wait_entered();
    // Each of the following reads twice: its key, and whether there is nobody.
    store.plan(2, StoreFault::Panic);
    let behind: Vec<_> = (0..100)
        .map(|number| submit_once(&engine, exists("nobody"), &format!("key-{number}"), 0))
        .collect();
    gate.release(Ok(()));
    drop(gate);
    created.reply().ok();
    for pending in behind.into_iter().skip(1) {
        unavailable(&pending.reply());
    }
    assert!(engine.ready().is_err());
    engine.close().unwrap_err();
}

#[test]
fn a_store_that_cannot_be_read_is_not_opened() {
    let laboratory = Laboratory::new();
    laboratory.store.fail_reads("the disk burns");
    let opened = laboratory.try_open(Teller::new(), &Options::default());
    assert!(matches!(opened.err(), Some(OpenError::Store(_))));
}

#[test]
fn a_bug_undoes_its_transaction_only() {
    let engine = Laboratory::new().open();
    submit(&engine, create("alice", 1)).value();
    let bug = Failure::Bug("a bug for a test".to_owned());
    assert_eq!(submit(&engine, panic_in("alice")).reply(), Err(bug));
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(1));
    assert_eq!(submit(&engine, deposit("alice", 1)).value(), Value::Int(2));
    assert_eq!(engine.close(), Ok(()));
}

#[test]
fn a_key_that_does_not_fit_is_a_mistake_of_the_caller() {
    let engine = Laboratory::new().open();
    let name = "x".repeat(70_000);
    assert_eq!(submit(&engine, create(&name, 1)).raised(), "builtins:ValueError");
    assert_eq!(submit(&engine, exists(&name)).raised(), "builtins:ValueError");
    let once = submit_once(&engine, exists("alice"), &name, 0);
    assert_eq!(once.raised(), "builtins:ValueError");
    assert_eq!(engine.ready(), Ok(()));
}

#[test]
fn a_reply_that_panics_harms_nobody_else() {
    let engine = Laboratory::new().open();
    let operation = create("alice", 1);
    let request = anabranch_kernel::Request { operation, idempotency_key: None };
    engine.submit(request, Box::new(|_| panic!("a panic for a test")));
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(1));
}
