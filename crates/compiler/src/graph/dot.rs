//! The dataflow graph for Graphviz.

use anabranch_ir::Program;

use super::layout::{Link, links};

/// The graph in the DOT language.
pub fn dot(program: &Program) -> String {
    let mut text = "digraph dataflow {\n  rankdir=LR;\n  node [shape=plain, fontname=\"sans-serif\"];\n  edge [fontname=\"sans-serif\", fontsize=10];\n".to_owned();
    text.push_str(
        "  ingress [shape=cds, label=\"ingress\"];\n  egress [shape=cds, label=\"egress\"];\n",
    );
    for operator in &program.operators {
        let mut rows = format!("<tr><td><b>{}</b></td></tr>", operator.name);
        for method in &operator.methods {
            let name = &program.function(*method).name;
            rows.push_str(&format!("<tr><td align=\"left\" port=\"{name}\">{name}</td></tr>"));
        }
        text.push_str(&format!(
            "  {} [label=<<table border=\"1\" cellborder=\"0\" style=\"rounded\">{rows}</table>>];\n",
            operator.name
        ));
        text.push_str(&format!("  ingress -> {};\n  {0} -> egress;\n", operator.name));
    }
    for Link { from, to, labels } in links(program) {
        let (from, to) = (&program.operators[from].name, &program.operators[to].name);
        text.push_str(&format!("  {from} -> {to} [label=\"{}\"];\n", labels.join("\\n")));
    }
    text.push_str("}\n");
    text
}
