//! Docstrings.

use ruff_python_ast::{Expr, Stmt};

/// The docstring of a body, cleaned as `inspect.cleandoc` does: the margin that the lines after the
/// first share is removed, blank lines at both ends as well.
pub(super) fn docstring(body: &[Stmt]) -> Option<String> {
    let Some(Stmt::Expr(first)) = body.first() else { return None };
    let Expr::StringLiteral(literal) = &*first.value else { return None };
    Some(clean(literal.value.to_str()))
}

fn clean(text: &str) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let margin = |line: &&str| line.len() - line.trim_start().len();
    let inner = lines.iter().skip(1).filter(|line| !line.trim().is_empty());
    let margin = inner.map(margin).min().unwrap_or(0);
    for (index, line) in lines.iter_mut().enumerate() {
        *line = if index == 0 { line.trim_start() } else { line.get(margin..).unwrap_or("") };
        *line = line.trim_end();
    }
    let start = lines.iter().position(|line| !line.is_empty()).unwrap_or(lines.len());
    let end = lines.iter().rposition(|line| !line.is_empty()).map_or(start, |last| last + 1);
    lines[start..end].join("\n")
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn the_shared_margin_goes() {
        assert_eq!(
            clean("Buys.\n\n    Twice:\n      indented\n    "),
            "Buys.\n\nTwice:\n  indented"
        );
    }
}
