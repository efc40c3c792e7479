//! One diagnostic as people read it.

use std::collections::BTreeSet;

pub use annotate_snippets::Renderer;
use annotate_snippets::{AnnotationKind, Group, Level, Snippet};

use crate::diagnostic::{Diagnostic, Place, Severity};
use crate::{Code, SourceFile};

/// The diagnostic as text, with a final newline.
pub fn text(diagnostic: &Diagnostic, files: &[SourceFile], renderer: &Renderer) -> String {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let code = diagnostic.code.to_string();
    let mut group = Group::with_title(level.primary_title(&*diagnostic.message).id(&*code));
    let marked = marked_files(diagnostic);
    for file in &marked {
        group = group.element(snippet(diagnostic, &files[*file], *file));
    }
    if let Some(why) = &diagnostic.why {
        group = group.element(Level::NOTE.message(&**why));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(&**help));
    }
    let mut text = renderer.render(&[group]);
    if marked.is_empty() {
        // Without a place there is nothing to frame.
        text = text.lines().filter(|line| !is_empty_frame(line)).collect::<Vec<_>>().join("\n");
    }
    text.push('\n');
    text
}

/// What to type for the pages of the codes that were shown.
pub fn explain_hint(diagnostics: &[Diagnostic]) -> Option<String> {
    let codes: BTreeSet<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    let codes: Vec<&str> = codes.into_iter().map(Code::id).collect();
    let (first, others) = codes.split_first()?;
    let mut hint = format!("for more, type: anabranch explain {first}");
    if !others.is_empty() {
        hint.push_str(&format!(" (or {})", others.join(", ")));
    }
    Some(hint)
}

/// Whether a line holds nothing but the rule at the left, styled or not.
fn is_empty_frame(line: &str) -> bool {
    let mut visible = String::new();
    let mut is_style = false;
    for character in line.chars() {
        match (is_style, character) {
            (false, '\x1b') => is_style = true,
            (true, 'm') => is_style = false,
            (false, _) => visible.push(character),
            (true, _) => {}
        }
    }
    visible.trim() == "|"
}

/// The files with a marked place, the one with the primary place first.
fn marked_files(diagnostic: &Diagnostic) -> Vec<usize> {
    let related = diagnostic.related.iter().map(|(place, _)| place);
    let mut files = Vec::new();
    for Place { file, .. } in diagnostic.place.iter().chain(related) {
        if !files.contains(file) {
            files.push(*file);
        }
    }
    files
}

fn snippet<'a>(
    diagnostic: &'a Diagnostic,
    source: &'a SourceFile,
    file: usize,
) -> Snippet<'a, annotate_snippets::Annotation<'a>> {
    let mut snippet = Snippet::source(&*source.text).path(&*source.path);
    if let Some(place) = diagnostic.place.as_ref().filter(|place| place.file == file) {
        let mark = AnnotationKind::Primary.span(place.range.into()).label(&*diagnostic.label);
        snippet = snippet.annotation(mark);
    }
    for (place, label) in diagnostic.related.iter().filter(|(place, _)| place.file == file) {
        let mark = AnnotationKind::Context.span(place.range.into()).label(&**label);
        snippet = snippet.annotation(mark);
    }
    snippet
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;
    use crate::diagnostic::render::examples::{files, placed, placeless};

    #[test]
    fn a_marked_place_stands_in_its_source() {
        expect![[r#"
            error[AB043]: `Item` has no method `updat`
             --> shop.py:5:18
              |
            1 | class Item:
              |       ---- the class
            ...
            5 | print("kö", item.updat(
              |                  ^^^^^ not defined there
              |
              = help: did you mean `update`?
        "#]]
        .assert_eq(&text(&placed(), &files(), &Renderer::plain()));
    }

    #[test]
    fn without_a_place_there_is_no_frame() {
        expect![[r#"
            error[AB003]: no class is marked `@entity`
             = help: mark one
        "#]]
        .assert_eq(&text(&placeless(), &files(), &Renderer::plain()));
        let styled = text(&placeless(), &files(), &Renderer::styled());
        assert_eq!(styled.lines().count(), 2, "{styled}");
    }

    #[test]
    fn the_hint_names_each_code_once() {
        expect!["for more, type: anabranch explain AB003 (or AB043)"]
            .assert_eq(&explain_hint(&[placed(), placeless(), placed()]).unwrap());
        assert_eq!(explain_hint(&[]), None);
    }
}
