//! Writes a message, token by token.
//!
//! The writer trusts its caller: after a container it expects as many values as were announced.

use num_bigint::BigInt;

use super::{FORMAT_VERSION, tag};
use crate::value::{Date, Time, TimeDelta, Zone};

/// Writes one message.
///
/// Each method writes one token. Containers announce how many values follow. The methods of
/// containers that can be shared return the number that [`Writer::shared`] takes.
#[derive(Debug)]
pub struct Writer {
    bytes: Vec<u8>,
    containers: usize,
}

impl Default for Writer {
    fn default() -> Self {
        Self::new()
    }
}

impl Writer {
    pub fn new() -> Self {
        Self::with_capacity(64)
    }

    /// A writer with room for `capacity` bytes.
    pub fn with_capacity(capacity: usize) -> Self {
        Self::after(Vec::with_capacity(capacity))
    }

    /// A writer that puts its message after what is in `bytes`; [`Writer::finish`] gives both.
    pub fn after(mut bytes: Vec<u8>) -> Self {
        bytes.push(FORMAT_VERSION);
        Self { bytes, containers: 0 }
    }

    /// The message.
    pub fn finish(self) -> Vec<u8> {
        self.bytes
    }

    pub fn none(&mut self) {
        self.bytes.push(tag::NONE);
    }

    pub fn bool(&mut self, value: bool) {
        self.bytes.push(if value { tag::TRUE } else { tag::FALSE });
    }

    pub fn int(&mut self, value: i64) {
        self.bytes.push(tag::INT);
        self.signed(value);
    }

    /// Writes an integer of any size, in the one form that its value has.
    pub fn big_int(&mut self, value: &BigInt) {
        match i64::try_from(value) {
            Ok(small) => self.int(small),
            Err(_) => self.payload(tag::BIG_INT, &value.to_signed_bytes_le()),
        }
    }

    pub fn float(&mut self, value: f64) {
        self.bytes.push(tag::FLOAT);
        self.bytes.extend_from_slice(&value.to_le_bytes());
    }

    pub fn str(&mut self, value: &str) {
        self.payload(tag::STR, value.as_bytes());
    }

    /// Writes a string with lone surrogates, as `str.encode("utf-8", "surrogatepass")` gives it.
    pub fn surrogate_str(&mut self, value: &[u8]) {
        self.payload(tag::SURROGATE_STR, value);
    }

    pub fn bytes(&mut self, value: &[u8]) {
        self.payload(tag::BYTES, value);
    }

    /// A list; `count` values follow.
    pub fn list(&mut self, count: usize) -> usize {
        self.container(tag::LIST, count)
    }

    /// A tuple; `count` values follow. Tuples have no number.
    pub fn tuple(&mut self, count: usize) {
        self.bytes.push(tag::TUPLE);
        self.length(count);
    }

    /// A dict; `count` pairs of key and value follow.
    pub fn dict(&mut self, count: usize) -> usize {
        self.container(tag::DICT, count)
    }

    /// A set; `count` values follow.
    pub fn set(&mut self, count: usize) -> usize {
        self.container(tag::SET, count)
    }

    /// A frozenset; `count` values follow. Frozensets have no number.
    pub fn frozen_set(&mut self, count: usize) {
        self.bytes.push(tag::FROZEN_SET);
        self.length(count);
    }

    pub fn date(&mut self, date: Date) {
        self.bytes.push(tag::DATE);
        self.date_payload(date);
    }

    pub fn time(&mut self, time: &Time) {
        self.bytes.push(tag::TIME);
        self.time_payload(time);
    }

    pub fn date_time(&mut self, date: Date, time: &Time) {
        self.bytes.push(tag::DATE_TIME);
        self.date_payload(date);
        self.time_payload(time);
    }

    pub fn time_delta(&mut self, delta: TimeDelta) {
        self.bytes.push(tag::TIME_DELTA);
        self.signed(delta.days.into());
        self.signed(delta.seconds.into());
        self.signed(delta.microseconds.into());
    }

    /// A `Decimal`, as `str` writes it.
    pub fn decimal(&mut self, text: &str) {
        self.payload(tag::DECIMAL, text.as_bytes());
    }

    pub fn uuid(&mut self, value: [u8; 16]) {
        self.bytes.push(tag::UUID);
        self.bytes.extend_from_slice(&value);
    }

    pub fn enum_member(&mut self, class: &str, member: &str) {
        self.bytes.push(tag::ENUM_MEMBER);
        self.name(class);
        self.name(member);
    }

    /// An instance of a dataclass; `count` times [`Writer::name`] and a value follow.
    pub fn record(&mut self, class: &str, count: usize) -> usize {
        self.bytes.push(tag::RECORD);
        self.name(class);
        self.length(count);
        self.number()
    }

    /// The name of a field or attribute.
    pub fn name(&mut self, name: &str) {
        self.length(name.len());
        self.bytes.extend_from_slice(name.as_bytes());
    }

    /// A reference; the value of its key follows.
    pub fn reference(&mut self, class: &str) {
        self.bytes.push(tag::REFERENCE);
        self.name(class);
    }

    /// A value that `message` holds already. Only for messages without numbered containers, as
    /// those of keys are: numbers count through the whole message.
    pub fn embedded(&mut self, message: &[u8]) {
        assert_eq!(message.first(), Some(&FORMAT_VERSION), "this is a bug in Anabranch: not a key");
        self.bytes.extend_from_slice(&message[1..]);
    }

    /// An exception; `args` values follow, then `attributes` times [`Writer::name`] and a value.
    pub fn exception(&mut self, class: &str, args: usize, attributes: usize) {
        self.bytes.push(tag::EXCEPTION);
        self.name(class);
        self.length(args);
        self.length(attributes);
    }

    /// A pickle.
    pub fn opaque(&mut self, pickle: &[u8]) {
        self.payload(tag::OPAQUE, pickle);
    }

    /// The container of this number again.
    pub fn shared(&mut self, number: usize) {
        assert!(number < self.containers, "this is a bug in Anabranch: no such container yet");
        self.bytes.push(tag::SHARED);
        self.length(number);
    }

    fn container(&mut self, tag: u8, count: usize) -> usize {
        self.bytes.push(tag);
        self.length(count);
        self.number()
    }

    fn number(&mut self) -> usize {
        self.containers += 1;
        self.containers - 1
    }

    fn payload(&mut self, tag: u8, payload: &[u8]) {
        self.bytes.push(tag);
        self.length(payload.len());
        self.bytes.extend_from_slice(payload);
    }

    fn date_payload(&mut self, date: Date) {
        self.bytes.extend_from_slice(&date.year.to_le_bytes());
        self.bytes.extend_from_slice(&[date.month, date.day]);
    }

    fn time_payload(&mut self, time: &Time) {
        let zone = match time.zone {
            Zone::Naive => 0,
            Zone::Offset { .. } => tag::ZONE_OFFSET,
            Zone::Named(_) => tag::ZONE_NAMED,
        };
        let fold = if time.fold { tag::FOLD } else { 0 };
        self.bytes.extend_from_slice(&[zone | fold, time.hour, time.minute, time.second]);
        self.unsigned(time.microsecond.into());
        match &time.zone {
            Zone::Naive => {}
            Zone::Offset { microseconds } => self.signed(*microseconds),
            Zone::Named(name) => self.name(name),
        }
    }

    fn length(&mut self, length: usize) {
        write_length(&mut self.bytes, length);
    }

    /// Zigzag: small numbers of either sign are short.
    fn signed(&mut self, value: i64) {
        self.unsigned(((value << 1) ^ (value >> 63)).cast_unsigned());
    }

    fn unsigned(&mut self, value: u64) {
        write_unsigned(&mut self.bytes, value);
    }
}

pub(crate) fn write_length(bytes: &mut Vec<u8>, length: usize) {
    write_unsigned(bytes, length as u64);
}

/// LEB128.
fn write_unsigned(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}
