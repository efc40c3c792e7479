//! What each function touches: attributes that it reads and writes, entities that it creates,
//! deletes and calls, and its access set.
//!
//! The *access set* of a function is the set of entities that a call of it may touch, as far as that
//! follows from the receiver and the arguments ([`Origin`]). Where it depends on state, the function
//! has none, and [`Footprint::unknown`] says why. Footprints are least fixpoints over the call
//! graph: what a callee touches is expressed in the caller's own terms, argument by argument.

mod attributes;
mod explain;
mod keys;
mod origin;

use std::collections::{BTreeMap, BTreeSet};

use ruff_python_ast::{Expr, ExprCall};
use ruff_text_size::Ranged;

use crate::call_graph::groups;
use crate::effects::{Action, Effects, Spot};
use crate::resolve::{Binding, FunctionKind};
use crate::types::{FunctionScope, Inference, Typing};

pub use explain::{Explanation, explain};
pub use origin::Origin;

/// How often footprints may flow along calls before a cycle is taken to go on for ever.
const ROUNDS_MAX: usize = 12;

/// An attribute of an entity class.
type ClassAttribute = (usize, String);

/// What a function touches, callees included.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Footprint {
    pub reads: BTreeSet<ClassAttribute>,
    pub writes: BTreeSet<ClassAttribute>,
    /// Entity classes.
    pub creates: BTreeSet<usize>,
    pub deletes: BTreeSet<usize>,
    /// Methods that are called on other entities, by class and name.
    pub calls: BTreeSet<(usize, String)>,
    /// Something may be changed in a way that cannot be followed.
    pub may_change_anything: bool,
    /// The entities that may be touched.
    pub touches: BTreeSet<(Option<usize>, Origin)>,
    /// Why the access set is not known before the call runs, each with the line that shows it.
    pub unknown: BTreeSet<Reason>,
}

/// Why an access set is not known.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Reason {
    pub text: String,
    /// Index of the file.
    pub file: usize,
    pub line: u32,
}

impl Footprint {
    /// Whether a call changes nothing.
    pub fn is_read_only(&self) -> bool {
        self.writes.is_empty()
            && self.creates.is_empty()
            && self.deletes.is_empty()
            && !self.may_change_anything
    }

    fn merge_effects(&mut self, other: &Footprint) {
        self.reads.extend(other.reads.iter().cloned());
        self.writes.extend(other.writes.iter().cloned());
        self.creates.extend(&other.creates);
        self.deletes.extend(&other.deletes);
        self.calls.extend(other.calls.iter().cloned());
        self.may_change_anything |= other.may_change_anything;
    }
}

/// The footprints of all functions of entity code, by index into the application's table.
pub fn footprints<'a>(
    typing: &Typing<'a>,
    scopes: &[FunctionScope<'a>],
    effects: &Effects<'a>,
) -> BTreeMap<usize, Footprint> {
    let is_included = |index: &usize| effects.is_entity_code(*index);
    let included: Vec<usize> = (0..scopes.len()).filter(is_included).collect();
    let own: BTreeMap<usize, attributes::OwnEffects> = included
        .iter()
        .map(|index| (*index, attributes::own_effects(typing, &scopes[*index])))
        .collect();
    let assigned: BTreeMap<usize, origin::Assigned<'a>> =
        included.iter().map(|index| (*index, origin::Assigned::of(&scopes[*index]))).collect();
    let mut callees: Vec<Vec<usize>> = vec![Vec::new(); scopes.len()];
    for index in &included {
        callees[*index].extend(&own[index].callees);
        callees[*index]
            .extend(effects.spots(*index).iter().filter_map(|spot| callee(typing, spot)));
    }
    let mut footprints: BTreeMap<usize, Footprint> =
        included.iter().map(|index| (*index, Footprint::default())).collect();
    // Only within a circle of calls something can change after the first round.
    for group in groups(&callees) {
        for round in 0..=ROUNDS_MAX {
            let mut changed = false;
            for index in group.iter().filter(|index| effects.is_entity_code(**index)) {
                let scope = &scopes[*index];
                let (assigned, found) = (&assigned[index], Footprint::default());
                let mut pass = Pass { typing, scope, assigned, footprints: &footprints, found };
                pass.own_effects(&own[index]);
                effects.spots(*index).iter().for_each(|spot| pass.spot(spot));
                let mut footprint = pass.found;
                if round == ROUNDS_MAX && footprints[index] != footprint {
                    let text = "calls go round in a circle with other keys each time".to_owned();
                    footprint.unknown.insert(reason(typing, scope, &scope.node.name, text));
                }
                changed |= footprints[index] != footprint;
                footprints.insert(*index, footprint);
            }
            if !changed {
                break;
            }
        }
    }
    footprints
}

/// The function of the application that is called at `spot`, here or on another entity.
fn callee(typing: &Typing<'_>, spot: &Spot<'_>) -> Option<usize> {
    match spot.action {
        Action::Call { receiver: Some(class) } => typing.application.method(class, spot.member),
        _ => spot.action.callee(),
    }
}

fn reason(
    typing: &Typing<'_>,
    scope: &FunctionScope<'_>,
    place: &impl Ranged,
    text: String,
) -> Reason {
    let source = &typing.application.loaded.files[scope.module];
    Reason { text, file: scope.module, line: source.line(place.range().start()) }
}

/// One function, with what is known of the others so far.
struct Pass<'t, 'a> {
    typing: &'t Typing<'a>,
    scope: &'t FunctionScope<'a>,
    assigned: &'t origin::Assigned<'a>,
    footprints: &'t BTreeMap<usize, Footprint>,
    found: Footprint,
}

impl<'a> Pass<'_, 'a> {
    fn own_effects(&mut self, own: &attributes::OwnEffects) {
        self.found.reads.extend(own.reads.iter().cloned());
        self.found.writes.extend(own.writes.iter().cloned());
        self.found.may_change_anything |= own.may_change_anything;
        for callee in &own.callees {
            if let Some(footprint) = self.footprints.get(callee) {
                self.found.merge_effects(footprint);
            }
        }
        if let Some(owner) = self.scope.owner {
            self.found.touches.insert((Some(owner), Origin::Receiver));
        }
    }

    fn spot(&mut self, spot: &Spot<'a>) {
        match (&spot.action, spot.node) {
            (Action::Get { receiver } | Action::Set { receiver }, Expr::Attribute(node)) => {
                self.touch(*receiver, &node.value, spot);
            }
            (Action::Call { receiver }, Expr::Call(node)) => {
                let Expr::Attribute(attribute) = &*node.func else { return };
                let origin = self.touch(*receiver, &attribute.value, spot);
                let Some(class) = receiver else {
                    let text = "what it calls is only known when it runs".to_owned();
                    self.found.unknown.insert(reason(self.typing, self.scope, spot.node, text));
                    self.found.may_change_anything = true;
                    return;
                };
                self.found.calls.insert((*class, spot.member.to_owned()));
                if let Some(method) = self.typing.application.method(*class, spot.member) {
                    self.callee(method, origin, node, spot);
                }
            }
            (Action::SelfCall { method, .. }, Expr::Call(node)) => {
                self.callee(*method, Some(Origin::Receiver), node, spot);
            }
            (Action::Function { function, .. }, Expr::Call(node)) => {
                self.callee(*function, None, node, spot);
            }
            (Action::Create { entity }, Expr::Call(node)) => {
                self.found.creates.insert(*entity);
                match keys::key_argument(self.typing, *entity, node) {
                    Some(key) => self.touch_key(*entity, key, spot),
                    None => self.key_unknown(*entity, spot),
                }
            }
            (Action::Exists, Expr::Call(node)) => {
                if let [class, key] = &*node.arguments.args
                    && let Some(Binding::Entity(entity)) =
                        Inference::new(self.typing, self.scope).binding(class)
                {
                    self.touch_key(entity, key, spot);
                }
            }
            (Action::Delete, Expr::Call(node)) => {
                if let Some(entity) = node.arguments.args.first() {
                    let class = Inference::new(self.typing, self.scope).infer(entity);
                    let class = class.referenced_class().or(self.scope.owner);
                    self.found.deletes.extend(class);
                    self.touch(class, entity, spot);
                }
            }
            _ => {}
        }
    }

    fn origin(&self, expression: &'a Expr, spot: &Spot<'a>) -> Result<Origin, String> {
        origin::origin(self.typing, self.scope, self.assigned, expression, &spot.elements)
    }

    /// Notes that the entity which `expression` refers to is touched.
    fn touch(
        &mut self,
        class: Option<usize>,
        expression: &'a Expr,
        spot: &Spot<'a>,
    ) -> Option<Origin> {
        match self.origin(expression, spot) {
            Ok(origin) => {
                self.found.touches.insert((class, origin.clone()));
                Some(origin)
            }
            Err(text) => {
                self.found.unknown.insert(reason(self.typing, self.scope, spot.node, text));
                None
            }
        }
    }

    fn touch_key(&mut self, entity: usize, key: &'a Expr, spot: &Spot<'a>) {
        let source = &self.typing.application.loaded.files[self.scope.module];
        if origin::follows_from_arguments(self.typing, self.scope, key) {
            let key = source.slice(key.range()).to_owned();
            self.found.touches.insert((Some(entity), Origin::Key(key)));
        } else {
            self.key_unknown(entity, spot);
        }
    }

    fn key_unknown(&mut self, entity: usize, spot: &Spot<'a>) {
        let class = self.typing.application.entities[entity].name;
        let text = format!("the key of this {class} is computed while it runs");
        self.found.unknown.insert(reason(self.typing, self.scope, spot.node, text));
    }

    /// Takes over what `callee` touches, in this function's terms.
    fn callee(
        &mut self,
        callee: usize,
        receiver: Option<Origin>,
        call: &'a ExprCall,
        spot: &Spot<'a>,
    ) {
        let Some(footprint) = self.footprints.get(&callee) else { return };
        self.found.merge_effects(footprint);
        self.found.unknown.extend(footprint.unknown.iter().cloned());
        let definition = &self.typing.application.functions[callee];
        let is_method = definition.kind == FunctionKind::Method;
        for (class, origin) in footprint.touches.clone() {
            let mapped = match &origin {
                Origin::Receiver => match &receiver {
                    Some(receiver) => Ok(receiver.clone()),
                    // Where the receiver itself is unknown, that has been said.
                    None => continue,
                },
                Origin::Parameter(name) | Origin::Element(name) => {
                    let argument = keys::argument(definition.node, is_method, call, name);
                    let argument = argument.map(|argument| self.origin(argument, spot));
                    match (argument, &origin) {
                        (Some(Ok(found)), Origin::Parameter(_)) => Ok(found),
                        (Some(Ok(Origin::Parameter(list))), Origin::Element(_)) => {
                            Ok(Origin::Element(list))
                        }
                        (Some(Err(text)), _) => Err(text),
                        _ => Err(format!("what it passes as `{name}` is only known when it runs")),
                    }
                }
                Origin::Key(text) => {
                    Err(format!("the key `{text}` is computed from other arguments"))
                }
            };
            match mapped {
                Ok(origin) => {
                    self.found.touches.insert((class, origin));
                }
                Err(text) => {
                    self.found.unknown.insert(reason(self.typing, self.scope, spot.node, text));
                }
            }
        }
    }
}
