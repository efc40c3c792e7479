//! Bounded queues, and the end of an engine.

use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Instant;

use anabranch_embedded::{Embedded, Options};
use anabranch_kernel::{Engine, Failure, Value};

use crate::bank::{self, Teller, balance, create, deposit};
use crate::client::{TIMEOUT, submit, unavailable};
use crate::laboratory::Laboratory;

#[test]
fn a_full_queue_refuses_at_once() {
    let laboratory = Laboratory::new();
    let options = Options { queue_length_max: 2, run_ahead_requests_max: 1, ..Options::default() };
    let (begun_sender, begun) = mpsc::channel();
    let teller = Teller { begun: Some(begun_sender) };
    let engine = laboratory.open_with(teller, &options);
    let gate = laboratory.log_files.gate().close();
    let wait_begun = || begun.recv_timeout(TIMEOUT).unwrap();

    let synced = submit(&engine, create("alice", 0));
    wait_begun();
    gate.wait_entered();
    let ahead = submit(&engine, deposit("alice", 1));
    wait_begun();
    // The executor cannot hand on the effect of this one.
    let held_up = submit(&engine, deposit("alice", 1));
    wait_begun();
    let waiting = [0; 2].map(|_| submit(&engine, deposit("alice", 1)));
    assert_eq!(submit(&engine, balance("alice")).reply(), Err(Failure::Overloaded));
    assert_eq!(engine.ready(), Ok(()), "it is only busy");

    drop(gate);
    synced.value();
    assert_eq!(ahead.value(), Value::Int(1));
    assert_eq!(held_up.value(), Value::Int(2));
    assert_eq!(waiting.map(|pending| pending.value()), [Value::Int(3), Value::Int(4)]);
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(4));
}

#[test]
fn dropping_finishes_what_was_taken() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        Embedded::open(folder.path(), bank::program(), Teller::new(), &Options::default()).unwrap()
    };
    let engine = open();
    submit(&engine, create("alice", 0)).value();
    let pending: Vec<_> = (0..500).map(|_| submit(&engine, deposit("alice", 1))).collect();
    drop(engine);
    assert!(pending.iter().all(|pending| pending.has_reply()), "replies come before the end");
    assert_eq!(submit(&open(), balance("alice")).value(), Value::Int(500));
}

#[test]
fn a_closed_engine_takes_nothing() {
    let engine = Laboratory::new().open();
    assert_eq!(engine.ready(), Ok(()));
    assert_eq!(engine.close(), Ok(()));
    let reply = submit(&engine, create("alice", 0)).reply();
    assert_eq!(unavailable(&reply), "the engine is shutting down");
    assert_eq!(engine.ready(), Err(reply.unwrap_err()));
    assert_eq!(engine.close(), Ok(()), "a second time does nothing");
}

#[test]
fn the_last_user_of_an_engine_may_be_a_reply() {
    let engine = Laboratory::new().open();
    let engine = Arc::new(engine);
    let (dropped, was_dropped) = mpsc::channel();
    let (handed_over, was_handed_over) = mpsc::channel::<()>();
    let held = Arc::clone(&engine);
    let request =
        anabranch_kernel::Request { operation: create("alice", 0), idempotency_key: None };
    engine.submit(
        request,
        Box::new(move |_| {
            was_handed_over.recv_timeout(TIMEOUT).unwrap();
            drop(held);
            dropped.send(()).unwrap();
        }),
    );
    drop(engine);
    handed_over.send(()).unwrap();
    was_dropped.recv_timeout(TIMEOUT).expect("the committer waits for itself");
}

#[test]
fn closing_says_what_it_waits_for() {
    let laboratory = Laboratory::new();
    let engine = laboratory.open();
    let gate = laboratory.log_files.gate().close();
    let written = submit(&engine, create("alice", 1));
    gate.wait_entered();
    thread::scope(|scope| {
        let closing = scope.spawn(|| engine.close());
        let waits_for_log = || engine.waits_for().is_some_and(|what| what.contains("the log"));
        let deadline = Instant::now() + TIMEOUT;
        while !waits_for_log() {
            assert!(Instant::now() < deadline, "{:?}", engine.waits_for());
            thread::yield_now();
        }
        gate.release(Ok(()));
        drop(gate);
        assert_eq!(closing.join().unwrap(), Ok(()));
    });
    assert!(written.reply().is_ok());
    assert_eq!(engine.waits_for(), None);
}
