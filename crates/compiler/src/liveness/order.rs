//! The order in which blocks are gone through.

use crate::cfg::{BlockId, Graph};

/// The blocks, each before those to which control goes from it, but for the ends of loops. Blocks
/// that cannot be reached come last.
pub(super) fn forward_order(graph: &Graph) -> Vec<BlockId> {
    let ways = |id: BlockId| {
        let handler = graph.handler(id).map(|(handler, _)| handler);
        // What comes first in the source shall come first.
        handler.into_iter().chain(graph.block(id).terminator.successors().rev())
    };
    let mut is_met = vec![false; graph.ids().len()];
    let mut order = Vec::with_capacity(is_met.len());
    is_met[Graph::ENTRY.0 as usize] = true;
    let mut path = vec![(Graph::ENTRY, ways(Graph::ENTRY))];
    while let Some((id, rest)) = path.last_mut() {
        match rest.next() {
            Some(next) => {
                if !std::mem::replace(&mut is_met[next.0 as usize], true) {
                    path.push((next, ways(next)));
                }
            }
            None => {
                order.push(*id);
                path.pop();
            }
        }
    }
    order.reverse();
    order.extend(graph.ids().filter(|id| !is_met[id.0 as usize]));
    order
}
