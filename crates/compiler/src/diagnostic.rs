//! What the compiler tells the user.
//!
//! A diagnostic has a stable code, one short message that stands alone, the spot in the source, the
//! reason, and how to mend it. [`render`] has the forms in which users get it.

mod code;
pub mod render;

use ruff_text_size::TextRange;

pub use code::Code;

/// How serious a diagnostic is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// There is no program.
    Error,
    /// There is a program; the user may want to look.
    Warning,
    /// There is a program; it does what is said here.
    Note,
}

/// One finding.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    pub code: Code,
    /// One short sentence without a final full stop.
    pub message: String,
    /// Where; `None` for a finding about the application as a whole.
    pub place: Option<Place>,
    /// What stands under the marked spot.
    pub label: String,
    /// Other places that matter, each with what stands under it.
    pub related: Vec<(Place, String)>,
    /// Why it is refused.
    pub why: Option<String>,
    /// How to mend it.
    pub help: Option<String>,
}

/// A spot in a source file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// Index into the application's files.
    pub file: usize,
    pub range: TextRange,
}

impl Diagnostic {
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            place: None,
            label: String::new(),
            related: Vec::new(),
            why: None,
            help: None,
        }
    }

    /// Marks the spot, with a label under it.
    #[must_use]
    pub fn at(mut self, file: usize, range: TextRange, label: impl Into<String>) -> Self {
        self.place = Some(Place { file, range });
        self.label = label.into();
        self
    }

    /// Marks another place.
    #[must_use]
    pub fn also(mut self, file: usize, range: TextRange, label: impl Into<String>) -> Self {
        self.related.push((Place { file, range }, label.into()));
        self
    }

    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub fn severity(&self) -> Severity {
        self.code.severity()
    }
}
