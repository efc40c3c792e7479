//! `anabranch explain`

use anabranch_compiler::Code;

use crate::arguments::ExplainArguments;
use crate::{Failure, output};

pub(crate) fn run(arguments: &ExplainArguments) -> Result<i32, Failure> {
    let code = Code::named(&arguments.code).ok_or_else(|| {
        let first = Code::ALL[0];
        Failure::Message(format!(
            "there is no code {}: codes look like {first}, docs/diagnostics.md lists all",
            arguments.code
        ))
    })?;
    output::result(code.page(), None)?;
    Ok(0)
}
