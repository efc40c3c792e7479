//! Where the parts of the drawing stand.
//!
//! Operators stand in columns. An operator stands right of those that call it, as far as the calls
//! form no cycle: cycles are cut where a walk over the operators, in source order, comes back to one
//! that it has not left. An arrow over several columns has a passage of its own in each that lies
//! between, so that it does not pass behind a card. Inside a column, operators and passages are
//! ordered so that few arrows cross: each goes to the mean height of its neighbours, of those at the
//! left and those at the right in turn.

use std::collections::BTreeMap;

use anabranch_ir::{CallKind, Program};

/// All that one operator sends to another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Link {
    pub(super) from: usize,
    pub(super) to: usize,
    /// What is sent: `update_stock`, `reads price`.
    pub(super) labels: Vec<String>,
}

/// What takes up room in a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Item {
    Operator(usize),
    /// The way of the link of this number.
    Passage(usize),
}

/// The links between the operators, in source order.
pub(super) fn links(program: &Program) -> Vec<Link> {
    let mut labels: BTreeMap<(usize, usize), Vec<String>> = BTreeMap::new();
    for edge in &program.edges {
        let Some(from) = program.function(edge.from).operator else { continue };
        let Some(to) = edge.to else { continue };
        let label = match &edge.kind {
            CallKind::Method(name) => format!("{name}()"),
            CallKind::Read(name) => format!("reads {name}"),
            CallKind::Write(name) => format!("writes {name}"),
            CallKind::Create => "creates".to_owned(),
            CallKind::Exists => "exists?".to_owned(),
            CallKind::Delete => "deletes".to_owned(),
        };
        let known = labels.entry((from.index(), to.index())).or_default();
        if !known.contains(&label) {
            known.push(label);
        }
    }
    labels.into_iter().map(|((from, to), labels)| Link { from, to, labels }).collect()
}

/// The column of each operator.
pub(super) fn columns(count: usize, links: &[Link]) -> Vec<usize> {
    let forward = without_cycles(count, links);
    let mut columns = vec![0; count];
    // The longest path to each operator; without cycles it has fewer steps than there are operators.
    for _ in 0..count {
        for (from, to) in &forward {
            columns[*to] = columns[*to].max(columns[*from] + 1);
        }
    }
    columns
}

/// The items of each column from top to bottom.
pub(super) fn items(columns: &[usize], links: &[Link]) -> Vec<Vec<Item>> {
    let count = columns.iter().max().map_or(0, |last| last + 1);
    let mut items: Vec<Vec<Item>> = vec![Vec::new(); count];
    for (operator, column) in columns.iter().enumerate() {
        items[*column].push(Item::Operator(operator));
    }
    for (index, link) in links.iter().enumerate() {
        for between in items.iter_mut().take(columns[link.to]).skip(columns[link.from] + 1) {
            between.push(Item::Passage(index));
        }
    }
    let mut best = items.clone();
    for round in 0..ROUNDS {
        let is_rightward = round % 2 == 0;
        for step in 1..count {
            let at = if is_rightward { step } else { count - 1 - step };
            let beside = if is_rightward { at - 1 } else { at + 1 };
            sort_by_neighbours(&mut items, at, beside, links);
        }
        if crossings(&items, links) < crossings(&best, links) {
            best.clone_from(&items);
        }
    }
    best
}

/// Few are enough for the sizes that a picture can show.
const ROUNDS: usize = 8;

/// Whether the link leads through both items, which stand in columns side by side.
fn joins(link: &Link, index: usize, left: Item, right: Item) -> bool {
    let starts = left == Item::Operator(link.from) || left == Item::Passage(index);
    let ends = right == Item::Operator(link.to) || right == Item::Passage(index);
    starts && ends
}

fn sort_by_neighbours(items: &mut [Vec<Item>], at: usize, beside: usize, links: &[Link]) {
    let others = &items[beside];
    let mut placed: Vec<(f64, Item)> = Vec::new();
    for (position, item) in items[at].iter().enumerate() {
        let mut heights = Vec::new();
        for (height, other) in others.iter().enumerate() {
            let (left, right) = if beside < at { (*other, *item) } else { (*item, *other) };
            let is_joined = |(index, link)| joins(link, index, left, right);
            if links.iter().enumerate().any(is_joined) {
                heights.push((height as f64 + 0.5) / others.len() as f64);
            }
        }
        let mean = heights.iter().sum::<f64>() / heights.len() as f64;
        // What has no neighbour stays where it is.
        let own = (position as f64 + 0.5) / items[at].len() as f64;
        placed.push((if heights.is_empty() { own } else { mean }, *item));
    }
    placed.sort_by(|one, other| one.0.total_cmp(&other.0));
    items[at] = placed.into_iter().map(|(_, item)| item).collect();
}

fn crossings(items: &[Vec<Item>], links: &[Link]) -> usize {
    let mut count = 0;
    for pair in items.windows(2) {
        let mut ways = Vec::new();
        for (start, left) in pair[0].iter().enumerate() {
            for (end, right) in pair[1].iter().enumerate() {
                let is_joined = |(index, link)| joins(link, index, *left, *right);
                if links.iter().enumerate().any(is_joined) {
                    ways.push((start, end));
                }
            }
        }
        for (index, one) in ways.iter().enumerate() {
            let crosses = |other: &&(usize, usize)| one.0 < other.0 && one.1 > other.1;
            count += ways[index + 1..].iter().filter(crosses).count();
        }
    }
    count
}

fn without_cycles(count: usize, links: &[Link]) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, PartialEq)]
    enum Visit {
        Before,
        During,
        After,
    }
    fn walk(at: usize, links: &[Link], visits: &mut Vec<Visit>, forward: &mut Vec<(usize, usize)>) {
        visits[at] = Visit::During;
        for link in links.iter().filter(|link| link.from == at) {
            match visits[link.to] {
                Visit::During => continue,
                Visit::Before => walk(link.to, links, visits, forward),
                Visit::After => {}
            }
            forward.push((at, link.to));
        }
        visits[at] = Visit::After;
    }
    let mut visits = vec![Visit::Before; count];
    let mut forward = Vec::new();
    // Those that nobody calls first, so that the drawing starts with them.
    let called =
        |operator: usize| links.iter().any(|link| link.to == operator && link.from != operator);
    let (called, starts): (Vec<usize>, Vec<usize>) = (0..count).partition(|index| called(*index));
    for operator in starts.into_iter().chain(called) {
        if visits[operator] == Visit::Before {
            walk(operator, links, &mut visits, &mut forward);
        }
    }
    forward
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(from: usize, to: usize) -> Link {
        Link { from, to, labels: Vec::new() }
    }

    #[test]
    fn callers_stand_left_of_what_they_call() {
        assert_eq!(columns(3, &[link(2, 0), link(0, 1), link(2, 1)]), [1, 2, 0]);
    }

    #[test]
    fn a_long_arrow_has_a_passage_between_the_cards() {
        let links = [link(0, 1), link(1, 2), link(0, 2)];
        let items = items(&columns(3, &links), &links);
        assert_eq!(items[1].len(), 2);
        assert!(items[1].contains(&Item::Passage(2)), "{items:?}");
    }

    #[test]
    fn arrows_do_not_cross_without_need() {
        let links = [link(0, 3), link(1, 2)];
        let items = items(&columns(4, &links), &links);
        assert_eq!(crossings(&items, &links), 0, "{items:?}");
    }

    #[test]
    fn cycles_are_cut() {
        assert_eq!(columns(2, &[link(0, 1), link(1, 0)]), [0, 1]);
        assert_eq!(columns(1, &[link(0, 0)]), [0]);
    }
}
