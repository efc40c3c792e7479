//! Which data folder or server is meant.

use std::path::Path;

use anabranch_maintenance::Source;

use crate::Failure;
use crate::arguments::SourceArguments;

/// What the user named.
pub(crate) fn named(arguments: &SourceArguments) -> Result<Source, Failure> {
    let token = arguments.token_file.as_deref().map(read_token).transpose()?;
    Ok(Source::named(&arguments.source, token)?)
}

/// The token in `file`.
pub(crate) fn read_token(file: &Path) -> Result<String, Failure> {
    let text = std::fs::read_to_string(file);
    text.map(|token| token.trim().to_owned()).map_err(|error| {
        Failure::Message(format!("cannot read the token file {}: {error}", file.display()))
    })
}
