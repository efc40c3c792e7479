//! What is wrong with a data folder's log, and what a repair loses.

use std::path::Path;

use anabranch_embedded::{Inspection, diagnose};

use crate::Error;
use crate::size::{in_thousands, readable};

/// Says what a repair of `directory` would do. Changes nothing.
///
/// # Errors
/// The folder is in use, or damaged beyond its log.
pub fn describe(directory: &Path) -> Result<String, Error> {
    let inspection = diagnose(directory)?;
    if inspection.damages.is_empty() {
        return Ok(whole(&inspection));
    }
    let mut text = found(&inspection);
    text.push_str(&format!(
        "nothing was changed; to end the log there: anabranch repair {} --apply\n",
        directory.display()
    ));
    Ok(text)
}

/// Repairs `directory` and says what was done.
///
/// # Errors
/// As for [`describe`].
pub fn apply(directory: &Path) -> Result<String, Error> {
    let repaired = anabranch_embedded::repair(directory)?;
    if repaired.inspection.damages.is_empty() {
        return Ok(whole(&repaired.inspection));
    }
    let mut text = found(&repaired.inspection);
    for cut in &repaired.cuts {
        text.push_str(&format!(
            "cut off: {} of {} from byte {} on; a copy of the file is {}\n",
            readable(cut.bytes),
            cut.path.display(),
            in_thousands(cut.offset),
            cut.copy.display()
        ));
    }
    text.push_str("repaired: the data folder can be opened\n");
    Ok(text)
}

fn whole(inspection: &Inspection) -> String {
    let last = in_thousands(inspection.last_recoverable);
    format!("the log is whole up to request {last}; there is nothing to repair\n")
}

fn found(inspection: &Inspection) -> String {
    let mut text = String::new();
    for damage in &inspection.damages {
        text.push_str(&format!("damaged: {damage}\n"));
    }
    let last = in_thousands(inspection.last_recoverable);
    text.push_str(&format!("kept: everything up to request {last}\n"));
    text.push_str(&match inspection.lost {
        None => "lost: nothing\n".to_owned(),
        Some(lost) => match lost.last {
            Some(last) if last == lost.first => format!("lost: request {}\n", in_thousands(last)),
            Some(last) => {
                format!("lost: requests {} to {}\n", in_thousands(lost.first), in_thousands(last))
            }
            None => format!(
                "lost: requests from {} on; how many there were cannot be told\n",
                in_thousands(lost.first)
            ),
        },
    });
    text
}
