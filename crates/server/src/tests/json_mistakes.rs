//! What is said about JSON that does not fit a hint.

use anabranch_ir::Hint;

use super::json_tables::{of, read_as};

#[test]
fn mistakes_name_place_expectation_and_finding() {
    let digits = "1".repeat(5000);
    let long_text = format!("\"{}\"", "z".repeat(50));
    let item = || Hint::Entity("Item".to_owned());
    let record = || Hint::Record("shop:Address".to_owned());
    let cases: Vec<(Hint, &str, &[&str])> = vec![
        (Hint::Int, "\"two\"", &["x: expected int, got \"two\""]),
        (Hint::Int, "true", &["x: expected int, got true"]),
        (Hint::Int, "1.0", &["x: expected int, got 1.0"]),
        (Hint::Int, "1e3", &["x: expected int, got 1e+3"]),
        (Hint::Int, &digits, &["x: an integer of more than 4300 digits is not taken"]),
        (Hint::Float, "1e999", &["x: expected float, got 1e+999"]),
        (Hint::Float, "true", &["x: expected float, got true"]),
        (Hint::Any, "1e999", &["x: expected a number that a float can hold, got 1e+999"]),
        (Hint::Bool, "1", &["x: expected bool, got 1"]),
        (Hint::Str, "null", &["x: expected str, got null"]),
        (
            Hint::Int,
            &long_text,
            &["x: expected int, got \"zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz…\""],
        ),
        (Hint::Bytes, "\"*\"", &["x: expected bytes as Base64, got \"*\""]),
        (Hint::Date, "\"2023-02-29\"", &["x: expected date as YYYY-MM-DD, got \"2023-02-29\""]),
        (Hint::Time, "\"24:00\"", &["x: expected time in ISO 8601, got \"24:00\""]),
        (Hint::DateTime, "5", &["x: expected datetime in ISO 8601, got 5"]),
        (Hint::TimeDelta, "\"P\"", &["x: expected timedelta as an ISO 8601 duration, got \"P\""]),
        (Hint::Decimal, "\"1,5\"", &["x: expected Decimal, got \"1,5\""]),
        (Hint::Uuid, "\"1\"", &["x: expected UUID, got \"1\""]),
        (
            Hint::List(of(Hint::Int)),
            "[1, \"a\", 2, null]",
            &["x[1]: expected int, got \"a\"", "x[3]: expected int, got null"],
        ),
        (Hint::List(of(Hint::Int)), "{}", &["x: expected an array of int, got an object"]),
        (
            Hint::Tuple(vec![Hint::Int, Hint::Int]),
            "[1]",
            &["x: expected an array of 2 elements, got an array of 1"],
        ),
        (
            Hint::Set(of(Hint::Any)),
            "[[]]",
            &["x[0]: a list cannot be in a set or the key of a dict"],
        ),
        (
            Hint::Dict(of(Hint::Any), of(Hint::Any)),
            "[[{}, 1], [2]]",
            &[
                "x[0][0]: a dict cannot be in a set or the key of a dict",
                "x[1]: expected a [key, value] pair, got an array of 1",
            ],
        ),
        (Hint::Dict(of(Hint::Int), of(Hint::Int)), "{\"1\": 1}", &["x.1: expected int, got \"1\""]),
        (
            Hint::Enum("shop:Colour".to_owned()),
            "\"RED\"",
            &["x: expected one of \"red\", 2, \"ODD\", got \"RED\""],
        ),
        (
            record(),
            "{\"number\": \"4\", \"town\": 1}",
            &["x.town: no such field", "x.street: missing", "x.number: expected int, got \"4\""],
        ),
        (item(), "5", &["x: expected str, got 5"]),
        (
            item(),
            "{\"$ref\": [\"User\", \"a\"]}",
            &["x.$ref: expected a reference to Item, got \"User\""],
        ),
        (Hint::Any, "{\"$ref\": [\"Car\", 1]}", &["x.$ref: there is no entity class \"Car\""]),
        (Hint::Any, "{\"$ref\": 1}", &["x.$ref: expected [class, key], got 1"]),
        (Hint::Any, "{\"$ref\": [\"Account\", \"a\"]}", &["x.$ref[1]: expected int, got \"a\""]),
        (Hint::Union(vec![Hint::Int, Hint::None]), "\"a\"", &["x: expected int | None, got \"a\""]),
        // The member that fits best says what is wrong inside it.
        (
            Hint::Union(vec![record(), Hint::None]),
            "{\"street\": 1}",
            &["x.street: expected str, got 1"],
        ),
    ];
    for (hint, json, expected) in cases {
        let expected: Vec<_> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(read_as(&hint, json), Err(expected), "{hint} from {json}");
    }
}

#[test]
fn long_lists_of_mistakes_are_cut() {
    let json = format!("[{}]", vec!["null"; 50].join(","));
    let mistakes = read_as(&Hint::List(of(Hint::Int)), &json).unwrap_err();
    assert_eq!(mistakes.len(), 21);
    assert_eq!(mistakes[20], "… and 30 more");
}

/// Each level has two dataclasses to try; without a bound that takes 2^100 steps.
#[test]
fn nested_unions_do_not_take_exponential_time() {
    let json = format!("{}1{}", "{\"next\":".repeat(100), "}".repeat(100));
    let hint = Hint::Record("shop:Node".to_owned());
    let mistakes = read_as(&hint, &json).unwrap_err();
    assert!(mistakes.iter().any(|mistake| mistake.contains("too many alternatives")));
}

#[test]
fn long_paths_are_cut() {
    let name = "é".repeat(1000);
    let json = format!("{}1{}", format!("{{\"{name}\":").repeat(10), "}".repeat(10));
    let dict = |value| Hint::Dict(of(Hint::Str), of(value));
    let hint = (0..10).fold(Hint::Str, |hint, _| dict(hint));
    let mistakes = read_as(&hint, &json).unwrap_err();
    assert!(mistakes[0].len() < 400, "{}", mistakes[0]);
    assert!(mistakes[0].ends_with("…: expected str, got 1"), "{}", mistakes[0]);
}

/// The mistakes inside the one member that fits are cut as well.
#[test]
fn mistakes_in_a_member_of_a_union_are_cut() {
    let json = format!("[{}]", vec!["null"; 50].join(","));
    let hint = Hint::Union(vec![Hint::List(of(Hint::Int)), Hint::Bool]);
    let mistakes = read_as(&Hint::Tuple(vec![Hint::Int, hint]), &format!("[null, {json}]"));
    let mistakes = mistakes.unwrap_err();
    assert_eq!(mistakes[0], "x[0]: expected int, got null");
    assert_eq!(mistakes[1], "x[1][0]: expected int, got null");
    assert_eq!(mistakes.len(), 21);
    assert_eq!(mistakes[20], "… and 31 more");
}
