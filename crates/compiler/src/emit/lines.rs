//! From code to lines with their origins.

use anabranch_ir::SourceLine;
use ruff_text_size::TextSize;

use super::Emitter;
use crate::cfg::Code;

/// One level of indentation in the emitted text.
const INDENTATION: &str = "    ";

impl Emitter<'_, '_> {
    /// A line of the compiler's own, in pieces.
    pub(super) fn made_up(&mut self, depth: usize, pieces: &[&str], origin: u32) {
        let text = indented(depth, pieces);
        self.lines.push(SourceLine { text, origin, is_inside_string: false });
    }

    /// Writes `code` at `depth`. Inner lines keep their indentation relative to the first, and lines
    /// inside of a string stay as they are.
    pub(super) fn code(&mut self, code: &Code, depth: usize) {
        self.code_between("", code, "", depth);
    }

    /// Writes `code` with something of the compiler's own on both sides.
    pub(super) fn code_between(&mut self, before: &str, code: &Code, after: &str, depth: usize) {
        let source = self.function.source;
        let mut text = String::new();
        let length = code.chunks.iter().map(|chunk| chunk.text.len()).sum::<usize>();
        text.reserve_exact(depth * INDENTATION.len() + before.len() + length + after.len());
        indent(&mut text, depth);
        text.push_str(before);
        let mut line =
            SourceLine { text, origin: source.line(code.origin()), is_inside_string: false };
        for chunk in &code.chunks {
            if let Some(deeper) = chunk.begins_line {
                self.lines.push(line);
                line = SourceLine {
                    text: indented(depth + deeper, &[]),
                    origin: source.line(chunk.origin),
                    is_inside_string: false,
                };
            }
            let mut offset = chunk.origin;
            for piece in split_lines(&chunk.text) {
                if offset != chunk.origin {
                    self.lines.push(line);
                    line = self.inner_line(offset, depth);
                    let skipped = skipped_width(piece, &line, source.indentation(code.origin()));
                    line.text.push_str(piece[skipped..].trim_end_matches(['\r', '\n']));
                } else {
                    line.text.push_str(piece.trim_end_matches(['\r', '\n']));
                }
                offset += TextSize::of(piece);
            }
            // A chunk that ends with a line end goes on, in the next one, at a new line.
            if chunk.text.ends_with(['\r', '\n']) {
                self.lines.push(line);
                line = self.inner_line(offset, depth);
            }
        }
        line.text.push_str(after);
        self.lines.push(line);
    }

    fn inner_line(&self, offset: TextSize, depth: usize) -> SourceLine {
        let source = self.function.source;
        let is_inside_string = self.function.module.is_inside_string(offset);
        let text = if is_inside_string { String::new() } else { indented(depth, &[]) };
        SourceLine { text, origin: source.line(offset), is_inside_string }
    }
}

fn indented(depth: usize, pieces: &[&str]) -> String {
    let length = pieces.iter().map(|piece| piece.len()).sum::<usize>();
    let mut line = String::with_capacity(depth * INDENTATION.len() + length);
    indent(&mut line, depth);
    pieces.iter().for_each(|piece| line.push_str(piece));
    line
}

fn indent(line: &mut String, depth: usize) {
    for _ in 0..depth {
        line.push_str(INDENTATION);
    }
}

/// How much of `piece`, an inner line, is indentation that its statement has lost.
fn skipped_width(piece: &str, line: &SourceLine, old_indentation: &str) -> usize {
    if line.is_inside_string {
        return 0;
    }
    match piece.strip_prefix(old_indentation) {
        Some(rest) => piece.len() - rest.len(),
        // Inside brackets a line may stand further left than its statement.
        None => piece.len() - piece.trim_start_matches([' ', '\t', '\x0c']).len(),
    }
}

/// The lines of `text`, each with its end.
fn split_lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = match rest.find(['\r', '\n']) {
            Some(at) if rest[at..].starts_with("\r\n") => at + 2,
            Some(at) => at + 1,
            None => rest.len(),
        };
        let (line, tail) = rest.split_at(end);
        rest = tail;
        Some(line)
    })
}
