//! Source files and places in them.

use ruff_text_size::{TextRange, TextSize};

/// The text of a module as its provider found it.
#[derive(Clone, Debug)]
pub struct SourceText {
    /// Path relative to the import root, for messages.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// A decoded source file with its line table.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// Path relative to the import root.
    pub path: String,
    pub text: String,
    line_starts: Vec<TextSize>,
}

impl SourceFile {
    pub fn new(path: String, text: String) -> Self {
        let mut line_starts = vec![TextSize::new(0)];
        let bytes = text.as_bytes();
        for (index, byte) in bytes.iter().enumerate() {
            // Python takes "\n", "\r\n" and a lone "\r" as the end of a line.
            let ends_line =
                *byte == b'\n' || (*byte == b'\r' && bytes.get(index + 1) != Some(&b'\n'));
            if ends_line {
                line_starts.push(TextSize::new((index + 1) as u32));
            }
        }
        Self { path, text, line_starts }
    }

    /// The one-based line of `offset`.
    pub fn line(&self, offset: TextSize) -> u32 {
        self.line_starts.partition_point(|start| *start <= offset) as u32
    }

    /// The one-based column of `offset`, counted in code points.
    pub fn column(&self, offset: TextSize) -> u32 {
        let before = TextRange::new(self.line_start(offset), offset);
        self.slice(before).chars().count() as u32 + 1
    }

    /// Where the line of `offset` starts.
    pub fn line_start(&self, offset: TextSize) -> TextSize {
        self.line_starts[self.line(offset) as usize - 1]
    }

    /// The text of a line, counted from one, without its end.
    pub fn line_text(&self, line: u32) -> &str {
        let start = |line: u32| self.line_starts.get(line as usize - 1).copied();
        let Some(from) = start(line) else { return "" };
        let to = start(line + 1).unwrap_or(TextSize::of(&self.text));
        self.slice(TextRange::new(from, to)).trim_end_matches(['\r', '\n'])
    }

    /// The text in `range`.
    pub fn slice(&self, range: TextRange) -> &str {
        &self.text[range]
    }

    /// The white space that starts the line of `offset`.
    pub fn indentation(&self, offset: TextSize) -> &str {
        let line = &self.text[usize::from(self.line_start(offset))..];
        let width = line.len() - line.trim_start_matches([' ', '\t', '\x0c']).len();
        &line[..width]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_as_in_python() {
        let file = SourceFile::new("a.py".into(), "a\r\n  b\rc\nd".into());
        let line_of = |text: &str| {
            let offset = file.text.find(text).expect("the text is there");
            file.line(TextSize::new(offset as u32))
        };
        assert_eq!([line_of("a"), line_of("b"), line_of("c"), line_of("d")], [1, 2, 3, 4]);
        assert_eq!(file.indentation(TextSize::new(5)), "  ");
        assert_eq!([1, 2, 3, 4, 5].map(|line| file.line_text(line)), ["a", "  b", "c", "d", ""]);
    }

    #[test]
    fn columns_count_code_points() {
        let file = SourceFile::new("a.py".into(), "x\nö𝄞y".into());
        assert_eq!(file.column(TextSize::new(0)), 1);
        assert_eq!(file.column(TextSize::new(8)), 3);
    }
}
