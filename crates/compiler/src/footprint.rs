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
mod changes;
mod classes;
mod explain;
mod expression;
mod instances;
mod keys;
mod reach;
mod roots;

use std::collections::{BTreeMap, BTreeSet};

use anabranch_ir::{AccessMode, Expression, FunctionId, Member, OperatorId, Reason};

use self::changes::{OwnChanges, own_changes};
use self::classes::ApplicationClasses;
use self::reach::Reach;
use self::roots::Root;
use crate::effects::{Effects, Place, Spot, spots};
use crate::types::{FunctionScope, Typing};

pub use explain::{Explanation, explain};

/// How many accesses a function may have before they are taken to depend on too much.
const ACCESSES_MAX: usize = 100;

/// An attribute of an entity class.
type ClassAttribute = (usize, String);

/// What a function touches, callees included.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Footprint {
    reads: BTreeSet<ClassAttribute>,
    writes: BTreeSet<ClassAttribute>,
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
    reasons: BTreeSet<Reason>,
}

impl Footprint {
    /// Takes over all that happens, but neither where nor to the entity itself.
    fn merge_effects(&mut self, other: &Footprint) {
        self.reads.extend(other.reads.iter().cloned());
        self.writes.extend(other.writes.iter().cloned());
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

    /// Adds what was known before, so that rounds only ever add.
    fn keep(&mut self, before: &Footprint) {
        self.merge_effects(before);
        self.changes_itself |= before.changes_itself;
        self.changes_arguments |= before.changes_arguments;
        for ((operator, entity), mode) in &before.accesses {
            self.access(operator.index(), entity.clone(), *mode);
        }
        self.reasons.extend(before.reasons.iter().cloned());
    }

    /// The footprint as part of a program, whose functions have these numbers.
    pub fn effects(
        &self,
        classes: usize,
        owner: Option<usize>,
        number: impl Fn(&usize) -> Option<FunctionId>,
    ) -> anabranch_ir::Effects {
        let members = |set: &BTreeSet<ClassAttribute>| {
            let member = |(entity, name): &ClassAttribute| Member {
                operator: OperatorId::from_index(*entity),
                name: name.clone(),
            };
            set.iter().map(member).collect()
        };
        let operators = |set: &BTreeSet<usize>| {
            set.iter().map(|entity| OperatorId::from_index(*entity)).collect()
        };
        let mut changes = self.changes.clone();
        if self.changes_itself {
            // A helper function runs for entities of any class.
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

/// What is known of the functions of entity code.
#[derive(Debug)]
pub struct Footprints {
    /// By index into the application's table.
    pub functions: BTreeMap<usize, Footprint>,
    /// By entity class: the key of a new entity in terms of the constructor's parameters.
    pub new_keys: Vec<Option<Expression>>,
}

/// The footprints of all functions of entity code.
pub fn footprints<'a>(
    typing: &Typing<'a>,
    scopes: &[FunctionScope<'a>],
    effects: &Effects,
) -> Footprints {
    let application = typing.application;
    let included: Vec<usize> =
        (0..scopes.len()).filter(|index| effects.is_entity_code(*index)).collect();
    let classes = ApplicationClasses::of(typing, scopes);
    let alone = arguments::left_alone(typing, scopes, &included, &classes);
    let found: BTreeMap<usize, (OwnChanges, Vec<Spot<'a>>)> = included
        .iter()
        .map(|index| {
            let scope = &scopes[*index];
            let mut spots = spots(typing, scope, effects, &scope.node.body);
            // Elsewhere the code runs as plain Python, which reaches no other entity.
            spots.retain(|spot| spot.place == Place::Body);
            (*index, (own_changes(typing, scope, &classes), spots))
        })
        .collect();
    let mut functions: BTreeMap<usize, Footprint> =
        included.iter().map(|index| (*index, Footprint::default())).collect();
    loop {
        let mut changed = false;
        for index in &included {
            let scope = &scopes[*index];
            let (own, spots) = &found[index];
            let mut footprint = by_itself(typing, scope, own, &classes, &functions);
            let can_suspend =
                effects.suspends(*index).is_some() && application.functions[*index].is_splittable();
            if can_suspend {
                let follow = expression::Follow {
                    typing,
                    scope,
                    classes: &classes,
                    leaves_arguments_alone: alone[*index],
                };
                let mut reach = Reach { follow, functions: &functions, found: footprint };
                spots.iter().for_each(|spot| reach.spot(spot));
                footprint = reach.finished();
            }
            footprint.keep(&functions[index]);
            changed |= functions[index] != footprint;
            functions.insert(*index, footprint);
        }
        if !changed {
            break;
        }
    }
    let entities = 0..application.entities.len();
    let new_keys = entities.map(|entity| keys::new_key(application, &classes, entity)).collect();
    Footprints { functions, new_keys }
}

/// What a function does to the entity on whose behalf it runs.
fn by_itself(
    typing: &Typing<'_>,
    scope: &FunctionScope<'_>,
    own: &OwnChanges,
    classes: &ApplicationClasses,
    functions: &BTreeMap<usize, Footprint>,
) -> Footprint {
    let mut found = Footprint {
        reads: own.reads.clone(),
        writes: own.writes.clone(),
        changes_itself: own.changes_itself || classes.changes_unseen,
        changes_arguments: own.changes_arguments,
        ..Footprint::default()
    };
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
        for root in roots {
            match root {
                Root::State(attribute) => {
                    found.writes.insert(attribute.clone());
                }
                Root::Argument => found.changes_arguments = true,
                Root::Itself | Root::Unknown => found.changes_itself = true,
            }
        }
    }
    if let Some(owner) = scope.owner {
        let writes = found.changes_itself
            || found.changes.contains(&owner)
            || found.writes.iter().any(|(entity, _)| *entity == owner);
        let mode = if writes { AccessMode::Write } else { AccessMode::Read };
        found.access(owner, Expression::Receiver, mode);
    }
    found
}
