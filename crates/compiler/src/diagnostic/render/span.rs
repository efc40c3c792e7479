//! Where a marked place starts and ends, as other programs count.

use crate::SourceFile;
use crate::diagnostic::Place;

/// A place in lines and columns, all one-based; columns count code points.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Span<'a> {
    pub(super) file: &'a str,
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    /// Behind the last character.
    pub(super) end_column: u32,
}

impl<'a> Span<'a> {
    pub(super) fn of(place: &Place, files: &'a [SourceFile]) -> Self {
        let file = &files[place.file];
        let (start, end) = (place.range.start(), place.range.end());
        Self {
            file: &file.path,
            line: file.line(start),
            column: file.column(start),
            end_line: file.line(end),
            end_column: file.column(end),
        }
    }
}
