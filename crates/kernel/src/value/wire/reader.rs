//! Reads a message, token by token.
//!
//! Messages may come from anywhere, so nothing in them is trusted. The reader keeps count of the
//! bytes that announced values need at least; a container that announces more than the rest of the
//! message can hold is refused before its reader reserves memory. So all memory reserved for
//! containers, however nested, is bounded by the size of the message.

use num_bigint::BigInt;
use thiserror::Error;

use super::{DEPTH_MAX, FORMAT_VERSION, tag};
use crate::value::{Date, Time, TimeDelta, Zone};

/// Why bytes are not a message, or cannot be decoded here.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
pub enum DecodeError {
    #[error("the message ends too early")]
    Truncated,
    #[error("the message has format version {0}, but only version {FORMAT_VERSION} is known")]
    Version(u8),
    #[error("the state has the form {0}, which this version of Anabranch does not know")]
    StateForm(u8),
    #[error("the message holds a value of the unknown kind {0}")]
    UnknownTag(u8),
    #[error("the message is damaged: {0}")]
    Invalid(&'static str),
    #[error("the message goes on after its value")]
    Trailing,
    #[error("values nest deeper than {DEPTH_MAX} levels")]
    TooDeep,
    #[error("a container holds itself, which is not supported here")]
    Cyclic,
    /// A value of a kind that is not taken from where the message comes from.
    #[error("{0} is not accepted here")]
    Refused(&'static str),
    /// A class that cannot be found in this process, or an object that its class refuses to make.
    #[error("{0}")]
    Unbuildable(String),
}

/// A value, or the start of a container.
#[derive(Clone, PartialEq, Debug)]
pub enum Token<'a> {
    None,
    Bool(bool),
    Int(i64),
    BigInt(BigInt),
    Float(f64),
    Str(&'a str),
    SurrogateStr(&'a [u8]),
    Bytes(&'a [u8]),
    /// This many values follow.
    List(usize),
    Tuple(usize),
    /// This many pairs of key and value follow.
    Dict(usize),
    Set(usize),
    FrozenSet(usize),
    Date(Date),
    Time(Time),
    DateTime(Date, Time),
    TimeDelta(TimeDelta),
    Decimal(&'a str),
    Uuid([u8; 16]),
    EnumMember {
        class: &'a str,
        member: &'a str,
    },
    /// `count` times a name ([`Reader::name`]) and a value follow.
    Record {
        class: &'a str,
        count: usize,
    },
    /// The value of the key follows.
    Reference {
        class: &'a str,
    },
    /// `args` values follow, then `attributes` times a name and a value.
    Exception {
        class: &'a str,
        args: usize,
        attributes: usize,
    },
    Opaque(&'a [u8]),
    /// The numbered container of this number again.
    Shared(usize),
}

/// Reads one message.
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    containers: usize,
    /// The least number of bytes that the values and names announced so far need.
    owed: usize,
}

impl<'a> Reader<'a> {
    /// Starts to read `message`.
    ///
    /// # Errors
    /// The message is empty or of another version.
    pub fn new(message: &'a [u8]) -> Result<Self, DecodeError> {
        match message.split_first() {
            None => Err(DecodeError::Truncated),
            Some((&FORMAT_VERSION, rest)) => Ok(Self { rest, containers: 0, owed: 1 }),
            Some((version, _)) => Err(DecodeError::Version(*version)),
        }
    }

    /// Reads what is not a message but made of the same parts.
    pub(crate) fn of_parts(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, containers: 0, owed: 0 }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// There are bytes left.
    pub fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(DecodeError::Trailing) }
    }

    /// How many numbered containers were read: the number of the next one.
    pub fn containers(&self) -> usize {
        self.containers
    }

    /// How many bytes are left.
    pub fn remaining(&self) -> usize {
        self.rest.len()
    }

    /// The next value, or the start of the next container.
    ///
    /// # Errors
    /// The bytes are no value.
    pub fn token(&mut self) -> Result<Token<'a>, DecodeError> {
        self.owed = self.owed.saturating_sub(1);
        let token = match self.byte()? {
            tag::NONE => Token::None,
            tag::FALSE => Token::Bool(false),
            tag::TRUE => Token::Bool(true),
            tag::INT => Token::Int(self.signed()?),
            tag::BIG_INT => Token::BigInt(self.big_int()?),
            tag::FLOAT => Token::Float(f64::from_le_bytes(self.array()?)),
            tag::STR => Token::Str(self.text()?),
            tag::SURROGATE_STR => Token::SurrogateStr(self.payload()?),
            tag::BYTES => Token::Bytes(self.payload()?),
            tag::LIST => Token::List(self.container(1)?),
            tag::TUPLE => Token::Tuple(self.count(1)?),
            tag::DICT => Token::Dict(self.container(2)?),
            tag::SET => Token::Set(self.container(1)?),
            tag::FROZEN_SET => Token::FrozenSet(self.count(1)?),
            tag::DATE => Token::Date(self.date()?),
            tag::TIME => Token::Time(self.time()?),
            tag::DATE_TIME => Token::DateTime(self.date()?, self.time()?),
            tag::TIME_DELTA => Token::TimeDelta(self.time_delta()?),
            tag::DECIMAL => Token::Decimal(self.text()?),
            tag::UUID => Token::Uuid(self.array()?),
            tag::ENUM_MEMBER => Token::EnumMember { class: self.text()?, member: self.text()? },
            tag::RECORD => Token::Record { class: self.text()?, count: self.container(2)? },
            tag::REFERENCE => Token::Reference { class: self.referenced_class()? },
            tag::EXCEPTION => Token::Exception {
                class: self.text()?,
                args: self.count(1)?,
                attributes: self.count(2)?,
            },
            tag::OPAQUE => Token::Opaque(self.payload()?),
            tag::SHARED => Token::Shared(self.shared()?),
            unknown => return Err(DecodeError::UnknownTag(unknown)),
        };
        Ok(token)
    }

    /// The name of a field or attribute.
    ///
    /// # Errors
    /// The bytes are no name.
    pub fn name(&mut self) -> Result<&'a str, DecodeError> {
        self.owed = self.owed.saturating_sub(1);
        self.text()
    }

    fn byte(&mut self) -> Result<u8, DecodeError> {
        let (byte, rest) = self.rest.split_first().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*byte)
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        let (taken, rest) = self.rest.split_at_checked(length).ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(taken)
    }

    fn array<const LENGTH: usize>(&mut self) -> Result<[u8; LENGTH], DecodeError> {
        let (taken, rest) = self.rest.split_first_chunk().ok_or(DecodeError::Truncated)?;
        self.rest = rest;
        Ok(*taken)
    }

    pub(crate) fn payload(&mut self) -> Result<&'a [u8], DecodeError> {
        let length = self.length()?;
        self.take(length)
    }

    fn text(&mut self) -> Result<&'a str, DecodeError> {
        let text = std::str::from_utf8(self.payload()?);
        text.map_err(|_| DecodeError::Invalid("a string is not UTF-8"))
    }

    pub(crate) fn length(&mut self) -> Result<usize, DecodeError> {
        usize::try_from(self.unsigned()?).map_err(|_| DecodeError::Truncated)
    }

    /// A count of elements that take at least `element_bytes` each.
    fn count(&mut self, element_bytes: usize) -> Result<usize, DecodeError> {
        let count = self.length()?;
        let needed = count.checked_mul(element_bytes).ok_or(DecodeError::Truncated)?;
        self.owe(needed)?;
        Ok(count)
    }

    fn owe(&mut self, bytes: usize) -> Result<(), DecodeError> {
        self.owed = self.owed.checked_add(bytes).ok_or(DecodeError::Truncated)?;
        if self.owed > self.rest.len() { Err(DecodeError::Truncated) } else { Ok(()) }
    }

    fn container(&mut self, element_bytes: usize) -> Result<usize, DecodeError> {
        self.containers += 1;
        self.count(element_bytes)
    }

    fn referenced_class(&mut self) -> Result<&'a str, DecodeError> {
        let class = self.text()?;
        self.owe(1)?;
        Ok(class)
    }

    fn shared(&mut self) -> Result<usize, DecodeError> {
        let number = self.length()?;
        if number < self.containers {
            Ok(number)
        } else {
            Err(DecodeError::Invalid("a shared container does not come earlier"))
        }
    }

    fn big_int(&mut self) -> Result<BigInt, DecodeError> {
        let bytes = self.payload()?;
        let value = BigInt::from_signed_bytes_le(bytes);
        // Equal keys must have equal bytes, so each integer has one form only.
        if i64::try_from(&value).is_ok() || value.to_signed_bytes_le() != bytes {
            return Err(DecodeError::Invalid("an integer is not in its shortest form"));
        }
        Ok(value)
    }

    fn date(&mut self) -> Result<Date, DecodeError> {
        let year = u16::from_le_bytes(self.array()?);
        let [month, day] = self.array()?;
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        if (1..=9999).contains(&year) && (1..=days).contains(&day) {
            Ok(Date { year, month, day })
        } else {
            Err(DecodeError::Invalid("a date is not in the calendar"))
        }
    }

    fn time(&mut self) -> Result<Time, DecodeError> {
        const INVALID: DecodeError = DecodeError::Invalid("a time is not on the clock");
        let [flags, hour, minute, second] = self.array()?;
        let microsecond = u32::try_from(self.unsigned()?).map_err(|_| INVALID)?;
        if hour > 23 || minute > 59 || second > 59 || microsecond > 999_999 {
            return Err(INVALID);
        }
        let zone = match flags & !tag::FOLD {
            0 => Zone::Naive,
            tag::ZONE_OFFSET => Zone::Offset { microseconds: self.zone_offset()? },
            tag::ZONE_NAMED => Zone::Named(self.text()?.to_owned()),
            _ => return Err(INVALID),
        };
        Ok(Time { hour, minute, second, microsecond, fold: flags & tag::FOLD != 0, zone })
    }

    fn zone_offset(&mut self) -> Result<i64, DecodeError> {
        const DAY: i64 = 86_400_000_000;
        let microseconds = self.signed()?;
        if -DAY < microseconds && microseconds < DAY {
            Ok(microseconds)
        } else {
            Err(DecodeError::Invalid("the offset of a time zone is a day or more"))
        }
    }

    fn time_delta(&mut self) -> Result<TimeDelta, DecodeError> {
        const INVALID: DecodeError = DecodeError::Invalid("a timedelta is not in its normal form");
        let mut part = || i32::try_from(self.signed()?).map_err(|_| INVALID);
        let (days, seconds, microseconds) = (part()?, part()?, part()?);
        let normal = (-999_999_999..=999_999_999).contains(&days)
            && (0..86_400).contains(&seconds)
            && (0..1_000_000).contains(&microseconds);
        if normal { Ok(TimeDelta { days, seconds, microseconds }) } else { Err(INVALID) }
    }

    fn signed(&mut self) -> Result<i64, DecodeError> {
        let zigzag = self.unsigned()?;
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    fn unsigned(&mut self) -> Result<u64, DecodeError> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(first.into());
        }
        let mut value = u64::from(first & 0x7f);
        for shift in (7..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if (bits << shift) >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                if byte == 0 {
                    break;
                }
                return Ok(value);
            }
        }
        Err(DecodeError::Invalid("a number is too long"))
    }
}
