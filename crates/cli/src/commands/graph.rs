//! `anabranch graph`

use std::path::Path;

use anabranch_compiler::graph::{self, MethodGraph};

use crate::arguments::{GraphArguments, GraphFormat};
use crate::target::Target;
use crate::{Failure, output};

pub(crate) fn run(arguments: &GraphArguments) -> Result<i32, Failure> {
    let format = match (arguments.format, &arguments.output) {
        (Some(format), _) => format,
        (None, Some(file)) => format_of(file)?,
        (None, None) => GraphFormat::Svg,
    };
    let target = Target::find(&arguments.application)?;
    let compilation = target.compilation();
    output::diagnostics(&compilation.diagnostics, &compilation.files);
    let program = compilation.program.ok_or(Failure::Diagnosed)?;
    let text = match &arguments.method {
        Some(method) => {
            let graph = MethodGraph::of(&program, &compilation.files, method)?;
            match format {
                GraphFormat::Svg => graph.svg(),
                GraphFormat::Dot => graph.dot(),
                GraphFormat::Mermaid => graph.mermaid(),
            }
        }
        None => match format {
            GraphFormat::Svg => graph::svg(&program),
            GraphFormat::Dot => graph::dot(&program),
            GraphFormat::Mermaid => graph::mermaid(&program),
        },
    };
    output::result(&text, arguments.output.as_deref())?;
    Ok(0)
}

fn format_of(file: &Path) -> Result<GraphFormat, Failure> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => Ok(GraphFormat::Svg),
        Some("dot" | "gv") => Ok(GraphFormat::Dot),
        Some("mmd" | "mermaid") => Ok(GraphFormat::Mermaid),
        _ => Err(Failure::Message(format!(
            "{} ends in none of .svg, .dot and .mmd: rename it, or say --format svg|dot|mermaid",
            file.display()
        ))),
    }
}
