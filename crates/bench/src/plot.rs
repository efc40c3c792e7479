//! Plots as SVG, each complete in itself: title, axes with units, legend, and nothing from elsewhere.
//!
//! Colours are those of Okabe and Ito, which people with any kind of colour vision can tell apart.

mod axis;
mod bars;
mod frame;
mod lines;

pub use axis::{Axis, Scale};
pub use bars::Bars;
pub use lines::{Lines, Mark, Series};

/// A colour for each series, in order.
const COLORS: [&str; 7] =
    ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#333333"];

fn color(position: usize) -> &'static str {
    COLORS[position % COLORS.len()]
}

/// Lines beyond the colours are dashed.
fn dashes(position: usize) -> &'static str {
    if position < COLORS.len() { "" } else { " stroke-dasharray=\"6 3\"" }
}

/// For text and attributes of XML.
pub fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            character => escaped.push(character),
        }
    }
    escaped
}

/// A number as people write it: grouped digits, no more of them than tell something.
pub fn number(value: f64) -> String {
    let magnitude = value.abs();
    let decimals = match magnitude {
        _ if value.fract() == 0.0 && magnitude < 1e15 => 0,
        _ if magnitude >= 100.0 => 0,
        _ if magnitude >= 10.0 => 1,
        _ if magnitude >= 1.0 => 2,
        _ if magnitude >= 0.01 => 3,
        _ => 5,
    };
    let text = format!("{value:.decimals$}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut grouped = String::from(sign);
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if !fraction.is_empty() {
        grouped.push('.');
        grouped.push_str(fraction);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_as_many_digits_as_tell_something() {
        for (value, text) in [
            (0.0, "0"),
            (1234.0, "1,234"),
            (1234.5, "1,234"),
            (12.34, "12.3"),
            (0.25, "0.25"),
            (0.0012, "0.0012"),
            (-3.5, "-3.5"),
            (1_000_000.0, "1,000,000"),
        ] {
            assert_eq!(number(value), text);
        }
    }

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escaped("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}
