//! Every kind of value goes round; what is wrong is said.

use anabranch_kernel::Value;
use anabranch_kernel::value::wire::{self, Writer};
use anabranch_kernel::value::{Date, ExceptionValue, Reference, Time, TimeDelta, Zone};
use serde_json::json;

use super::{to_json, to_message};
use crate::Json;

fn text(value: &str) -> Value {
    Value::Str(value.to_owned())
}

fn at_noon(fold: bool, zone: Zone) -> Time {
    Time { hour: 12, minute: 30, second: 1, microsecond: 250, fold, zone }
}

fn round(message: &[u8]) -> Json {
    let json = to_json(message).unwrap();
    // Through text, as in a file.
    let read: Json = serde_json::from_str(&json.to_string()).unwrap();
    assert_eq!(to_message(&read).unwrap(), message, "{json}");
    json
}

#[test]
fn every_kind_of_value_goes_round() {
    let date = Date { year: 2026, month: 3, day: 1 };
    let named = |name: &str| Zone::Named(name.to_owned());
    let cases = [
        (Value::None, json!(null)),
        (Value::Bool(true), json!(true)),
        (Value::Int(i64::MIN), json!(i64::MIN)),
        (Value::Float(1.0), json!(1.0)),
        (Value::Float(-0.0), json!(-0.0)),
        (Value::Float(f64::NEG_INFINITY), json!({"$float": "-Infinity"})),
        (text("$ü\u{0}"), json!("$ü\u{0}")),
        (Value::SurrogateStr(vec![0xED, 0xA0, 0x80]), json!({"$str": "7aCA"})),
        (Value::Bytes(vec![0, 255]), json!({"$bytes": "AP8="})),
        (Value::List(vec![Value::Tuple(vec![])]), json!([{"$tuple": []}])),
        (Value::Dict(vec![(text("a"), Value::Int(1))]), json!({"a": 1})),
        (Value::Dict(vec![]), json!({})),
        (Value::Dict(vec![(text("$a"), Value::Int(1))]), json!({"$dict": [["$a", 1]]})),
        (Value::Dict(vec![(Value::Int(1), Value::None)]), json!({"$dict": [[1, null]]})),
        (Value::Set(vec![Value::Int(1)]), json!({"$set": [1]})),
        (Value::FrozenSet(vec![text("a")]), json!({"$frozenset": ["a"]})),
        (Value::Date(date), json!({"$date": "2026-03-01"})),
        (
            Value::Time(at_noon(false, Zone::Offset { microseconds: -3_600_000_000 })),
            json!({"$time": "12:30:01.000250-01:00"}),
        ),
        (
            Value::Time(at_noon(true, Zone::Naive)),
            json!({"$time": {"clock": "12:30:01.000250", "fold": true, "zone": null}}),
        ),
        (
            Value::DateTime(date, at_noon(false, named("Europe/Amsterdam"))),
            json!({"$datetime": "2026-03-01T12:30:01.000250[Europe/Amsterdam]"}),
        ),
        (
            Value::DateTime(date, at_noon(true, named("a b"))),
            json!({"$datetime": {
                "date": "2026-03-01", "clock": "12:30:01.000250", "fold": true, "zone": "a b",
            }}),
        ),
        (
            Value::TimeDelta(TimeDelta { days: -1, seconds: 86_399, microseconds: 1 }),
            json!({"$timedelta": "-PT0.999999S"}),
        ),
        (Value::Decimal("1.50".to_owned()), json!({"$decimal": "1.50"})),
        (Value::Uuid([0; 16]), json!({"$uuid": "00000000-0000-0000-0000-000000000000"})),
        (
            Value::Enum { class: "m:C".to_owned(), member: "RED".to_owned() },
            json!({"$enum": ["m:C", "RED"]}),
        ),
        (
            Value::Record { class: "m:R".to_owned(), fields: vec![("$x".to_owned(), Value::None)] },
            json!({"$record": ["m:R", {"$x": null}]}),
        ),
        (
            Value::Reference(Reference { class: "Item".to_owned(), key: Box::new(text("pen")) }),
            json!({"$ref": ["Item", "pen"]}),
        ),
        (
            Value::Exception(Box::new(ExceptionValue {
                class: "m:E".to_owned(),
                args: vec![Value::Int(1)],
                attributes: vec![("a".to_owned(), text("b"))],
            })),
            json!({"$exception": ["m:E", [1], {"a": "b"}]}),
        ),
        (Value::Opaque(vec![128, 4]), json!({"$opaque": "gAQ="})),
    ];
    for (value, expected) in cases {
        assert_eq!(round(&wire::encode(&value)).to_string(), expected.to_string());
    }
    let big = "-123456789012345678901234567890";
    assert_eq!(round(&wire::encode(&Value::BigInt(big.parse().unwrap()))).to_string(), big);
}

#[test]
fn no_float_changes() {
    for value in [0.1, 1e300, 5e-324, f64::MAX, f64::NAN, f64::INFINITY, 1e16, 123_456_789.0] {
        round(&wire::encode(&Value::Float(value)));
    }
    let mut writer = Writer::new();
    writer.float(f64::from_bits(0xFFF8_0000_0000_0001));
    assert_eq!(round(&writer.finish()), json!({"$float": "fff8000000000001"}));
}

#[test]
fn aliases_and_cycles_stay() {
    let mut writer = Writer::new();
    let outer = writer.list(3);
    writer.tuple(1);
    let inner = writer.dict(0);
    writer.shared(inner);
    writer.shared(outer);
    assert_eq!(round(&writer.finish()), json!([{"$tuple": [{}]}, {"$shared": 1}, {"$shared": 0}]));
}

#[test]
fn what_is_wrong_is_said() {
    for (json, problem) in [
        (json!({"$set": [[]]}), "a list cannot be in a set"),
        (json!({"$dict": [[{}, 1]]}), "a dict cannot be in a set"),
        (json!({"$dict": [[{"$tuple": [{"$set": []}]}, 1]]}), "a set cannot be in a set"),
        (json!({"$dict": [[1]]}), "expected a [key, value] pair, got an array of 1"),
        (json!({"$pickle": "x"}), "no kind of value called \"$pickle\""),
        (json!({"$tuple": [], "b": 1}), "stands alone"),
        (json!({"$shared": 0}), "a container that starts earlier"),
        (json!({"$date": "2026-02-30"}), "expected a date"),
        (json!({"$bytes": "!"}), "expected Base64, got \"!\""),
        (json!({"$decimal": "one"}), "expected a decimal number"),
        (json!({"$uuid": 3}), "expected a string, got 3"),
        (json!({"$ref": ["Item"]}), "the name of a class and 1 more"),
        (
            json!({"$time": {"clock": "12:00", "fold": false, "zone": 86_400_000_000_i64}}),
            "offset of a time zone",
        ),
        (serde_json::from_str("1e999").unwrap(), "a number that a float can hold"),
    ] {
        let error = to_message(&json).unwrap_err().to_string();
        assert!(error.contains(problem), "{json}: {error}");
    }
    let mut deep = json!([]);
    for _ in 0..300 {
        deep = json!([deep]);
    }
    assert!(to_message(&deep).unwrap_err().to_string().contains("deeper than 200"));
}
