//! The limits of the transaction driver, with accounts that an interpreter in Rust runs.

#[path = "../../embedded/tests/embedded/bank.rs"]
#[allow(dead_code, reason = "the tests of the embedded engine use all of it")]
mod bank;

use std::collections::HashMap;
use std::sync::Arc;

use anabranch_kernel::value::wire::encode;
use anabranch_kernel::{
    EntityId, Failure, Limits, Operation, StateReader, TransactionContext, TransactionDriver,
    Transition, Value,
};
use bank::Teller;

const CONTEXT: TransactionContext = TransactionContext { start_time_nanoseconds: 0, seed: [0; 32] };

#[derive(Default)]
struct States {
    states: HashMap<EntityId, Arc<[u8]>>,
    reads: usize,
}

impl StateReader for States {
    fn read(&mut self, id: &EntityId) -> Result<Option<Arc<[u8]>>, String> {
        self.reads += 1;
        Ok(self.states.get(id).cloned())
    }
}

/// A bank whose committed states are kept beside the driver.
struct Bank {
    driver: TransactionDriver<Teller>,
    states: States,
}

impl Bank {
    fn new(limits: Limits) -> Self {
        let driver = TransactionDriver::with_limits(Teller::new(), limits);
        Self { driver, states: States::default() }
    }

    /// The reply and what was written, as text to compare.
    fn execute(&mut self, operation: &Operation) -> String {
        let Transition { reply, writes } =
            self.driver.execute(operation, &CONTEXT, &mut self.states);
        let text = format!("{reply:?} {writes:?}");
        for write in writes {
            let before = match write.state {
                Some(state) => self.states.states.insert(write.id, state),
                None => self.states.states.remove(&write.id),
            };
            assert_eq!(write.before, before, "a write says what it replaces");
        }
        text
    }
}

/// Small numbers from a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn name(&mut self) -> String {
        // Some accounts are used far more often than others.
        let range = if self.below(2) == 0 { 4 } else { 40 };
        format!("account {}", self.below(range))
    }

    /// Creations, transfers, failing ones too, to others and to itself, reads and deletions.
    fn operation(&mut self) -> Operation {
        let (name, amount) = (self.name(), self.below(60).cast_signed());
        match self.below(10) {
            0..3 => bank::create(&name, 50),
            3..8 => bank::transfer(&name, &self.name(), amount),
            8 => bank::balance(&name),
            _ if self.below(3) == 0 => bank::delete(&name),
            _ => bank::exists(&name),
        }
    }
}

#[test]
fn any_limit_on_memory_gives_the_same_results_as_none() {
    for (seed, live_bytes) in [0, 300, 500, 1000, 2000, 4000].into_iter().enumerate() {
        let mut unlimited = Bank::new(Limits::default());
        let mut limited = Bank::new(Limits { live_bytes, ..Limits::default() });
        let mut random = Random(seed as u64);
        for step in 0..1500 {
            let operation = random.operation();
            let expected = unlimited.execute(&operation);
            assert_eq!(limited.execute(&operation), expected, "limit {live_bytes}, step {step}");
            let live = limited.driver.session(|session| session.live_bytes());
            assert!(live <= live_bytes, "{live} bytes are live, {live_bytes} may be");
        }
        assert_eq!(limited.states.states, unlimited.states.states);
        assert!(
            limited.states.reads > unlimited.states.reads,
            "nothing was evicted with limit {live_bytes}"
        );
    }
}

fn is_too_large(transition: &Transition) -> bool {
    assert!(transition.writes.is_empty() || transition.reply.is_ok());
    matches!(&transition.reply, Err(Failure::Raised(raised))
        if raised.class == "anabranch:TransactionTooLarge")
}

#[test]
fn a_transaction_that_touches_too_much_is_undone() {
    let mut bank = Bank::new(Limits { touched_entities: 1, ..Limits::default() });
    bank.execute(&bank::create("alice", 50));
    bank.execute(&bank::create("bob", 50));
    let transfer = bank::transfer("alice", "bob", 20);
    let transition = bank.driver.execute(&transfer, &CONTEXT, &mut bank.states);
    assert!(is_too_large(&transition), "{transition:?}");
    let to_itself = bank::transfer("alice", "alice", 20);
    let transition = bank.driver.execute(&to_itself, &CONTEXT, &mut bank.states);
    assert_eq!(transition.reply, Ok(encode(&Value::Int(50))));
}

#[test]
fn a_transaction_that_changes_too_much_is_undone() {
    let mut bank = Bank::new(Limits::default());
    bank.execute(&bank::create("alice", 50));
    bank.execute(&bank::create("bob", 50));
    let transfer = bank::transfer("alice", "bob", 20);
    let transition = bank.driver.execute(&transfer, &CONTEXT, &mut bank.states);
    let states = transition.writes.iter().filter_map(|write| write.state.as_ref());
    let needed = states.map(|state| state.len()).sum::<usize>() + transition.reply.unwrap().len();
    for (effect_bytes, fits) in [(needed, true), (needed - 1, false), (0, false)] {
        let limits = Limits { effect_bytes, ..Limits::default() };
        let mut driver = TransactionDriver::with_limits(Teller::new(), limits);
        let transition = driver.execute(&transfer, &CONTEXT, &mut bank.states);
        assert_eq!(!is_too_large(&transition), fits, "{effect_bytes}: {transition:?}");
        // The next transaction sees what was committed.
        let read = driver.execute(&bank::exists("alice"), &CONTEXT, &mut bank.states);
        assert_eq!(read.reply.is_ok(), effect_bytes > 0);
    }
}
