//! User text inside of the drawings' languages.

/// For XML and for the HTML-like labels of Graphviz.
pub(super) fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// For a quoted string of Graphviz.
pub(super) fn dot_quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// For a quoted label of Mermaid: entities are numbered, and lines end with a tag.
pub(super) fn mermaid_quoted(lines: &[String]) -> String {
    let escaped = lines.iter().map(|line| {
        let mut text = String::new();
        for character in line.chars() {
            match character {
                '"' | '#' | '<' | '>' | '&' | '`' => {
                    text.push_str(&format!("#{};", character as u32));
                }
                _ => text.push(character),
            }
        }
        // Mermaid takes leading spaces away.
        let indentation = text.len() - text.trim_start().len();
        text.replace_range(..indentation, &"#160;".repeat(indentation));
        text
    });
    format!("\"{}\"", escaped.collect::<Vec<_>>().join("<br/>"))
}
