//! Reads one line of the text form, piece by piece.

use std::str::FromStr;

use super::ParseError;
use super::word::{is_name_character, is_path_character};

/// What is left of a line.
#[derive(Clone, Debug)]
pub(super) struct Cursor<'t> {
    rest: &'t str,
    /// One-based.
    line: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(rest: &'t str, line: usize) -> Self {
        Self { rest, line }
    }

    pub(super) fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError { line: self.line, message: message.into() }
    }

    fn expected(&self, what: &str) -> ParseError {
        let found = match self.rest.trim_start_matches(' ') {
            "" => "the end of the line".to_owned(),
            rest => format!("`{}`", rest.chars().take(20).collect::<String>()),
        };
        self.error(format!("expected {what}, found {found}"))
    }

    /// Takes `token` if it comes next.
    pub(super) fn eat(&mut self, token: &str) -> bool {
        let rest = self.rest.trim_start_matches(' ').strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes the whole word `word` if it comes next.
    pub(super) fn eat_word(&mut self, word: &str) -> bool {
        let mut ahead = self.clone();
        let is_whole = ahead.eat(word) && !ahead.rest.starts_with(is_name_character);
        if is_whole {
            *self = ahead;
        }
        is_whole
    }

    pub(super) fn expect(&mut self, token: &str) -> Result<(), ParseError> {
        if self.eat(token) { Ok(()) } else { Err(self.expected(&format!("`{token}`"))) }
    }

    pub(super) fn expect_word(&mut self, word: &str) -> Result<(), ParseError> {
        if self.eat_word(word) { Ok(()) } else { Err(self.expected(&format!("`{word}`"))) }
    }

    pub(super) fn expect_end(&self) -> Result<(), ParseError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.expected("the end of the line")) }
    }

    /// A name, bare or quoted.
    pub(super) fn name(&mut self) -> Result<String, ParseError> {
        self.word(is_name_character, "a name")
    }

    /// A module's name or `module:QualifiedName`, bare or quoted.
    pub(super) fn path(&mut self) -> Result<String, ParseError> {
        self.word(is_path_character, "a path")
    }

    fn word(&mut self, is_word: fn(char) -> bool, what: &str) -> Result<String, ParseError> {
        if self.rest.trim_start_matches(' ').starts_with('"') {
            return self.quoted();
        }
        let bare = self.bare(is_word);
        if bare.is_empty() { Err(self.expected(what)) } else { Ok(bare.to_owned()) }
    }

    /// The bare word that comes next, without quotes; may be empty.
    pub(super) fn bare(&mut self, is_word: fn(char) -> bool) -> &'t str {
        let text = self.rest.trim_start_matches(' ');
        let end = text.find(|character| !is_word(character)).unwrap_or(text.len());
        let (bare, rest) = text.split_at(end);
        if !bare.is_empty() {
            self.rest = rest;
        }
        bare
    }

    /// A number in decimal digits.
    pub(super) fn number<T: FromStr>(&mut self) -> Result<T, ParseError> {
        let text = self.rest.trim_start_matches(' ');
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let digits = unsigned.find(|character: char| !character.is_ascii_digit());
        let end = text.len() - unsigned.len() + digits.unwrap_or(unsigned.len());
        let number = text[..end].parse().map_err(|_| self.expected("a number in range"))?;
        self.rest = &text[end..];
        Ok(number)
    }

    /// The number of an id: 3 of `seg3`.
    pub(super) fn id(&mut self, prefix: &str) -> Result<u32, ParseError> {
        self.expect(prefix)?;
        if self.rest.starts_with(|character: char| character.is_ascii_digit()) {
            self.number()
        } else {
            Err(self.expected("the number of an id"))
        }
    }

    /// The id of the next entry of a table, which has `index` entries.
    pub(super) fn next_id(&mut self, prefix: &str, index: usize) -> Result<(), ParseError> {
        let before = self.clone();
        match self.id(prefix) {
            Ok(id) if id as usize == index => Ok(()),
            _ => Err(before.expected(&format!("`{prefix}{index}`"))),
        }
    }

    /// Text between quotes.
    pub(super) fn quoted(&mut self) -> Result<String, ParseError> {
        self.expect("\"")?;
        let mut text = String::new();
        let mut characters = self.rest.chars();
        while let Some(character) = characters.next() {
            match character {
                '"' => {
                    self.rest = characters.as_str();
                    return Ok(text);
                }
                '\\' => {
                    let escaped = escaped(&mut characters);
                    text.push(escaped.ok_or_else(|| self.error("an unknown escape in a string"))?);
                }
                other => text.push(other),
            }
        }
        Err(self.error("a string does not end"))
    }

    /// What follows `marker`, to the end of the line.
    pub(super) fn rest_behind(&mut self, marker: &str) -> Result<String, ParseError> {
        self.expect(marker)?;
        if self.rest.starts_with('=') {
            self.expect("=")?;
            let text = self.quoted()?;
            self.expect_end()?;
            return Ok(text);
        }
        match (self.rest, self.rest.strip_prefix(' ')) {
            ("", _) => Ok(String::new()),
            (_, Some(text)) => Ok(text.to_owned()),
            (_, None) => Err(self.expected("a space")),
        }
    }
}

/// The character that an escape stands for, behind its backslash.
fn escaped(characters: &mut std::str::Chars<'_>) -> Option<char> {
    match characters.next()? {
        '"' => Some('"'),
        '\\' => Some('\\'),
        'n' => Some('\n'),
        'r' => Some('\r'),
        't' => Some('\t'),
        'u' => {
            let (digits, rest) = characters.as_str().strip_prefix('{')?.split_once('}')?;
            *characters = rest.chars();
            char::from_u32(u32::from_str_radix(digits, 16).ok()?)
        }
        _ => None,
    }
}
