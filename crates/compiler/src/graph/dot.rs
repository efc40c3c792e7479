//! The dataflow graph for Graphviz.

use anabranch_ir::Program;

use super::layout::{Link, links};
use super::markup::{dot_quoted, escaped};

/// The graph in the DOT language. Ingress and egress belong to the dataflow as a whole: they are drawn
/// to and from its frame, at an operator that nothing reaches and one that reaches nothing.
pub fn dot(program: &Program) -> String {
    let mut text = "digraph dataflow {\n  rankdir=LR;\n  compound=true;\n  node [shape=plain, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n".to_owned();
    text.push_str(
        "  ingress [shape=cds, label=\"ingress\"];\n  egress [shape=cds, label=\"egress\"];\n",
    );
    text.push_str("  subgraph cluster_dataflow {\n    style=\"dashed,rounded\";\n");
    // Numbers, because a class may have the name of a keyword.
    for (index, operator) in program.operators.iter().enumerate() {
        let mut rows = format!("<tr><td><b>{}</b></td></tr>", escaped(&operator.name));
        for method in &operator.methods {
            let name = escaped(&program.function(*method).name);
            rows.push_str(&format!("<tr><td align=\"left\">{name}</td></tr>"));
        }
        text.push_str(&format!(
            "    op{index} [label=<<table border=\"1\" cellborder=\"0\" style=\"rounded\">{rows}</table>>];\n"
        ));
    }
    text.push_str("  }\n");
    let links = links(program);
    let operators = 0..program.operators.len();
    let is_reached = |index: &usize| links.iter().any(|link| link.to == *index);
    let reaches = |index: &usize| links.iter().any(|link| link.from == *index);
    let first = operators.clone().find(|index| !is_reached(index)).unwrap_or(0);
    let last = operators.clone().rev().find(|index| !reaches(index));
    let last = last.unwrap_or(operators.len().saturating_sub(1));
    if !operators.is_empty() {
        text.push_str(&format!("  ingress -> op{first} [lhead=cluster_dataflow];\n"));
        text.push_str(&format!("  op{last} -> egress [ltail=cluster_dataflow];\n"));
    }
    for Link { from, to, labels } in links {
        let label = dot_quoted(&labels.join("\n"));
        text.push_str(&format!("  op{from} -> op{to} [label={label}];\n"));
    }
    text.push_str("}\n");
    text
}
