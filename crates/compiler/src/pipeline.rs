//! The stages in their order.

use anabranch_ir::Program;

use crate::footprint::Explanation;
use crate::load::{Sources, load};
use crate::types::Typing;
use crate::{Diagnostic, SourceFile, assemble, effects, footprint, resolve, rules};

/// What compiling an application gives.
#[derive(Debug)]
pub struct Compilation {
    /// `None` if there are errors.
    pub program: Option<Program>,
    /// What each method touches; empty if there are errors.
    pub explanations: Vec<Explanation>,
    /// In the order of the source: by file, then by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The files, in the order that diagnostics refer to.
    pub files: Vec<SourceFile>,
}

/// Compiles the application whose entry is the module `entry`.
pub fn compile(entry: &str, sources: &mut Sources<'_>) -> Compilation {
    let mut diagnostics = Vec::new();
    let loaded = load(entry, sources, &mut diagnostics);
    let mut program = None;
    let mut explanations = Vec::new();
    // After a syntax error the module is empty, and all that follows would only be echoes.
    if diagnostics.is_empty() {
        let application = resolve::resolve(&loaded, &mut diagnostics);
        let typing = Typing::new(&application);
        let scopes = effects::scopes(&typing);
        let effects = effects::effects(&typing, &scopes);
        rules::check(&typing, &scopes, &effects, &mut diagnostics);
        // What the rules refuse may be beyond what the later stages can express.
        if diagnostics.is_empty() {
            let assembled = assemble::assemble(&typing, &scopes, &effects, &mut diagnostics);
            let footprints = footprint::footprints(&typing, &scopes, &effects);
            explanations = footprint::explain(&application, &footprints);
            program = diagnostics.is_empty().then_some(assembled);
        }
    }
    diagnostics.sort_by_key(|diagnostic| {
        let place = diagnostic.place.as_ref();
        place.map(|place| (place.file, place.range.start(), diagnostic.code))
    });
    diagnostics.dedup();
    Compilation { program, explanations, diagnostics, files: loaded.files }
}
