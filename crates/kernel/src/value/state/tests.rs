//! Tests of the form of states.

use super::{Difference, StateView, StateWriter, decode, difference, encode};
use crate::value::Value;
use crate::value::wire::{self, DecodeError, Writer};

fn state(attributes: &[(&str, Value)]) -> Vec<u8> {
    encode(attributes.iter().map(|(name, value)| (*name, value)))
}

fn joined(attributes: &[(&str, Value)]) -> Vec<u8> {
    let mut writer = StateWriter::new();
    let name = |name: &str| Value::Str(name.to_owned());
    let written = writer.joined(|message| {
        message.dict(attributes.len());
        for (key, value) in attributes {
            message.embedded(&wire::encode(&name(key)));
            message.embedded(&wire::encode(value));
        }
        Ok::<(), ()>(())
    });
    written.expect("nothing fails");
    writer.bytes().to_vec()
}

fn text(length: usize) -> Value {
    Value::Str("x".repeat(length))
}

/// Small numbers from a seed (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }

    fn value(&mut self) -> Value {
        match self.below(4) {
            0 => Value::Int(self.below(1000).cast_signed()),
            1 => text(self.below(300) as usize),
            2 => Value::List((0..self.below(4)).map(|_| Value::Int(1)).collect()),
            _ => Value::None,
        }
    }

    fn attributes(&mut self) -> Vec<(&'static str, Value)> {
        let names = ["a", "b", "", "grüße", "a_rather_long_name"];
        let count = self.below(names.len() as u64 + 1) as usize;
        names[..count].iter().map(|name| (*name, self.value())).collect()
    }
}

fn owned(attributes: &[(&str, Value)]) -> Vec<(String, Value)> {
    attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

#[test]
fn the_bytes_of_a_state_stay_what_they_are() {
    let attributes = [("n", Value::Int(-3)), ("s", Value::Str("ab".to_owned()))];
    assert_eq!(state(&attributes), [0x10, 2, 1, b'n', 3, 1, 4, 5, 1, b's', 5, 1, 7, 2, b'a', b'b']);
    assert_eq!(
        joined(&attributes[..1]),
        [0x11, 1, 12, 1, 7, 1, b'n', 4, 5],
        "a dict message follows the form"
    );
    let long = state(&[("t", text(200))]);
    assert_eq!(long[..9], [0x10, 1, 1, b't', 0xcc, 1, 1, 7, 0xc8], "a length of two bytes");
}

#[test]
fn both_ways_to_write_an_attribute_give_the_same_bytes() {
    for length in [0, 1, 100, 123, 124, 125, 126, 127, 128, 129, 16_379, 16_380, 16_384, 70_000] {
        let value = Value::Bytes(vec![7; length]);
        let mut writer = StateWriter::new();
        writer.separate(2);
        for _ in 0..2 {
            let write = |message: &mut Writer| {
                message.bytes(&vec![7; length]);
                Ok::<(), ()>(())
            };
            writer.attribute("a", write).expect("nothing fails");
        }
        assert_eq!(writer.bytes(), state(&[("a", value.clone()), ("a", value)]));
    }
}

#[test]
fn a_writer_starts_anew() {
    let mut writer = StateWriter::new();
    writer.separate(1);
    assert_eq!(writer.attribute("a", |_| Err("no")), Err("no"));
    writer.separate(1);
    writer.attribute_message("b", &wire::encode(&Value::None));
    assert_eq!(writer.bytes(), state(&[("b", Value::None)]));
}

#[test]
fn states_come_back_in_order() {
    for seed in 0..200 {
        let attributes = Random(seed).attributes();
        assert_eq!(decode(&state(&attributes)), Ok(owned(&attributes)), "seed {seed}");
        let flat: Vec<_> =
            attributes.into_iter().filter(|(_, value)| !matches!(value, Value::List(_))).collect();
        assert_eq!(decode(&joined(&flat)), Ok(owned(&flat)), "seed {seed}");
    }
}

#[test]
fn the_difference_names_what_changed() {
    for seed in 0..500 {
        let mut random = Random(seed);
        let before = random.attributes();
        let mut after = before.clone();
        for (_, value) in &mut after {
            if random.below(3) == 0 {
                *value = random.value();
            }
        }
        let changed: Vec<usize> =
            (0..before.len()).filter(|index| before[*index] != after[*index]).collect();
        let expected =
            if changed.is_empty() { Difference::Same } else { Difference::Attributes(changed) };
        assert_eq!(difference(&state(&before), &state(&after)), expected, "seed {seed}");
    }
}

#[test]
fn states_of_another_shape_differ_in_everything() {
    let (one, two) = (("a", Value::Int(1)), ("b", Value::Int(2)));
    let both = state(&[one.clone(), two.clone()]);
    for other in [
        state(&[two.clone(), one.clone()]),
        state(std::slice::from_ref(&one)),
        state(&[one.clone(), ("c", Value::Int(2))]),
        joined(&[one.clone(), two.clone()]),
        b"\x10\x02".to_vec(),
        [both.as_slice(), b"?"].concat(),
        Vec::new(),
    ] {
        assert_eq!(difference(&both, &other), Difference::Everything, "{other:?}");
        assert_eq!(difference(&other, &both), Difference::Everything, "{other:?}");
    }
    let joined = joined(&[one, two]);
    assert_eq!(difference(&joined, &joined), Difference::Same);
}

#[test]
fn what_is_no_state_is_refused() {
    // A bare dict message, as states were once written.
    assert_eq!(decode(&[1, 12, 0]), Err(DecodeError::StateForm(1)));
    let message = DecodeError::StateForm(1).to_string();
    assert!(message.contains("form 1"), "{message}");
    assert_eq!(decode(&[]), Err(DecodeError::Truncated));
    assert!(StateView::new(&[0x10, 0x80]).is_err());
    assert_eq!(decode(&[0x11, 1, 4, 5]).unwrap_err(), {
        DecodeError::Invalid("it does not hold the state of an entity")
    });
    let whole = state(&[("a", Value::Int(1)), ("b", text(200))]);
    for length in 0..whole.len() {
        assert!(decode(&whole[..length]).is_err(), "cut to {length} bytes");
    }
    let longer = [whole.as_slice(), &[0]].concat();
    assert_eq!(decode(&longer), Err(DecodeError::Trailing));
    assert_eq!(decode(&[0x10, 0]), Ok(Vec::new()));
    assert_eq!(decode(&[0x10, 0, 0]), Err(DecodeError::Trailing));
    // Counts and lengths that no memory could hold.
    let huge = [0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0];
    assert!(decode(&huge).is_err());
}
