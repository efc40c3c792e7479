//! Interrupts that come at any instant reach the transaction that they are meant for, and no other.

mod harness;
mod shop;

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use anabranch_kernel::{Failure, Manner, Value};
use harness::{eval, module, python};
use pyo3::prelude::*;
use shop::{ITEM, Shop, id, text};

/// Transactions of each test, about half of which are interrupted.
const TRANSACTIONS: usize = 80;

/// What the method `run_hook` does: it swallows what is raised, and tidies up without end.
const STUBBORN: &str = "
def stubborn():
    while True:
        try:
            try:
                while True: pass
            finally:
                while True: pass
        except BaseException:
            pass

def quick():
    for _ in range(100): pass
    return 7
";

#[test]
fn interrupts_reach_only_the_transaction_they_are_meant_for() {
    let mut shop = python(|py| {
        let hooks = module(py, "interrupt_hooks", STUBBORN);
        let shop = Shop::open();
        let quick = hooks.getattr("quick").expect("it is defined");
        py.import("shop").and_then(|it| it.setattr("hook", quick)).expect("a hook can be set");
        shop
    });
    shop.create(ITEM, &[text("pen")]).expect("a reply");
    let pen = id(ITEM, "pen");
    let (running, interrupter) = shop.interrupter();
    let is_over = AtomicBool::new(false);
    let mut interrupted = 0;
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut manner = Manner::Ask;
            while !is_over.load(Ordering::Relaxed) {
                // Only every second transaction may be interrupted.
                if let Some(number) = running.number().filter(|number| number.get() % 2 == 0) {
                    running.stop(number);
                    interrupter.interrupt(&running, number, manner);
                    manner = match manner {
                        Manner::Ask => Manner::Insist,
                        Manner::Insist => Manner::Ask,
                    };
                }
            }
        });
        for count in 0..TRANSACTIONS {
            // The creation was the first.
            let may_be_interrupted = count % 2 == 0;
            if may_be_interrupted {
                set_hook("stubborn");
            }
            let reply = shop.call(&pen, "run_hook", &[]);
            set_hook("quick");
            if may_be_interrupted {
                assert_eq!(reply, Err(Failure::Interrupted), "transaction {count}");
                interrupted += 1;
            } else {
                assert!(reply.is_ok(), "transaction {count}: {reply:?}");
            }
        }
        is_over.store(true, Ordering::Relaxed);
    });
    assert_eq!(interrupted, TRANSACTIONS / 2);
    assert_eq!(shop.get(&pen, "stock"), Value::Int(0));
}

/// Runs Python of ours between two transactions, which no interrupt may reach.
fn set_hook(name: &str) {
    Python::attach(|py| {
        let hooks = py.import("interrupt_hooks").expect("no interrupt here");
        let seven: usize = eval(&hooks, "quick()").extract().expect("no interrupt here");
        assert_eq!(seven, 7);
        let hook = hooks.getattr(name).expect("it is defined");
        py.import("shop").and_then(|it| it.setattr("hook", hook)).expect("a hook can be set");
    });
}
