//! Where a root call begins.
//!
//! | root call | first key |
//! | --- | --- |
//! | with an idempotency key, or a creation | that of the request |
//! | touches its own entity only | the entity's, which locks itself for it |
//! | touches entities that its arguments tell | the sequencer, with its access set |
//! | touches entities that depend on state | its first entity's, for a reconnaissance |

use anabranch_ir::Program;

use super::address::Address;
use super::event::{
    Act, Asked, AttemptId, Event, LockMode, LockSet, Locks, ReplyTo, RequestId, RootCall, Sequence,
    Start, Submit, include,
};
use super::outbox::Outbox;
use super::{Submission, entity};
use crate::access::access_set;
use crate::{EntityId, Operation};

const NAMED: u8 = b'k';
const NUMBERED: u8 = b'n';

/// Sends the first event of a root call.
pub(super) fn admit(program: &Program, submission: &Submission, outbox: &mut Outbox<'_>) {
    let Submission { request, number, client, context } = submission;
    let idempotency_key = request.idempotency_key.as_ref();
    let id = RequestId(match idempotency_key {
        Some(name) => [&[NAMED], name.key.as_bytes()].concat(),
        None => [&[NUMBERED], &number.to_le_bytes()[..]].concat(),
    });
    let (client, context) = (client.clone(), context.clone());
    match (asked(&request.operation), idempotency_key) {
        (Asked::Act { target, act }, None) => {
            let reply_to = ReplyTo::Client(client);
            let (misses, in_sequence) = (0, false);
            let root = RootCall { reply_to, target, act, context, misses, in_sequence };
            begin(program, id, root, outbox);
        }
        (asked, name) => {
            let fingerprint = name.map(|name| name.fingerprint);
            let submit = Submit { asked, fingerprint, client, context };
            outbox.send(&Address::Request(id), &Event::Submit(submit));
        }
    }
}

/// Sends the first event of a transaction.
pub(super) fn begin(
    program: &Program,
    request: RequestId,
    root: RootCall,
    outbox: &mut Outbox<'_>,
) {
    let target = Address::Entity(root.target.clone());
    let lock = match locks(program, &root.target, &root.act) {
        None => None,
        Some(set) if set.len() == 1 => set.values().next().copied(),
        Some(set) => {
            let attempt = AttemptId { request, number: 0 };
            let sequence = Sequence { attempt, root, locks: Locks::Set(set) };
            outbox.send(&Address::Sequencer, &Event::Sequence(sequence));
            return;
        }
    };
    outbox.send(&target, &Event::Start(Start { request, root, lock }));
}

/// The locks that `act` on `target` needs, if that can be said before it runs.
fn locks(program: &Program, target: &EntityId, act: &Act) -> Option<LockSet> {
    let mut set = LockSet::new();
    match entity::operation(target, act) {
        None => include(&mut set, target.clone(), LockMode::Exclusive),
        Some(operation) => {
            include(&mut set, target.clone(), LockMode::Shared);
            for (id, mode) in access_set(program, &operation)? {
                include(&mut set, id, mode.into());
            }
        }
    }
    Some(set)
}

fn asked(operation: &Operation) -> Asked {
    let (target, act) = match operation.clone() {
        Operation::Create { operator, arguments } => return Asked::Create { operator, arguments },
        Operation::Call { target, method, arguments } => (target, Act::Call { method, arguments }),
        Operation::GetAttribute { target, attribute } => (target, Act::Get { attribute }),
        Operation::SetAttribute { target, attribute, value } => {
            (target, Act::Set { attribute, value })
        }
        Operation::GetState { target } => (target, Act::GetState),
        Operation::Exists { target } => (target, Act::Exists),
        Operation::Delete { target } => (target, Act::Delete),
    };
    Asked::Act { target, act }
}
