//! Which request must have come before which, because of a cell.

use super::cells::CellAccount;
use super::versions::Versions;

/// One request must have come before another. Requests are positions in the history.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Edge {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) reason: Reason,
}

/// Why; cells are positions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reason {
    /// Both appended.
    Appended { cell: usize },
    /// The second saw what the first appended.
    Seen { cell: usize },
    /// The first did not see what the second appended.
    NotSeen { cell: usize },
    /// The first created what the second saw.
    Created { cell: usize },
    /// The second created what was not there for the first.
    NotCreated { cell: usize },
    /// The first deleted what was not there for the second.
    Deleted { cell: usize },
    /// The second deleted what was there for the first.
    NotDeleted { cell: usize },
    /// The first was answered before the second was submitted.
    Time,
}

/// Adds the edges because of `cell`.
pub(super) fn edges(cell: &CellAccount<'_>, versions: &Versions, edges: &mut Vec<Edge>) {
    let Versions { groups, seen, unseen } = versions;
    let at = cell.position;
    let mut add = |from: usize, to: usize, reason: Reason| {
        if from != to {
            edges.push(Edge { from, to, reason });
        }
    };
    for pair in groups.windows(2) {
        add(pair[0].request, pair[1].request, Reason::Appended { cell: at });
    }
    // Those after the last version that was seen, in an order that nobody knows.
    let last = groups.last().map(|group| group.request);
    for request in unseen {
        if let Some(last) = last {
            add(last, *request, Reason::Appended { cell: at });
        }
    }
    for (read, version) in cell.reads.iter().zip(seen) {
        if let Some(last) = version.checked_sub(1) {
            add(groups[last].request, read.request, Reason::Seen { cell: at });
        }
        match groups.get(*version) {
            Some(next) => add(read.request, next.request, Reason::NotSeen { cell: at }),
            None => {
                let later = unseen.iter().filter(|request| Some(**request) != last);
                later.for_each(|it| add(read.request, *it, Reason::NotSeen { cell: at }));
            }
        }
    }
    let creator = groups.first().map(|group| group.request).or(cell.creator);
    if let Some(creator) = creator {
        for request in &cell.present {
            add(creator, *request, Reason::Created { cell: at });
        }
        // What is deleted was created in the set-up, before anybody else could ask.
        if cell.deleter.is_none() {
            for request in &cell.absent {
                add(*request, creator, Reason::NotCreated { cell: at });
            }
        }
    }
    if let Some(deleter) = cell.deleter {
        let changed = cell.changes.iter().map(|change| change.request);
        let read = cell.reads.iter().map(|read| read.request);
        for request in changed.chain(read).chain(cell.present.iter().copied()) {
            add(request, deleter, Reason::NotDeleted { cell: at });
        }
        for request in &cell.absent {
            add(deleter, *request, Reason::Deleted { cell: at });
        }
    }
}
