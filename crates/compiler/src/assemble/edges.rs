//! What functions send to operators, by themselves and through helper functions.
//!
//! The edges of a function are its own, in the order of the source, with those of a helper function
//! where it is first called. So the edges of a helper are found once, and put into those of all its
//! callers. Only where helpers call each other in a circle the order depends on where one enters it.

use std::rc::Rc;

use anabranch_ir::{CallKind, OperatorId};
use rustc_hash::FxHashSet;

use crate::call_graph::groups;
use crate::effects::{Action, Effects, Spot};

/// Where an edge leads, and what it carries.
pub(super) type Sent = (Option<OperatorId>, CallKind);

/// What each of the first `count` functions sends.
pub(super) fn edges(effects: &Effects<'_>, count: usize) -> Vec<Rc<[Sent]>> {
    let callees: Vec<Vec<usize>> = (0..count)
        .map(|function| effects.spots(function).iter().filter_map(helper).collect())
        .collect();
    let mut edges = Edges { effects, group_of: vec![0; count], known: vec![Rc::default(); count] };
    for (number, group) in groups(&callees).into_iter().enumerate() {
        group.iter().for_each(|function| edges.group_of[*function] = number + 1);
        edges.add_group(&group);
    }
    edges.known
}

struct Edges<'e, 'a> {
    effects: &'e Effects<'a>,
    /// By function: the number of its group, or zero if that comes later.
    group_of: Vec<usize>,
    /// By function, for the groups before.
    known: Vec<Rc<[Sent]>>,
}

/// Edges in the order of discovery.
#[derive(Default)]
struct Found {
    list: Vec<Sent>,
    seen: FxHashSet<Sent>,
}

impl Found {
    fn add(&mut self, sent: Sent) {
        if self.seen.insert(sent.clone()) {
            self.list.push(sent);
        }
    }
}

impl Edges<'_, '_> {
    fn add_group(&mut self, group: &[usize]) {
        let [function] = group else {
            let mut all = Found::default();
            for function in group {
                self.effects.spots(*function).iter().for_each(|spot| self.add(spot, &mut all));
            }
            // What is sent by one is sent by all.
            let lists: Vec<Rc<[Sent]>> = match all.list.len() {
                0 | 1 => vec![all.list.into(); group.len()],
                count => group.iter().map(|function| self.entered_at(*function, count)).collect(),
            };
            for (function, list) in group.iter().zip(lists) {
                self.known[*function] = list;
            }
            return;
        };
        let mut found = Found::default();
        self.effects.spots(*function).iter().for_each(|spot| self.add(spot, &mut found));
        self.known[*function] = found.list.into();
    }

    /// Adds what is sent at `spot`, if that is known already.
    fn add(&self, spot: &Spot<'_>, found: &mut Found) {
        match helper(spot) {
            Some(callee) => self.known[callee].iter().for_each(|sent| found.add(sent.clone())),
            None => sent(spot).into_iter().for_each(|sent| found.add(sent)),
        }
    }

    /// The edges of a function in a circle, which are so many.
    fn entered_at(&self, function: usize, count: usize) -> Rc<[Sent]> {
        let mut found = Found::default();
        let mut visited = FxHashSet::from_iter([function]);
        let mut path = vec![self.effects.spots(function).iter()];
        while let Some(spots) = path.last_mut() {
            let Some(spot) = spots.next().filter(|_| found.list.len() < count) else {
                path.pop();
                continue;
            };
            match helper(spot) {
                Some(callee) if self.group_of[callee] == self.group_of[function] => {
                    if visited.insert(callee) {
                        path.push(self.effects.spots(callee).iter());
                    }
                }
                _ => self.add(spot, &mut found),
            }
        }
        found.list.into()
    }
}

/// The helper function, or method of a base class, that is called at `spot` as part of this function.
fn helper(spot: &Spot<'_>) -> Option<usize> {
    match spot.action {
        Action::Function { function, .. } | Action::InheritedCall { method: function, .. } => {
            Some(function)
        }
        _ => None,
    }
}

fn sent(spot: &Spot<'_>) -> Option<Sent> {
    let name = spot.member.to_owned();
    let to = |receiver: Option<usize>| receiver.map(OperatorId::from_index);
    Some(match spot.action {
        Action::Get { receiver } => (to(receiver), CallKind::Read(name)),
        Action::Set { receiver } => (to(receiver), CallKind::Write(name)),
        Action::Call { receiver } => (to(receiver), CallKind::Method(name)),
        Action::Create { entity } => (to(Some(entity)), CallKind::Create),
        Action::Exists => (None, CallKind::Exists),
        Action::Delete => (None, CallKind::Delete),
        Action::Function { .. } | Action::InheritedCall { .. } | Action::SelfCall { .. } => {
            return None;
        }
    })
}
