//! `kill -9` at random moments: nothing acknowledged is lost, nothing is applied twice.
//!
//! The test runs itself as a second process, the victim, which transfers money between a few
//! accounts, always with many requests in flight, and writes each reply to its standard output. The
//! test kills it at a random moment, opens what it left and checks, before it starts the next one
//! on the same folder:
//! - conservation: no money came into being or went, so no transfer was separated;
//! - every reply that the victim wrote is stored, and a retry gets the same one;
//! - after a retry of all requests, those without a reply included, every balance is what it must
//!   be if each was applied once.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anabranch_embedded::{Embedded, Options};
use anabranch_kernel::value::wire;
use anabranch_kernel::{Engine, IdempotencyKey, Operation, Request, Value};

use crate::bank::{self, Teller, balance, create, transfer};
use crate::client::{TIMEOUT, submit, submit_once};
use crate::random::Random;

const ACCOUNTS: u64 = 20;
const START_BALANCE: i64 = 1_000_000_000;
const IN_FLIGHT: u64 = 64;
const ROUNDS: u64 = 8;
const DIRECTORY_VARIABLE: &str = "ANABRANCH_CRASH_DIRECTORY";
const FIRST_VARIABLE: &str = "ANABRANCH_CRASH_FIRST";

/// What the request with this number does; any process can tell.
fn request(number: u64) -> (Operation, String) {
    let operation = if number < ACCOUNTS {
        create(&account(number), START_BALANCE)
    } else {
        let (source, target, amount) = movement(number);
        transfer(&account(source), &account(target), amount)
    };
    (operation, format!("request-{number}"))
}

fn movement(number: u64) -> (u64, u64, i64) {
    let mut random = Random::new(number);
    let source = random.below(ACCOUNTS);
    let target = (source + 1 + random.below(ACCOUNTS - 1)) % ACCOUNTS;
    (source, target, 1 + random.below(1000).cast_signed())
}

fn account(number: u64) -> String {
    format!("account-{number}")
}

#[test]
fn nothing_acknowledged_is_lost_and_nothing_is_applied_twice() {
    let mut random = Random::seeded();
    let folder = tempfile::tempdir().unwrap();
    let mut next = 0;
    let mut acknowledged = 0;
    for _ in 0..ROUNDS {
        let moment = Moment { replies: random.below(3000), microseconds: random.below(2000) };
        let victim = run_victim(folder.path(), next, &moment);
        check(folder.path(), next, &victim);
        acknowledged += victim.replies.len();
        next += victim.begun;
    }
    assert!(acknowledged > 1000, "the victims did too little to be of use: {acknowledged}");
}

#[test]
fn a_folder_whose_creation_was_killed_is_usable() {
    let mut random = Random::seeded();
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir().unwrap();
        let moment = Moment { replies: 0, microseconds: random.below(40_000) };
        let victim = run_victim(folder.path(), 0, &moment);
        check(folder.path(), 0, &victim);
    }
}

/// When to kill a victim.
struct Moment {
    /// After at least so many replies ...
    replies: u64,
    /// ... and so much time.
    microseconds: u64,
}

/// What a killed victim told.
struct Victim {
    /// How many requests it may have submitted.
    begun: u64,
    /// The replies it got, by the number of the request.
    replies: BTreeMap<u64, String>,
}

fn run_victim(directory: &Path, first: u64, moment: &Moment) -> Victim {
    let mut process = Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::victim", "--ignored", "--nocapture"])
        .env(DIRECTORY_VARIABLE, directory)
        .env(FIRST_VARIABLE, first.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(process.stdout.take().unwrap());
    let mut replies = BTreeMap::new();
    let mut line = String::new();
    let mut killed = false;
    loop {
        if !killed && replies.len() as u64 >= moment.replies {
            thread::sleep(Duration::from_micros(moment.microseconds));
            process.kill().unwrap();
            killed = true;
        }
        line.clear();
        if output.read_line(&mut line).unwrap() == 0 {
            break;
        }
        // The last line may be a part of one: that reply was not acknowledged.
        let complete = line.strip_suffix('\n');
        if let Some(reply) = complete.and_then(|line| line.strip_prefix("reply ")) {
            let (number, value) = reply.split_once(' ').unwrap();
            replies.insert(number.parse().unwrap(), value.to_owned());
        }
    }
    let status = process.wait().unwrap();
    assert!(killed, "the victim died by itself: {status}");
    Victim { begun: replies.len() as u64 + IN_FLIGHT, replies }
}

fn check(directory: &Path, first: u64, victim: &Victim) {
    let (begun_sender, executed) = mpsc::channel();
    let teller = Teller { begun: Some(begun_sender) };
    let engine = Embedded::open(directory, bank::program(), teller, &Options::default()).unwrap();
    let balances = balances(&engine);
    let total: i64 = balances.iter().flatten().sum();
    let created = i64::try_from(balances.iter().flatten().count()).unwrap();
    assert_eq!(total, created * START_BALANCE, "a transfer was separated");

    executed.try_iter().for_each(drop);
    for (number, reply) in &victim.replies {
        let (operation, key) = request(*number);
        let retried = submit_once(&engine, operation, &key, 0).value();
        assert_eq!(format!("{retried:?}"), *reply, "another reply for request {number}");
    }
    assert_eq!(executed.try_iter().count(), 0, "an acknowledged request was executed again");

    for number in first..first + victim.begun {
        let (operation, key) = request(number);
        submit_once(&engine, operation, &key, 0).value();
    }
    assert_eq!(self::balances(&engine), expected_balances(first + victim.begun));
    engine.close().unwrap();
}

fn balances(engine: &Embedded) -> Vec<Option<i64>> {
    let balance_of = |number| match submit(engine, balance(&account(number))).reply() {
        Ok(reply) => match wire::decode(&reply).unwrap() {
            Value::Int(balance) => Some(balance),
            value => panic!("not a balance: {value:?}"),
        },
        Err(_) => None,
    };
    (0..ACCOUNTS).map(balance_of).collect()
}

/// The balances after each request before `end` was applied once, in whatever order.
fn expected_balances(end: u64) -> Vec<Option<i64>> {
    let mut balances = vec![START_BALANCE; ACCOUNTS as usize];
    for number in ACCOUNTS..end {
        let (source, target, amount) = movement(number);
        balances[source as usize] -= amount;
        balances[target as usize] += amount;
    }
    balances.into_iter().map(Some).collect()
}

/// Not a test of its own: the process that the test above kills.
#[test]
#[ignore = "the process that another test kills"]
fn victim() {
    let Some(directory) = env::var_os(DIRECTORY_VARIABLE) else {
        return;
    };
    let first: u64 = env::var(FIRST_VARIABLE).unwrap().parse().unwrap();
    // Checkpoints are under way most of the time.
    let options = Options { checkpoint_bytes: 50_000, ..Options::default() };
    let engine =
        Embedded::open(Path::new(&directory), bank::program(), Teller::new(), &options).unwrap();
    // The test harness has left its line open.
    writeln!(std::io::stdout()).unwrap();
    let answered = Arc::new(AtomicU64::new(0));
    let (reply_sender, replies) = mpsc::channel();
    for number in first.. {
        if number >= first + IN_FLIGHT {
            replies.recv_timeout(TIMEOUT).unwrap();
        }
        let (operation, key) = request(number);
        let idempotency_key = Some(IdempotencyKey { key, fingerprint: [0; 16] });
        let reply_sender = reply_sender.clone();
        let answered = Arc::clone(&answered);
        let on_reply = Box::new(move |reply: anabranch_kernel::Reply| {
            let value = wire::decode(&reply.unwrap()).unwrap();
            // Replies come in order, so that the test knows which requests may be under way.
            assert_eq!(answered.fetch_add(1, Ordering::Relaxed), number - first);
            let mut output = std::io::stdout().lock();
            writeln!(output, "reply {number} {value:?}").unwrap();
            output.flush().unwrap();
            reply_sender.send(()).unwrap();
        });
        engine.submit(Request { operation, idempotency_key }, on_reply);
    }
}
