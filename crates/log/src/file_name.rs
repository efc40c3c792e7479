//! The names of the log's files.

/// Ends the name of a segment that may have records.
const SEGMENT: &str = ".segment";
/// Ends the name of a prepared segment without records.
const SPARE: &str = ".spare";
/// Ends the name of a file that is being written: worth nothing after a crash.
pub(crate) const DRAFT: &str = ".draft";
/// Ends the name of what a repair has taken out of the log.
pub(crate) const CUT: &str = ".cut";

/// What a file in the log's folder is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    Segment(u64),
    Spare(u64),
    Draft,
}

/// `None` for what is not ours, or no part of the log any more.
pub(crate) fn kind(name: &str) -> Option<FileKind> {
    if name.ends_with(DRAFT) {
        return Some(FileKind::Draft);
    }
    // A number has one name only.
    let number = |stem: &str| {
        let number: u64 = stem.parse().ok()?;
        (digits(number) == stem).then_some(number)
    };
    if let Some(stem) = name.strip_suffix(SEGMENT) {
        return number(stem).map(FileKind::Segment);
    }
    name.strip_suffix(SPARE).and_then(number).map(FileKind::Spare)
}

pub(crate) fn segment(number: u64) -> String {
    digits(number) + SEGMENT
}

pub(crate) fn spare(number: u64) -> String {
    digits(number) + SPARE
}

pub(crate) fn draft(number: u64) -> String {
    digits(number) + DRAFT
}

/// Wide enough that names sort as numbers do.
fn digits(number: u64) -> String {
    format!("{number:012}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        assert_eq!(kind(&segment(7)), Some(FileKind::Segment(7)));
        assert_eq!(kind(&spare(u64::MAX)), Some(FileKind::Spare(u64::MAX)));
        assert_eq!(kind(&draft(7)), Some(FileKind::Draft));
        assert_eq!(kind("7.segment"), None);
        assert_eq!(kind("000000000007.segment.cut"), None);
        assert_eq!(kind("notes.txt"), None);
    }
}
