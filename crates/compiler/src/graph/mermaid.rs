//! The dataflow graph as a Mermaid flowchart, which GitHub draws inside of Markdown.

use anabranch_ir::Program;

use super::layout::links;
use super::markup::mermaid_quoted;

/// The graph as a flowchart.
pub fn mermaid(program: &Program) -> String {
    let mut text = "flowchart LR\n  ingress([ingress])\n  egress([egress])\n".to_owned();
    text.push_str("  subgraph dataflow [\" \"]\n");
    // Numbers, because a class may have the name of a keyword.
    for (index, operator) in program.operators.iter().enumerate() {
        let methods = operator.methods.iter().map(|method| program.function(*method).name.clone());
        let lines: Vec<String> =
            [operator.name.clone(), "―".to_owned()].into_iter().chain(methods).collect();
        text.push_str(&format!("    op{index}[{}]\n", mermaid_quoted(&lines)));
    }
    text.push_str("  end\n  ingress --> dataflow --> egress\n");
    for link in links(program) {
        let labels = mermaid_quoted(&link.labels);
        text.push_str(&format!("  op{} -->|{labels}| op{}\n", link.from, link.to));
    }
    text
}
