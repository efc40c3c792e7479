//! The header of a function's first segment: the user's own parameters.

use ruff_python_ast::ParameterWithDefault;

use super::Function;

/// `def name(parameters):` with every default as `...`; whoever loads the segment puts the user's
/// own default values in their place, so that they are evaluated once, where the user wrote them.
pub(super) fn header(name: &str, function: &Function<'_>) -> String {
    let parameters = &function.node.parameters;
    let mut parts: Vec<String> = parameters.posonlyargs.iter().map(parameter).collect();
    if !parts.is_empty() {
        parts.push("/".to_owned());
    }
    parts.extend(parameters.args.iter().map(parameter));
    match &parameters.vararg {
        Some(rest) => parts.push(format!("*{}", rest.name)),
        None if !parameters.kwonlyargs.is_empty() => parts.push("*".to_owned()),
        None => {}
    }
    parts.extend(parameters.kwonlyargs.iter().map(parameter));
    parts.extend(parameters.kwarg.iter().map(|rest| format!("**{}", rest.name)));
    format!("def {name}({}):", parts.join(", "))
}

fn parameter(parameter: &ParameterWithDefault) -> String {
    let default = if parameter.default.is_some() { "=..." } else { "" };
    format!("{}{default}", parameter.name())
}
