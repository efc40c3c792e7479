//! The versions of a cell: its longest list, cut where one request's marks end and another's begin.

use super::Account;
use super::cells::CellAccount;
use crate::Finding;
use crate::finding::FindingKind;
use crate::script::Mark;
use crate::script::observation::written;
use crate::script::told::Outcome;

/// The versions of a cell.
pub(super) struct Versions {
    /// Who made the versions, in order. Before the first one the cell did not exist.
    pub(super) groups: Vec<Group>,
    /// For each read of the cell how many groups it saw.
    pub(super) seen: Vec<usize>,
    /// Requests that appended something that nobody saw before the cell was deleted.
    pub(super) unseen: Vec<usize>,
}

/// The marks of one request.
pub(super) struct Group {
    pub(super) request: usize,
    /// Where they end in the list.
    end: usize,
}

impl Versions {
    pub(super) fn of(account: &Account<'_>, cell: &CellAccount<'_>) -> Result<Self, Finding> {
        let list = longest(account, cell)?;
        let groups = groups(account, cell, list)?;
        let unseen = check_changes(account, cell, list, &groups)?;
        check_existence(account, cell)?;
        let seen = cell.reads.iter().map(|read| {
            let before = groups.partition_point(|group| group.end <= read.of_others.len());
            let end = before.checked_sub(1).map_or(0, |last| groups[last].end);
            // A group that goes on after the end of the list is torn as well.
            let is_torn = before.checked_sub(1).is_some_and(|last| {
                let writer = groups[last].request;
                writer != read.request && unseen.contains(&writer)
            });
            if end == read.of_others.len() && !is_torn {
                return Ok(before);
            }
            let torn = groups.get(if is_torn { before - 1 } else { before });
            let writer = torn.expect("the read ends inside of a group").request;
            let explanation = format!(
                "{}: the second saw a part of what the first appended, {}",
                cell.name,
                written(read.of_others)
            );
            let requests = [writer, read.request].map(|position| account.number(position));
            Err(Finding::new(FindingKind::TornRequest, requests, explanation))
        });
        let seen = seen.collect::<Result<_, _>>()?;
        Ok(Self { groups, seen, unseen })
    }
}

/// The longest of all lists of the cell; the others must be its beginnings.
fn longest<'a>(account: &Account<'_>, cell: &'a CellAccount<'_>) -> Result<&'a [Mark], Finding> {
    let seen = cell.reads.iter().map(|read| (read.committed, Some(read.request)));
    let last = cell.last.iter().map(|list| (&list[..], None));
    let lists = || last.clone().chain(seen.clone());
    let Some((longest, by)) = lists().max_by_key(|(list, by)| (list.len(), by.is_none())) else {
        return Ok(&[]);
    };
    let finding = |kind, (list, other): (&[Mark], Option<usize>)| {
        let who = |by: Option<usize>| match by {
            Some(position) => format!("request {} saw", account.number(position)),
            None => "in the end there is".to_owned(),
        };
        let explanation = format!(
            "{}: {} {}, but {} {}",
            cell.name,
            who(by),
            written(longest),
            who(other),
            written(list)
        );
        let requests = [by, other].into_iter().flatten().map(|position| account.number(position));
        Err(Finding::new(kind, requests, explanation))
    };
    if let Some(other) = lists().find(|(list, _)| !longest.starts_with(list)) {
        return finding(FindingKind::DifferentOrders, other);
    }
    match &cell.last {
        Some(last) if last.len() < longest.len() => finding(FindingKind::LostMark, (last, None)),
        _ => Ok(longest),
    }
}

fn groups(
    account: &Account<'_>,
    cell: &CellAccount<'_>,
    list: &[Mark],
) -> Result<Vec<Group>, Finding> {
    let mut groups: Vec<Group> = Vec::new();
    for (index, mark) in list.iter().enumerate() {
        let finding = |kind, what: &str| {
            let explanation = format!("{}: {mark} {what}: {}", cell.name, written(list));
            Err(Finding::new(kind, [mark.request()], explanation))
        };
        let Some(request) = account.positions.get(&mark.request()).copied() else {
            return finding(FindingKind::UnknownMark, "is of no request");
        };
        if account.told[request].outcome == Outcome::Failed {
            return finding(FindingKind::AbortedMark, "is of a request that failed");
        }
        if list[..index].contains(mark) {
            return finding(FindingKind::MarkTwice, "is there twice");
        }
        let is_split = groups.iter().rev().skip(1).any(|group| group.request == request);
        match groups.last_mut() {
            Some(group) if group.request == request => group.end = index + 1,
            _ if is_split => {
                return finding(FindingKind::TornRequest, "is apart from others of its request");
            }
            _ => groups.push(Group { request, end: index + 1 }),
        }
    }
    Ok(groups)
}

/// Compares what requests say that they appended with what is there. Gives those with more than there is,
/// which is right only if the cell was deleted without a look.
fn check_changes(
    account: &Account<'_>,
    cell: &CellAccount<'_>,
    list: &[Mark],
    groups: &[Group],
) -> Result<Vec<usize>, Finding> {
    let mut unseen = Vec::new();
    let mut start = 0;
    for Group { request, end } in groups {
        let said = cell.changes.iter().find(|change| change.request == *request);
        let said = said.map_or(&[][..], |change| &change.marks);
        let there = &list[start..*end];
        start = *end;
        let is_known = account.told[*request].outcome == Outcome::Committed;
        if is_known && !said.starts_with(there) {
            let explanation = format!(
                "{}: it says that it appended {}, there is {}",
                cell.name,
                written(said),
                written(there)
            );
            let number = account.number(*request);
            return Err(Finding::new(FindingKind::UnknownMark, [number], explanation));
        }
        if is_known && said.len() > there.len() {
            unseen.push(*request);
        }
    }
    let is_there = |request| groups.iter().any(|group| group.request == request);
    let absent = cell.changes.iter().map(|change| change.request);
    unseen.extend(absent.filter(|request| !is_there(*request)));
    // Whoever deleted the cell may not have been answered.
    if let Some(request) = unseen.first()
        && (cell.last.is_some() || (cell.deleter.is_none() && all_answered(account)))
    {
        let explanation = format!("{}: not all is there of what it appended", cell.name);
        let number = account.number(*request);
        return Err(Finding::new(FindingKind::LostMark, [number], explanation));
    }
    Ok(unseen)
}

fn check_existence(account: &Account<'_>, cell: &CellAccount<'_>) -> Result<(), Finding> {
    let CellAccount { creator, deleter, last, name, .. } = cell;
    match (creator, deleter, last) {
        (Some(creator), None, None) if all_answered(account) => {
            let number = account.number(*creator);
            let explanation = format!("{name} was created, not deleted, and is not there");
            Err(Finding::new(FindingKind::Existence, [number], explanation))
        }
        (_, Some(deleter), Some(_)) => {
            let number = account.number(*deleter);
            let explanation = format!("{name} was deleted, and is there");
            Err(Finding::new(FindingKind::Existence, [number], explanation))
        }
        _ => Ok(()),
    }
}

fn all_answered(account: &Account<'_>) -> bool {
    account.told.iter().all(|told| told.outcome != Outcome::Unknown)
}
