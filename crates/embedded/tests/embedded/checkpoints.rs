//! What comes into the store, and when; what is left in the log; memory that stays bounded.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use anabranch_embedded::{Clock, Embedded, Options};
use anabranch_kernel::{Engine, Failure, Value};

use crate::bank::{
    self, Teller, balance, create, create_with_note, delete, deposit, exists, set_note, transfer,
};
use crate::client::{TIMEOUT, submit, submit_once};
use crate::laboratory::Laboratory;
use crate::random::Random;

#[test]
fn a_checkpoint_brings_the_latest_of_everything_into_the_store_at_once() {
    let laboratory = Laboratory::new();
    let engine = laboratory.open();
    for name in ["alice", "bob", "carol"] {
        submit(&engine, create(name, 10)).value();
    }
    submit_once(&engine, deposit("alice", 1), "key", 0).value();
    submit(&engine, delete("carol")).value();
    assert!(laboratory.store.take_applied().is_empty(), "before the checkpoint");
    engine.checkpoint().unwrap();

    let applied = laboratory.store.take_applied();
    assert_eq!(applied.len(), 1, "all at once");
    let states = |removed: bool| {
        let states = applied[0].iter().filter(|change| change.key[0] == b's');
        states.filter(|change| change.value.is_none() == removed).count()
    };
    assert_eq!((states(false), states(true)), (2, 1));
    assert_eq!(laboratory.store.keys(b"k"), [b"kkey"]);
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(11));
    engine.checkpoint().unwrap();
    assert!(laboratory.store.take_applied()[0].iter().all(|change| change.key[0] == b'm'));
}

#[test]
fn reads_see_what_is_on_its_way_into_the_store() {
    let laboratory = Laboratory::new();
    // Due after the first change, and not overdue after the second.
    let options = Options { memory_bytes: 32 / 3 * 150, ..Options::default() };
    let engine = laboratory.open_with(Teller::new(), &options);
    let gate = laboratory.store.gate().close();
    submit(&engine, create("alice", 1)).value();
    gate.wait_entered();
    // An exception makes the engine forget the live entity, so that it is read again.
    let forget = || submit(&engine, transfer("alice", "nobody", 1)).raised();
    forget();
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(1));
    assert_eq!(submit(&engine, deposit("alice", 1)).value(), Value::Int(2));
    forget();
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(2));
    gate.release(Ok(()));
    drop(gate);
    engine.checkpoint().unwrap();
    forget();
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(2));
}

#[test]
fn random_transfers_survive_checkpoints_and_reopening() {
    const ACCOUNTS: u64 = 30;
    let mut random = Random::seeded();
    let laboratory = Laboratory::new();
    let account = |number: u64| format!("account-{number}");
    let mut balances = vec![1000; ACCOUNTS as usize];
    let engine = laboratory.open();
    for number in 0..ACCOUNTS {
        submit(&engine, create(&account(number), 1000)).value();
    }
    drop(engine);
    for _ in 0..20 {
        let options = Options {
            checkpoint_bytes: 1 + random.below(100_000),
            checkpoint_on_close: random.below(2) == 0,
            // Nothing stays live, or nearly nothing.
            memory_bytes: random.below(100_000) as usize,
            ..Options::default()
        };
        let engine = laboratory.open_with(Teller::new(), &options);
        for _ in 0..random.below(300) {
            let source = random.below(ACCOUNTS);
            let target = (source + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS;
            let amount = random.below(400).cast_signed();
            let operation = transfer(&account(source), &account(target), amount);
            if submit(&engine, operation).reply().is_ok() {
                balances[source as usize] -= amount;
                balances[target as usize] += amount;
            }
        }
        for (number, expected) in balances.iter().enumerate() {
            let found = submit(&engine, balance(&account(number as u64))).value();
            assert_eq!(found, Value::Int(*expected));
        }
        engine.close().unwrap();
    }
    assert!(balances.iter().any(|balance| *balance != 1000));
}

#[test]
fn the_log_is_cut_at_checkpoints() {
    let laboratory = Laboratory::new();
    let options = Options { checkpoint_bytes: 200_000, ..Options::default() };
    let engine = laboratory.open_with(Teller::new(), &options);
    submit(&engine, create_with_note("alice", 1, &"x".repeat(3000))).value();
    let mut largest = 0;
    for _ in 0..5000 {
        submit(&engine, deposit("alice", 1)).value();
        largest = largest.max(engine.statistics().log_bytes);
    }
    let statistics = engine.statistics();
    assert!(statistics.checkpoints >= 10, "{statistics:?}");
    assert!(laboratory.log_files.written() > 10 << 20, "{}", laboratory.log_files.written());
    assert!(largest < 8 << 20, "15 MB were logged, {largest} bytes were in the log at once");
}

#[test]
fn one_attribute_of_a_large_entity_is_written_alone() {
    let laboratory = Laboratory::new();
    let engine = laboratory.open();
    let note = "x".repeat(1_000_000);
    submit(&engine, create_with_note("alice", 1, &note)).value();
    engine.checkpoint().unwrap();
    let written = laboratory.log_files.written();
    assert!(written > 1_000_000);
    laboratory.store.take_applied();

    assert_eq!(submit(&engine, deposit("alice", 1)).value(), Value::Int(2));
    let logged = laboratory.log_files.written() - written;
    assert!(logged < 500, "{logged} bytes in the log");
    engine.checkpoint().unwrap();
    let stored: usize = laboratory.store.take_applied()[0]
        .iter()
        .map(|change| change.key.len() + change.value.as_ref().map_or(0, Vec::len))
        .sum();
    assert!(stored < 500, "{stored} bytes in the store");

    // The parts come together again: from the store, and from store and log.
    submit(&engine, deposit("alice", 1)).value();
    drop(engine);
    let engine = laboratory.open();
    assert_eq!(submit(&engine, bank::note("alice")).value(), Value::Str(note));
    assert_eq!(submit(&engine, balance("alice")).value(), Value::Int(3));
}

#[test]
fn large_attributes_go_when_they_are_not_needed_any_more() {
    for reopen in [false, true] {
        let laboratory = Laboratory::new();
        let mut engine = laboratory.open();
        let checkpoint = |engine: Embedded| {
            let engine = if reopen {
                drop(engine);
                laboratory.open()
            } else {
                engine
            };
            engine.checkpoint().unwrap();
            let count = laboratory.store.keys(b"a").len();
            (engine, count)
        };
        let large = "x".repeat(10_000);
        let mut count;
        submit(&engine, create_with_note("alice", 1, &large)).value();
        submit(&engine, create_with_note("bob", 1, &large)).value();
        (engine, count) = checkpoint(engine);
        assert_eq!(count, 2);
        submit(&engine, set_note("alice", "short")).value();
        submit(&engine, delete("bob")).value();
        (engine, count) = checkpoint(engine);
        assert_eq!(count, 0);
        submit(&engine, set_note("alice", &large)).value();
        submit(&engine, set_note("alice", "short")).value();
        (engine, count) = checkpoint(engine);
        assert_eq!(count, 0);
        assert_eq!(submit(&engine, bank::note("alice")).value(), Value::Str("short".to_owned()));
    }
}

#[test]
fn state_may_be_ten_times_larger_than_memory() {
    const ACCOUNTS: u64 = 2000;
    let folder = tempfile::tempdir().unwrap();
    let options = Options { memory_bytes: 200_000, ..Options::default() };
    let engine = Embedded::open(folder.path(), bank::program(), Teller::new(), &options).unwrap();
    let account = |number: u64| format!("account-{number}");
    let note = "x".repeat(1000);
    let mut largest = 0;
    for number in 0..ACCOUNTS {
        submit(&engine, create_with_note(&account(number), 0, &note)).value();
    }
    let mut random = Random::seeded();
    let mut expected = vec![0; ACCOUNTS as usize];
    for _ in 0..ACCOUNTS {
        let number = random.below(ACCOUNTS);
        expected[number as usize] += 1;
        submit(&engine, deposit(&account(number), 1)).value();
        let statistics = engine.statistics();
        largest = largest.max(statistics.live_bytes + statistics.overlay_bytes);
    }
    assert!(largest < 200_000, "{largest} bytes in memory");
    for (number, expected) in expected.into_iter().enumerate() {
        let balance = submit(&engine, balance(&account(number as u64))).value();
        assert_eq!(balance, Value::Int(expected));
    }
}

#[test]
fn replies_are_kept_for_a_time() {
    let now = Arc::new(AtomicI64::new(0));
    let clock = {
        let now = Arc::clone(&now);
        Clock::new(move || now.load(Ordering::Relaxed))
    };
    let laboratory = Laboratory::new();
    let options =
        Options { clock, reply_retention_time: Duration::from_secs(60), ..Options::default() };
    let engine = laboratory.open_with(Teller::new(), &options);
    submit(&engine, create("alice", 0)).value();
    let pay = |key: &str| submit_once(&engine, deposit("alice", 1), key, 0).value();
    for (second, key) in [(0, "a"), (50, "b"), (59, "c")] {
        now.store(second * 1_000_000_000, Ordering::Relaxed);
        pay(key);
        engine.checkpoint().unwrap();
    }
    assert_eq!(laboratory.store.keys(b"k").len(), 3);
    now.store(61_000_000_000, Ordering::Relaxed);
    engine.checkpoint().unwrap();
    assert_eq!(laboratory.store.keys(b"k"), [b"kb", b"kc"]);
    assert_eq!(laboratory.store.keys(b"o").len(), 2);
    assert_eq!(pay("b"), Value::Int(2), "it is still known");
    assert_eq!(pay("a"), Value::Int(4), "it was forgotten");
    now.store(1_000_000_000_000, Ordering::Relaxed);
    engine.checkpoint().unwrap();
    assert!(laboratory.store.keys(b"k").is_empty());
}

#[test]
fn so_many_replies_are_kept_and_no_more() {
    let laboratory = Laboratory::new();
    let options = Options { reply_retention_count: 5, ..Options::default() };
    let engine = laboratory.open_with(Teller::new(), &options);
    submit(&engine, create("alice", 0)).value();
    for number in 0..20 {
        submit_once(&engine, deposit("alice", 1), &format!("key-{number:02}"), 0).value();
        if number % 7 == 0 {
            engine.checkpoint().unwrap();
        }
    }
    engine.checkpoint().unwrap();
    let expected: Vec<_> = (15..20).map(|number| format!("kkey-{number}").into_bytes()).collect();
    assert_eq!(laboratory.store.keys(b"k"), expected);
    assert_eq!(laboratory.store.keys(b"o").len(), 5);
    drop(engine);
    let engine = laboratory.open_with(Teller::new(), &options);
    assert_eq!(submit_once(&engine, deposit("alice", 1), "key-15", 0).value(), Value::Int(16));
    assert_eq!(submit_once(&engine, deposit("alice", 1), "key-14", 0).value(), Value::Int(21));
}

#[test]
fn a_request_that_has_waited_too_long_is_not_executed() {
    let now = Arc::new(AtomicI64::new(0));
    let clock = {
        let now = Arc::clone(&now);
        Clock::new(move || now.load(Ordering::Relaxed))
    };
    let laboratory = Laboratory::new();
    let (begun_sender, begun) = mpsc::channel();
    let teller = Teller { begun: Some(begun_sender) };
    let options = Options {
        clock,
        queue_time_max: Duration::from_millis(100),
        run_ahead_requests_max: 1,
        ..Options::default()
    };
    let engine = laboratory.open_with(teller, &options);
    let gate = laboratory.log_files.gate().close();
    let synced = submit(&engine, create("alice", 1));
    gate.wait_entered();
    let ahead = submit(&engine, deposit("alice", 1));
    // The executor cannot hand on the effect of this one.
    let held_up = submit(&engine, deposit("alice", 1));
    for _ in 0..3 {
        begun.recv_timeout(TIMEOUT).unwrap();
    }
    let old = submit(&engine, deposit("alice", 1));
    now.store(100_000_000, Ordering::Relaxed);
    let young = submit(&engine, deposit("alice", 1));
    now.store(100_000_001, Ordering::Relaxed);
    drop(gate);
    assert_eq!(old.reply(), Err(Failure::Overloaded));
    assert!(synced.reply().is_ok());
    assert_eq!([ahead.value(), held_up.value(), young.value()], [2, 3, 4].map(Value::Int));
    assert_eq!(engine.ready(), Ok(()));
    assert_eq!(submit(&engine, exists("alice")).value(), Value::Bool(true));
}
