//! `anabranch backup`

use crate::arguments::BackupArguments;
use crate::commands::restore::described;
use crate::{Failure, output, source};

pub(crate) fn run(arguments: &BackupArguments) -> Result<i32, Failure> {
    let copied = source::named(&arguments.source)?.backup(&arguments.target)?;
    let target = arguments.target.display();
    output::line(&format!("backed up and checked: {} in {target}", described(&copied)));
    Ok(0)
}
