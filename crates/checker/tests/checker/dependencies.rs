//! The search for cycles, on histories made by hand.

use anabranch_checker::dependencies::check;
use anabranch_checker::script::Observation;
use anabranch_checker::script::program::entity;
use anabranch_checker::{FindingKind, SerialOrder, script::operation};
use anabranch_kernel::{Operation, Value};

use crate::made::{
    Made, absent, assert_finds, listed, mark, marked, marks, observations, present, result,
};

#[track_caller]
fn order(made: &Made) -> SerialOrder {
    check(&made.history).unwrap_or_else(|finding| panic!("{finding}"))
}

/// Two cells, and everything that follows at the same time.
fn two_cells() -> Made {
    let mut made = Made::with_cells(&["a", "b"]);
    made.overlap();
    made
}

#[test]
fn requests_are_ordered_by_what_they_saw() {
    let mut made = two_cells();
    made.script(2, "a", vec![listed("a", &[0, 4, 3])]);
    made.script(3, "a", vec![marked("a", mark(3, 0))]);
    made.script(4, "a", vec![listed("a", &[0]), marked("a", mark(4, 0))]);
    made.last("a", &[0, 4, 3]);
    made.last("b", &[1]);
    assert_eq!(order(&made), [0, 1, 4, 3, 2]);
}

#[test]
fn requests_that_were_answered_come_before_those_submitted_later() {
    let mut made = Made::with_cells(&["a", "b"]);
    made.script(2, "a", vec![marked("a", mark(2, 0))]);
    made.script(3, "a", vec![listed("a", &[0, 2])]);
    made.last("a", &[0, 2]);
    made.last("b", &[1]);
    assert_eq!(order(&made), [0, 1, 2, 3]);
    // What it saw was true once, but no longer.
    let stale = result(&observations(vec![listed("a", &[0])]));
    made.history.requests[3].answers[0].reply = stale;
    assert_finds(check(&made.history), FindingKind::Cycle, &[2, 3]);
}

#[test]
fn a_lost_update_is_found() {
    let mut made = two_cells();
    made.script(2, "a", vec![listed("a", &[0]), marked("a", mark(2, 0))]);
    made.script(3, "a", vec![listed("a", &[0]), marked("a", mark(3, 0))]);
    made.last("a", &[0, 2, 3]);
    made.last("b", &[1]);
    assert_finds(check(&made.history), FindingKind::Cycle, &[2, 3]);
}

#[test]
fn write_skew_is_found_and_its_report_names_all_of_it() {
    let mut made = two_cells();
    made.script(2, "a", vec![listed("a", &[0]), marked("b", mark(2, 0))]);
    made.script(3, "b", vec![listed("b", &[1]), marked("a", mark(3, 0))]);
    made.last("a", &[0, 3]);
    made.last("b", &[1, 2]);
    let finding = check(&made.history).unwrap_err();
    assert_eq!(
        finding.to_string(),
        "Cycle (requests 2, 3): 2 before 3: it did not see what that appended to a
\
         3 before 2: it did not see what that appended to b
\
         request 2: a.wander([])
\
         request 3: b.wander([])"
    );
}

#[test]
fn a_mixture_of_before_and_after_is_found() {
    let mut made = two_cells();
    made.script(2, "a", vec![marked("a", mark(2, 0)), marked("b", mark(2, 1))]);
    made.script(3, "a", vec![listed("a", &[0, 2]), listed("b", &[1])]);
    made.last("a", &[0, 2]);
    made.last_marks("b", vec![mark(1, 0), mark(2, 1)]);
    assert_finds(check(&made.history), FindingKind::Cycle, &[2, 3]);
}

#[test]
fn a_failed_request_must_have_seen_what_was_there_too() {
    let mut made = two_cells();
    made.script(2, "a", vec![marked("a", mark(2, 0)), marked("b", mark(2, 1))]);
    made.last("a", &[0, 2]);
    made.last_marks("b", vec![mark(1, 0), mark(2, 1)]);
    let mut right = made.clone();
    // Its own marks do not count, and are undone.
    let own = Observation::Listed {
        cell: "b".to_owned(),
        entries: vec![mark(1, 0), mark(2, 1), mark(3, 0)],
    };
    right.failed(3, "a", vec![listed("a", &[0, 2]), marked("b", mark(3, 0)), own]);
    assert_eq!(order(&right), [0, 1, 2, 3]);
    made.failed(3, "a", vec![listed("a", &[0, 2]), listed("b", &[1])]);
    assert_finds(check(&made.history), FindingKind::Cycle, &[2, 3]);
}

#[test]
fn a_longer_cycle_is_told_whole() {
    let mut made = Made::with_cells(&["a", "b", "c"]);
    made.overlap();
    made.script(3, "a", vec![listed("a", &[0]), marked("b", mark(3, 0))]);
    made.script(4, "b", vec![listed("b", &[1]), marked("c", mark(4, 0))]);
    made.script(5, "c", vec![listed("c", &[2]), marked("a", mark(5, 0))]);
    made.last("a", &[0, 5]);
    made.last("b", &[1, 3]);
    made.last("c", &[2, 4]);
    assert_finds(check(&made.history), FindingKind::Cycle, &[3, 5, 4]);
}

#[test]
fn what_a_failed_request_appended_must_not_be_seen() {
    for is_left in [false, true] {
        let mut made = two_cells();
        made.failed(2, "a", vec![marked("a", mark(2, 0))]);
        made.script(3, "a", vec![listed("a", &[0, 2])]);
        made.last("b", &[1]);
        if is_left {
            made.last("a", &[0, 2]);
            assert_finds(check(&made.history), FindingKind::AbortedMark, &[2]);
        } else {
            made.last("a", &[0]);
            // The list has become shorter.
            assert_finds(check(&made.history), FindingKind::LostMark, &[3]);
        }
    }
}

#[test]
fn a_part_of_what_a_request_appended_must_not_be_seen() {
    let appended = || vec![marked("a", mark(2, 0)), marked("a", mark(2, 1))];
    let mut made = two_cells();
    made.script(2, "a", appended());
    made.script(3, "a", vec![listed("a", &[0, 2])]);
    made.last_marks("a", vec![mark(0, 0), mark(2, 0), mark(2, 1)]);
    made.last("b", &[1]);
    assert_finds(check(&made.history), FindingKind::TornRequest, &[2, 3]);

    let mut made = two_cells();
    made.script(2, "a", appended());
    made.script(3, "a", vec![marked("a", mark(3, 0))]);
    made.last_marks("a", vec![mark(0, 0), mark(2, 0), mark(3, 0), mark(2, 1)]);
    made.last("b", &[1]);
    assert_finds(check(&made.history), FindingKind::TornRequest, &[2]);
}

#[test]
fn lists_that_do_not_agree_are_found() {
    let mut made = two_cells();
    made.script(2, "a", vec![marked("a", mark(2, 0))]);
    made.script(3, "a", vec![marked("a", mark(3, 0))]);
    made.script(4, "a", vec![listed("a", &[0, 3])]);
    made.last("a", &[0, 2, 3]);
    made.last("b", &[1]);
    assert_finds(check(&made.history), FindingKind::DifferentOrders, &[4]);
}

#[test]
fn what_was_appended_and_is_not_there_is_found() {
    let mut made = two_cells();
    made.script(2, "a", vec![marked("a", mark(2, 0)), marked("a", mark(2, 1))]);
    made.last("b", &[1]);
    for left in [vec![mark(0, 0)], vec![mark(0, 0), mark(2, 0)]] {
        made.last_marks("a", left);
        assert_finds(check(&made.history), FindingKind::LostMark, &[2]);
    }
}

#[test]
fn marks_that_nobody_made_or_that_are_there_twice_are_found() {
    let cases = [
        (vec![mark(0, 0), mark(2, 0), mark(2, 0)], FindingKind::MarkTwice, 2),
        (vec![mark(0, 0), mark(2, 0), mark(9, 0)], FindingKind::UnknownMark, 9),
        (vec![mark(0, 0), mark(2, 0), mark(2, 1)], FindingKind::UnknownMark, 2),
    ];
    for (list, kind, request) in cases {
        let mut made = two_cells();
        made.script(2, "a", vec![marked("a", mark(2, 0))]);
        made.last_marks("a", list);
        made.last("b", &[1]);
        assert_finds(check(&made.history), kind, &[request]);
    }
}

fn delete(cell: &str) -> Operation {
    Operation::Delete { target: entity(cell) }
}

#[test]
fn a_deleted_cell_was_used_before_and_is_gone_after() {
    let mut made = two_cells();
    made.script(2, "b", vec![absent("a")]);
    made.add(3, delete("a"), result(&Value::None));
    made.script(4, "a", vec![listed("a", &[0])]);
    // What it appended is gone, and nobody saw it.
    made.script(5, "a", vec![marked("a", mark(5, 0))]);
    made.failed(6, "b", vec![present("a")]);
    made.last("b", &[1]);
    let order = order(&made);
    let place = |position| order.iter().position(|it| *it == position).unwrap();
    assert!(place(4) < place(5), "who read did not see what was appended: {order:?}");
    assert!([4, 5, 6].into_iter().all(|used| place(used) < place(3)), "{order:?}");
    assert!(place(3) < place(2), "{order:?}");
}

#[test]
fn a_deletion_that_is_not_the_last_of_a_cell_is_found() {
    let mut made = Made::with_cells(&["a", "b"]);
    made.add(2, delete("a"), result(&Value::None));
    made.script(3, "b", vec![present("a")]);
    made.last("b", &[1]);
    assert_finds(check(&made.history), FindingKind::Cycle, &[2, 3]);

    let mut made = Made::with_cells(&["a", "b"]);
    made.add(2, delete("a"), result(&Value::None));
    made.last("a", &[0]);
    made.last("b", &[1]);
    assert_finds(check(&made.history), FindingKind::Existence, &[2]);

    let mut made = Made::with_cells(&["a"]);
    made.add(1, delete("a"), result(&Value::None));
    made.add(2, delete("a"), result(&Value::None));
    assert_finds(check(&made.history), FindingKind::Existence, &[1, 2]);
}

#[test]
fn creations_that_are_missed_lost_or_repeated_are_found() {
    let mut made = Made::with_cells(&["a", "b"]);
    made.script(2, "a", vec![absent("b")]);
    made.last("a", &[0]);
    made.last("b", &[1]);
    assert_finds(check(&made.history), FindingKind::Cycle, &[1, 2]);

    let mut made = Made::with_cells(&["a"]);
    made.overlap();
    made.script(1, "a", vec![absent("b")]);
    made.create(2, "b");
    made.last("a", &[0]);
    made.last("b", &[2]);
    assert_eq!(order(&made), [0, 1, 2]);

    let mut made = Made::with_cells(&["a", "a"]);
    made.last("a", &[0]);
    assert_finds(check(&made.history), FindingKind::Existence, &[0, 1]);

    let made = Made::with_cells(&["a"]);
    assert_finds(check(&made.history), FindingKind::LostMark, &[0]);
}

#[test]
fn what_a_request_did_itself_is_not_what_it_saw() {
    let mut made = Made::with_cells(&["a"]);
    let created = Observation::Created { cell: "b".to_owned(), mark: mark(1, 0) };
    let own = Observation::Listed { cell: "b".to_owned(), entries: marks(&[1]) };
    made.script(1, "a", vec![absent("b"), created.clone(), present("b"), own.clone()]);
    let deleted = Observation::Deleted { cell: "a".to_owned() };
    made.script(2, "b", vec![listed("a", &[0]), deleted, absent("a")]);
    // One that failed has created nothing.
    made.failed(3, "b", vec![absent("c"), created_by(3, "c"), present("c")]);
    made.script(4, "b", vec![absent("c")]);
    made.last("b", &[1]);
    assert_eq!(order(&made), [0, 1, 2, 3, 4]);
}

fn created_by(number: u64, cell: &str) -> Observation {
    Observation::Created { cell: cell.to_owned(), mark: mark(number, 0) }
}

#[test]
fn an_unanswered_request_is_executed_if_it_was_seen() {
    let mut made = two_cells();
    made.add_unanswered(2, operation::append("a", mark(2, 0)));
    made.add_unanswered(3, operation::append("a", mark(3, 0)));
    made.script(4, "a", vec![listed("a", &[0, 2])]);
    made.last("a", &[0, 2]);
    made.last("b", &[1]);
    assert_eq!(order(&made), [0, 1, 2, 4]);
}

#[test]
fn a_reply_to_something_else_is_found() {
    let replies = [
        (Operation::Exists { target: entity("a") }, Value::None),
        (operation::read("a"), Value::Bool(true)),
        (operation::get("a", "entries"), Value::None),
        (delete("a"), Value::Int(1)),
        (operation::create("b", None, mark(1, 0), None), Value::Str("b".to_owned())),
    ];
    for (operation, value) in replies {
        let mut made = Made::with_cells(&["a"]);
        made.add(1, operation, result(&value));
        made.last("a", &[0]);
        assert_finds(check(&made.history), FindingKind::Unreadable, &[1]);
    }
}
