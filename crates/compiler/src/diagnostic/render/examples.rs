//! Diagnostics for the tests of the forms.

use ruff_text_size::TextRange;

use crate::diagnostic::Diagnostic;
use crate::{Code, SourceFile};

const SHOP: &str = "class Item:\n    pass\n\n\nprint(\"kö\", item.updat(\n    3))\n";

pub(super) fn files() -> Vec<SourceFile> {
    let other = "x = 1\n".to_owned();
    vec![
        SourceFile::new("shop.py".to_owned(), SHOP.to_owned()),
        SourceFile::new("odd, name: 100%.py".to_owned(), other),
    ]
}

fn range(text: &str) -> TextRange {
    let start = SHOP.find(text).expect("the text is in the example");
    TextRange::at((start as u32).into(), (text.len() as u32).into())
}

/// A mark behind a character outside of ASCII, another place, reason and way out.
pub(super) fn placed() -> Diagnostic {
    Diagnostic::new(Code::UnknownMethod, "`Item` has no method `updat`")
        .at(0, range("updat"), "not defined there")
        .also(0, range("Item"), "the class")
        .help("did you mean `update`?")
}

pub(super) fn over_lines() -> Diagnostic {
    Diagnostic::new(Code::RemoteInLambda, "over two lines")
        .at(0, range("item.updat(\n    3)"), "here")
        .why("the reason")
        .help("the way out")
}

pub(super) fn placeless() -> Diagnostic {
    Diagnostic::new(Code::NoEntity, "no class is marked `@entity`").help("mark one")
}

/// A path with all that needs to be escaped.
pub(super) fn awkward() -> Diagnostic {
    let range = TextRange::at(0.into(), 1.into());
    Diagnostic::new(Code::SyntaxError, "100% wrong:\r\nvery, really").at(1, range, "here")
}
