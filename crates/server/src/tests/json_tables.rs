//! Tables of hint, JSON and value.

use anabranch_ir::Hint;
use anabranch_kernel::Value;
use anabranch_kernel::value::{Date, ExceptionValue, Reference, Time, TimeDelta, Zone};

use super::application;
use super::fake_engine::str_value;
use anabranch_json::mistakes::Mistakes;
use anabranch_json::{Json, read, write};

fn parse(json: &str) -> Json {
    serde_json::from_str(json).expect("the test's JSON is JSON")
}

pub(super) fn read_as(hint: &Hint, json: &str) -> Result<Value, Vec<String>> {
    let mut mistakes = Mistakes::under("x");
    let value = read::value(&application::program(), hint, &parse(json), &mut mistakes);
    match value {
        Some(value) => {
            assert!(mistakes.is_empty(), "a value comes without mistakes");
            Ok(value)
        }
        None => Err(mistakes.into_texts()),
    }
}

fn written(value: &Value) -> String {
    write::natural(&application::program(), value).to_string()
}

pub(super) fn of(hint: Hint) -> Box<Hint> {
    Box::new(hint)
}

fn entity(class: &str, key: Value) -> Value {
    Value::Reference(Reference { class: class.to_owned(), key: Box::new(key) })
}

fn noon(zone: Zone) -> Time {
    Time { hour: 12, minute: 30, second: 5, microsecond: 250_000, fold: false, zone }
}

fn colour(member: &str) -> Value {
    Value::Enum { class: "shop:Colour".to_owned(), member: member.to_owned() }
}

fn address(fields: Vec<(&str, Value)>) -> Value {
    let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Value::Record { class: "shop:Address".to_owned(), fields }
}

/// Values that are written as the JSON that they are read from.
#[test]
fn hints_read_what_is_written() {
    let date = Date { year: 2024, month: 2, day: 29 };
    let utc = Zone::Offset { microseconds: 0 };
    let odd_offset = Zone::Offset { microseconds: -3_601_500_000 };
    let named = Zone::Named("Europe/Amsterdam".to_owned());
    let hour = 3_600_000_000;
    let record = Hint::Record("shop:Address".to_owned());
    let big = "-123456789012345678901234567890";
    let uuid = "00010203-0405-0607-0809-0a0b0c0d0e0f";
    let cases: Vec<(Hint, &str, Value)> = vec![
        (Hint::None, "null", Value::None),
        (Hint::Bool, "true", Value::Bool(true)),
        (Hint::Int, "-9223372036854775808", Value::Int(i64::MIN)),
        (Hint::Int, big, Value::BigInt(big.parse().unwrap())),
        (Hint::Float, "0.1", Value::Float(0.1)),
        (Hint::Float, "3.0", Value::Float(3.0)),
        (Hint::Float, "\"Infinity\"", Value::Float(f64::INFINITY)),
        (Hint::Float, "\"-Infinity\"", Value::Float(f64::NEG_INFINITY)),
        (Hint::Str, "\"é\\n\"", str_value("é\n")),
        (Hint::Bytes, "\"AP8=\"", Value::Bytes(vec![0, 255])),
        (Hint::List(of(Hint::Int)), "[1,2]", Value::List(vec![Value::Int(1), Value::Int(2)])),
        (Hint::Set(of(Hint::Int)), "[1]", Value::Set(vec![Value::Int(1)])),
        (Hint::FrozenSet(of(Hint::Str)), "[\"a\"]", Value::FrozenSet(vec![str_value("a")])),
        (
            Hint::Tuple(vec![Hint::Int, Hint::Str]),
            "[1,\"a\"]",
            Value::Tuple(vec![Value::Int(1), str_value("a")]),
        ),
        (Hint::Tuple(vec![]), "[]", Value::Tuple(vec![])),
        (Hint::TupleOf(of(Hint::Bool)), "[true]", Value::Tuple(vec![Value::Bool(true)])),
        (
            Hint::Dict(of(Hint::Str), of(Hint::Int)),
            "{\"b\":1,\"a\":2}",
            Value::Dict(vec![(str_value("b"), Value::Int(1)), (str_value("a"), Value::Int(2))]),
        ),
        (
            Hint::Dict(of(Hint::Int), of(Hint::Str)),
            "[[1,\"a\"]]",
            Value::Dict(vec![(Value::Int(1), str_value("a"))]),
        ),
        (Hint::Date, "\"2024-02-29\"", Value::Date(date)),
        (Hint::Time, "\"12:30:05.250000\"", Value::Time(noon(Zone::Naive))),
        (Hint::DateTime, "\"2024-02-29T12:30:05.250000+00:00\"", Value::DateTime(date, noon(utc))),
        (
            Hint::DateTime,
            "\"2024-02-29T12:30:05.250000-01:00:01.500000\"",
            Value::DateTime(date, noon(odd_offset)),
        ),
        (
            Hint::DateTime,
            "\"2024-02-29T12:30:05.250000[Europe/Amsterdam]\"",
            Value::DateTime(date, noon(named)),
        ),
        (
            Hint::Time,
            "\"12:30:05.250000+01:00\"",
            Value::Time(noon(Zone::Offset { microseconds: hour })),
        ),
        (Hint::TimeDelta, "\"PT0S\"", duration(0, 0, 0)),
        (Hint::TimeDelta, "\"P1D\"", duration(1, 0, 0)),
        (Hint::TimeDelta, "\"P1DT2H3M4.5S\"", duration(1, 7384, 500_000)),
        (Hint::TimeDelta, "\"-PT1S\"", duration(-1, 86_399, 0)),
        (Hint::TimeDelta, "\"-P999999999D\"", duration(-999_999_999, 0, 0)),
        (Hint::Decimal, "\"1.10\"", Value::Decimal("1.10".to_owned())),
        (Hint::Decimal, "\"-Infinity\"", Value::Decimal("-Infinity".to_owned())),
        (
            Hint::Uuid,
            &format!("\"{uuid}\""),
            Value::Uuid([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]),
        ),
        (Hint::Enum("shop:Colour".to_owned()), "\"red\"", colour("RED")),
        (Hint::Enum("shop:Colour".to_owned()), "2", colour("BLUE")),
        (Hint::Enum("shop:Colour".to_owned()), "\"ODD\"", colour("ODD")),
        (
            record,
            "{\"street\":\"Mekelweg\",\"number\":4}",
            address(vec![("street", str_value("Mekelweg")), ("number", Value::Int(4))]),
        ),
        (
            Hint::Entity("Cell".to_owned()),
            "{\"$ref\":[\"Cell\",[\"a\",1]]}",
            entity("Cell", Value::Tuple(vec![str_value("a"), Value::Int(1)])),
        ),
    ]
    .into_iter()
    .map(|(hint, json, value)| (hint, Box::leak(json.to_owned().into_boxed_str()) as &str, value))
    .collect();
    for (hint, json, value) in cases {
        assert_eq!(read_as(&hint, json), Ok(value.clone()), "{hint} from {json}");
        assert_eq!(written(&value), json, "{hint} to {json}");
    }
}

fn duration(days: i32, seconds: i32, microseconds: i32) -> Value {
    Value::TimeDelta(TimeDelta { days, seconds, microseconds })
}

/// Other spellings that are read too.
#[test]
fn hints_read_other_spellings() {
    let optional_item = Hint::Union(vec![Hint::Entity("Item".to_owned()), Hint::None]);
    let pairs = "[[\"a\", 1]]";
    let date = Date { year: 2024, month: 12, day: 31 };
    let midnight =
        Time { hour: 0, minute: 0, second: 0, microsecond: 0, fold: false, zone: Zone::Naive };
    let cases = [
        (Hint::Float, "3", Value::Float(3.0)),
        (Hint::Float, "1e2", Value::Float(100.0)),
        (Hint::Int, "-0", Value::Int(0)),
        (Hint::Bytes, "\"AP8\"", Value::Bytes(vec![0, 255])),
        (Hint::Decimal, "3.10", Value::Decimal("3.10".to_owned())),
        (Hint::DateTime, "\"2024-12-31 00:00\"", Value::DateTime(date, midnight)),
        (Hint::TimeDelta, "\"P2W\"", duration(14, 0, 0)),
        (Hint::Uuid, "\"FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF\"", Value::Uuid([255; 16])),
        (
            Hint::Dict(of(Hint::Str), of(Hint::Int)),
            pairs,
            Value::Dict(vec![(str_value("a"), Value::Int(1))]),
        ),
        (
            Hint::Dict(of(Hint::Enum("shop:Colour".to_owned())), of(Hint::Int)),
            "{\"red\": 1}",
            Value::Dict(vec![(colour("RED"), Value::Int(1))]),
        ),
        (optional_item.clone(), "\"pen\"", entity("Item", str_value("pen"))),
        (
            optional_item.clone(),
            "{\"$ref\": [\"Item\", \"pen\"]}",
            entity("Item", str_value("pen")),
        ),
        (optional_item, "null", Value::None),
        (Hint::Union(vec![Hint::Float, Hint::Int]), "1", Value::Float(1.0)),
        (Hint::Union(vec![Hint::Int, Hint::Float]), "1", Value::Int(1)),
        (
            Hint::Record("shop:Address".to_owned()),
            "{\"street\": \"Mekelweg\"}",
            address(vec![("street", str_value("Mekelweg"))]),
        ),
        (
            Hint::Any,
            "{\"a\": [1, 1.0, null, {\"$ref\": [\"Account\", 7]}]}",
            Value::Dict(vec![(
                str_value("a"),
                Value::List(vec![
                    Value::Int(1),
                    Value::Float(1.0),
                    Value::None,
                    entity("Account", Value::Int(7)),
                ]),
            )]),
        ),
        (Hint::Record("other:Class".to_owned()), "1", Value::Int(1)),
    ];
    for (hint, json, value) in cases {
        assert_eq!(read_as(&hint, json), Ok(value), "{hint} from {json}");
    }
    let Ok(Value::Float(nan)) = read_as(&Hint::Float, "\"NaN\"") else { panic!("no float") };
    assert!(nan.is_nan());
    assert_eq!(written(&Value::Float(nan)), "\"NaN\"");
}

/// Values that leave, but do not come back as they were.
#[test]
fn results_are_written_naturally() {
    let exception = ExceptionValue {
        class: "shop:OutOfStock".to_owned(),
        args: vec![Value::Int(1)],
        attributes: vec![("item".to_owned(), entity("Item", str_value("pen")))],
    };
    let cases = [
        (Value::SurrogateStr(b"a\xED\xA0\x80b".to_vec()), "\"a\u{FFFD}b\""),
        (Value::Dict(vec![]), "{}"),
        (
            Value::Dict(vec![(str_value("a"), Value::None), (Value::Int(1), Value::None)]),
            "[[\"a\",null],[1,null]]",
        ),
        (
            Value::Exception(Box::new(exception)),
            "{\"type\":\"shop:OutOfStock\",\"args\":[1],\
             \"attributes\":{\"item\":{\"$ref\":[\"Item\",\"pen\"]}}}",
        ),
        (Value::Opaque(vec![1, 2, 3]), "{\"$opaque\":3}"),
        (Value::Enum { class: "other:Kind".into(), member: "A".into() }, "\"A\""),
    ];
    for (value, json) in cases {
        assert_eq!(written(&value), json);
    }
}
