//! What a call of a function may do, callees included.
//!
//! All of it over-approximates: a call does nothing that is not here, and may well do less.

use crate::{AccessMode, AccessSet, Expression, FunctionId, OperatorId};

/// What a function may do, by itself and through all that it calls. The lists are sorted and hold
/// nothing twice.
///
/// Attributes are told apart by class, not by entity: which entities a call reaches is for the
/// access set to say. What runs as the user wrote it (sort keys, properties, library functions)
/// reaches no other entity, so it counts for the entity that it runs in.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Effects {
    /// Attributes whose value may be read.
    pub reads: Vec<Member>,
    /// Attributes that may get another value, or one that is changed in place.
    pub writes: Vec<Member>,
    /// Classes of entities about which it may only ask whether they are there.
    pub exists: Classes,
    pub creates: Classes,
    pub deletes: Classes,
    /// The methods that it may call on entities.
    pub calls: Vec<Callee>,
    /// Classes whose entities may change in ways that are not among `writes`: its own where it hands
    /// its state to code that is not looked into, those of the methods that it calls likewise.
    pub changes: Classes,
    /// Whether it may do something that is no part of the transaction: print, or call what is outside
    /// of the application and not known to do nothing there.
    pub outside: bool,
    pub access: AccessSet,
}

/// An attribute of an entity class, or of any class: then none of that name is listed by class.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Member {
    /// `None` stands for any class.
    pub operator: Option<OperatorId>,
    pub name: String,
}

/// A method that is called on an entity.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Callee {
    Method(FunctionId),
    /// The methods of this name, whatever their class: then none of them is listed by class.
    OfAnyClass(String),
}

/// Classes of entities.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Classes {
    /// Sorted, each once.
    Listed(Vec<OperatorId>),
    /// Any of the program's.
    Any,
}

impl Default for Classes {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

impl Classes {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.listed().is_some_and(<[OperatorId]>::is_empty)
    }

    /// Whether the class may be one of them.
    pub fn contains(&self, operator: OperatorId) -> bool {
        self.listed().is_none_or(|listed| listed.contains(&operator))
    }

    /// The classes, unless any may be meant.
    pub fn listed(&self) -> Option<&[OperatorId]> {
        match self {
            Classes::Listed(listed) => Some(listed),
            Classes::Any => None,
        }
    }
}

impl Member {
    /// Whether it may be one of the class.
    pub fn may_be_of(&self, operator: OperatorId) -> bool {
        self.operator.is_none_or(|own| own == operator)
    }
}

impl Effects {
    /// What a function may do that touches its own entity and nothing else.
    pub fn of_own_entity(operator: OperatorId, mode: AccessMode) -> Self {
        Self { access: AccessSet::of_receiver(operator, mode), ..Self::default() }
    }

    /// Whether a call changes no entity.
    pub fn is_read_only(&self) -> bool {
        self.writes.is_empty()
            && self.creates.is_empty()
            && self.deletes.is_empty()
            && self.changes.is_empty()
    }

    /// Whether a call reaches no entity but the one that it is made on.
    pub fn stays_on_its_entity(&self) -> bool {
        self.access.is_complete()
            && self.access.accesses.iter().all(|access| access.entity == Expression::Receiver)
    }
}
