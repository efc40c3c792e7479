//! How many messages a transaction costs: events between keys, and from the client to the first. The
//! reply comes on top.

use anabranch_checker::script::{self, Mark, Method, Op, ScriptInterpreter, op, operation};
use anabranch_kernel::Operation;
use anabranch_kernel::step::StepHost;
use anabranch_simulator::in_order::InOrder;

/// Two cells, and a third that the first refers to.
fn cells() -> InOrder<StepHost<ScriptInterpreter>> {
    let host = StepHost::new(script::program().into(), ScriptInterpreter::new());
    let mut engine = InOrder::new(host);
    for (number, name) in ["one", "two", "three"].into_iter().enumerate() {
        let mark = Mark::new(number as u64, 0);
        let create = operation::create(name, Some(100), mark, Some("three"));
        assert_eq!(engine.submit(create).unwrap().len(), 1);
    }
    engine
}

fn messages(operation: Operation) -> usize {
    let mut engine = cells();
    let before = engine.taken.len();
    let replies = engine.submit(operation).unwrap();
    let [reply] = &replies[..] else { panic!("one reply") };
    let reply = engine.host.decode_reply(reply).unwrap();
    assert!(reply.is_ok(), "{reply:?}");
    engine.taken.len() - before
}

fn mark(place: u64) -> Mark {
    Mark::new(9, place)
}

fn both() -> [String; 2] {
    ["one".to_owned(), "two".to_owned()]
}

#[test]
fn a_request_to_one_entity_is_one_message() {
    assert_eq!(messages(operation::append("one", mark(0))), 1);
    assert_eq!(messages(operation::read("one")), 1);
}

#[test]
fn a_creation_runs_its_constructor_and_inserts() {
    assert_eq!(messages(operation::create("four", None, mark(0), None)), 3);
}

/// To the sequencer, two locks, the call, its result, the commit.
#[test]
fn a_transfer_is_six_messages() {
    let script = vec![Op::Move {
        amount: 10,
        target: "two".to_owned(),
        here: mark(0),
        there: mark(1),
        check: op::Check::Before,
    }];
    assert_eq!(messages(operation::execute(Method::Run, "one", script, &both(), &[])), 6);
}

#[test]
fn a_look_at_two_entities_is_six_messages() {
    let get = Op::Get { target: "two".to_owned(), attribute: "entries".to_owned() };
    let script = vec![Op::Read, get];
    assert_eq!(messages(operation::execute(Method::Look, "one", script, &both(), &[])), 6);
}

/// The same once more without locks: the start, the call, its result, and the end.
#[test]
fn a_reconnaissance_is_four_messages_more() {
    let arguments = vec![anabranch_kernel::Value::Int(mark(0).0)];
    let script = vec![Op::Follow { method: Method::Append, arguments }];
    assert_eq!(messages(operation::execute(Method::Wander, "one", script, &[], &[])), 10);
}
