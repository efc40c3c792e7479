//! Execution again: the requests one after another, in an order that explains the history, must give
//! the same replies and leave the same states.
//!
//! What executes them is the local transaction driver, on states in memory, with the contexts that the
//! requests had. This holds for any application and interpreter.

use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_kernel::value::wire;
use anabranch_kernel::{
    DriverSession, EntityId, Interpreter, StateReader, TransactionDriver, Transition,
};

use crate::finding::FindingKind;
use crate::history::{describe_reply, describe_state};
use crate::{Finding, History};

/// States in memory.
#[derive(Default)]
struct States(BTreeMap<EntityId, Arc<[u8]>>);

impl StateReader for States {
    fn read(&mut self, id: &EntityId) -> Result<Option<Arc<[u8]>>, String> {
        Ok(self.0.get(id).cloned())
    }
}

/// Executes the requests in this order: positions in [`History::requests`]. A request that was never
/// answered may get any reply.
///
/// # Errors
/// The first request whose reply differs, or the first entity whose state does.
pub fn check<I: Interpreter>(
    history: &History,
    order: &[usize],
    interpreter: I,
) -> Result<(), Finding> {
    let mut states = States::default();
    let mut driver = TransactionDriver::new(interpreter);
    driver.session(|session| {
        order.iter().try_for_each(|position| execute(history, *position, session, &mut states))
    })?;
    compare_states(history, &states)
}

fn execute<I: Interpreter>(
    history: &History,
    position: usize,
    session: &mut DriverSession<'_, I>,
    states: &mut States,
) -> Result<(), Finding> {
    let request = &history.requests[position];
    let Transition { reply, writes } =
        session.execute(&request.operation, &request.context, states);
    for write in writes {
        match write.state {
            Some(state) => states.0.insert(write.id, state),
            None => states.0.remove(&write.id),
        };
    }
    match request.reply() {
        Some(given) if *given != reply => {
            let explanation = format!(
                "the client got {}, but executed one after another it gives {}",
                describe_reply(given),
                describe_reply(&reply)
            );
            Err(Finding::new(FindingKind::OtherReply, [request.number], explanation))
        }
        _ => Ok(()),
    }
}

fn compare_states(history: &History, states: &States) -> Result<(), Finding> {
    let ids = history.final_states.keys().chain(states.0.keys());
    let mut different = ids.filter(|id| {
        history.final_states.get(*id).map(Vec::as_slice) != states.0.get(*id).map(AsRef::as_ref)
    });
    match different.next() {
        None => Ok(()),
        Some(id) => {
            let explanation = format!(
                "{}: {}, but after the requests one after another {}",
                describe_id(id),
                describe_state(history.final_states.get(id).map(Vec::as_slice)),
                describe_state(states.0.get(id).map(AsRef::as_ref))
            );
            Err(Finding::new(FindingKind::OtherState, [], explanation))
        }
    }
}

fn describe_id(id: &EntityId) -> String {
    match wire::decode(&id.key) {
        Ok(key) => format!("{} {key:?}", id.operator),
        Err(_) => format!("{id:?}"),
    }
}
