//! Transactions that run too long.

use std::time::Duration;

use anabranch_embedded::{Embedded, Options};
use anabranch_kernel::{Failure, Value};

use crate::bank::{Teller, balance, create, deposit, endless_in};
use crate::client::{submit, submit_once};
use crate::laboratory::Laboratory;

fn engine() -> Embedded {
    let timeout = Some(Duration::from_millis(10));
    let options = Options { transaction_timeout: timeout, ..Options::default() };
    Laboratory::new().open_with(Teller::new(), &options)
}

#[test]
fn a_loop_across_segments_is_undone() {
    let engine = engine();
    submit(&engine, create("alice", 5)).value();
    for _ in 0..3 {
        let endless = submit(&engine, endless_in("alice"));
        let waiting = submit(&engine, balance("alice"));
        assert_eq!(endless.reply(), Err(Failure::Interrupted));
        assert_eq!(waiting.value(), Value::Int(5));
    }
    assert_eq!(submit(&engine, deposit("alice", 1)).value(), Value::Int(6));
    assert_eq!(engine.close(), Ok(()));
}

#[test]
fn an_interrupted_request_runs_again_when_it_is_repeated() {
    let engine = engine();
    submit(&engine, create("alice", 5)).value();
    for _ in 0..2 {
        let reply = submit_once(&engine, endless_in("alice"), "key", 1).reply();
        assert_eq!(reply, Err(Failure::Interrupted));
    }
    assert_eq!(submit_once(&engine, deposit("alice", 1), "key", 1).value(), Value::Int(6));
}
