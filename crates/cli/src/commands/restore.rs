//! `anabranch restore`

use anabranch_embedded::Verification;
use anabranch_maintenance::size::{entities, in_thousands, readable};
use anabranch_maintenance::source;

use crate::arguments::RestoreArguments;
use crate::{Failure, output};

pub(crate) fn run(arguments: &RestoreArguments) -> Result<i32, Failure> {
    let copied = source::restore(&arguments.backup, &arguments.folder)?;
    let folder = arguments.folder.display();
    output::line(&format!("restored and checked: {} in {folder}", described(&copied)));
    Ok(0)
}

/// What a copy holds.
pub(crate) fn described(copied: &Verification) -> String {
    let entities = entities(copied.entities);
    let last = in_thousands(copied.sequence);
    format!("{entities} ({}) as of request {last}", readable(copied.state_bytes))
}
