//! Stage 1: text to syntax tree, and what later stages would otherwise look for in all of it.

mod assignments;
mod nesting;

use std::collections::BTreeSet;

use ruff_python_ast::statement_visitor::{StatementVisitor, walk_stmt};
use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{ModModule, PythonVersion, Stmt, Suite};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged, TextRange, TextSize};

use crate::{Code, Diagnostic, SourceFile, SourceText};
pub use assignments::AttributeAssignment;
use assignments::attribute_assignments;
use nesting::too_deep;

/// A parsed module.
#[derive(Debug)]
pub struct ParsedModule {
    /// The dotted import name.
    pub name: String,
    /// Index of the file, for diagnostics.
    pub file: usize,
    pub body: Suite,
    /// In the order of the source.
    pub attribute_assignments: Vec<AttributeAssignment>,
    /// String literals that span lines: their inner lines must not be indented anew.
    multiline_strings: Vec<TextRange>,
}

impl ParsedModule {
    /// Whether `offset`, the start of a line, lies inside a string literal.
    pub fn is_inside_string(&self, offset: TextSize) -> bool {
        let after = self.multiline_strings.partition_point(|range| range.start() < offset);
        // Ranges may nest (a string in an f-string), so an earlier one can reach further.
        self.multiline_strings[..after].iter().rev().any(|range| offset < range.end())
    }

    /// Whether `node` assigns an attribute.
    pub fn assigns_attributes(&self, node: &impl Ranged) -> bool {
        let assignments = &self.attribute_assignments;
        let start = node.range().start();
        let first = assignments.partition_point(|assignment| assignment.range.start() < start);
        assignments.get(first).is_some_and(|found| found.range.end() <= node.range().end())
    }
}

/// Decodes the bytes of a source file. One that cannot be decoded is empty, with a diagnostic.
pub fn decode(source: SourceText, diagnostics: &mut Vec<Diagnostic>) -> SourceFile {
    let bytes = source.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&source.bytes);
    let problem = match std::str::from_utf8(bytes) {
        Ok(text) if text.len() < u32::MAX as usize => {
            return SourceFile::new(source.path, text.to_owned());
        }
        Ok(_) => unreadable(format!("{} is too large to compile", source.path)),
        Err(_) => unreadable(format!("{} is not UTF-8 text", source.path))
            .why("Python source is read as UTF-8")
            .help("save the file as UTF-8"),
    };
    diagnostics.push(problem);
    SourceFile::new(source.path, String::new())
}

fn unreadable(message: String) -> Diagnostic {
    Diagnostic::new(Code::UnreadableSource, message)
}

/// Parses `source`. A module with errors has an empty body, so that later stages see nothing of it.
pub fn parse(
    name: String,
    file: usize,
    source: &SourceFile,
    diagnostics: &mut Vec<Diagnostic>,
) -> ParsedModule {
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::PY311);
    let parsed = parse_unchecked(&source.text, options).try_into_module();
    let parsed = parsed.expect("this is a bug in Anabranch: a module parsed to something else");
    for error in parsed.errors() {
        let diagnostic = Diagnostic::new(Code::SyntaxError, error.error.to_string());
        diagnostics.push(diagnostic.at(file, clamp(error.location, source), "here"));
    }
    for error in parsed.unsupported_syntax_errors() {
        let diagnostic = Diagnostic::new(Code::SyntaxError, error.to_string());
        diagnostics.push(diagnostic.at(file, clamp(error.range, source), "here"));
    }
    let multiline_strings = multiline_strings(&parsed, source);
    let is_valid = parsed.has_no_syntax_errors();
    let mut body = if is_valid { parsed.into_suite() } else { Suite::new() };
    let too_deep = too_deep(&body);
    if !too_deep.is_empty() {
        // To free the tree takes recursion too.
        std::mem::forget(std::mem::take(&mut body));
    }
    for range in too_deep {
        diagnostics.push(
            Diagnostic::new(Code::TooDeep, "this nests too deep to be compiled")
                .at(file, range, "more than 1000 levels")
                .why("the compiler looks into what is nested level by level, and runs out of room")
                .help("split it up: use several statements, `sum`, `\"\".join` or a loop"),
        );
    }
    refuse_repeated_parameters(file, &body, diagnostics);
    let attribute_assignments = attribute_assignments(&body);
    ParsedModule { name, file, body, attribute_assignments, multiline_strings }
}

/// Python takes a parameter twice for a syntax error; the parser does not.
fn refuse_repeated_parameters(file: usize, body: &Suite, diagnostics: &mut Vec<Diagnostic>) {
    struct Functions<'d>(usize, &'d mut Vec<Diagnostic>);
    impl<'s> StatementVisitor<'s> for Functions<'_> {
        fn visit_stmt(&mut self, statement: &'s Stmt) {
            if let Stmt::FunctionDef(function) = statement {
                let mut seen = BTreeSet::new();
                for parameter in function.parameters.iter() {
                    let name = parameter.name();
                    if !seen.insert(name.as_str()) {
                        let message = format!("Duplicate parameter `{name}`");
                        let diagnostic = Diagnostic::new(Code::SyntaxError, message);
                        self.1.push(diagnostic.at(self.0, name.range(), "here"));
                    }
                }
            }
            walk_stmt(self, statement);
        }
    }
    Functions(file, diagnostics).visit_body(body);
}

/// The parser may point just behind the end of the text.
fn clamp(range: TextRange, source: &SourceFile) -> TextRange {
    let end = TextSize::of(&source.text);
    TextRange::new(range.start().min(end), range.end().min(end))
}

fn multiline_strings(
    parsed: &ruff_python_parser::Parsed<ModModule>,
    source: &SourceFile,
) -> Vec<TextRange> {
    let mut ranges = Vec::new();
    let mut open = Vec::new();
    for token in parsed.tokens() {
        match token.kind() {
            TokenKind::String => ranges.push(token.range()),
            TokenKind::FStringStart | TokenKind::TStringStart => open.push(token.start()),
            TokenKind::FStringEnd | TokenKind::TStringEnd => {
                if let Some(start) = open.pop() {
                    ranges.push(TextRange::new(start, token.end()));
                }
            }
            _ => {}
        }
    }
    ranges.retain(|range| source.line(range.start()) != source.line(range.end()));
    ranges.sort_by_key(|range| range.start());
    ranges
}
