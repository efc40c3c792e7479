//! The stages in their order.

use anabranch_ir::{Program, verify};

use crate::effects::OwnActions;
use crate::footprint::Explanation;
use crate::load::{Sources, load};
use crate::types::Typing;
use crate::{Diagnostic, SourceFile, assemble, footprint, notes, resolve, rules};

/// What compiling an application gives.
#[derive(Debug)]
pub struct Compilation {
    /// `None` if there are errors.
    pub program: Option<Program>,
    /// In the order of the source: by file, then by place.
    pub diagnostics: Vec<Diagnostic>,
    /// What is no mistake but worth knowing, in the order of the source; empty if there are errors.
    pub notes: Vec<Diagnostic>,
    /// The files, in the order that diagnostics refer to.
    pub files: Vec<SourceFile>,
}

impl Compilation {
    /// What each method touches, in words; empty if there are errors.
    pub fn explanations(&self) -> Vec<Explanation> {
        self.program.as_ref().map(footprint::explain).unwrap_or_default()
    }
}

/// Compiles the application whose entry is the module `entry`.
pub fn compile(entry: &str, sources: &mut Sources<'_>) -> Compilation {
    let mut diagnostics = Vec::new();
    let loaded = load(entry, sources, &mut diagnostics);
    let mut program = None;
    let mut notes = Vec::new();
    // After a syntax error the module is empty, and all that follows would only be echoes.
    if diagnostics.is_empty() {
        let application = resolve::resolve(&loaded, &mut diagnostics);
        let (typing, assigning) = Typing::new(&application);
        let mut scopes = Vec::with_capacity(application.functions.len());
        let mut actions = OwnActions::new(&application);
        for scope in assigning.scopes(&typing) {
            actions.add(&typing, &scope);
            scopes.push(scope);
        }
        let effects = actions.effects(&typing);
        let mut found_notes = Vec::new();
        rules::check(&typing, &scopes, &effects, &mut diagnostics, &mut found_notes);
        // What the rules refuse may be beyond what the later stages can express.
        if diagnostics.is_empty() {
            let footprints = footprint::footprints(&typing, &scopes, &effects);
            let assembled =
                assemble::assemble(&typing, &scopes, &effects, &footprints, &mut diagnostics);
            if diagnostics.is_empty() {
                assert_well_formed(&assembled);
                notes::note_classes(&typing, &mut found_notes);
                notes = found_notes;
                program = Some(assembled);
            }
        }
    }
    put_in_order(&mut diagnostics);
    put_in_order(&mut notes);
    Compilation { program, diagnostics, notes, files: loaded.files }
}

fn put_in_order(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by_key(|diagnostic| {
        let place = diagnostic.place.as_ref();
        place.map(|place| (place.file, place.range.start(), diagnostic.code))
    });
    // A base class is looked at once for each entity class that inherits from it.
    let mut unique: Vec<Diagnostic> = Vec::with_capacity(diagnostics.len());
    for diagnostic in diagnostics.drain(..) {
        let mut same_place = unique.iter().rev().take_while(|it| it.place == diagnostic.place);
        if !same_place.any(|it| *it == diagnostic) {
            unique.push(diagnostic);
        }
    }
    *diagnostics = unique;
}

/// What the stages make of source without mistakes makes sense, or they have one themselves. Whoever
/// ran such a program might get wrong results, so this is checked in every build.
fn assert_well_formed(program: &Program) {
    let violations: Vec<String> = verify(program).iter().map(|it| format!("  {it}")).collect();
    assert!(
        violations.is_empty(),
        "this is a bug in Anabranch {}: the source was compiled to a malformed program\n{}\n\n\
         Please report it with the source.",
        env!("CARGO_PKG_VERSION"),
        violations.join("\n"),
    );
}
