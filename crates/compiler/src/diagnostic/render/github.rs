//! Workflow commands: GitHub shows them beside the lines of a pull request.
//!
//! A command is one line, `::error file=…,line=…::text`. In the text `%` and line ends are escaped,
//! in the properties also `:` and `,`. GitHub marks columns only within one line.

use super::span::Span;
use crate::SourceFile;
use crate::diagnostic::{Diagnostic, Severity};

/// One line for each diagnostic.
pub fn github(diagnostics: &[Diagnostic], files: &[SourceFile]) -> String {
    diagnostics.iter().map(|diagnostic| command(diagnostic, files)).collect()
}

fn command(diagnostic: &Diagnostic, files: &[SourceFile]) -> String {
    let mut properties = Vec::new();
    if let Some(place) = &diagnostic.place {
        let span = Span::of(place, files);
        properties.push(format!("file={}", escaped_property(span.file)));
        properties.push(format!("line={},endLine={}", span.line, span.end_line));
        if span.line == span.end_line {
            properties.push(format!("col={},endColumn={}", span.column, span.end_column));
        }
    }
    properties.push(format!("title={}", diagnostic.code));
    let mut text = diagnostic.message.clone();
    for detail in [&diagnostic.why, &diagnostic.help].into_iter().flatten() {
        text.push('\n');
        text.push_str(detail);
    }
    format!(
        "::{} {}::{}\n",
        command_name(diagnostic.severity()),
        properties.join(","),
        escaped_text(&text)
    )
}

fn command_name(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    }
}

fn escaped_text(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escaped_property(text: &str) -> String {
    escaped_text(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::diagnostic::render::examples::{awkward, files, over_lines, placed, placeless};

    #[test]
    fn a_line_for_each() {
        expect![[r#"
            ::error file=shop.py,line=5,endLine=5,col=18,endColumn=23,title=AB043::`Item` has no method `updat`%0Adid you mean `update`?
            ::error file=shop.py,line=5,endLine=6,title=AB033::over two lines%0Athe reason%0Athe way out
            ::error title=AB003::no class is marked `@entity`%0Amark one
            ::error file=odd%2C name%3A 100%25.py,line=1,endLine=1,col=1,endColumn=2,title=AB001::100%25 wrong:%0D%0Avery, really
        "#]]
        .assert_eq(&github(&[placed(), over_lines(), placeless(), awkward()], &files()));
    }
}
