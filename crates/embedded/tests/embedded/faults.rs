//! Disks that fail in the middle of things: whatever was acknowledged is there when the engine is
//! opened again, everything else is there or not, and nothing is there twice.
//!
//! Each run works on a few accounts until the log's disk fails at a random operation: a write that
//! stops halfway, a sync that fails, a full disk, a loss of power, or a death of the process; or the
//! store does, before or after it has done its work. Then it opens what is left, several times over,
//! and retries everything.

use std::io;
use std::sync::Arc;

use anabranch_embedded::{Embedded, OpenError, Options, Storage};
use anabranch_kernel::{Operation, Value};
use anabranch_log::Preparation;
use anabranch_log::testing::{Fault, MemoryFiles, Plan};

use crate::bank::{self, Teller, balance, create, note, set_note, transfer};
use crate::client::{submit, submit_once};
use crate::faulty_store::{FaultyStore, StoreFault};
use crate::memory_store::MemoryStore;
use crate::random::Random;

const ACCOUNTS: u64 = 6;
const START_BALANCE: i64 = 1_000_000;
const RUNS: u64 = 80;

struct Machine {
    memory: Arc<MemoryStore>,
    store: FaultyStore,
    files: MemoryFiles,
}

impl Machine {
    fn new(seed: u64) -> Self {
        let memory: Arc<MemoryStore> = Arc::default();
        let store = FaultyStore::new(Arc::clone(&memory));
        let machine = Self { memory, store, files: MemoryFiles::new(seed) };
        machine.storage().create("machine").unwrap();
        machine
    }

    fn storage(&self) -> Storage {
        // Small segments, so that failures meet their beginnings and ends too.
        let log_options = anabranch_log::Options {
            first_segment_bytes: 4096,
            largest_segment_bytes: 16384,
            spare_segments: 2,
            preparation: Preparation::WhenNeeded,
        };
        let store = Arc::new(self.store.clone());
        Storage { store, log_files: self.files.shared(), log_options }
    }

    fn open(&self, checkpoint_bytes: u64) -> Result<Embedded, OpenError> {
        let options = Options { checkpoint_bytes, group_requests_max: 3, ..Options::default() };
        Embedded::with_storage(self.storage(), bank::program(), Teller::new(), &options)
    }
}

fn request(number: u64) -> (Operation, String) {
    let account = |number: u64| format!("account-{number}");
    let operation = if number < ACCOUNTS {
        create(&account(number), START_BALANCE)
    } else if let Some(noted) = noted(number) {
        set_note(&account(noted), &long_note(number))
    } else {
        let (source, target, amount) = movement(number);
        transfer(&account(source), &account(target), amount)
    };
    (operation, format!("request-{number}"))
}

/// Every tenth request replaces a note so large that the store has it apart.
fn noted(number: u64) -> Option<u64> {
    (number >= ACCOUNTS && number.is_multiple_of(10)).then_some(number / 10 % ACCOUNTS)
}

fn long_note(number: u64) -> String {
    format!("{number}-").repeat(1500)
}

fn movement(number: u64) -> (u64, u64, i64) {
    let mut random = Random::new(number);
    let source = random.below(ACCOUNTS);
    let target = (source + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS;
    (source, target, 1 + random.below(1000).cast_signed())
}

fn random_fault(random: &mut Random) -> Fault {
    let kinds = [io::ErrorKind::StorageFull, io::ErrorKind::Other];
    let kind = kinds[random.below(2) as usize];
    match random.below(3) {
        0 => Fault::Fail(kind),
        1 => Fault::FailHalfway(kind),
        _ => Fault::PowerLoss,
    }
}

fn random_store_fault(random: &mut Random) -> StoreFault {
    [StoreFault::Fail, StoreFault::FailAfterwards][random.below(2) as usize]
}

#[test]
fn nothing_is_lost_and_nothing_is_applied_twice_whatever_fails() {
    let mut random = Random::seeded();
    let mut failed = 0;
    for run in 0..RUNS {
        let mut machine = Machine::new(random.below(u64::MAX));
        let mut acknowledged: Vec<(u64, Value)> = Vec::new();
        let mut next = 0;
        for _ in 0..3 {
            machine.store = FaultyStore::new(Arc::clone(&machine.memory));
            if random.below(3) == 0 {
                machine.store.plan(random.below(80), random_store_fault(&mut random));
            } else {
                let operation = machine.files.operations() + random.below(80);
                machine.files.set_plan(Some(Plan { operation, fault: random_fault(&mut random) }));
            }
            // Opening may meet the failure.
            if let Ok(engine) = machine.open(1000 + random.below(20_000)) {
                let requests: Vec<_> = (next..next + 60).collect();
                let pending: Vec<_> = requests
                    .iter()
                    .map(|number| {
                        let (operation, key) = request(*number);
                        submit_once(&engine, operation, &key, 0)
                    })
                    .collect();
                for (number, pending) in requests.iter().zip(pending) {
                    if let Ok(reply) = pending.reply() {
                        let value = anabranch_kernel::value::wire::decode(&reply).unwrap();
                        acknowledged.push((*number, value));
                    }
                }
                next += 60;
                failed += u64::from(engine.close().is_err());
            }
            machine.store = FaultyStore::new(Arc::clone(&machine.memory));
            machine.files = match random.below(2) {
                0 => machine.files.after_power_loss(random.below(u64::MAX)),
                _ => machine.files.after_kill(),
            };
            check(&machine, &acknowledged, next, run);
        }
    }
    assert!(failed > RUNS / 2, "{failed} failures are too few to be of use");
}

/// Opens what is left and retries all requests before `end`.
fn check(machine: &Machine, acknowledged: &[(u64, Value)], end: u64, run: u64) {
    let engine = machine.open(10_000).unwrap_or_else(|error| panic!("run {run}: {error}"));
    let balances = || -> Vec<Option<i64>> {
        (0..ACCOUNTS).map(|number| balance_of(&engine, number)).collect()
    };
    let found = balances();
    let total: i64 = found.iter().flatten().sum();
    let count = found.iter().flatten().count() as i64;
    assert_eq!(total, count * START_BALANCE, "run {run}: a transfer was separated");
    for (number, expected) in acknowledged {
        let (operation, key) = request(*number);
        let retried = submit_once(&engine, operation, &key, 0).value();
        assert_eq!(retried, *expected, "run {run}: another reply for request {number}");
    }
    assert_eq!(balances(), found, "run {run}: an acknowledged request was applied again");
    for number in 0..end {
        let (operation, key) = request(number);
        submit_once(&engine, operation, &key, 0).value();
    }
    let mut expected = vec![START_BALANCE; ACCOUNTS as usize];
    for number in (ACCOUNTS..end).filter(|number| noted(*number).is_none()) {
        let (source, target, amount) = movement(number);
        expected[source as usize] -= amount;
        expected[target as usize] += amount;
    }
    if end > 0 {
        let expected: Vec<_> = expected.into_iter().map(Some).collect();
        assert_eq!(balances(), expected, "run {run}: something was lost or applied twice");
    }
    // The last note of each account, if its request was among those.
    for account in 0..ACCOUNTS {
        let last = (ACCOUNTS..end).rev().find(|number| noted(*number) == Some(account));
        if let Some(last) = last {
            let found = submit(&engine, note(&format!("account-{account}"))).value();
            assert_eq!(found, Value::Str(long_note(last)), "run {run}: another note");
        }
    }
    engine.close().unwrap();
}

fn balance_of(engine: &Embedded, number: u64) -> Option<i64> {
    let reply = submit(engine, balance(&format!("account-{number}"))).reply().ok()?;
    match anabranch_kernel::value::wire::decode(&reply).unwrap() {
        Value::Int(balance) => Some(balance),
        value => panic!("not a balance: {value:?}"),
    }
}
