//! `anabranch inspect`

use anabranch_maintenance::summary;

use crate::arguments::{InspectArguments, ShowFormat};
use crate::{Failure, output, source};

pub(crate) fn run(arguments: &InspectArguments) -> Result<i32, Failure> {
    let document = source::named(&arguments.source)?.summary()?;
    let text = match arguments.format {
        ShowFormat::Table => summary::table(&document),
        ShowFormat::Json => format!("{document:#}\n"),
    };
    output::result(&text, None)?;
    Ok(0)
}
