//! A shortest cycle among requests, in words.

use std::collections::VecDeque;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use super::cells::Cells;
use super::edges::{Edge, Reason};
use crate::finding::FindingKind;
use crate::script::operation::describe;
use crate::{Finding, History};

/// A shortest cycle. There is one.
pub(super) fn explain(history: &History, cells: &Cells<'_>, edges: &[Edge]) -> Finding {
    let graph = graph(history, edges);
    let components = tarjan_scc(&graph);
    let mut shortest = components
        .iter()
        .filter(|component| component.len() > 1)
        .flatten()
        .filter_map(|start| shortest_from(&graph, *start))
        .min_by_key(Vec::len)
        .expect("what has no order has a cycle");
    let first = (0..shortest.len()).min_by_key(|index| shortest[*index].from);
    shortest.rotate_left(first.unwrap_or_default());
    let mut lines = Vec::new();
    for edge in &shortest {
        lines.push(line(history, cells, edge));
    }
    for edge in &shortest {
        let request = &history.requests[edge.from];
        lines.push(format!("request {}: {}", request.number, describe(&request.operation)));
    }
    let requests = shortest.iter().map(|edge| history.requests[edge.from].number);
    Finding::new(FindingKind::Cycle, requests, lines.join("\n"))
}

/// The requests with all edges between two of them, those of time too.
fn graph(history: &History, edges: &[Edge]) -> DiGraph<(), Edge> {
    let mut graph = DiGraph::new();
    for _ in &history.requests {
        graph.add_node(());
    }
    let mut add = |edge: Edge| {
        graph.add_edge(NodeIndex::new(edge.from), NodeIndex::new(edge.to), edge);
    };
    edges.iter().copied().for_each(&mut add);
    for (from, first) in history.requests.iter().enumerate() {
        let Some(answered) = first.answered() else { continue };
        for (to, second) in history.requests.iter().enumerate() {
            if answered < second.submitted {
                add(Edge { from, to, reason: Reason::Time });
            }
        }
    }
    graph
}

/// A shortest way from `start` back to it.
fn shortest_from(graph: &DiGraph<(), Edge>, start: NodeIndex) -> Option<Vec<Edge>> {
    let mut came_by: Vec<Option<Edge>> = vec![None; graph.node_count()];
    let mut pending = VecDeque::from([start]);
    while let Some(node) = pending.pop_front() {
        for edge in graph.edges(node) {
            let edge = *edge.weight();
            if came_by[edge.to].is_some() {
                continue;
            }
            came_by[edge.to] = Some(edge);
            if edge.to != start.index() {
                pending.push_back(NodeIndex::new(edge.to));
                continue;
            }
            let mut way = vec![edge];
            while way[way.len() - 1].from != start.index() {
                let before = came_by[way[way.len() - 1].from];
                way.push(before.expect("it was reached"));
            }
            way.reverse();
            return Some(way);
        }
    }
    None
}

fn line(history: &History, cells: &Cells<'_>, edge: &Edge) -> String {
    let Edge { from, to, reason } = edge;
    let (first, second) = (&history.requests[*from], &history.requests[*to]);
    let (one, other) = (first.number, second.number);
    match reason {
        Reason::Appended { cell } => {
            format!("{one} before {other}: it appended to {} first", cells.name(*cell))
        }
        Reason::Seen { cell } => {
            format!("{one} before {other}, which saw what it appended to {}", cells.name(*cell))
        }
        Reason::NotSeen { cell } => {
            let cell = cells.name(*cell);
            format!("{one} before {other}: it did not see what that appended to {cell}")
        }
        Reason::Created { cell } => {
            format!("{one} before {other}, which saw {}, which it created", cells.name(*cell))
        }
        Reason::NotCreated { cell } => {
            format!("{one} before {other}, which created {}: it was not there", cells.name(*cell))
        }
        Reason::Deleted { cell } => {
            let cell = cells.name(*cell);
            format!("{one} before {other}, for which {cell} was gone: it deleted it")
        }
        Reason::NotDeleted { cell } => {
            format!("{one} before {other}, which deleted {}: it was there", cells.name(*cell))
        }
        Reason::Time => format!(
            "{one} before {other}: it was answered at {}, {other} submitted at {}",
            first.answered().unwrap_or_default(),
            second.submitted
        ),
    }
}
