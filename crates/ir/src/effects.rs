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
    pub exists: Vec<OperatorId>,
    pub creates: Vec<OperatorId>,
    pub deletes: Vec<OperatorId>,
    /// The methods that it may call on entities.
    pub calls: Vec<FunctionId>,
    /// Classes whose entities may change in ways that are not among `writes`: its own where it hands
    /// its state to code that is not looked into, those of the methods that it calls likewise.
    pub changes: Vec<OperatorId>,
    pub access: AccessSet,
}

/// An attribute of an entity class.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Member {
    pub operator: OperatorId,
    pub name: String,
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
