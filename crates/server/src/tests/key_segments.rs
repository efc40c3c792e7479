//! Keys as path segments.

use anabranch_ir::Hint;
use anabranch_kernel::Value;

use super::fake_engine::str_value;
use anabranch_json::keys::{parse, segment};

#[test]
fn keys_go_round() {
    let pair = || Hint::Tuple(vec![Hint::Str, Hint::Int]);
    let uuid = "00000000-0000-0000-0000-0000000000ff";
    let mut uuid_bytes = [0; 16];
    uuid_bytes[15] = 255;
    let big = "123456789012345678901234567890";
    let cases = [
        (Hint::Str, "pen", str_value("pen")),
        (Hint::Any, "a%2Cb", str_value("a,b")),
        (Hint::Str, "", str_value("")),
        (Hint::Str, "a%2Fb%20%C3%A9%25", str_value("a/b é%")),
        (Hint::Str, "%2E%2E", str_value("..")),
        (Hint::Int, "-7", Value::Int(-7)),
        (Hint::Int, "0", Value::Int(0)),
        (Hint::Int, big, Value::BigInt(big.parse().unwrap())),
        (Hint::Uuid, uuid, Value::Uuid(uuid_bytes)),
        (Hint::Bytes, "-_8", Value::Bytes(vec![0xFB, 0xFF])),
        (pair(), "a%2Cb,7", Value::Tuple(vec![str_value("a,b"), Value::Int(7)])),
        (
            Hint::Tuple(vec![pair(), Hint::Int]),
            "a,1,2",
            Value::Tuple(vec![Value::Tuple(vec![str_value("a"), Value::Int(1)]), Value::Int(2)]),
        ),
        (
            Hint::TupleOf(Box::new(Hint::Int)),
            "1,2,3",
            Value::Tuple(vec![Value::Int(1), Value::Int(2), Value::Int(3)]),
        ),
        (Hint::Union(vec![Hint::Int, Hint::Str]), "7", Value::Int(7)),
        (Hint::Union(vec![Hint::Int, Hint::Str]), "x", str_value("x")),
    ];
    for (hint, text, key) in cases {
        assert_eq!(parse(&hint, text), Ok(key.clone()), "{hint} from {text}");
        assert_eq!(segment(&hint, &key).as_deref(), Some(text), "{hint} to {text}");
    }
}

#[test]
fn what_is_no_key_is_refused() {
    let pair = || Hint::Tuple(vec![Hint::Str, Hint::Int]);
    let cases = [
        (Hint::Int, "x"),
        (Hint::Int, ""),
        (Hint::Int, "-"),
        (Hint::Int, "+7"),
        (Hint::Int, "007"),
        (Hint::Int, "-0"),
        (Hint::Int, "1.0"),
        (Hint::Str, "%FF"),
        (Hint::Uuid, "000000000000000000000000000000ff"),
        (Hint::Bytes, "*"),
        (pair(), "a"),
        (pair(), "a,1,2"),
        (pair(), "a,b"),
        (Hint::TupleOf(Box::new(Hint::Tuple(vec![]))), "a"),
        (Hint::Float, "1.0"),
    ];
    for (hint, text) in cases {
        let message = parse(&hint, text).expect_err(text);
        assert!(message.contains(&hint.to_string()), "{message}");
    }
}

#[test]
fn keys_without_a_faithful_segment_have_none() {
    let cases = [
        (Hint::Any, Value::Int(7)),
        (Hint::Union(vec![Hint::Int, Hint::Str]), str_value("7")),
        (Hint::Str, Value::None),
    ];
    for (hint, key) in cases {
        assert_eq!(segment(&hint, &key), None, "{key:?} as {hint}");
    }
}
