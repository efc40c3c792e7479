//! Where the parts of the drawing stand.
//!
//! Operators stand in columns. An operator stands right of those that call it, as far as the calls
//! form no cycle: cycles are cut where a walk over the operators, in source order, comes back to one
//! that it has not left. Inside a column operators keep their source order.

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
    fn cycles_are_cut() {
        assert_eq!(columns(2, &[link(0, 1), link(1, 0)]), [0, 1]);
        assert_eq!(columns(1, &[link(0, 0)]), [0]);
    }
}
