//! The dataflow graph for Graphviz.

use anabranch_ir::Program;

use super::layout::{Link, links};
use super::markup::{dot_quoted, escaped};

/// The graph in the DOT language.
pub fn dot(program: &Program) -> String {
    let mut text = "digraph dataflow {\n  rankdir=LR;\n  node [shape=plain, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n".to_owned();
    text.push_str(
        "  ingress [shape=cds, label=\"ingress\"];\n  egress [shape=cds, label=\"egress\"];\n",
    );
    // Numbers, because a class may have the name of a keyword.
    for (index, operator) in program.operators.iter().enumerate() {
        let mut rows = format!("<tr><td><b>{}</b></td></tr>", escaped(&operator.name));
        for method in &operator.methods {
            let name = escaped(&program.function(*method).name);
            rows.push_str(&format!("<tr><td align=\"left\">{name}</td></tr>"));
        }
        text.push_str(&format!(
            "  op{index} [label=<<table border=\"1\" cellborder=\"0\" style=\"rounded\">{rows}</table>>];\n"
        ));
        text.push_str(&format!("  ingress -> op{index};\n  op{index} -> egress;\n"));
    }
    for Link { from, to, labels } in links(program) {
        let label = dot_quoted(&labels.join("\n"));
        text.push_str(&format!("  op{from} -> op{to} [label={label}];\n"));
    }
    text.push_str("}\n");
    text
}
