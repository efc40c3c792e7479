//! What an entity is found by.

use std::sync::Arc;

use anabranch_ir::OperatorId;

/// Entity class and key. The key is the wire message of its value: equal keys have equal bytes.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct EntityId {
    pub operator: OperatorId,
    pub key: Arc<[u8]>,
}
