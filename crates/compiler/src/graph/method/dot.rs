//! A method for Graphviz.

use super::{Card, MethodGraph};
use crate::graph::markup::{dot_quoted, escaped};

pub(super) fn dot(graph: &MethodGraph) -> String {
    let mut text = format!(
        "digraph method {{\n  label={};\n  labelloc=t;\n  fontname=\"sans-serif\";\n  \
         node [shape=plain, fontname=\"monospace\", fontsize=11];\n  \
         edge [fontname=\"sans-serif\", fontsize=10];\n",
        dot_quoted(&graph.title)
    );
    for (index, card) in graph.cards.iter().enumerate() {
        text.push_str(&format!("  seg{index} [label=<{}>];\n", table(card)));
        if card.returns {
            text.push_str(&format!(
                "  return{index} [shape=oval, label=\"return\"];\n  seg{index} -> return{index};\n"
            ));
        }
    }
    for arrow in &graph.arrows {
        let label = dot_quoted(&arrow.labels.join("\n"));
        text.push_str(&format!("  seg{} -> seg{} [label={label}];\n", arrow.from, arrow.to));
    }
    text.push_str("}\n");
    text
}

fn table(card: &Card) -> String {
    let mut rows = format!("<b>{}</b> {}", card.name, escaped(&card.about));
    rows = row(&rows);
    for line in &card.lines {
        // A label of Graphviz keeps only spaces that do not break.
        rows.push_str(&row(
            &escaped(&format!("{:4}  {}", line.number, line.text)).replace(' ', "\u{a0}")
        ));
    }
    if card.omitted > 0 {
        rows.push_str(&row(&format!("… {} more lines", card.omitted)));
    }
    format!(
        "<table border=\"1\" cellborder=\"0\" cellspacing=\"0\" style=\"rounded\">{rows}</table>"
    )
}

fn row(text: &str) -> String {
    format!("<tr><td align=\"left\">{text}</td></tr>")
}
