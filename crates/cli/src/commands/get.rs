//! `anabranch get`

use anabranch_maintenance::summary;

use crate::arguments::{GetArguments, ShowFormat};
use crate::{Failure, output, source};

pub(crate) fn run(arguments: &GetArguments) -> Result<i32, Failure> {
    let found = source::named(&arguments.source)?.get(&arguments.class, &arguments.key)?;
    for entity in &found {
        let text = match arguments.format {
            ShowFormat::Table => summary::entity_table(&arguments.class, entity),
            ShowFormat::Json => format!("{entity}\n"),
        };
        output::result(&text, None)?;
    }
    Ok(0)
}
