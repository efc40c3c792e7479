//! The emitted Python text of a module.

use std::collections::BTreeSet;

use crate::{Body, Function, ModuleId, Program};

/// The text of all segments of `module`, and for every line of it the one-based line of the user's
/// file that it comes from. Methods stand in a class with the name of the one that defines them, so
/// that Python mangles private names as it does there, and `super()` means what it means there.
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
    let split: Vec<&Function> = program
        .functions
        .iter()
        .filter(|function| function.module == module && matches!(function.body, Body::Segments(_)))
        .collect();
    let mut written = BTreeSet::new();
    for class in split.iter().filter_map(|function| function.class.as_ref()) {
        if !written.insert(class) {
            continue;
        }
        let methods = split.iter().filter(|function| function.class.as_ref() == Some(class));
        let methods: Vec<&Function> = methods.copied().collect();
        let of_operator = program
            .operators
            .iter()
            .find(|operator| operator.module == module && operator.name == *class);
        let head = of_operator.map_or(methods[0].span, |operator| operator.span);
        line("", &format!("class {class}:"), head.line);
        for source in methods.into_iter().flat_map(function_lines) {
            // The inside of a string that spans lines must stay where it is.
            let indentation = if source.is_inside_string { "" } else { "    " };
            line(indentation, &source.text, source.origin);
        }
    }
    for function in split.iter().filter(|function| function.class.is_none()) {
        for source in function_lines(function) {
            line("", &source.text, source.origin);
        }
    }
    (text, origins)
}

fn function_lines(function: &Function) -> impl Iterator<Item = &crate::SourceLine> {
    let segments = match &function.body {
        Body::Native => &[],
        Body::Segments(segments) => &segments[..],
    };
    segments.iter().flat_map(|segment| &segment.code)
}
