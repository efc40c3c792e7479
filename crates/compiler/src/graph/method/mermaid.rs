//! A method as a Mermaid flowchart.

use super::MethodGraph;
use crate::graph::markup::mermaid_quoted;

pub(super) fn mermaid(graph: &MethodGraph) -> String {
    let title = mermaid_quoted(std::slice::from_ref(&graph.title));
    let mut text = format!("flowchart TD\n  start([{title}]) --> seg0\n");
    for (index, card) in graph.cards.iter().enumerate() {
        let head = if card.about.is_empty() {
            card.name.clone()
        } else {
            format!("{}: {}", card.name, card.about)
        };
        let mut lines = vec![head, "―".to_owned()];
        lines.extend(card.lines.iter().map(|line| format!("{}  {}", line.number, line.text)));
        if card.omitted > 0 {
            lines.push(format!("… {} more lines", card.omitted));
        }
        text.push_str(&format!("  seg{index}[{}]\n", mermaid_quoted(&lines)));
        if card.returns {
            text.push_str(&format!("  seg{index} --> return{index}([return])\n"));
        }
    }
    for arrow in &graph.arrows {
        let label = match &arrow.labels[..] {
            [] => String::new(),
            labels => format!("|{}|", mermaid_quoted(labels)),
        };
        text.push_str(&format!("  seg{} -->{label} seg{}\n", arrow.from, arrow.to));
    }
    text
}
