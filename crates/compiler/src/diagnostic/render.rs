//! Drawing diagnostics as text, in the shape rustc made familiar.

pub use annotate_snippets::Renderer;
use annotate_snippets::{AnnotationKind, Group, Level, Snippet};

use super::{Diagnostic, Place, Severity};
use crate::SourceFile;

/// The diagnostic as text, with a final newline.
pub fn render(diagnostic: &Diagnostic, files: &[SourceFile], renderer: &Renderer) -> String {
    let level = match diagnostic.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let code = diagnostic.code.to_string();
    let mut group = Group::with_title(level.primary_title(&*diagnostic.message).id(&*code));
    for file in marked_files(diagnostic) {
        group = group.element(snippet(diagnostic, &files[file], file));
    }
    if let Some(why) = &diagnostic.why {
        group = group.element(Level::NOTE.message(&**why));
    }
    if let Some(help) = &diagnostic.help {
        group = group.element(Level::HELP.message(&**help));
    }
    let mut text = renderer.render(&[group]);
    text.push('\n');
    text
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
