//! Dates, times and durations as ISO 8601 text.
//!
//! Read are the forms that Python's `isoformat` writes, `Z` for UTC, and a named zone in brackets
//! (RFC 9557): `2026-03-01T12:00:00[Europe/Amsterdam]`.

use std::fmt::Write;

use anabranch_kernel::value::{Date, Time, TimeDelta, Zone};

const MICROSECONDS_PER_SECOND: i64 = 1_000_000;
const MICROSECONDS_PER_DAY: i64 = 86_400 * MICROSECONDS_PER_SECOND;
/// Largest number of days of a `timedelta`.
const DAYS_MAX: i64 = 999_999_999;

/// `2026-03-01`
pub fn date_text(date: &Date) -> String {
    format!("{:04}-{:02}-{:02}", date.year, date.month, date.day)
}

/// `12:00:00.250000+01:00`
pub fn time_text(time: &Time) -> String {
    let mut text = format!("{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
    if time.microsecond != 0 {
        push(&mut text, format_args!(".{:06}", time.microsecond));
    }
    match &time.zone {
        Zone::Naive => {}
        Zone::Offset { microseconds } => push_offset(&mut text, *microseconds),
        Zone::Named(name) => push(&mut text, format_args!("[{name}]")),
    }
    text
}

/// `2026-03-01T12:00:00`
pub fn date_time_text(date: &Date, time: &Time) -> String {
    format!("{}T{}", date_text(date), time_text(time))
}

/// `-P1DT2H3.5S`; the sign holds for the whole.
pub fn duration_text(duration: &TimeDelta) -> String {
    let total = i128::from(duration.days) * i128::from(MICROSECONDS_PER_DAY)
        + i128::from(duration.seconds) * i128::from(MICROSECONDS_PER_SECOND)
        + i128::from(duration.microseconds);
    let rest = total.unsigned_abs();
    let microseconds = rest % 1_000_000;
    let seconds = rest / 1_000_000;
    let (days, hours, minutes, seconds) =
        (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let mut text = String::from(if total < 0 { "-P" } else { "P" });
    if days > 0 {
        push(&mut text, format_args!("{days}D"));
    }
    let clock_is_zero = rest % MICROSECONDS_PER_DAY.unsigned_abs() as u128 == 0;
    if days > 0 && clock_is_zero {
        return text;
    }
    text.push('T');
    if hours > 0 {
        push(&mut text, format_args!("{hours}H"));
    }
    if minutes > 0 {
        push(&mut text, format_args!("{minutes}M"));
    }
    if microseconds > 0 {
        let fraction = format!("{microseconds:06}");
        push(&mut text, format_args!("{seconds}.{}S", fraction.trim_end_matches('0')));
    } else if seconds > 0 || text.ends_with('T') {
        push(&mut text, format_args!("{seconds}S"));
    }
    text
}

fn push_offset(text: &mut String, microseconds: i64) {
    let sign = if microseconds < 0 { '-' } else { '+' };
    let rest = microseconds.unsigned_abs();
    let (seconds, fraction) = (rest / 1_000_000, rest % 1_000_000);
    push(text, format_args!("{sign}{:02}:{:02}", seconds / 3_600, seconds / 60 % 60));
    if seconds % 60 != 0 || fraction != 0 {
        push(text, format_args!(":{:02}", seconds % 60));
    }
    if fraction != 0 {
        push(text, format_args!(".{fraction:06}"));
    }
}

fn push(text: &mut String, part: std::fmt::Arguments<'_>) {
    text.write_fmt(part).expect("writing to a string cannot fail");
}

/// Reads `2026-03-01`.
pub fn parse_date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let year = u16::try_from(digits(year)?).ok()?;
    let month = u8::try_from(digits(month)?).ok()?;
    let day = u8::try_from(digits(day)?).ok()?;
    let valid = year >= 1 && (1..=days_in_month(year, month)?).contains(&day);
    valid.then_some(Date { year, month, day })
}

/// Reads `12:00`, `12:00:00.25`, `12:00:00Z`, `12:00:00+01:00`, `12:00:00[Europe/Amsterdam]`.
pub fn parse_time(text: &str) -> Option<Time> {
    let (clock, zone) = split_zone(text)?;
    let (hour, minute, second, microsecond) = parse_clock(clock)?;
    (hour < 24).then_some(Time { hour, minute, second, microsecond, fold: false, zone })
}

/// Reads a date and a time with `T` or a space between.
pub fn parse_date_time(text: &str) -> Option<(Date, Time)> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    Some((parse_date(date)?, parse_time(time)?))
}

/// Reads `P1W`, `P1DT2H3M4.5S`, `-PT1S`.
pub fn parse_duration(text: &str) -> Option<TimeDelta> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let rest = rest.strip_prefix('P')?;
    let (days_part, clock_part) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((days, clock)) => (days, clock),
        None => (rest, ""),
    };
    if days_part.is_empty() && clock_part.is_empty() {
        return None;
    }
    let units_of_days = [('W', 7 * MICROSECONDS_PER_DAY), ('D', MICROSECONDS_PER_DAY)];
    let units_of_clock = [
        ('H', 3_600 * MICROSECONDS_PER_SECOND),
        ('M', 60 * MICROSECONDS_PER_SECOND),
        ('S', MICROSECONDS_PER_SECOND),
    ];
    let total = sum_units(days_part, &units_of_days)? + sum_units(clock_part, &units_of_clock)?;
    let total = if negative { -total } else { total };
    let days = total.div_euclid(i128::from(MICROSECONDS_PER_DAY));
    let rest = total.rem_euclid(i128::from(MICROSECONDS_PER_DAY));
    if days.abs() > i128::from(DAYS_MAX) {
        return None;
    }
    Some(TimeDelta {
        days: i32::try_from(days).ok()?,
        seconds: i32::try_from(rest / 1_000_000).ok()?,
        microseconds: i32::try_from(rest % 1_000_000).ok()?,
    })
}

/// Adds up numbers with units in the given order, each at most once; the seconds may be broken.
fn sum_units(mut text: &str, units: &[(char, i64)]) -> Option<i128> {
    let mut total = 0;
    for (unit, microseconds) in units {
        let Some((number, rest)) = text.split_once(*unit) else {
            continue;
        };
        let (whole, fraction) = match number.split_once('.') {
            Some((whole, fraction)) if *unit == 'S' => (whole, parse_fraction(fraction)?),
            Some(_) => return None,
            None => (number, 0),
        };
        total += i128::from(digits(whole)?) * i128::from(*microseconds) + i128::from(fraction);
        text = rest;
    }
    text.is_empty().then_some(total)
}

fn split_zone(text: &str) -> Option<(&str, Zone)> {
    if let Some(clock) = text.strip_suffix(['Z', 'z']) {
        return Some((clock, Zone::Offset { microseconds: 0 }));
    }
    if let Some(rest) = text.strip_suffix(']') {
        let (clock, name) = rest.split_once('[')?;
        let plain = |c: char| c.is_ascii_alphanumeric() || "/_+-".contains(c);
        let valid = !name.is_empty() && !name.starts_with('/') && name.chars().all(plain);
        return valid.then(|| (clock, Zone::Named(name.to_owned())));
    }
    let Some(sign_at) = text.find(['+', '-']) else {
        return Some((text, Zone::Naive));
    };
    let (clock, offset) = text.split_at(sign_at);
    let (hour, minute, second, microsecond) = parse_clock(&offset[1..])?;
    if hour >= 24 {
        return None;
    }
    let seconds = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second);
    let size = seconds * MICROSECONDS_PER_SECOND + i64::from(microsecond);
    let microseconds = if offset.starts_with('-') { -size } else { size };
    Some((clock, Zone::Offset { microseconds }))
}

fn parse_clock(text: &str) -> Option<(u8, u8, u8, u32)> {
    let mut parts = text.split(':');
    let hour = parse_two_digits(parts.next()?)?;
    let minute = parse_two_digits(parts.next()?)?;
    let (second, microsecond) = match parts.next() {
        None => (0, 0),
        Some(seconds) => match seconds.split_once('.') {
            Some((whole, fraction)) => (parse_two_digits(whole)?, parse_fraction(fraction)?),
            None => (parse_two_digits(seconds)?, 0),
        },
    };
    let valid = parts.next().is_none() && minute < 60 && second < 60;
    valid.then_some((hour, minute, second, microsecond))
}

fn parse_two_digits(text: &str) -> Option<u8> {
    if text.len() == 2 { u8::try_from(digits(text)?).ok() } else { None }
}

/// The digits after the point as microseconds; Python has no finer times.
fn parse_fraction(text: &str) -> Option<u32> {
    if !(1..=6).contains(&text.len()) {
        return None;
    }
    let exponent = u32::try_from(6 - text.len()).ok()?;
    u32::try_from(digits(text)?).ok().map(|value| value * 10_u32.pow(exponent))
}

/// A number of decimal digits and nothing else, as long as it may be sensible.
fn digits(text: &str) -> Option<u64> {
    let plain = (1..=15).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

fn days_in_month(year: u16, month: u8) -> Option<u8> {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        2 if is_leap => Some(29),
        2 => Some(28),
        4 | 6 | 9 | 11 => Some(30),
        1..=12 => Some(31),
        _ => None,
    }
}
