//! Values as data: what crosses a process border or reaches a disk.
//!
//! Inside a process values stay in the interpreter's own form; an interpreter writes that form
//! straight to [`wire`] bytes and back. [`Value`] is for the parts of the system that must look
//! inside: the server, the tools, and the interpreters written in Rust.

pub mod state;
pub mod wire;

use num_bigint::BigInt;

/// A Python value of one of the types that have an encoding of their own (design §3, kernel).
///
/// Type names are in the form `module:QualifiedName`; entity classes go by their plain name.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// An integer that does not fit into [`Value::Int`].
    BigInt(BigInt),
    Float(f64),
    Str(String),
    /// A string with lone surrogates, as `str.encode("utf-8", "surrogatepass")` gives it.
    SurrogateStr(Vec<u8>),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Tuple(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    Set(Vec<Value>),
    FrozenSet(Vec<Value>),
    Date(Date),
    Time(Time),
    DateTime(Date, Time),
    TimeDelta(TimeDelta),
    /// As `str(Decimal)` writes it.
    Decimal(String),
    Uuid([u8; 16]),
    /// A member of an enum class, by name.
    Enum {
        class: String,
        member: String,
    },
    /// An instance of a dataclass, with its attributes in order.
    Record {
        class: String,
        fields: Vec<(String, Value)>,
    },
    Reference(Reference),
    Exception(Box<ExceptionValue>),
    /// A pickle of the application's own process; never accepted from a network client.
    Opaque(Vec<u8>),
}

/// A reference: entity class and key.
#[derive(Clone, PartialEq, Debug)]
pub struct Reference {
    pub class: String,
    pub key: Box<Value>,
}

/// An exception as data: `class(*args)` with `attributes` in its `__dict__`.
#[derive(Clone, PartialEq, Debug)]
pub struct ExceptionValue {
    /// `module:QualifiedName`
    pub class: String,
    pub args: Vec<Value>,
    pub attributes: Vec<(String, Value)>,
}

/// A day of the proleptic Gregorian calendar.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Date {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

/// A time of day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Time {
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub microsecond: u32,
    /// Disambiguates a repeated wall time (PEP 495).
    pub fold: bool,
    pub zone: Zone,
}

/// The `tzinfo` of a time.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Zone {
    Naive,
    /// `datetime.timezone(timedelta(microseconds=…))`
    Offset {
        microseconds: i64,
    },
    /// `zoneinfo.ZoneInfo(name)`
    Named(String),
}

/// A `datetime.timedelta` in its normal form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeDelta {
    pub days: i32,
    pub seconds: i32,
    pub microseconds: i32,
}
