//! The key of a request: one reply for each idempotency key, refused for anything else, forgotten after
//! a day.

use std::collections::{BTreeMap, VecDeque};

use anabranch_checker::script::{self, Mark, ScriptInterpreter, operation};
use anabranch_kernel::step::{Output, StepHost, Submission};
use anabranch_kernel::{Failure, IdempotencyKey, Operation, Reply, Request, TransactionContext};

const DAY_NANOSECONDS: i64 = 24 * 60 * 60 * 1_000_000_000;

struct Keys {
    host: StepHost<ScriptInterpreter>,
    states: BTreeMap<Vec<u8>, Vec<u8>>,
    sent: u64,
}

impl Keys {
    fn new() -> Self {
        let host = StepHost::new(script::program().into(), ScriptInterpreter::new());
        Self { host, states: BTreeMap::new(), sent: 0 }
    }

    /// Sends a request under the idempotency key `name`; the number tells requests apart.
    fn ask(&mut self, name: &str, fingerprint: u8, operation: Operation) -> Reply {
        self.sent += 1;
        let idempotency_key =
            Some(IdempotencyKey { key: name.to_owned(), fingerprint: [fingerprint; 16] });
        let first = self.host.admit(&Submission {
            request: Request { operation, idempotency_key },
            number: self.sent,
            client: self.sent.to_string().into_bytes(),
            context: TransactionContext { start_time_nanoseconds: 0, seed: [0; 32] },
        });
        let replies = self.run(first);
        let [(client, reply)] = &replies[..] else { panic!("one reply: {replies:?}") };
        assert_eq!(*client, self.sent.to_string().into_bytes());
        self.host.decode_reply(reply).unwrap()
    }

    fn run(&mut self, first: Output) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut under_way = VecDeque::from([first]);
        let mut replies = Vec::new();
        while let Some(output) = under_way.pop_front() {
            match output {
                Output::Client { client, reply } => replies.push((client, reply)),
                Output::Key { key, event } => {
                    let state = self.states.remove(&key).unwrap_or_default();
                    let stepped = self.host.step(&key, &state, &event).unwrap();
                    if !stepped.state.is_empty() {
                        self.states.insert(key, stepped.state);
                    }
                    under_way.extend(stepped.outputs);
                }
            }
        }
        replies
    }

    /// Lets all keys know what time it is.
    fn expire(&mut self, now_nanoseconds: i64) {
        let event = self.host.expiry(now_nanoseconds);
        let keys: Vec<Vec<u8>> = self.states.keys().cloned().collect();
        for key in keys.into_iter().filter(|key| key.starts_with(b"r")) {
            assert!(self.run(Output::Key { key, event: event.clone() }).is_empty());
        }
    }
}

fn creation(mark: u64) -> Operation {
    operation::create("a", Some(1), Mark::new(mark, 0), None)
}

#[test]
fn a_request_that_is_sent_again_gets_its_first_reply() {
    let mut keys = Keys::new();
    let first = keys.ask("one", 1, creation(1));
    assert!(first.is_ok());
    assert_eq!(keys.ask("one", 1, creation(1)), first);
    let append = || operation::append("a", Mark::new(2, 0));
    let appended = keys.ask("two", 2, append());
    let states = keys.states.clone();
    assert_eq!(keys.ask("two", 2, append()), appended);
    assert_eq!(keys.states, states, "a repetition changes nothing");
    let failed = keys.ask("three", 3, creation(3));
    assert!(
        matches!(&failed, Err(Failure::Raised(raised)) if raised.class.ends_with("EntityExists"))
    );
    assert_eq!(keys.ask("three", 3, creation(3)), failed);
}

#[test]
fn another_request_under_the_same_key_is_refused() {
    let mut keys = Keys::new();
    assert!(keys.ask("one", 1, creation(1)).is_ok());
    let other = operation::append("a", Mark::new(2, 0));
    assert_eq!(keys.ask("one", 2, other), Err(Failure::IdempotencyConflict));
    assert!(keys.ask("one", 1, creation(1)).is_ok());
}

#[test]
fn a_reply_is_kept_for_a_day() {
    let mut keys = Keys::new();
    let first = keys.ask("one", 1, creation(1));
    keys.expire(DAY_NANOSECONDS - 1);
    assert_eq!(keys.ask("one", 1, creation(1)), first);
    keys.expire(DAY_NANOSECONDS);
    assert_eq!(keys.states.len(), 1, "only the entity is left");
    assert!(keys.ask("one", 1, creation(1)).is_err(), "it is executed again");
}
