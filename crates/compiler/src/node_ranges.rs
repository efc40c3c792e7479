//! Which nodes of a syntax tree lie inside of others, by their ranges alone.

use ruff_text_size::{Ranged, TextRange};

/// Some nodes of one syntax tree. Of two nodes either one is inside of the other, or they are apart.
#[derive(Debug, Default)]
pub(crate) struct NodeRanges {
    /// In the order of their starts, the shorter first of several.
    ranges: Vec<TextRange>,
}

impl NodeRanges {
    pub(crate) fn new(mut ranges: Vec<TextRange>) -> Self {
        ranges.sort_by_key(|range| (range.start(), range.end()));
        Self { ranges }
    }

    /// Whether one of the nodes is `node` or inside of it.
    pub(crate) fn any_within(&self, node: &impl Ranged) -> bool {
        let range = node.range();
        let from = self.ranges.partition_point(|other| other.start() < range.start());
        let rest = &self.ranges[from..];
        let shortest = rest.first().filter(|other| other.start() == range.start());
        if shortest.is_some_and(|other| other.end() <= range.end()) {
            return true;
        }
        let behind = rest.partition_point(|other| other.start() == range.start());
        rest.get(behind).is_some_and(|other| other.end() <= range.end())
    }

    /// Whether several of the nodes are `node` or inside of it.
    pub(crate) fn several_within(&self, node: &impl Ranged) -> bool {
        let range = node.range();
        let from = self.ranges.partition_point(|other| other.start() < range.start());
        let starting_inside = self.ranges[from..].iter().take_while(|it| it.start() < range.end());
        starting_inside.filter(|other| other.end() <= range.end()).nth(1).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(start: u32, end: u32) -> TextRange {
        TextRange::new(start.into(), end.into())
    }

    #[test]
    fn nodes_are_found_in_those_around_them() {
        // a.b.c + d.e, of which a.b.c and d.e are there.
        let nodes = NodeRanges::new(vec![range(8, 11), range(0, 5)]);
        let is_within = |start, end| nodes.any_within(&range(start, end));
        assert!(is_within(0, 11) && is_within(0, 5) && is_within(8, 11));
        let are_several_within = |start, end| nodes.several_within(&range(start, end));
        assert!(are_several_within(0, 11) && !are_several_within(0, 9));
        assert!(!are_several_within(8, 11));
        assert!(!is_within(0, 3) && !is_within(8, 9) && !is_within(4, 5) && !is_within(12, 13));
    }
}
