//! The emitted Python text of a module.

use crate::{Body, Function, ModuleId, Program};

/// The text of all segments of `module`, and for every line of it the one-based line of the user's
/// file that it comes from. Methods stand in a class of their entity's name, so that Python mangles
/// private names as it does in the user's own class.
pub fn module_text(program: &Program, module: ModuleId) -> (String, Vec<u32>) {
    let mut text = String::new();
    let mut origins = Vec::new();
    let mut line = |indentation: &str, content: &str, origin: u32| {
        if !content.is_empty() {
            text.push_str(indentation);
        }
        text.push_str(content);
        text.push('\n');
        origins.push(origin);
    };
    for operator in program.operators.iter().filter(|operator| operator.module == module) {
        let methods = operator.methods.iter().map(|method| program.function(*method));
        let split: Vec<&Function> = methods.filter(|method| is_split(method)).collect();
        if split.is_empty() {
            continue;
        }
        line("", &format!("class {}:", operator.name), operator.span.line);
        for source in split.into_iter().flat_map(function_lines) {
            // The inside of a string that spans lines must stay where it is.
            let indentation = if source.is_inside_string { "" } else { "    " };
            line(indentation, &source.text, source.origin);
        }
    }
    for function in &program.functions {
        if function.module == module && function.operator.is_none() && is_split(function) {
            for source in function_lines(function) {
                line("", &source.text, source.origin);
            }
        }
    }
    (text, origins)
}

fn is_split(function: &Function) -> bool {
    matches!(function.body, Body::Segments(_))
}

fn function_lines(function: &Function) -> impl Iterator<Item = &crate::SourceLine> {
    let segments = match &function.body {
        Body::Native => &[],
        Body::Segments(segments) => &segments[..],
    };
    segments.iter().flat_map(|segment| &segment.code)
}
