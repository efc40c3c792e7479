//! `anabranch check`

use anabranch_compiler::diagnostic::render;
use anabranch_compiler::{Code, Compilation, Diagnostic};

use crate::arguments::{CheckArguments, CheckFormat};
use crate::target::Target;
use crate::{Failure, output};

pub(crate) fn run(arguments: &CheckArguments) -> Result<i32, Failure> {
    let target = Target::find(&arguments.application)?;
    if arguments.explain && arguments.format != CheckFormat::Text {
        let message = "--explain is text: leave out --format";
        return Err(Failure::Message(message.to_owned()));
    }
    let compilation = target.compilation();
    let files = &compilation.files;
    // A reader of text looks for mistakes; a program can leave out what it does not want.
    let shows_notes = arguments.notes || arguments.format != CheckFormat::Text;
    let notes = if shows_notes { &*compilation.notes } else { &[] };
    let found: Vec<Diagnostic> = compilation.diagnostics.iter().chain(notes).cloned().collect();
    match arguments.format {
        CheckFormat::Text => {
            output::diagnostics(&found, files);
            summarize(&compilation, arguments)?;
        }
        CheckFormat::Json => output::result(&render::json(&found, files), None)?,
        CheckFormat::Github => output::result(&render::github(&found, files), None)?,
        CheckFormat::Sarif => output::result(&render::sarif(&found, files), None)?,
    }
    if compilation.program.is_some() { Ok(0) } else { Err(Failure::Diagnosed) }
}

/// What there is, if nothing is wrong with it.
fn summarize(compilation: &Compilation, arguments: &CheckArguments) -> Result<(), Failure> {
    let program = compilation.program.as_ref().ok_or(Failure::Diagnosed)?;
    if arguments.explain {
        for explanation in compilation.explanations() {
            output::line(&explanation.to_string());
        }
    }
    let methods: usize = program.operators.iter().map(|operator| operator.methods.len()).sum();
    let names: Vec<&str> = program.operators.iter().map(|operator| &*operator.name).collect();
    let classes = if names.len() == 1 { "entity class" } else { "entity classes" };
    output::line(&format!(
        "no mistakes found: {} {classes} ({}) with {methods} methods",
        names.len(),
        names.join(", ")
    ));
    if !arguments.notes && !compilation.notes.is_empty() {
        output::note(&noted(&compilation.notes));
    }
    Ok(())
}

/// The notes in one line.
fn noted(notes: &[Diagnostic]) -> String {
    let counted = [
        (Code::TakenFromTransaction, "taken from the transaction"),
        (Code::OutsideEffect, "may happen more than once"),
        (Code::NotRepeatable, "not the same when a request runs again"),
        (Code::OpaqueState, "stored as pickles"),
    ];
    let parts = counted.iter().filter_map(|(code, what)| {
        let count = notes.iter().filter(|note| note.code == *code).count();
        (count > 0).then(|| format!("{count} {what}"))
    });
    let parts: Vec<String> = parts.collect();
    format!("worth knowing of entity code: {} (see --notes)", parts.join(", "))
}
