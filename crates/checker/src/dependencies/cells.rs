//! What all requests together tell of each cell.

use std::collections::{BTreeMap, HashMap};

use super::Account;
use crate::finding::FindingKind;
use crate::script::cell::Content;
use crate::script::program::name_of;
use crate::script::told::Outcome;
use crate::script::{Mark, Observation};
use crate::{Finding, History};

/// What is told of all cells.
pub(super) struct Cells<'a> {
    cells: Vec<CellAccount<'a>>,
    positions: HashMap<&'a str, usize>,
}

/// What is told of one cell. Requests are positions in the history.
#[derive(Default)]
pub(super) struct CellAccount<'a> {
    /// The position of the cell.
    pub(super) position: usize,
    pub(super) name: String,
    /// The list in the end; `None`: the cell does not exist then.
    pub(super) last: Option<Vec<Mark>>,
    pub(super) reads: Vec<Read<'a>>,
    /// What committed requests appended, each request once, the mark of a creation included.
    pub(super) changes: Vec<Change>,
    /// Who committed a creation, and a deletion.
    pub(super) creator: Option<usize>,
    pub(super) deleter: Option<usize>,
    /// Who saw that the cell exists, or does not, apart from what they did themselves.
    pub(super) present: Vec<usize>,
    pub(super) absent: Vec<usize>,
}

/// A list that a request saw.
pub(super) struct Read<'a> {
    pub(super) request: usize,
    /// Without the request's own marks at the end.
    pub(super) of_others: &'a [Mark],
    /// As far as it is committed.
    pub(super) committed: &'a [Mark],
}

/// What a request appended to a cell.
pub(super) struct Change {
    pub(super) request: usize,
    pub(super) marks: Vec<Mark>,
}

/// What a request did to the existence of a cell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    Created,
    Deleted,
}

impl<'a> Cells<'a> {
    pub(super) fn of(account: &'a Account<'a>) -> Result<Self, Finding> {
        let mut cells = Self { cells: Vec::new(), positions: HashMap::new() };
        for (request, told) in account.told.iter().enumerate() {
            let is_committed = told.outcome == Outcome::Committed;
            let mut own = BTreeMap::new();
            for observation in &told.observations {
                let Some(name) = observation.cell() else { continue };
                let cell = cells.cell(name);
                let own = Request { account, request, is_committed, own: &mut own };
                own.tell(observation, cell)?;
            }
        }
        cells.add_last(account.history)?;
        Ok(cells)
    }

    pub(super) fn cells(&self) -> &[CellAccount<'a>] {
        &self.cells
    }

    pub(super) fn name(&self, position: usize) -> &str {
        &self.cells[position].name
    }

    fn cell(&mut self, name: &'a str) -> &mut CellAccount<'a> {
        let next = self.cells.len();
        let position = *self.positions.entry(name).or_insert(next);
        if position == next {
            let name = name.to_owned();
            self.cells.push(CellAccount { position, name, ..CellAccount::default() });
        }
        &mut self.cells[position]
    }

    fn add_last(&mut self, history: &History) -> Result<(), Finding> {
        for (id, state) in &history.final_states {
            let name = name_of(id);
            let content = Content::decode(state).map_err(|error| {
                let explanation = format!("the state of {name} is no cell's: {error}");
                Finding::new(FindingKind::Unreadable, [], explanation)
            })?;
            let Some(position) = self.positions.get(&*name) else {
                let explanation = format!("{name} is there, and no request tells of it");
                return Err(Finding::new(FindingKind::Existence, [], explanation));
            };
            self.cells[*position].last = Some(content.entries);
        }
        Ok(())
    }
}

/// A request that tells something.
struct Request<'r, 'a> {
    account: &'a Account<'a>,
    request: usize,
    is_committed: bool,
    own: &'r mut BTreeMap<usize, Own>,
}

impl<'a> Request<'_, 'a> {
    fn tell(self, observation: &'a Observation, cell: &mut CellAccount<'a>) -> Result<(), Finding> {
        let Self { account, request, is_committed, own } = self;
        let before = own.get(&cell.position).copied();
        match observation {
            Observation::Seen { entries, .. } | Observation::Listed { entries, .. } => {
                let number = account.number(request);
                let of_others = entries.iter().rposition(|mark| mark.request() != number);
                let of_others = &entries[..of_others.map_or(0, |last| last + 1)];
                let committed = if is_committed { &entries[..] } else { of_others };
                cell.reads.push(Read { request, of_others, committed });
            }
            Observation::Marked { mark, .. } if is_committed => cell.change(request, *mark),
            // It was there to be changed.
            Observation::Marked { .. } | Observation::Present { .. } => {
                if before != Some(Own::Created) {
                    cell.present.push(request);
                }
            }
            Observation::Absent { .. } => {
                if before != Some(Own::Deleted) {
                    cell.absent.push(request);
                }
            }
            Observation::Created { mark, .. } => {
                own.insert(cell.position, Own::Created);
                if is_committed {
                    cell.change(request, *mark);
                    let other = cell.creator.replace(request);
                    return once(account, cell, request, other, "created");
                }
                cell.absent.push(request);
            }
            Observation::Deleted { .. } => {
                own.insert(cell.position, Own::Deleted);
                if is_committed {
                    let other = cell.deleter.replace(request);
                    return once(account, cell, request, other, "deleted");
                }
                if before != Some(Own::Created) {
                    cell.present.push(request);
                }
            }
            Observation::Caught { .. } | Observation::Time { .. } => {}
        }
        Ok(())
    }
}

/// Says that nothing is created, or deleted, twice.
fn once(
    account: &Account<'_>,
    cell: &CellAccount<'_>,
    request: usize,
    other: Option<usize>,
    what: &str,
) -> Result<(), Finding> {
    match other {
        None => Ok(()),
        Some(other) => {
            let explanation = format!("both {what} {}", cell.name);
            let requests = [other, request].map(|position| account.number(position));
            Err(Finding::new(FindingKind::Existence, requests, explanation))
        }
    }
}

impl CellAccount<'_> {
    fn change(&mut self, request: usize, mark: Mark) {
        match self.changes.last_mut() {
            Some(change) if change.request == request => change.marks.push(mark),
            _ => self.changes.push(Change { request, marks: vec![mark] }),
        }
    }
}
