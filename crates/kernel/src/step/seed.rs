//! The randomness of a transaction's steps.
//!
//! A generator does not travel from entity to entity: each step has one of its own, whose seed is made from
//! that of the transaction and the number of the step. The first step has the
//! transaction's own seed. Each of several calls that are made at the same time begins a sequence of its own.

use crate::TransactionContext;

/// Of step number `turn` of a thread of control.
pub(super) fn of_turn(context: &TransactionContext, turn: u32) -> TransactionContext {
    if turn == 0 { context.clone() } else { derived(context, &turn.to_le_bytes()) }
}

/// Of the thread of control that begins with call number `branch` of those made in step `turn`.
pub(super) fn of_branch(
    context: &TransactionContext,
    turn: u32,
    branch: u32,
) -> TransactionContext {
    let place = [turn.to_le_bytes(), branch.to_le_bytes()].concat();
    derived(context, &place)
}

fn derived(context: &TransactionContext, place: &[u8]) -> TransactionContext {
    let seed = *blake3::keyed_hash(&context.seed, place).as_bytes();
    TransactionContext { seed, ..context.clone() }
}
