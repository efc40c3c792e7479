//! What each function touches: attributes that it reads and writes, entities that it creates,
//! deletes and calls, and its access set.
//!
//! Two walks over a function find what it does by itself: [`changes`] looks for attributes and for
//! objects that may change, and the [spots](crate::effects::spots) where it can suspend are where it
//! reaches other entities ([`reach`]). Which entities those are is followed back to the receiver and
//! the arguments ([`expression`]). What a callee touches is then put into the caller's own terms,
//! argument by argument, until nothing is added any more: a least fixpoint over the call graph.
//! Whatever cannot be followed becomes a reason why the access set is not complete.

mod arguments;
mod attributes;
mod changes;
mod classes;
mod explain;
mod expression;
mod instances;
mod keys;
mod reach;
mod roots;

use std::collections::{BTreeMap, BTreeSet};

use anabranch_ir::{AccessMode, Expression, FunctionId, OperatorId, Reason};

use self::attributes::{AttributeLists, Attributes};
use self::changes::{OwnChanges, own_changes};
use self::classes::ApplicationClasses;
use self::expression::Assigned;
use self::reach::Reach;
use self::roots::Root;
use crate::call_graph::groups;
use crate::effects::{Action, Effects, Place, Spot};
use crate::types::{FunctionScope, Typing};

pub use explain::{Explanation, explain};

/// How many accesses a function may have before they are taken to depend on too much.
const ACCESSES_MAX: usize = 100;

/// An attribute of an entity class.
type ClassAttribute = (usize, String);

/// What a function touches, callees included.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Footprint {
    reads: Attributes,
    writes: Attributes,
    /// Entity classes.
    exists: BTreeSet<usize>,
    creates: BTreeSet<usize>,
    deletes: BTreeSet<usize>,
    /// Entity classes that may change in other attributes than `writes` has.
    changes: BTreeSet<usize>,
    /// Functions that are called on entities.
    calls: BTreeSet<usize>,
    /// The entity on whose behalf it runs may change in other attributes than `writes` has.
    changes_itself: bool,
    /// Objects that it is given may change.
    changes_arguments: bool,
    accesses: BTreeMap<(OperatorId, Expression), AccessMode>,
    /// There are more accesses than are worth listing.
    has_too_many: bool,
    reasons: BTreeSet<Reason>,
}

impl Footprint {
    /// Takes over all that happens, but neither where nor to the entity itself.
    fn merge_effects(&mut self, other: &Footprint) {
        self.reads.extend(&other.reads);
        self.writes.extend(&other.writes);
        self.exists.extend(&other.exists);
        self.creates.extend(&other.creates);
        self.deletes.extend(&other.deletes);
        self.changes.extend(&other.changes);
        self.calls.extend(&other.calls);
    }

    fn access(&mut self, operator: usize, entity: Expression, mode: AccessMode) {
        let key = (OperatorId::from_index(operator), entity);
        let strongest = self.accesses.entry(key).or_insert(mode);
        *strongest = (*strongest).max(mode);
    }

    /// Takes what is known so far, to be added to. What calls of the function by itself look at stays.
    fn take(&mut self) -> Footprint {
        let (accesses, has_too_many) = (self.accesses.clone(), self.has_too_many);
        let (changes_itself, changes_arguments) = (self.changes_itself, self.changes_arguments);
        let taken = std::mem::take(self);
        *self = Footprint {
            accesses,
            has_too_many,
            changes_itself,
            changes_arguments,
            ..Footprint::default()
        };
        taken
    }

    /// A number that is larger whenever there is more in the footprint.
    fn weight(&self) -> usize {
        let attributes = self.reads.weight() + self.writes.weight();
        let classes = [&self.exists, &self.creates, &self.deletes, &self.changes, &self.calls];
        let classes: usize = classes.into_iter().map(BTreeSet::len).sum();
        let accesses: usize = self.accesses.values().map(|mode| 1 + *mode as usize).sum();
        let changes = usize::from(self.changes_itself) + usize::from(self.changes_arguments);
        let accesses = if self.has_too_many { 4 * ACCESSES_MAX } else { accesses };
        attributes + classes + accesses + self.reasons.len() + changes
    }

    /// The footprint as part of a program, whose functions have these numbers.
    pub fn effects(
        &self,
        footprints: &Footprints,
        owner: Option<usize>,
        number: impl Fn(&usize) -> Option<FunctionId>,
    ) -> anabranch_ir::Effects {
        let members = |set: &Attributes| footprints.attributes.listed(set);
        let operators = |set: &BTreeSet<usize>| {
            set.iter().map(|entity| OperatorId::from_index(*entity)).collect()
        };
        let mut changes = self.changes.clone();
        if self.changes_itself {
            // A helper function runs for entities of any class.
            let classes = footprints.new_keys.len();
            changes.extend(owner.map_or(0..classes, |owner| owner..owner + 1));
        }
        let mut calls: Vec<FunctionId> = self.calls.iter().filter_map(number).collect();
        calls.sort_unstable();
        let accesses = self.accesses.iter().map(|((operator, entity), mode)| {
            let (operator, entity, mode) = (*operator, entity.clone(), *mode);
            anabranch_ir::Access { operator, entity, mode }
        });
        anabranch_ir::Effects {
            reads: members(&self.reads),
            writes: members(&self.writes),
            exists: operators(&self.exists),
            creates: operators(&self.creates),
            deletes: operators(&self.deletes),
            changes: operators(&changes),
            calls,
            access: anabranch_ir::AccessSet {
                accesses: accesses.collect(),
                reasons: self.reasons.iter().cloned().collect(),
            },
        }
    }
}

/// Adds copies of what is missing.
fn add_all<T: Ord + Clone>(set: &mut BTreeSet<T>, others: &BTreeSet<T>) {
    for other in others {
        if !set.contains(other) {
            set.insert(other.clone());
        }
    }
}

/// What is known of the functions of entity code.
#[derive(Debug)]
pub struct Footprints {
    /// By index into the application's table.
    pub functions: BTreeMap<usize, Footprint>,
    /// By entity class: the key of a new entity in terms of the constructor's parameters.
    pub new_keys: Vec<Option<Expression>>,
    attributes: AttributeLists,
}

/// What one function does by itself.
struct Found<'e, 'a> {
    own: OwnChanges,
    /// Where it can suspend.
    spots: Vec<&'e Spot<'a>>,
    assigned: Assigned<'a>,
}

/// The footprints of all functions of entity code.
pub fn footprints<'a>(
    typing: &Typing<'a>,
    scopes: &[FunctionScope<'a>],
    effects: &Effects<'a>,
) -> Footprints {
    let application = typing.application;
    let classes = ApplicationClasses::of(typing, scopes);
    let found: BTreeMap<usize, Found<'_, 'a>> = (0..scopes.len())
        .filter(|index| effects.is_entity_code(*index))
        .map(|index| {
            let scope = &scopes[index];
            // Elsewhere the code runs as plain Python, which reaches no other entity.
            let spots = effects.spots(index).iter();
            let spots = spots.filter(|spot| spot.place == Place::Body).collect();
            let own = own_changes(typing, scope, &classes);
            (index, Found { own, spots, assigned: Assigned::of(scope) })
        })
        .collect();
    let mut callees: Vec<Vec<usize>> = vec![Vec::new(); scopes.len()];
    for (index, found) in &found {
        callees[*index].extend(found.own.callees.iter().map(|(callee, _)| *callee));
        for spot in effects.spots(*index) {
            add_callees(typing, &scopes[*index], &classes, spot, &mut callees[*index]);
        }
    }
    // Within a group the callees tend to come last.
    let groups = groups(&callees).into_iter().map(|group| {
        group.into_iter().rev().filter(|index| effects.is_entity_code(*index)).collect()
    });
    let groups: Vec<Vec<usize>> = groups.collect();
    let alone = arguments::left_alone(typing, scopes, &groups, &classes);
    let mut functions: BTreeMap<usize, Footprint> =
        found.keys().map(|index| (*index, Footprint::default())).collect();
    for group in &groups {
        let weight = |functions: &BTreeMap<usize, Footprint>| -> usize {
            group.iter().map(|index| functions[index].weight()).sum()
        };
        loop {
            let before = weight(&functions);
            for index in group {
                let scope = &scopes[*index];
                let found = &found[index];
                let known = functions.get_mut(index).map(Footprint::take).unwrap_or_default();
                let mut footprint =
                    by_itself(typing, scope, &found.own, &classes, (known, &functions));
                let can_suspend = effects.suspends(*index).is_some()
                    && application.functions[*index].is_splittable();
                if can_suspend {
                    let follow = expression::Follow {
                        typing,
                        scope,
                        assigned: &found.assigned,
                        classes: &classes,
                        leaves_arguments_alone: alone[*index],
                    };
                    let mut reach = Reach { follow, functions: &functions, found: footprint };
                    found.spots.iter().for_each(|spot| reach.spot(spot));
                    footprint = reach.finished();
                }
                functions.insert(*index, footprint);
            }
            share(group, effects, &mut functions);
            let changed = weight(&functions) != before;
            // Only within a circle of calls something can change after the first round.
            if !changed || matches!(&group[..], [only] if !callees[*only].contains(only)) {
                break;
            }
        }
    }
    let entities = 0..application.entities.len();
    let new_keys: Vec<Option<Expression>> =
        entities.map(|entity| keys::new_key(application, &classes, entity)).collect();
    let attributes = AttributeLists::of(&functions, typing, classes);
    Footprints { functions, new_keys, attributes }
}

/// What one function of a circle of calls does all of them do: to say so at once saves rounds.
fn share(group: &[usize], effects: &Effects<'_>, functions: &mut BTreeMap<usize, Footprint>) {
    if group.len() < 2 {
        return;
    }
    let mut shared = Footprint::default();
    for index in group {
        shared.merge_effects(&functions[index]);
        add_all(&mut shared.reasons, &functions[index].reasons);
    }
    for index in group {
        let Some(footprint) = functions.get_mut(index) else { continue };
        footprint.merge_effects(&shared);
        if effects.suspends(*index).is_some() {
            add_all(&mut footprint.reasons, &shared.reasons);
        }
    }
}

/// Adds the functions whose footprints have a part in what happens at `spot`.
fn add_callees(
    typing: &Typing<'_>,
    scope: &FunctionScope<'_>,
    classes: &ApplicationClasses,
    spot: &Spot<'_>,
    callees: &mut Vec<usize>,
) {
    match spot.action {
        Action::Get { receiver } | Action::Call { receiver } => {
            for name in [&*scope.member_name(spot.member), "__getattr__", "__getattribute__"] {
                callees.extend(match receiver {
                    Some(class) => classes.members_of(typing.application, class, name),
                    None => classes.members(name),
                });
            }
        }
        _ => callees.extend(spot.action.callee()),
    }
}

/// What a function does to the entity on whose behalf it runs, added to what is known of it.
fn by_itself(
    typing: &Typing<'_>,
    scope: &FunctionScope<'_>,
    own: &OwnChanges,
    classes: &ApplicationClasses,
    (known, functions): (Footprint, &BTreeMap<usize, Footprint>),
) -> Footprint {
    let mut found = known;
    found.reads.extend(&own.reads);
    found.writes.extend(&own.writes);
    found.changes_itself |= own.changes_itself || classes.changes_unseen;
    found.changes_arguments |= own.changes_arguments;
    for (index, roots) in &own.callees {
        let Some(callee) = functions.get(index) else { continue };
        found.merge_effects(callee);
        // A property of another class runs in the entity that it is read from.
        let class = typing.application.functions[*index].owner;
        let is_elsewhere = callee.changes_itself && class != scope.owner;
        found.changes.extend(class.filter(|_| is_elsewhere));
        found.changes_itself |= callee.changes_itself;
        if !callee.changes_arguments {
            continue;
        }
        for root in roots.iter() {
            match root {
                Root::State((entity, name)) => {
                    found.writes.insert(*entity, classes.names.number(name));
                }
                Root::Argument => found.changes_arguments = true,
                Root::Itself | Root::Unknown => found.changes_itself = true,
            }
        }
    }
    if let Some(owner) = scope.owner {
        let writes = found.changes_itself
            || found.changes.contains(&owner)
            || found.writes.has_class(owner, typing, classes);
        let mode = if writes { AccessMode::Write } else { AccessMode::Read };
        found.access(owner, Expression::Receiver, mode);
    }
    found
}
