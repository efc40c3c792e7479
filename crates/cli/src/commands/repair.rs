//! `anabranch repair`

use anabranch_maintenance::repair::{apply, describe};

use crate::arguments::RepairArguments;
use crate::{Failure, output};

pub(crate) fn run(arguments: &RepairArguments) -> Result<i32, Failure> {
    let folder = &arguments.folder;
    let report = if arguments.apply { apply(folder)? } else { describe(folder)? };
    output::result(&report, None)?;
    Ok(0)
}
