//! Words of the text form: bare where that is unambiguous, quoted otherwise.

use std::fmt::{self, Write};

/// Whether `character` may stand in a bare name. What is not ASCII is taken for a letter, as in
/// most of Python's identifiers.
pub(super) fn is_name_character(character: char) -> bool {
    character == '_'
        || character.is_ascii_alphanumeric()
        || !(character.is_ascii() || character.is_whitespace() || character.is_control())
}

/// Whether `character` may stand in a bare path: `shop:OrderLine`, `package.module`.
pub(super) fn is_path_character(character: char) -> bool {
    is_name_character(character) || character == '.' || character == ':'
}

/// Whether `text` can stand for itself to the end of a line.
pub(super) fn is_plain(text: &str) -> bool {
    !text.chars().any(|character| character.is_control() && character != '\t')
}

/// Whether `word` looks like the id with this prefix: `op3`.
pub(super) fn is_id(word: &str, prefix: &str) -> bool {
    let digits = word.strip_prefix(prefix);
    digits.is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// A name as it is printed.
pub(super) struct Name<'t>(pub(super) &'t str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_word(f, self.0, is_name_character)
    }
}

/// A module's name, or `module:QualifiedName`, as it is printed.
pub(super) struct Path<'t>(pub(super) &'t str);

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_word(f, self.0, is_path_character)
    }
}

fn write_word(
    f: &mut fmt::Formatter<'_>,
    word: &str,
    is_word_character: fn(char) -> bool,
) -> fmt::Result {
    let is_bare = !word.is_empty() && word.chars().all(is_word_character);
    if is_bare { f.write_str(word) } else { write!(f, "{}", Quoted(word)) }
}

/// Any text between quotes, on one line.
pub(super) struct Quoted<'t>(pub(super) &'t str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        for character in self.0.chars() {
            match character {
                '"' => f.write_str("\\\"")?,
                '\\' => f.write_str("\\\\")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                other if other.is_control() => write!(f, "\\u{{{:x}}}", u32::from(other))?,
                other => f.write_char(other)?,
            }
        }
        f.write_char('"')
    }
}

/// Text behind a marker, to the end of the line: plain (`| total = 1`) or quoted (`|= "\u{c}"`).
pub(super) struct Rest<'t> {
    pub(super) marker: &'t str,
    pub(super) text: &'t str,
}

impl fmt::Display for Rest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Rest { marker, text } = self;
        match text {
            &"" => f.write_str(marker),
            text if is_plain(text) => write!(f, "{marker} {text}"),
            text => write!(f, "{marker}= {}", Quoted(text)),
        }
    }
}
