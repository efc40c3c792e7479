//! Replies, leftovers, conservation, and execution again, on histories made by hand.

use anabranch_checker::history::describe_reply;
use anabranch_checker::script::cell::Content;
use anabranch_checker::script::program::entity;
use anabranch_checker::script::{ScriptInterpreter, operation};
use anabranch_checker::{Answer, FindingKind, conservation, leftovers, reexecution, replies};
use anabranch_kernel::{Failure, Operation, Value};

use crate::made::{Made, assert_finds, failure, listed, mark, marked, marks, observations, result};

#[test]
fn a_request_without_a_reply_is_found() {
    let mut made = Made::with_cells(&["a"]);
    made.script(1, "a", vec![]);
    assert_eq!(replies::check(&made.history), Ok(()));
    made.history.requests[1].answers.clear();
    assert_finds(replies::check(&made.history), FindingKind::NoReply, &[1]);
}

#[test]
fn the_same_reply_may_come_again_but_no_other() {
    let mut made = Made::with_cells(&["a"]);
    made.script(1, "a", vec![listed("a", &[0])]);
    let again = made.history.requests[1].answers[0].clone();
    made.history.requests[1].answers.push(Answer { time: 90, ..again.clone() });
    assert_eq!(replies::check(&made.history), Ok(()));
    let others = [
        result(&observations(vec![listed("a", &[0, 1])])),
        failure(vec![listed("a", &[0])]),
        Err(Failure::Interrupted),
    ];
    for reply in others {
        let mut history = made.history.clone();
        history.requests[1].answers.push(Answer { time: 91, reply });
        assert_finds(replies::check(&history), FindingKind::DifferentReplies, &[1]);
    }
}

#[test]
fn what_keys_still_hold_is_found() {
    let mut made = Made::with_cells(&["a"]);
    assert_eq!(leftovers::check(&made.history), Ok(()));
    made.history.leftovers.push("a: a lock of request 0".to_owned());
    assert_finds(leftovers::check(&made.history), FindingKind::Leftover, &[]);
}

/// Cells that were created with 10 and 0, and an addition of 5.
fn bank() -> Made {
    let mut made = Made::default();
    for (number, cell, balance) in [(0, "a", 10), (1, "b", 0)] {
        let operation = operation::create(cell, Some(balance), mark(number, 0), None);
        let reference = anabranch_checker::script::program::reference(cell);
        made.add(number, operation, result(&reference));
    }
    let added = result(&observations(vec![marked("a", mark(2, 0))]));
    made.add(2, operation::add("a", 5, mark(2, 0)), added);
    made.add(3, operation::add("a", 7, mark(3, 0)), failure(vec![]));
    made
}

fn content(entries: &[u64], balance: i64) -> Content {
    Content { entries: marks(entries), balance: Some(balance), next: None }
}

#[test]
fn money_that_is_made_or_lost_is_found() {
    for (a, b, is_kept) in
        [(15, 0, true), (3, 12, true), (20, -5, true), (15, 1, false), (10, 0, false)]
    {
        let mut made = bank();
        made.last_content("a", &content(&[0, 2], a));
        made.last_content("b", &content(&[1], b));
        let checked = conservation::check(&made.history);
        match is_kept {
            true => assert_eq!(checked, Ok(())),
            false => assert_finds(checked, FindingKind::Money, &[]),
        }
    }
}

#[test]
fn a_state_that_is_no_cells_is_found() {
    let mut made = bank();
    made.history.final_states.insert(entity("a"), vec![0]);
    assert_finds(conservation::check(&made.history), FindingKind::Unreadable, &[]);
}

#[test]
fn execution_again_finds_other_replies() {
    let reexecuted = |made: &Made, order: &[usize]| {
        reexecution::check(&made.history, order, ScriptInterpreter::new())
    };
    let mut made = Made::with_cells(&["a"]);
    let appended = |number| result(&observations(vec![marked("a", mark(number, 0))]));
    made.add(1, operation::append("a", mark(1, 0)), appended(1));
    made.add(2, operation::append("a", mark(2, 0)), appended(2));
    let entries = marks(&[0, 1]).into_iter().map(|mark| Value::Int(mark.0)).collect();
    made.add(3, operation::get("a", "entries"), result(&Value::List(entries)));
    made.last_content("a", &content(&[0, 1, 2], 0));
    assert_eq!(reexecuted(&made, &[0, 1, 3, 2]), Ok(()));
    let finding = reexecuted(&made, &[0, 1, 2, 3]).unwrap_err();
    assert_eq!(
        finding.to_string(),
        "OtherReply (requests 3): the client got List([Int(0), Int(1024)]), but executed one after \
         another it gives List([Int(0), Int(1024), Int(2048)])"
    );
    assert_finds(reexecuted(&made, &[0, 2, 1]), FindingKind::OtherState, &[]);
    assert_finds(reexecuted(&made, &[0, 1]), FindingKind::OtherState, &[]);
}

#[test]
fn replies_are_told_in_words() {
    let observed = vec![listed("a", &[0, 1]), marked("a", mark(2, 3))];
    let reply = result(&observations(observed.clone()));
    assert_eq!(describe_reply(&reply), "{a [0.0 1.0]; a += 2.3}");
    let text = "script:Raised(\"\") after {a [0.0 1.0]; a += 2.3}";
    assert_eq!(describe_reply(&failure(observed)), text);
    assert_eq!(describe_reply(&Err(Failure::Interrupted)), "Interrupted");
}

#[test]
fn execution_again_finds_failures_that_should_be_none() {
    let mut made = Made::with_cells(&["a"]);
    made.last_content("a", &content(&[0], 0));
    made.add(1, Operation::Exists { target: entity("a") }, Err(Failure::Interrupted));
    let checked = reexecution::check(&made.history, &[0, 1], ScriptInterpreter::new());
    assert_finds(checked, FindingKind::OtherReply, &[1]);
}

#[test]
fn execution_again_finds_what_should_not_be_there() {
    let mut made = Made::with_cells(&["a"]);
    made.last_content("a", &content(&[0], 0));
    made.last_content("b", &content(&[0], 0));
    let checked = reexecution::check(&made.history, &[0], ScriptInterpreter::new());
    assert_finds(checked, FindingKind::OtherState, &[]);
}
