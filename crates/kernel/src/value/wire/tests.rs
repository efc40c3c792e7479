//! Tests of the encoding.

use num_bigint::BigInt;

use super::{DEPTH_MAX, DecodeError, FORMAT_VERSION, Reader, Token, Writer, decode, encode};
use crate::value::{Date, ExceptionValue, Reference, Time, TimeDelta, Value, Zone};

fn text(value: &str) -> Value {
    Value::Str(value.to_owned())
}

fn time(zone: Zone) -> Time {
    Time { hour: 23, minute: 59, second: 58, microsecond: 999_999, fold: true, zone }
}

/// One value of every kind.
fn every_kind() -> Vec<Value> {
    let date = Date { year: 2024, month: 2, day: 29 };
    vec![
        Value::None,
        Value::Bool(true),
        Value::Bool(false),
        Value::Int(0),
        Value::Int(-1),
        Value::Int(i64::MAX),
        Value::Int(i64::MIN),
        Value::BigInt(BigInt::from(i64::MAX) + 1),
        Value::BigInt(BigInt::from(i64::MIN) - 1),
        Value::BigInt(BigInt::from(10).pow(100)),
        Value::Float(-0.5),
        Value::Float(f64::INFINITY),
        text("grüße 🌊"),
        Value::SurrogateStr(b"\xed\xa0\x80".to_vec()),
        Value::Bytes(vec![0, 255]),
        Value::List(vec![Value::Int(1), Value::List(vec![])]),
        Value::Tuple(vec![text("a"), Value::Tuple(vec![])]),
        Value::Dict(vec![(text("k"), Value::Int(1)), (Value::Int(2), Value::Dict(vec![]))]),
        Value::Set(vec![Value::Int(1)]),
        Value::FrozenSet(vec![Value::Int(1)]),
        Value::Date(date),
        Value::Time(time(Zone::Naive)),
        Value::DateTime(date, time(Zone::Offset { microseconds: -3_600_000_000 })),
        Value::DateTime(date, time(Zone::Named("Europe/Berlin".to_owned()))),
        Value::TimeDelta(TimeDelta { days: -1, seconds: 86_399, microseconds: 999_999 }),
        Value::Decimal("1.10".to_owned()),
        Value::Uuid([7; 16]),
        Value::Enum { class: "shop:Color".to_owned(), member: "RED".to_owned() },
        Value::Record {
            class: "shop:Point".to_owned(),
            fields: vec![("x".to_owned(), Value::Int(1)), ("y".to_owned(), Value::None)],
        },
        Value::Reference(Reference { class: "Item".to_owned(), key: Box::new(text("pen")) }),
        Value::Exception(Box::new(ExceptionValue {
            class: "builtins:ValueError".to_owned(),
            args: vec![text("no"), Value::Int(3)],
            attributes: vec![("code".to_owned(), Value::Int(7))],
        })),
        Value::Opaque(b"\x80\x05.".to_vec()),
    ]
}

#[test]
fn every_kind_round_trips() {
    for value in every_kind() {
        assert_eq!(decode(&encode(&value)), Ok(value));
    }
    let all = Value::List(every_kind());
    assert_eq!(decode(&encode(&all)), Ok(all));
}

#[test]
fn not_a_number_round_trips() {
    let Ok(Value::Float(value)) = decode(&encode(&Value::Float(f64::NAN))) else {
        panic!("not a float")
    };
    assert!(value.is_nan());
}

#[test]
fn every_truncation_is_an_error() {
    let message = encode(&Value::List(every_kind()));
    for length in 0..message.len() {
        assert_eq!(decode(&message[..length]), Err(DecodeError::Truncated), "at {length}");
    }
}

#[test]
fn trailing_bytes_are_an_error() {
    let mut message = encode(&Value::None);
    message.push(0);
    assert_eq!(decode(&message), Err(DecodeError::Trailing));
}

#[test]
fn another_version_is_an_error() {
    let mut message = encode(&Value::None);
    message[0] = FORMAT_VERSION + 1;
    assert_eq!(decode(&message), Err(DecodeError::Version(FORMAT_VERSION + 1)));
}

#[test]
fn an_unknown_tag_is_an_error() {
    assert_eq!(decode(&[FORMAT_VERSION, 0]), Err(DecodeError::UnknownTag(0)));
    assert_eq!(decode(&[FORMAT_VERSION, 255]), Err(DecodeError::UnknownTag(255)));
}

/// The first bytes of a list that announces `count` elements.
fn list_of(count: usize) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.list(count);
    writer.finish()
}

#[test]
fn a_count_beyond_the_message_is_refused() {
    assert_eq!(decode(&list_of(usize::MAX)), Err(DecodeError::Truncated));
    let mut writer = Writer::new();
    writer.dict(usize::MAX / 2 + 1);
    assert_eq!(decode(&writer.finish()), Err(DecodeError::Truncated));
}

#[test]
fn nested_counts_share_the_rest_of_the_message() {
    // Each list alone fits into what follows it; both together do not.
    let mut writer = Writer::new();
    writer.list(10);
    writer.list(10);
    for _ in 0..10 {
        writer.none();
    }
    let message = writer.finish();
    let mut reader = Reader::new(&message).expect("a good version");
    assert_eq!(reader.token(), Ok(Token::List(10)));
    assert_eq!(reader.token(), Err(DecodeError::Truncated));
}

#[test]
fn a_shared_container_is_repeated() {
    let mut writer = Writer::new();
    writer.list(3);
    let inner = writer.list(1);
    writer.int(5);
    writer.shared(inner);
    writer.dict(1);
    writer.str("k");
    writer.shared(inner);
    let fives = Value::List(vec![Value::Int(5)]);
    let expected =
        Value::List(vec![fives.clone(), fives.clone(), Value::Dict(vec![(text("k"), fives)])]);
    assert_eq!(decode(&writer.finish()), Ok(expected));
}

#[test]
fn numbers_stay_right_after_a_repetition() {
    let mut writer = Writer::new();
    writer.tuple(4);
    let outer = writer.list(1);
    writer.list(0);
    writer.shared(outer);
    let set = writer.set(1);
    writer.int(1);
    writer.shared(set);
    let nested = Value::List(vec![Value::List(vec![])]);
    let one = Value::Set(vec![Value::Int(1)]);
    let expected = Value::Tuple(vec![nested.clone(), nested, one.clone(), one]);
    assert_eq!(decode(&writer.finish()), Ok(expected));
}

#[test]
fn a_cycle_is_refused() {
    let mut writer = Writer::new();
    let outer = writer.list(1);
    writer.tuple(1);
    writer.shared(outer);
    assert_eq!(decode(&writer.finish()), Err(DecodeError::Cyclic));
}

#[test]
fn a_container_that_comes_later_cannot_be_shared() {
    let mut message = list_of(1);
    message.extend([super::tag::SHARED, 1]);
    assert!(matches!(decode(&message), Err(DecodeError::Invalid(_))));
}

#[test]
fn exponential_sharing_is_refused() {
    let mut writer = Writer::new();
    // Element n is a list of element n - 1 twice.
    writer.list(60);
    let mut previous = writer.list(0);
    for _ in 1..60 {
        let next = writer.list(2);
        writer.shared(previous);
        writer.shared(previous);
        previous = next;
    }
    assert!(matches!(decode(&writer.finish()), Err(DecodeError::Invalid(_))));
}

fn nested_list(depth: usize) -> Vec<u8> {
    let mut writer = Writer::new();
    for _ in 0..depth {
        writer.list(1);
    }
    writer.none();
    writer.finish()
}

#[test]
fn nesting_is_bounded() {
    assert!(decode(&nested_list(DEPTH_MAX)).is_ok());
    assert_eq!(decode(&nested_list(DEPTH_MAX + 1)), Err(DecodeError::TooDeep));
    assert_eq!(decode(&nested_list(1_000_000)), Err(DecodeError::TooDeep));
}

#[test]
fn integers_have_one_form() {
    let mut writer = Writer::new();
    writer.big_int(&BigInt::from(5));
    assert_eq!(writer.finish(), encode(&Value::Int(5)));
    for message in [
        // A small integer as a big one, a big one with a needless byte, a varint with one.
        &[FORMAT_VERSION, super::tag::BIG_INT, 1, 5][..],
        &[FORMAT_VERSION, super::tag::BIG_INT, 10, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0],
        &[FORMAT_VERSION, super::tag::INT, 0x80, 0],
    ] {
        assert!(matches!(decode(message), Err(DecodeError::Invalid(_))), "{message:?}");
    }
}

#[test]
fn impossible_dates_and_times_are_refused() {
    let date = |year: u16, month, day| {
        let [low, high] = year.to_le_bytes();
        decode(&[FORMAT_VERSION, super::tag::DATE, low, high, month, day])
    };
    assert!(date(2024, 2, 29).is_ok());
    for (year, month, day) in
        [(0, 1, 1), (10_000, 1, 1), (2023, 2, 29), (2024, 13, 1), (2024, 4, 31)]
    {
        assert!(date(year, month, day).is_err(), "{year}-{month}-{day}");
    }
    let clock = |hour, minute, second| {
        decode(&[FORMAT_VERSION, super::tag::TIME, 0, hour, minute, second, 0])
    };
    assert!(clock(23, 59, 59).is_ok());
    assert!(clock(24, 0, 0).is_err() && clock(0, 60, 0).is_err() && clock(0, 0, 60).is_err());
}

/// Xorshift, so that the test sees the same bytes each time.
fn next_random(state: &mut u64) -> u64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    *state
}

#[test]
fn random_bytes_never_panic() {
    let mut state = 0x9e37_79b9_7f4a_7c15;
    let mut decoded = 0;
    for _ in 0..20_000 {
        let length = next_random(&mut state) % 40;
        let mut message = vec![FORMAT_VERSION];
        message.extend((0..length).map(|_| (next_random(&mut state) % 30) as u8));
        decoded += usize::from(decode(&message).is_ok());
    }
    assert!(decoded > 100, "only {decoded} messages were values: the test tests too little");
}

#[test]
fn damaged_messages_never_panic() {
    let good = encode(&Value::List(every_kind()));
    let mut state = 0x2545_f491_4f6c_dd1d;
    for _ in 0..20_000 {
        let mut message = good.clone();
        let place = next_random(&mut state) as usize % message.len();
        message[place] = next_random(&mut state) as u8;
        if let Ok(value) = decode(&message) {
            decode(&encode(&value)).expect("what was decoded can be encoded");
        }
    }
}
