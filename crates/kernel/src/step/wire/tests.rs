//! The wire form of events and states.

use std::collections::VecDeque;
use std::fmt::Write;

use anabranch_ir::{FunctionId, OperatorId, SegmentId};
use expect_test::expect_file;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_bytes::ByteBuf;

use super::*;
use crate::step::entity::{EntityKey, Participant, Queued};
use crate::step::event::{
    Act, Asked, AttemptId, Call, CallOutcome, Done, Event, Finish, FrameAddress, Lock, LockMode,
    LockSet, Locks, ReplyTo, RequestId, Return, RootCall, Sequence, Start, Stop, Submit, Thread,
};
use crate::step::outbox::Outbox;
use crate::step::request_key::RequestKey;
use crate::step::sequencer::Sequencer;
use crate::step::visit::{Awaiting, Branch, Content, Frame, Visit};
use crate::{Failure, Raised, TransactionContext};

const PROGRAM: Fingerprint = *b"\xa0\xa1\xa2\xa3\xa4\xa5\xa6\xa7";

fn item(key: &[u8]) -> EntityId {
    EntityId { operator: OperatorId(3), key: key.into() }
}

fn attempt() -> AttemptId {
    AttemptId { request: RequestId(b"kone".to_vec()), number: 2 }
}

fn context() -> TransactionContext {
    TransactionContext { start_time_nanoseconds: 1_700_000_000_000_000_000, seed: [7; 32] }
}

fn root(act: Act) -> RootCall {
    let target = item(b"\x01pen");
    let reply_to = ReplyTo::Request;
    RootCall { reply_to, target, act, context: context(), misses: 1, in_sequence: true }
}

fn call() -> Act {
    Act::Call { method: FunctionId(300), arguments: b"arguments".to_vec() }
}

fn locks() -> LockSet {
    [(item(b"\x01pen"), LockMode::Shared), (item(b"\x01ink"), LockMode::Exclusive)].into()
}

fn caller() -> FrameAddress {
    FrameAddress { entity: item(b"\x01pen"), is_locked: true, frame: 5, branch: 6 }
}

fn thread() -> Thread {
    let may_touch = Some(LockSet::from([(item(b"\x01ink"), LockMode::Exclusive)]));
    Thread { context: context(), turn: 8, depth: 9, is_doubtful: true, may_touch }
}

fn raised() -> Raised {
    Raised {
        exception: b"exception".to_vec(),
        class: "builtins:ValueError".to_owned(),
        message: "no".to_owned(),
        http_status: Some(409),
        traceback: "Traceback".to_owned(),
    }
}

fn events() -> Vec<(&'static str, Event)> {
    let submit = |asked| {
        let (fingerprint, client) = (Some([4; 16]), b"client".to_vec());
        Event::Submit(Submit { asked, fingerprint, client, context: context() })
    };
    let returned = |outcome| {
        let (attempt, beyond) = (attempt(), locks());
        let (is_locked, frame, branch, turn, is_doubtful) = (true, 5, 6, 8, true);
        Event::Return(Return {
            attempt,
            is_locked,
            frame,
            branch,
            outcome,
            turn,
            is_doubtful,
            beyond,
        })
    };
    let create = Asked::Create { operator: OperatorId(3), arguments: b"arguments".to_vec() };
    let set = Act::Set { attribute: "price".to_owned(), value: b"value".to_vec() };
    let client = ReplyTo::Client(b"client".to_vec());
    let call = Call {
        attempt: attempt(),
        is_locked: true,
        locks: Locks::Alone(locks()),
        act: call(),
        caller: caller(),
        thread: thread(),
        in_sequence: true,
    };
    let start = |act, lock| {
        let root = RootCall { reply_to: client.clone(), ..root(act) };
        Event::Start(Start { request: RequestId(b"n1".to_vec()), root, lock })
    };
    let lock = |root| Event::Lock(Lock { attempt: attempt(), mode: LockMode::Shared, root });
    let failures = [
        ("raised", Failure::Raised(raised())),
        ("interrupted", Failure::Interrupted),
        ("conflict", Failure::IdempotencyConflict),
        ("overloaded", Failure::Overloaded),
        ("unavailable", Failure::Unavailable("why".to_owned())),
        ("bug", Failure::Bug("why".to_owned())),
    ];
    let mut events = vec![
        ("submit create", submit(create)),
        ("submit set", submit(Asked::Act { target: item(b"\x01pen"), act: set })),
        ("answer", Event::Answer(Ok(b"result".to_vec()))),
        ("expire", Event::Expire { now_nanoseconds: -1 }),
        ("start alone", start(Act::Insert(b"state".to_vec()), Some(LockMode::Exclusive))),
        ("start", start(Act::Get { attribute: "price".to_owned() }, None)),
        ("lock", lock(None)),
        ("lock root", lock(Some((root(Act::GetState), Locks::Set(locks()))))),
        ("call", Event::Call(call)),
        ("return value", returned(CallOutcome::Value(b"value".to_vec()))),
        ("return exception", returned(CallOutcome::Exception(raised()))),
        ("return failure", returned(CallOutcome::Stop(Stop::Failure(Failure::Interrupted)))),
        ("return enough", returned(CallOutcome::Stop(Stop::Enough))),
        ("return in sequence", returned(CallOutcome::Stop(Stop::InSequence))),
        (
            "finish",
            Event::Finish(Finish { attempt: attempt(), has_lock: true, is_committed: true }),
        ),
        (
            "sequence",
            Event::Sequence(Sequence {
                attempt: attempt(),
                root: root(Act::Exists),
                locks: Locks::None,
            }),
        ),
        ("extend", Event::Extend { attempt: attempt(), entity: item(b"\x01ink") }),
        (
            "done",
            Event::Done(Done { attempt: attempt(), target: item(b"\x01pen"), is_committed: true }),
        ),
        (
            "delete",
            Event::Lock(Lock {
                attempt: attempt(),
                mode: LockMode::Exclusive,
                root: Some((root(Act::Delete), Locks::None)),
            }),
        ),
    ];
    events.extend(failures.map(|(name, failure)| (name, Event::Answer(Err(failure)))));
    events
}

fn entity_key() -> EntityKey {
    let frame = |number, awaiting| Frame {
        number,
        function: FunctionId(300),
        segment: SegmentId(4),
        caller: (number > 0).then(caller),
        thread: thread(),
        beyond: locks(),
        awaiting,
    };
    let branches = vec![
        Branch { outcome: None, may_change: true },
        Branch { outcome: Some(CallOutcome::Value(b"value".to_vec())), may_change: false },
    ];
    let in_turn = Awaiting::InTurn {
        outcomes: vec![CallOutcome::Exception(raised())],
        remaining: VecDeque::from([(item(b"\x01ink"), Act::Exists)]),
    };
    let frames =
        vec![frame(0, Awaiting::One), frame(1, Awaiting::Together(branches)), frame(2, in_turn)];
    let participant = |content| Participant {
        attempt: attempt(),
        locks: Locks::Set(locks()),
        root: Some(root(call())),
        has_begun: true,
        calls: VecDeque::new(),
        visit: Visit { content, frames: frames.clone(), frame_count: 3, may_change: true },
        in_sequence: false,
    };
    let suspended = Content::Suspended { is_deleted: false, message: b"message".to_vec() };
    let contents = [
        Content::Committed,
        Content::Absent,
        Content::Saved(b"state".to_vec()),
        Content::Lost(Failure::Interrupted),
    ];
    let Event::Call(early) = events().swap_remove(8).1 else { panic!("the ninth is a call") };
    EntityKey {
        committed: Some(ByteBuf::from(b"state")),
        queue: [Queued { mode: LockMode::Exclusive, participant: participant(suspended) }].into(),
        unlocked: contents.map(participant).to_vec(),
        early_calls: vec![early],
        early_finishes: vec![attempt()],
    }
}

fn request_keys() -> [(&'static str, RequestKey); 2] {
    let clients = vec![ByteBuf::from(b"client")];
    let (fingerprint, time_nanoseconds) = ([4; 16], 1);
    let pending = RequestKey::Pending { fingerprint: Some(fingerprint), time_nanoseconds, clients };
    let reply = Ok(b"result".to_vec());
    let answered = RequestKey::Answered { fingerprint, time_nanoseconds, reply };
    [("request pending", pending), ("request answered", answered)]
}

/// One that orders nothing more until a transaction is over.
fn sequencer() -> Sequencer {
    let program = anabranch_ir::Program {
        operators: vec![crate::step::address::tests::class("Item"); 4],
        ..Default::default()
    };
    let mut outbox = Outbox::new(&program, PROGRAM);
    let mut sequencer = Sequencer::default();
    let sequence = |locks| Sequence { attempt: attempt(), root: root(Act::Exists), locks };
    sequencer.sequence(sequence(Locks::Alone(locks())), &mut outbox);
    sequencer.sequence(sequence(Locks::Set(locks())), &mut outbox);
    sequencer
}

/// Guards the format. Do not write a file anew that has been released: raise the version, as the
/// documentation of the module `wire` says.
#[test]
fn the_format_is_that_of_the_golden_file() {
    let mut text = String::new();
    let mut add = |name: &str, message: Vec<u8>| {
        writeln!(text, "{name}").unwrap();
        for chunk in message.chunks(32) {
            let bytes: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
            writeln!(text, "  {}", bytes.join(" ")).unwrap();
        }
    };
    for (name, event) in events() {
        add(name, encode(PROGRAM, &event));
    }
    add("entity", encode(PROGRAM, &entity_key()));
    for (name, key) in request_keys() {
        add(name, encode(PROGRAM, &key));
    }
    add("sequencer", encode(PROGRAM, &sequencer()));
    assert_eq!(FORMAT_VERSION, 1, "name the golden file after the version");
    expect_file!["../../../tests/golden/step_v1.hex"].assert_eq(&text);
}

fn comes_back<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(data: &T) {
    let mut message = encode(PROGRAM, data);
    assert_eq!(decode::<T>(PROGRAM, &message).as_ref(), Ok(data));
    for length in 0..message.len() {
        assert!(decode::<T>(PROGRAM, &message[..length]).is_err(), "{length} bytes");
    }
    message.push(0);
    assert!(decode::<T>(PROGRAM, &message).is_err());
    message.pop();
    // Whatever a damaged message is, it is read without a panic.
    for place in 0..message.len() {
        for damage in [0x01, 0x80] {
            message[place] ^= damage;
            let _ = decode::<T>(PROGRAM, &message);
            message[place] ^= damage;
        }
    }
}

#[test]
fn events_and_states_come_back() {
    for (_, event) in events() {
        comes_back(&event);
    }
    comes_back(&entity_key());
    for (_, key) in request_keys() {
        comes_back(&key);
    }
    comes_back(&sequencer());
}

#[test]
fn messages_of_other_versions_and_programs_are_refused() {
    let mut message = encode(PROGRAM, &Event::Answer(Ok(Vec::new())));
    assert_eq!(decode::<Event>(*b"another!", &message), Err(StepError::OtherProgram));
    message[0] = FORMAT_VERSION + 1;
    assert_eq!(decode::<Event>(PROGRAM, &message), Err(StepError::Version(FORMAT_VERSION + 1)));
}
