//! The functions that entity classes define, by name: what a call or an access may mean where the
//! class is not known.
//!
//! Where more functions have a name than are worth listing, they make a *crowd*: a node of its own in
//! the call graph, behind the functions, which does what any of them does. So each caller has one
//! callee instead of all of them.

use rustc_hash::FxHashMap;

use super::class_sets::LISTED_MAX;
use crate::resolve::Application;
use crate::types::Typing;

/// The functions of one name in the bodies of entity classes.
#[derive(Clone, Debug, Default)]
pub(super) struct NamedMembers {
    /// Those that others hide included, in the order of the classes.
    functions: Vec<usize>,
    crowd: Option<usize>,
    callees: Vec<usize>,
    readable: Vec<usize>,
    has_methods: bool,
}

impl NamedMembers {
    /// The node of the call graph that stands for all of them, if they are many.
    pub(super) fn crowd(&self) -> Option<usize> {
        self.crowd
    }

    /// Nodes of the call graph for what may run when a member of that name is used.
    pub(super) fn callees(&self) -> &[usize] {
        &self.callees
    }

    /// The same for what may run when it is read.
    pub(super) fn readable(&self) -> &[usize] {
        &self.readable
    }

    /// Whether one can be called on an entity.
    pub(super) fn has_methods(&self) -> bool {
        self.has_methods
    }

    /// Those in the bodies of `entity`.
    pub(super) fn functions_of(&self, application: &Application<'_>, entity: usize) -> &[usize] {
        let owner = |index: &usize| application.functions[*index].owner;
        let start = self.functions.partition_point(|index| owner(index) < Some(entity));
        let end = self.functions.partition_point(|index| owner(index) <= Some(entity));
        &self.functions[start..end]
    }
}

/// All functions in the bodies of entity classes.
#[derive(Debug, Default)]
pub(super) struct MemberTable {
    /// By the name that Python stores.
    by_name: FxHashMap<String, NamedMembers>,
    /// The functions of each crowd.
    crowds: Vec<Vec<usize>>,
    none: NamedMembers,
}

impl MemberTable {
    pub(super) fn of(typing: &Typing<'_>) -> Self {
        let application = typing.application;
        let mut by_name: FxHashMap<String, NamedMembers> = FxHashMap::default();
        for (index, definition) in application.functions.iter().enumerate() {
            if definition.owner.is_some() {
                let members = by_name.entry(application.stored_name(definition)).or_default();
                members.functions.push(index);
            }
        }
        let mut by_first: Vec<(&String, &mut NamedMembers)> = by_name.iter_mut().collect();
        by_first.sort_unstable_by_key(|(_, members)| members.functions[0]);
        let mut crowds = Vec::new();
        for (name, members) in by_first {
            let functions = &mut members.functions;
            functions.sort_by_key(|index| application.functions[*index].owner);
            let is_readable = |index: &usize| {
                let owner = application.functions[*index].owner;
                owner.is_some_and(|owner| {
                    typing.has_attribute(owner, name) || application.accessor(owner, name).is_some()
                })
            };
            members.has_methods = functions.iter().any(|index| {
                let owner = application.functions[*index].owner;
                owner.is_some_and(|owner| application.method(owner, name).is_some())
            });
            members.callees.clone_from(functions);
            members.readable = functions.iter().copied().filter(is_readable).collect();
            if functions.len() > LISTED_MAX {
                let node = application.functions.len() + crowds.len();
                crowds.push(functions.clone());
                members.crowd = Some(node);
                members.callees = vec![node];
                members.readable.truncate(1);
                members.readable.fill(node);
            }
        }
        Self { by_name, crowds, none: NamedMembers::default() }
    }

    /// The functions called `name`.
    pub(super) fn named(&self, name: &str) -> &NamedMembers {
        self.by_name.get(name).unwrap_or(&self.none)
    }

    /// The functions of each crowd; their nodes are numbered on from the functions.
    pub(super) fn crowds(&self) -> &[Vec<usize>] {
        &self.crowds
    }
}
