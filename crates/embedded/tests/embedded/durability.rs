//! What was acknowledged is there; what is not durable is not acknowledged.

use std::sync::mpsc;

use anabranch_embedded::{Embedded, Options};
use anabranch_kernel::Value;

use crate::bank::{self, Teller, balance, create, delete, deposit, exists, transfer};
use crate::client::{TIMEOUT, submit};
use crate::laboratory::Laboratory;

fn open(directory: &std::path::Path) -> Embedded {
    Embedded::open(directory, bank::program(), Teller::new(), &Options::default()).unwrap()
}

#[test]
fn committed_state_is_there_after_reopening() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    for name in ["alice", "bob", "carol"] {
        submit(&engine, create(name, 100)).value();
    }
    assert_eq!(submit(&engine, transfer("alice", "bob", 30)).value(), Value::Int(70));
    submit(&engine, delete("carol")).value();
    engine.close().unwrap();

    let engine = open(folder.path());
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(70));
    assert_eq!(submit(&engine, balance("bob")).value(), Value::Int(130));
    assert_eq!(submit(&engine, exists("carol")).value(), Value::Bool(false));
    assert_eq!(submit(&engine, balance("carol")).raised(), "anabranch:EntityNotFound");
}

#[test]
fn an_exception_undoes_every_entity() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    submit(&engine, create("alice", 10)).value();
    submit(&engine, create("bob", 10)).value();
    assert_eq!(submit(&engine, transfer("alice", "bob", 11)).raised(), "bank:Overdrawn");
    let balances = || ["alice", "bob"].map(|name| submit(&engine, balance(name)).value());
    assert_eq!(balances(), [Value::Int(10), Value::Int(10)]);
    submit(&engine, transfer("alice", "bob", 10)).value();
    assert_eq!(balances(), [Value::Int(0), Value::Int(20)]);
    drop(engine);

    let engine = open(folder.path());
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(0));
    assert_eq!(submit(&engine, balance("bob")).value(), Value::Int(20));
}

#[test]
fn state_belongs_to_the_class_name_not_to_its_number() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    submit(&engine, create("alice", 10)).value();
    drop(engine);

    let program = bank::program_with_classes(&["Ledger", "Account"]);
    let engine =
        Embedded::open(folder.path(), program, Teller::new(), &Options::default()).unwrap();
    // The test's operations name class number 0, which is `Ledger` now.
    assert_eq!(submit(&engine, exists("alice")).value(), Value::Bool(false));
    let mut id = bank::id("alice");
    id.operator.0 = 1;
    let exists = anabranch_kernel::Operation::Exists { target: id };
    assert_eq!(submit(&engine, exists).value(), Value::Bool(true));
}

#[test]
fn replies_wait_for_the_sync_and_the_executor_runs_ahead() {
    const AHEAD: usize = 50;
    let laboratory = Laboratory::new();
    let (begun_sender, begun) = mpsc::channel();
    let teller = Teller { begun: Some(begun_sender) };
    let engine = laboratory.open_with(teller, &Options::default());
    let gate = laboratory.log_files.gate().close();

    let first = submit(&engine, create("alice", 1)).0;
    gate.wait_entered();
    let ahead: Vec<_> = (0..AHEAD).map(|_| submit(&engine, deposit("alice", 1))).collect();
    let read = submit(&engine, balance("alice"));
    let last = submit(&engine, exists("nobody"));
    for _ in 0..1 + AHEAD + 2 {
        begun.recv_timeout(TIMEOUT).expect("the executor does not run ahead");
    }
    // By now all but the last were executed, while the first group is still being synced.
    assert_eq!(engine.statistics().sequence, 0);
    assert!(first.try_recv().is_err(), "a reply before the sync");
    assert!(!read.has_reply(), "a reply that tells of what is not durable");

    gate.release(Ok(()));
    first.recv_timeout(TIMEOUT).unwrap().unwrap();
    gate.wait_entered();
    assert!(ahead.iter().all(|pending| !pending.has_reply()), "a reply before the sync");
    assert!(!read.has_reply(), "a reply that tells of what is not durable");
    gate.release(Ok(()));
    let replies: Vec<_> = ahead.iter().map(|pending| pending.value()).collect();
    let expected: Vec<_> = (2..).take(AHEAD).map(Value::Int).collect();
    assert_eq!(replies, expected);
    assert_eq!(read.value(), Value::Int(1 + AHEAD as i64));
    assert_eq!(last.value(), Value::Bool(false));
    let statistics = engine.statistics();
    assert_eq!((statistics.groups, statistics.sequence), (2, 1 + AHEAD as u64));
}

#[test]
fn replies_leave_in_the_order_of_execution() {
    let folder = tempfile::tempdir().unwrap();
    let engine = open(folder.path());
    submit(&engine, create("alice", 0)).value();
    let (sender, replies) = mpsc::channel();
    for index in 0..200 {
        let operation = if index % 3 == 0 { balance("alice") } else { deposit("alice", 1) };
        let request = anabranch_kernel::Request { operation, idempotency_key: None };
        let sender = sender.clone();
        let on_reply = Box::new(move |_| sender.send(index).unwrap());
        anabranch_kernel::Engine::submit(&engine, request, on_reply);
    }
    drop(sender);
    engine.close().unwrap();
    assert!(replies.iter().eq(0..200));
}

#[test]
fn reads_need_no_sync() {
    let engine = Laboratory::new().open();
    assert_eq!(submit(&engine, exists("alice")).value(), Value::Bool(false));
    assert_eq!(submit(&engine, balance("alice")).raised(), "anabranch:EntityNotFound");
    engine.close().unwrap();
    assert_eq!(engine.statistics().groups, 0);
}

#[test]
fn what_is_read_back_while_it_is_not_durable_is_the_latest() {
    let laboratory = Laboratory::new();
    let engine = laboratory.open();
    let gate = laboratory.log_files.gate().close();
    let created = submit(&engine, create("alice", 1));
    gate.wait_entered();
    let paid = submit(&engine, deposit("alice", 4));
    // An exception makes the engine forget the live entity, so that it is read again.
    let failed = submit(&engine, transfer("alice", "nobody", 1));
    let read = submit(&engine, balance("alice"));
    let deleted = submit(&engine, delete("alice"));
    let gone = submit(&engine, exists("alice"));
    drop(gate);
    created.value();
    assert_eq!(paid.value(), Value::Int(5));
    assert_eq!(failed.raised(), "anabranch:EntityNotFound");
    assert_eq!(read.value(), Value::Int(5));
    assert_eq!(deleted.value(), Value::None);
    assert_eq!(gone.value(), Value::Bool(false));
}
