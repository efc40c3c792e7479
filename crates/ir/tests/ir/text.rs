//! The text form.

use anabranch_ir::text::parse;
use anabranch_ir::{Hint, OperatorId, Program};
use expect_test::expect_file;

use crate::sample;

#[track_caller]
fn assert_round_trip(program: &Program) {
    let text = program.to_string();
    let parsed = parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    assert_eq!(parsed, *program, "{text}");
    assert_eq!(parsed.to_string(), text);
}

/// To write the file anew: `UPDATE_EXPECT=1 cargo nextest run -p anabranch-ir`.
#[test]
fn a_program_with_one_of_everything() {
    expect_file!["../golden/program.txt"].assert_eq(&sample::program().to_string());
    assert_round_trip(&sample::program());
}

#[test]
fn an_empty_program() {
    assert_round_trip(&Program::default());
}

#[test]
fn classes_named_like_something_else() {
    let mut program = sample::program();
    for name in ["op1", "list", "tuple", "entity", "record", "None", "in", "fn0", "weird name", ""]
    {
        program.operators[1].name = name.into();
        program.operators[0].attributes[0].hint = Hint::Entity(name.into());
        program.functions[2].name = name.into();
        assert_round_trip(&program);
    }
    program.operators[1].name = "User".into();
    program.edges[0].to = Some(OperatorId(1));
    assert_round_trip(&program);
}

#[test]
fn a_program_that_makes_no_sense_can_be_printed() {
    let mut program = sample::program();
    program.operators.clear();
    program.functions.truncate(1);
    assert!(program.to_string().contains("edge fn3 -> delete ?"));
    assert!(program.to_string().contains("get op1.price then seg1"));
}

#[test]
fn unions_in_unions() {
    let mut program = sample::program();
    let inner = Hint::Union(vec![Hint::Int, Hint::None]);
    for hint in [
        Hint::Union(vec![inner.clone(), Hint::Str]),
        Hint::Union(vec![Hint::Str, inner.clone()]),
        Hint::Union(vec![inner.clone()]),
        Hint::Union(Vec::new()),
        Hint::List(Box::new(inner)),
    ] {
        program.operators[0].key = hint;
        assert_round_trip(&program);
    }
}

#[test]
fn mistakes_are_named_with_their_lines() {
    for (text, expected) in [
        ("", "line 1: expected `program`, found the end of the line"),
        ("program x", "line 1: expected the end of the line, found `x`"),
        ("program\n  module1 a \"a.py\"", "line 2: expected `module0`, found `module1 a \"a.py\"`"),
        ("program\n\n  what", "line 3: this line belongs to nothing before it"),
        ("program\nop0 A() key in", "line 2: expected `in`, found the end of the line"),
        ("program\nop0 A() key [", "line 2: expected a name, found `[`"),
        ("program\nfn0 A.f() native in module0 at 1-2", "line 2: no operator is called A"),
        (
            "program\nfn0 f() in module0 at 1-2\n  seg0 f_0()\n    fly",
            "line 4: no exit is called `fly`",
        ),
        (
            "program\nfn0 f() in module0 at 1-2\n  seg0 f_0()\n    1 | x\n    return",
            "line 5: exits come before the code",
        ),
        ("program\nedge f -> exists ?", "line 2: no function is called f here"),
        (
            "program\nfn0 f() native in module0 at 1-99999999999",
            "line 2: expected a number in range, found `99999999999`",
        ),
        ("program\n  module0 \"a\\q\" \"\"", "line 2: an unknown escape in a string"),
        ("program\n  module0 \"a", "line 2: a string does not end"),
    ] {
        let error = parse(text).expect_err(text);
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

#[test]
fn deep_hints_are_refused() {
    let text = format!("program\nop0 A() key {}", "list[".repeat(100_000));
    let error = parse(&text).unwrap_err();
    assert_eq!(error.to_string(), "line 2: hints nest deeper than 100 levels");
}

/// Texts with something missing or exchanged anywhere are read or refused, without a panic; what is
/// read prints and reads again.
#[test]
fn damaged_texts_are_read_or_refused() {
    let text = sample::program().to_string();
    let characters: Vec<char> = text.chars().collect();
    let mut read = 0;
    for position in 0..characters.len() {
        for replacement in ["", ["\n", " ", "\"", "é", "(", "|", "9"][position % 7]] {
            let mut damaged: String = characters[..position].iter().collect();
            damaged.push_str(replacement);
            damaged.extend(&characters[position + 1..]);
            if let Ok(program) = parse(&damaged) {
                read += 1;
                let printed = program.to_string();
                let again = parse(&printed).unwrap_or_else(|error| panic!("{error}\n{printed}"));
                assert_eq!(again.to_string(), printed);
            }
        }
    }
    assert!(read > 0, "some damage does not show");
}
