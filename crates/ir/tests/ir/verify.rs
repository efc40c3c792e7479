//! The verifier: for each property a program that breaks it alone.

mod effects;
mod segments;
mod tables;

use anabranch_ir::{Body, Program, Segment, verify};

use crate::sample::{self, BUY};

/// Breaks the sample and compares the violations, one a line.
#[track_caller]
fn assert_violations(break_it: impl FnOnce(&mut Program), expected: &[&str]) {
    let mut program = sample::program();
    break_it(&mut program);
    let violations: Vec<String> = verify(&program).iter().map(ToString::to_string).collect();
    assert_eq!(violations, expected, "\n{program}");
}

fn segments(program: &mut Program) -> &mut Vec<Segment> {
    match &mut program.functions[BUY.index()].body {
        Body::Segments(segments) => segments,
        Body::Native => unreachable!("the sample has segments here"),
    }
}
