//! An engine without any disturbance: one request after another, every event in the order in which it was
//! sent. With it one counts what a transaction costs, and takes steps down to measure them.

use std::collections::{BTreeMap, VecDeque};

use anabranch_kernel::step::{Output, StepError, Submission};
use anabranch_kernel::{Operation, Request, TransactionContext};

use crate::host::Host;

/// A step: all that it depends on.
#[derive(Clone, Debug)]
pub struct Taken {
    pub key: Vec<u8>,
    pub state: Vec<u8>,
    pub event: Vec<u8>,
}

pub struct InOrder<H> {
    pub host: H,
    states: BTreeMap<Vec<u8>, Vec<u8>>,
    submitted: u64,
    /// All steps, from the first on.
    pub taken: Vec<Taken>,
}

impl<H: Host> InOrder<H> {
    pub fn new(host: H) -> Self {
        Self { host, states: BTreeMap::new(), submitted: 0, taken: Vec::new() }
    }

    /// Runs a request to its end. Gives the replies; each event is a step in [`InOrder::taken`].
    ///
    /// # Errors
    /// A step fails.
    pub fn submit(&mut self, operation: Operation) -> Result<Vec<Vec<u8>>, StepError> {
        let number = self.submitted;
        self.submitted += 1;
        let submission = Submission {
            request: Request { operation, idempotency_key: None },
            number,
            client: Vec::new(),
            context: TransactionContext { start_time_nanoseconds: 0, seed: [0; 32] },
        };
        let mut replies = Vec::new();
        let mut under_way = VecDeque::from([self.host.admit(&submission)]);
        while let Some(output) = under_way.pop_front() {
            match output {
                Output::Client { reply, .. } => replies.push(reply),
                Output::Key { key, event } => {
                    let state = self.states.remove(&key).unwrap_or_default();
                    let stepped = self.host.step(&key, &state, &event)?;
                    if !stepped.state.is_empty() {
                        self.states.insert(key.clone(), stepped.state);
                    }
                    under_way.extend(stepped.outputs);
                    self.taken.push(Taken { key, state, event });
                }
            }
        }
        Ok(replies)
    }
}
