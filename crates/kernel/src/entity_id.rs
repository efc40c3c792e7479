//! What an entity is found by.

use anabranch_ir::OperatorId;

use crate::Key;

/// Entity class and key.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct EntityId {
    pub operator: OperatorId,
    pub key: Key,
}
