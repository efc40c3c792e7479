//! `anabranch check`

use crate::arguments::CheckArguments;
use crate::target::Target;
use crate::{Failure, output};

pub(crate) fn run(arguments: &CheckArguments) -> Result<i32, Failure> {
    let target = Target::find(&arguments.application)?;
    let compilation = target.compilation();
    output::diagnostics(&compilation);
    let program = compilation.program.ok_or(Failure::Diagnosed)?;
    if arguments.explain {
        for explanation in &compilation.explanations {
            output::line(&explanation.to_string());
        }
    }
    let methods: usize = program.operators.iter().map(|operator| operator.methods.len()).sum();
    let names: Vec<&str> = program.operators.iter().map(|operator| &*operator.name).collect();
    let classes = if names.len() == 1 { "entity class" } else { "entity classes" };
    output::line(&format!(
        "no mistakes found: {} {classes} ({}) with {methods} methods",
        names.len(),
        names.join(", ")
    ));
    Ok(0)
}
