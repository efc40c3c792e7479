//! The exact check: can the requests have been executed one after another?
//!
//! As Elle does it for lists (Kingsbury and Alvaro, VLDB 2020): a list that only grows shows the order
//! of all that was appended to it, so the versions of each cell are known, and who read which.
//! From that follows for two requests which one must have come first:
//!
//! - both changed a cell: in the order of their marks;
//! - one saw what the other appended: after it;
//! - one saw a version without what the other appended: before it;
//! - one saw that a cell exists, or does not, which the other created or deleted;
//! - one was answered before the other was submitted: in this order (strict serializability).
//!
//! If these have no cycle, every order that agrees with them gives the replies that were given:
//! whatever a reply depends on is in a list that was observed. If they have one, there is none.
//!
//! A failed request comes in as one that only reads. One without a reply, if its marks are seen, as
//! one that only writes.

mod cells;
mod cycle;
mod edges;
mod versions;

use std::collections::HashMap;

use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::finding::FindingKind;
use crate::history::describe_reply;
use crate::script::told::Told;
use crate::{Finding, History};
use cells::Cells;
use edges::{Edge, edges};
use versions::Versions;

/// An order in which the requests of a history can have been executed one after another: positions
/// in [`History::requests`]. Requests that were never answered are left out, unless others saw them.
pub type SerialOrder = Vec<usize>;

/// What the requests of a history tell.
pub(crate) struct Account<'h> {
    history: &'h History,
    /// As the requests.
    told: Vec<Told>,
    /// The position of a request by its number.
    positions: HashMap<u64, usize>,
}

impl Account<'_> {
    fn number(&self, position: usize) -> u64 {
        self.history.requests[position].number
    }
}

/// Finds an order in which the requests can have been executed.
///
/// # Errors
/// There is none: a cycle, as short as there is one; or something that no order explains.
pub fn check(history: &History) -> Result<SerialOrder, Finding> {
    let account = account(history)?;
    let cells = Cells::of(&account)?;
    let mut all = Vec::new();
    let mut seen_unanswered = vec![false; history.requests.len()];
    for cell in cells.cells() {
        let versions = Versions::of(&account, cell)?;
        for group in &versions.groups {
            seen_unanswered[group.request] = true;
        }
        edges(cell, &versions, &mut all);
    }
    let graph = graph(history, &all);
    match toposort(&graph, None) {
        Ok(order) => {
            let requests = order.into_iter().map(NodeIndex::index);
            let count = history.requests.len();
            let is_executed = |position: &usize| {
                *position < count
                    && (history.requests[*position].reply().is_some() || seen_unanswered[*position])
            };
            Ok(requests.filter(is_executed).collect())
        }
        Err(_) => Err(cycle::explain(history, &cells, &all)),
    }
}

fn account(history: &History) -> Result<Account<'_>, Finding> {
    let mut told = Vec::with_capacity(history.requests.len());
    for request in &history.requests {
        let Some(it) = Told::by(&request.operation, request.reply()) else {
            let reply = request.reply().map(describe_reply);
            let explanation = format!("no such request is replied to like that: {reply:?}");
            return Err(Finding::new(FindingKind::Unreadable, [request.number], explanation));
        };
        told.push(it);
    }
    let numbers = history.requests.iter().map(|request| request.number);
    let positions = numbers.enumerate().map(|(position, number)| (number, position)).collect();
    Ok(Account { history, told, positions })
}

/// The requests, then one node for each answer, in the order of time: what was answered by then leads
/// to it, and it leads to what was submitted later. So there are no edges between all pairs.
fn graph(history: &History, edges: &[Edge]) -> DiGraph<(), ()> {
    let count = history.requests.len();
    let mut answers: Vec<(u64, usize)> = history
        .requests
        .iter()
        .enumerate()
        .filter_map(|(position, request)| Some((request.answered()?, position)))
        .collect();
    answers.sort_unstable();
    let mut graph = DiGraph::with_capacity(count + answers.len(), edges.len() + 3 * count);
    for _ in 0..count + answers.len() {
        graph.add_node(());
    }
    for edge in edges {
        graph.add_edge(NodeIndex::new(edge.from), NodeIndex::new(edge.to), ());
    }
    let instant = |rank: usize| NodeIndex::new(count + rank);
    for (rank, (_, position)) in answers.iter().enumerate() {
        graph.add_edge(NodeIndex::new(*position), instant(rank), ());
        if rank > 0 {
            graph.add_edge(instant(rank - 1), instant(rank), ());
        }
    }
    for (position, request) in history.requests.iter().enumerate() {
        let before = answers.partition_point(|(answered, _)| *answered < request.submitted);
        if before > 0 {
            graph.add_edge(instant(before - 1), NodeIndex::new(position), ());
        }
    }
    graph
}
