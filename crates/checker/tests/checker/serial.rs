//! Histories of requests that were executed one after another, by the local transaction driver.

use std::collections::BTreeMap;
use std::sync::Arc;

use anabranch_checker::generator::{Generated, Workload};
use anabranch_checker::script::ScriptInterpreter;
use anabranch_checker::{Answer, History, Recorded};
use anabranch_kernel::{
    EntityId, Operation, Reply, StateReader, TransactionDriver, Transition, Write,
};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_pcg::Pcg64Mcg;

/// States in memory.
#[derive(Clone, Default)]
pub(crate) struct States(BTreeMap<EntityId, Arc<[u8]>>);

impl StateReader for States {
    fn read(&mut self, id: &EntityId) -> Result<Option<Arc<[u8]>>, String> {
        Ok(self.0.get(id).cloned())
    }
}

impl States {
    pub(crate) fn apply(&mut self, writes: Vec<Write>) {
        for Write { id, state, .. } in writes {
            match state {
                Some(state) => self.0.insert(id, state),
                None => self.0.remove(&id),
            };
        }
    }

    pub(crate) fn encoded(&self) -> BTreeMap<EntityId, Vec<u8>> {
        self.0.iter().map(|(id, state)| (id.clone(), state.to_vec())).collect()
    }
}

/// A request that is answered before the one at the next place is submitted.
pub(crate) fn recorded(generated: &Generated, place: usize, reply: Reply) -> Recorded {
    let submitted = 10 * place as u64;
    Recorded {
        number: generated.number,
        operation: generated.request.operation.clone(),
        context: generated.context.clone(),
        submitted,
        answers: vec![Answer { time: submitted + 5, reply }],
    }
}

/// Executes the requests; each is answered before the next is submitted.
pub(crate) fn history(workload: &Workload) -> History {
    let mut driver = TransactionDriver::new(ScriptInterpreter::new());
    let mut states = States::default();
    let mut history = History::default();
    for (place, generated) in workload.setup.iter().chain(&workload.requests).enumerate() {
        let Generated { request, context, .. } = generated;
        let Transition { reply, writes } = driver.execute(&request.operation, context, &mut states);
        states.apply(writes);
        history.requests.push(recorded(generated, place, reply));
    }
    history.final_states = states.encoded();
    history
}

/// As if all requests but those of the set-up had been under way at the same time; in another order.
pub(crate) fn forget_times(history: &mut History, seed: u64) {
    let is_setup = |recorded: &Recorded| matches!(recorded.operation, Operation::Create { .. });
    let setup = history.requests.iter().position(|recorded| !is_setup(recorded)).unwrap();
    let start = history.requests[setup - 1].answers[0].time;
    for recorded in &mut history.requests[setup..] {
        recorded.submitted = start + 1;
        recorded.answers[0].time = start + 2;
    }
    history.requests.shuffle(&mut Pcg64Mcg::seed_from_u64(seed));
}
