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
mod class_sets;
mod classes;
mod explain;
mod expression;
mod instances;
mod keys;
mod members;
mod names;
mod reach;
mod roots;

use std::collections::{BTreeMap, BTreeSet};

use anabranch_ir::{AccessMode, Callee, Expression, FunctionId, Member, OperatorId, Reason};

use self::changes::{OwnChanges, own_changes};
use self::class_sets::{Class, Classes, Members};
use self::classes::ApplicationClasses;
use self::expression::Assigned;
use self::names::OrderedNames;
use self::reach::Reach;
use self::roots::Root;
use crate::call_graph::groups;
use crate::effects::{Action, Effects, Place, Spot};
use crate::resolve::Application;
use crate::types::{FunctionScope, Typing};

pub use explain::{Explanation, explain};

/// How many accesses a function may have before they are taken to depend on too much.
const ACCESSES_MAX: usize = 100;

/// An attribute of an entity class.
type ClassAttribute = (usize, String);

/// What a function touches, callees included.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Footprint {
    reads: Members,
    writes: Members,
    exists: Classes,
    creates: Classes,
    deletes: Classes,
    /// Entity classes that may change in other attributes than `writes` has.
    changes: Classes,
    /// Methods that are called on entities.
    calls: Members,
    /// The entity on whose behalf it runs may change in other attributes than `writes` has.
    changes_itself: bool,
    /// Objects that it is given may change.
    changes_arguments: bool,
    /// It may do something that is no part of the transaction.
    outside: bool,
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
        self.outside |= other.outside;
    }

    /// The same for what runs in an entity of its own, of class `owner` if that is known.
    fn merge_elsewhere(&mut self, other: &Footprint, owner: Option<usize>) {
        self.merge_effects(other);
        self.changes.insert_all((), owner.filter(|_| other.changes_itself));
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
        let members: usize =
            [&self.reads, &self.writes, &self.calls].into_iter().map(Members::weight).sum();
        let classes = [&self.exists, &self.creates, &self.deletes, &self.changes];
        let classes: usize = classes.into_iter().map(Classes::weight).sum();
        let accesses: usize = self.accesses.values().map(|mode| 1 + *mode as usize).sum();
        let changes = usize::from(self.changes_itself)
            + usize::from(self.changes_arguments)
            + usize::from(self.outside);
        let accesses = if self.has_too_many { 4 * ACCESSES_MAX } else { accesses };
        members + classes + accesses + self.reasons.len() + changes
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
    /// By index into the application's table, then crowds; none of other functions.
    functions: Vec<Option<Footprint>>,
    /// By entity class: the key of a new entity in terms of the constructor's parameters.
    pub new_keys: Vec<Option<Expression>>,
    names: OrderedNames,
}

impl Footprints {
    /// What a function touches, as part of a program whose functions have these numbers.
    pub fn effects(
        &self,
        application: &Application<'_>,
        function: usize,
        number: impl Fn(usize) -> Option<FunctionId>,
    ) -> anabranch_ir::Effects {
        let found = self.functions[function].as_ref();
        let found = found.expect("this is a bug in Anabranch: it is entity code");
        let mut changes = found.changes.clone();
        if found.changes_itself {
            // A helper function runs for entities of any class.
            match application.functions[function].owner {
                Some(owner) => changes.insert((), owner),
                None => changes.insert_all((), 0..application.entities.len()),
            }
        }
        let accesses = found.accesses.iter().map(|((operator, entity), mode)| {
            let (operator, entity, mode) = (*operator, entity.clone(), *mode);
            anabranch_ir::Access { operator, entity, mode }
        });
        anabranch_ir::Effects {
            reads: self.attributes(&found.reads),
            writes: self.attributes(&found.writes),
            exists: classes(&found.exists),
            creates: classes(&found.creates),
            deletes: classes(&found.deletes),
            changes: classes(&changes),
            calls: self.calls(application, &found.calls, number),
            outside: found.outside,
            access: anabranch_ir::AccessSet {
                accesses: accesses.collect(),
                reasons: found.reasons.iter().cloned().collect(),
            },
        }
    }

    /// The attributes in the order of the program.
    fn attributes(&self, attributes: &Members) -> Vec<Member> {
        let mut listed: Vec<_> =
            attributes.iter().map(|(name, class)| (operator(class), name)).collect();
        listed.sort_unstable_by_key(|(operator, name)| (*operator, self.names.place(*name)));
        let member = |(operator, name)| Member { operator, name: self.names.text(name).to_owned() };
        listed.into_iter().map(member).collect()
    }

    /// The methods in the order of the program.
    fn calls(
        &self,
        application: &Application<'_>,
        methods: &Members,
        number: impl Fn(usize) -> Option<FunctionId>,
    ) -> Vec<Callee> {
        let callee = |(name, class)| {
            let name = self.names.text(name);
            match class {
                Class::One(class) => {
                    let method = application.method(class as usize, name);
                    method.and_then(&number).map(Callee::Method)
                }
                Class::Any => Some(Callee::OfAnyClass(name.to_owned())),
            }
        };
        let mut calls: Vec<Callee> = methods.iter().filter_map(callee).collect();
        calls.sort_unstable();
        calls
    }
}

fn operator(class: Class) -> Option<OperatorId> {
    match class {
        Class::One(class) => Some(OperatorId(class)),
        Class::Any => None,
    }
}

fn classes(set: &Classes) -> anabranch_ir::Classes {
    let listed: Option<Vec<OperatorId>> = set.iter().map(|(_, class)| operator(class)).collect();
    listed.map_or(anabranch_ir::Classes::Any, anabranch_ir::Classes::Listed)
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
    let crowds = classes.table.crowds();
    let mut callees: Vec<Vec<usize>> = vec![Vec::new(); scopes.len()];
    for (index, found) in &found {
        callees[*index].extend(found.own.callees.iter().map(|(callee, _)| *callee));
        for spot in effects.spots(*index) {
            add_callees(typing, &scopes[*index], &classes, spot, &mut callees[*index]);
        }
    }
    callees.extend_from_slice(crowds);
    // Within a group the callees tend to come last.
    let groups = groups(&callees).into_iter().map(|group| {
        let is_part = |index: &usize| *index >= scopes.len() || effects.is_entity_code(*index);
        group.into_iter().rev().filter(is_part).collect()
    });
    let groups: Vec<Vec<usize>> = groups.collect();
    let mut alone = vec![!classes.changes_unseen; scopes.len()];
    let entities = 0..application.entities.len();
    let new_keys: Vec<Option<Expression>> =
        entities.map(|entity| keys::new_key(application, &classes, entity)).collect();
    let mut functions: Vec<Option<Footprint>> = vec![None; callees.len()];
    for index in groups.iter().flatten() {
        functions[*index] = Some(Footprint::default());
    }
    for group in &groups {
        arguments::find_left_alone(typing, scopes, group, &classes, &mut alone);
        let weight = |functions: &[Option<Footprint>]| -> usize {
            group.iter().flat_map(|index| &functions[*index]).map(Footprint::weight).sum()
        };
        loop {
            let before = weight(&functions);
            for index in group {
                let known = functions[*index].as_mut().map(Footprint::take).unwrap_or_default();
                let Some(scope) = scopes.get(*index) else {
                    let crowd = &crowds[*index - scopes.len()];
                    functions[*index] = Some(of_crowd(application, crowd, known, &functions));
                    continue;
                };
                let found = &found[index];
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
                        new_keys: &new_keys,
                        leaves_arguments_alone: alone[*index],
                    };
                    let mut reach = Reach { follow, functions: &functions, found: footprint };
                    found.spots.iter().for_each(|spot| reach.spot(spot));
                    footprint = reach.finished();
                }
                functions[*index] = Some(footprint);
            }
            share(group, effects, &mut functions);
            let changed = weight(&functions) != before;
            // Only within a circle of calls something can change after the first round.
            if !changed || matches!(&group[..], [only] if !callees[*only].contains(only)) {
                break;
            }
        }
    }
    Footprints { functions, new_keys, names: classes.names.ordered() }
}

/// What one function of a circle of calls does all of them do: to say so at once saves rounds.
fn share(group: &[usize], effects: &Effects<'_>, functions: &mut [Option<Footprint>]) {
    if group.len() < 2 {
        return;
    }
    let mut shared = Footprint::default();
    for footprint in group.iter().flat_map(|index| &functions[*index]) {
        shared.merge_effects(footprint);
        add_all(&mut shared.reasons, &footprint.reasons);
    }
    for index in group {
        let Some(footprint) = &mut functions[*index] else { continue };
        footprint.merge_effects(&shared);
        let is_function = *index < effects.certainties().len();
        if is_function && effects.suspends(*index).is_some() {
            add_all(&mut footprint.reasons, &shared.reasons);
        }
    }
}

/// What a call of one of many functions does, added to what is known of it. Which entities they reach
/// is not followed: whose method is called is only known when it runs.
fn of_crowd(
    application: &Application<'_>,
    crowd: &[usize],
    known: Footprint,
    functions: &[Option<Footprint>],
) -> Footprint {
    let mut found = known;
    for function in crowd {
        let Some(footprint) = &functions[*function] else { continue };
        found.merge_elsewhere(footprint, application.functions[*function].owner);
        found.changes_itself |= footprint.changes_itself;
        found.changes_arguments |= footprint.changes_arguments;
    }
    found
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
                    None => classes.members(name).callees(),
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
    (known, functions): (Footprint, &[Option<Footprint>]),
) -> Footprint {
    let mut found = known;
    found.reads.extend(&own.reads);
    found.writes.extend(&own.writes);
    found.changes_itself |= own.changes_itself || classes.changes_unseen;
    found.changes_arguments |= own.changes_arguments;
    found.outside |= own.outside;
    for (index, roots) in &own.callees {
        let Some(callee) = &functions[*index] else { continue };
        // A property of another class runs in the entity that it is read from.
        let class = typing.application.functions.get(*index).and_then(|callee| callee.owner);
        found.merge_elsewhere(callee, class.filter(|_| class != scope.owner));
        found.changes_itself |= callee.changes_itself;
        if !callee.changes_arguments {
            continue;
        }
        for root in roots.iter() {
            match root {
                Root::State((entity, name)) => {
                    found.writes.insert(classes.names.number(name), *entity);
                }
                Root::Argument => found.changes_arguments = true,
                Root::Itself | Root::Unknown => found.changes_itself = true,
            }
        }
    }
    if let Some(owner) = scope.owner {
        let writes =
            found.changes_itself || found.changes.has_class(owner) || found.writes.has_class(owner);
        let mode = if writes { AccessMode::Write } else { AccessMode::Read };
        found.access(owner, Expression::Receiver, mode);
    }
    found
}
