//! What happens when the disk or we fail.

use std::sync::{Arc, mpsc};

use anabranch_embedded::store::StoreError;
use anabranch_embedded::{Embedded, OpenError, Options};
use anabranch_kernel::{Engine, Failure, Value};

use crate::bank::{self, Teller, balance, create, deposit, exists, panic_in};
use crate::client::{TIMEOUT, submit, submit_once, unavailable};
use crate::memory_store::{Action, MemoryStore};

fn engine_on(store: &Arc<MemoryStore>) -> Embedded {
    let options = Options::default();
    Embedded::with_store(store.clone(), bank::program(), Teller::new(), &options).unwrap()
}

#[test]
fn after_a_failed_sync_nothing_is_acknowledged() {
    let (store, gate) = MemoryStore::gated();
    let store = Arc::new(store);
    let (begun_sender, begun) = mpsc::channel();
    let teller = Teller { begun: Some(begun_sender) };
    let options = Options::default();
    let engine = Embedded::with_store(store.clone(), bank::program(), teller, &options).unwrap();
    let created = submit(&engine, create("alice", 1));
    gate.wait_entered();
    let behind = submit(&engine, deposit("alice", 1));
    let read = submit(&engine, balance("alice"));
    for _ in 0..3 {
        begun.recv_timeout(TIMEOUT).unwrap();
    }
    // By now the deposit was executed and waits for the committer.
    gate.release(Err(StoreError("the disk burns".to_owned())));

    let expected = "the engine stopped because it could not store a group of 1 requests: the disk \
                    burns; nothing was acknowledged after that; mend the cause and restart";
    for pending in [created, behind, read, submit(&engine, exists("alice"))] {
        assert_eq!(unavailable(&pending.reply()), expected);
    }
    let expected = Err(Failure::Unavailable(expected.to_owned()));
    assert_eq!(engine.ready(), expected);
    assert_eq!(engine.close(), expected);
    let actions = [Action::Write { states: 1, replies: 0 }, Action::Persist];
    assert_eq!(store.actions(), actions, "nothing is written after a failed sync");
}

#[test]
fn after_a_failed_write_nothing_is_acknowledged() {
    let store = Arc::new(MemoryStore::default());
    let engine = engine_on(&store);
    submit(&engine, create("alice", 1)).value();
    store.fail_writes("no space left on device");
    let reply = submit(&engine, deposit("alice", 1)).reply();
    assert!(unavailable(&reply).contains("no space left on device"));
    let reply = submit(&engine, balance("alice")).reply();
    assert!(unavailable(&reply).contains("no space left on device"), "reads stop as well");
}

#[test]
fn after_a_failed_read_nothing_is_acknowledged() {
    for with_key in [false, true] {
        let store = Arc::new(MemoryStore::default());
        let engine = engine_on(&store);
        assert_eq!(submit(&engine, exists("alice")).value(), Value::Bool(false));
        store.fail_reads("the disk burns");
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
fn a_store_that_cannot_be_read_is_not_opened() {
    let store = Arc::new(MemoryStore::default());
    store.fail_reads("the disk burns");
    let options = Options::default();
    let opened = Embedded::with_store(store, bank::program(), Teller::new(), &options);
    assert!(matches!(opened.err(), Some(OpenError::Store(_))));
}

#[test]
fn a_bug_undoes_its_transaction_only() {
    let engine = engine_on(&Arc::new(MemoryStore::default()));
    submit(&engine, create("alice", 1)).value();
    let bug = Failure::Bug("a bug for a test".to_owned());
    assert_eq!(submit(&engine, panic_in("alice")).reply(), Err(bug));
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(1));
    assert_eq!(submit(&engine, deposit("alice", 1)).value(), Value::Int(2));
    assert_eq!(engine.close(), Ok(()));
}

#[test]
fn a_key_that_does_not_fit_is_a_mistake_of_the_caller() {
    let engine = engine_on(&Arc::new(MemoryStore::default()));
    let name = "x".repeat(70_000);
    assert_eq!(submit(&engine, create(&name, 1)).raised(), "builtins:ValueError");
    assert_eq!(submit(&engine, exists(&name)).raised(), "builtins:ValueError");
    let once = submit_once(&engine, exists("alice"), &name, 0);
    assert_eq!(once.raised(), "builtins:ValueError");
    assert_eq!(engine.ready(), Ok(()));
}

#[test]
fn a_reply_that_panics_harms_nobody_else() {
    let engine = engine_on(&Arc::new(MemoryStore::default()));
    let operation = create("alice", 1);
    let request = anabranch_kernel::Request { operation, idempotency_key: None };
    engine.submit(request, Box::new(|_| panic!("a panic for a test")));
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(1));
}
