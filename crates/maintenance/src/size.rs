//! Sizes and times as people write and read them.

use std::time::Duration;

const UNITS: [(&str, u64); 4] =
    [("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// Reads `512MiB`, `2GiB`, `100MB` (a thousand thousands each) or a number of bytes.
///
/// # Errors
/// What it should be.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let mistake = || "give a size such as 512MiB, 2GiB or 100000000".to_owned();
    let digits_end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(digits_end);
    let unit = match unit.trim_start().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000_u64,
        _ => return Err(mistake()),
    };
    let number: f64 = number.parse().map_err(|_| mistake())?;
    let bytes = number * unit as f64;
    if bytes >= 1.0 && bytes < u64::MAX as f64 { Ok(bytes as u64) } else { Err(mistake()) }
}

/// As [`parse_size`], for how much memory an engine may take.
///
/// # Errors
/// It is too little to work with.
pub fn parse_memory(text: &str) -> Result<u64, String> {
    at_least(text, 16 << 20)
}

/// As [`parse_size`], for how much log there may be between checkpoints.
///
/// # Errors
/// It is too little to work with.
pub fn parse_checkpoint_size(text: &str) -> Result<u64, String> {
    at_least(text, 1 << 20)
}

fn at_least(text: &str, bytes_min: u64) -> Result<u64, String> {
    match parse_size(text)? {
        bytes if bytes >= bytes_min => Ok(bytes),
        _ => Err(format!("give at least {}", readable(bytes_min))),
    }
}

/// Reads `90`, `90s`, `30m`, `24h` or `7d`.
///
/// # Errors
/// What it should be.
pub fn parse_time(text: &str) -> Result<Duration, String> {
    let mistake = || "give a time above zero such as 90s, 30m, 24h or 7d".to_owned();
    let (number, unit) = match text.strip_suffix(['s', 'm', 'h', 'd']) {
        Some(number) => (number, &text[number.len()..]),
        None => (text, "s"),
    };
    let unit = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3_600.0,
        _ => 86_400.0,
    };
    let seconds = number.parse::<f64>().map_err(|_| mistake())? * unit;
    let time = Duration::try_from_secs_f64(seconds).map_err(|_| mistake())?;
    if time.is_zero() { Err(mistake()) } else { Ok(time) }
}

/// `1.5 MiB`
pub fn readable(bytes: u64) -> String {
    match UNITS.iter().find(|(_, unit)| bytes >= *unit) {
        Some((name, unit)) => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        None => format!("{bytes} B"),
    }
}

/// `1 entity`, `1,000 entities`
pub fn entities(count: u64) -> String {
    match count {
        1 => "1 entity".to_owned(),
        _ => format!("{} entities", in_thousands(count)),
    }
}

/// `1,000,000`
pub fn in_thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written() {
        for (text, bytes) in [
            ("1", 1),
            ("2GiB", 2 << 30),
            ("1.5k", 1536),
            ("100 MB", 100_000_000),
            ("3tib", 3 << 40),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "GiB", "-1", "2GX", "0", "1e3", "99999999TiB"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
        assert_eq!(parse_memory("16MiB"), Ok(16 << 20));
        assert_eq!(parse_memory("15MiB"), Err("give at least 16.0 MiB".to_owned()));
        assert_eq!(parse_checkpoint_size("1"), Err("give at least 1.0 MiB".to_owned()));
        assert_eq!(readable(1023), "1023 B");
        assert_eq!(readable(3 << 19), "1.5 MiB");
        assert_eq!(in_thousands(1_234_567), "1,234,567");
        assert_eq!(in_thousands(123), "123");
    }

    #[test]
    fn times_are_read() {
        for (text, seconds) in [("90", 90.0), ("0.5s", 0.5), ("30m", 1800.0), ("7d", 604_800.0)] {
            assert_eq!(parse_time(text), Ok(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["", "h", "-1s", "0", "1w", "nan", "inf", "1e300d"] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }
}
