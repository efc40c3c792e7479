//! A request with an idempotency key is executed once.

use std::path::Path;

use anabranch_embedded::{Embedded, Options};
use anabranch_kernel::{Failure, Value};

use crate::bank::{self, Teller, balance, create, deposit, panic_in, transfer};
use crate::client::{submit, submit_once};
use crate::laboratory::Laboratory;

fn open(directory: &Path) -> Embedded {
    Embedded::open(directory, bank::program(), Teller::new(), &Options::default()).unwrap()
}

#[test]
fn a_retry_gets_the_stored_reply_also_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    submit(&engine, create("alice", 100)).value();
    for _ in 0..3 {
        assert_eq!(submit_once(&engine, deposit("alice", 1), "a", 0).value(), Value::Int(101));
    }
    submit(&engine, deposit("alice", 1)).value();
    drop(engine);

    let engine = open(folder.path());
    assert_eq!(submit_once(&engine, deposit("alice", 1), "a", 0).value(), Value::Int(101));
    assert_eq!(submit_once(&engine, deposit("alice", 1), "b", 0).value(), Value::Int(103));
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(103));
}

#[test]
fn a_key_used_for_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    submit(&engine, create("alice", 100)).value();
    submit_once(&engine, deposit("alice", 1), "a", 0).value();
    let conflict = Err(Failure::IdempotencyConflict);
    assert_eq!(submit_once(&engine, deposit("alice", 2), "a", 1).reply(), conflict);
    drop(engine);

    let engine = open(folder.path());
    assert_eq!(submit_once(&engine, deposit("alice", 2), "a", 1).reply(), conflict);
    assert_eq!(submit_once(&engine, deposit("alice", 1), "a", 0).value(), Value::Int(101));
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(101));
}

#[test]
fn an_exception_is_a_final_answer() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    submit(&engine, create("alice", 10)).value();
    submit(&engine, create("bob", 0)).value();
    let too_much = || transfer("alice", "bob", 50);
    assert_eq!(submit_once(&engine, too_much(), "a", 0).raised(), "bank:Overdrawn");
    submit(&engine, deposit("alice", 90)).value();
    assert_eq!(submit_once(&engine, too_much(), "a", 0).raised(), "bank:Overdrawn");
    drop(engine);

    let engine = open(folder.path());
    assert_eq!(submit_once(&engine, too_much(), "a", 0).raised(), "bank:Overdrawn");
    assert_eq!(submit_once(&engine, too_much(), "b", 0).value(), Value::Int(50));
}

#[test]
fn a_fault_of_ours_is_not_a_final_answer() {
    let engine = Laboratory::new().open();
    submit(&engine, create("alice", 10)).value();
    let bug = submit_once(&engine, panic_in("alice"), "a", 0).reply();
    assert!(matches!(bug, Err(Failure::Bug(_))), "{bug:?}");
    assert_eq!(submit_once(&engine, deposit("alice", 1), "a", 0).value(), Value::Int(11));
}

#[test]
fn a_retry_while_the_first_attempt_is_not_durable_waits_for_it() {
    let laboratory = Laboratory::new();
    let engine = laboratory.open();
    let gate = laboratory.log_files.gate().close();
    let created = submit_once(&engine, create("alice", 1), "create", 0);
    gate.wait_entered();
    // The first attempt is being synced, the others are executed or still waiting.
    let retried = submit_once(&engine, create("alice", 1), "create", 0);
    let conflict = submit_once(&engine, create("alice", 2), "create", 1);
    let attempts = [0; 3].map(|body| submit_once(&engine, deposit("alice", 1), "pay", body));
    assert!(!retried.has_reply() && !created.has_reply());
    drop(gate);
    assert_eq!(created.value(), retried.value());
    assert_eq!(conflict.reply(), Err(Failure::IdempotencyConflict));
    for attempt in attempts {
        assert_eq!(attempt.value(), Value::Int(2));
    }
    engine.checkpoint().unwrap();
    assert_eq!(laboratory.store.keys(b"k"), [b"kcreate", &b"kpay"[..]], "each is stored once");
}
