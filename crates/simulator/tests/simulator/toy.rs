//! A host so simple that what it must do is obvious: a request goes along a path of cells, each counts it,
//! and the last replies with its count. With an idempotency key it starts and ends at a key of its own, which
//! remembers the reply. It can be broken in several ways.

use std::collections::BTreeMap;

use anabranch_ir::{FunctionId, OperatorId};
use anabranch_kernel::step::{
    EventKind, EventReport, KeyReport, Output, StepError, Stepped, Submission,
};
use anabranch_kernel::{EntityId, IdempotencyKey, Operation, Request, TransactionContext};
use anabranch_simulator::clients::Planned;
use anabranch_simulator::host::Host;
use anabranch_simulator::random::Random;
use anabranch_simulator::simulation::Requests;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mistake {
    None,
    /// Keeps a counter outside of the states.
    Impure,
    /// A request key does not remember.
    Forgetful,
    /// Now and then there is no reply.
    Silent,
    /// Now and then a request without a key is answered twice.
    Talkative,
    /// Now and then a request goes in circles.
    Endless,
}

pub(crate) struct Toy {
    mistake: Mistake,
    steps: u64,
}

impl Toy {
    pub(crate) fn new(mistake: Mistake) -> Self {
        Self { mistake, steps: 0 }
    }
}

/// Requests along random paths, most of them through the first cells.
pub(crate) fn requests(seed: u64, count: usize) -> Requests {
    let mut random = Random::new(seed, "toy");
    let planned = (0..count as u64).map(|number| {
        let length = random.between(1, 5);
        let path: Vec<u8> = (0..length)
            .map(|_| {
                let end = random.between(1, 12);
                random.below(end) as u8
            })
            .collect();
        let operation = Operation::Call {
            target: EntityId { operator: OperatorId(0), key: vec![path[0]].into() },
            method: FunctionId(0),
            arguments: path,
        };
        let idempotency_key = random.happens(6_000).then(|| IdempotencyKey {
            key: format!("request-{number}"),
            fingerprint: u128::from(number).to_le_bytes(),
        });
        let context = TransactionContext { start_time_nanoseconds: 0, seed: [0; 32] };
        Planned { number, request: Request { operation, idempotency_key }, context }
    });
    Requests { planned: planned.collect(), preparation: 3 }
}

/// How often each cell should have been passed.
pub(crate) fn expected<'a>(
    operations: impl Iterator<Item = &'a Operation>,
) -> BTreeMap<Vec<u8>, u64> {
    let mut counts = BTreeMap::new();
    for operation in operations {
        let Operation::Call { arguments, .. } = operation else { panic!("only calls") };
        for cell in arguments {
            *counts.entry(cell_key(*cell)).or_default() += 1;
        }
    }
    counts
}

fn cell_key(cell: u8) -> Vec<u8> {
    format!("cell {cell}").into_bytes()
}

/// An event of a cell: the rest of the path, `/`, and where the reply goes to.
fn visit(path: &[u8], reply_to: &[u8]) -> Output {
    let event = [&path[1..], b"/", reply_to].concat();
    Output::Key { key: cell_key(path[0]), event }
}

impl Host for Toy {
    fn admit(&self, submission: &Submission) -> Output {
        let Operation::Call { arguments, .. } = &submission.request.operation else {
            panic!("only calls")
        };
        match &submission.request.idempotency_key {
            Some(key) => Output::Key {
                key: key.key.clone().into_bytes(),
                event: [arguments, b"/".as_slice(), &submission.client].concat(),
            },
            None => visit(arguments, &[b"client ", submission.client.as_slice()].concat()),
        }
    }

    fn step(&mut self, key: &[u8], state: &[u8], event: &[u8]) -> Result<Stepped, StepError> {
        self.steps += 1;
        let slash = event.iter().position(|byte| *byte == b'/').expect("an event has a slash");
        let (path, reply_to) = (&event[..slash], &event[slash + 1..]);
        if key.starts_with(b"request") {
            return Ok(self.request_step(key, state, path, reply_to));
        }
        let count = u64::from_le_bytes(state.try_into().unwrap_or_default()) + 1;
        let mut stepped = Stepped { state: count.to_le_bytes().to_vec(), ..Stepped::default() };
        let is_unlucky = count.is_multiple_of(50);
        if let [_, ..] = path {
            stepped.outputs.push(visit(path, reply_to));
        } else if self.mistake == Mistake::Endless && is_unlucky {
            let event = event.to_vec();
            stepped.state.clear();
            stepped.state.extend((count - 1).to_le_bytes());
            stepped.outputs.push(Output::Key { key: key.to_vec(), event });
        } else if !(self.mistake == Mistake::Silent && is_unlucky) {
            let shown = if self.mistake == Mistake::Impure { self.steps } else { count };
            let reply = shown.to_le_bytes().to_vec();
            let output = match reply_to.strip_prefix(b"client ") {
                Some(client) => Output::Client { client: client.to_vec(), reply },
                None => Output::Key {
                    key: reply_to.to_vec(),
                    event: [b"/=".as_slice(), &reply].concat(),
                },
            };
            let is_reply = matches!(output, Output::Client { .. });
            if self.mistake == Mistake::Talkative && is_unlucky && is_reply {
                stepped.outputs.push(output.clone());
            }
            stepped.outputs.push(output);
        }
        Ok(stepped)
    }

    fn event_report(&self, _event: &[u8]) -> Result<EventReport, StepError> {
        Ok(EventReport { kind: EventKind::Request, attempt: None, details: String::new() })
    }

    fn report(&self, key: &[u8], state: &[u8]) -> Result<KeyReport, StepError> {
        let is_pending = key.starts_with(b"request") && !state.starts_with(b"=");
        let under_way = is_pending.then(|| "a request".to_owned()).into_iter().collect();
        Ok(KeyReport { entity: None, under_way })
    }
}

impl Toy {
    /// The state of a request's key is the clients that wait, separated by spaces, or `=` and the reply.
    fn request_step(&self, key: &[u8], state: &[u8], path: &[u8], rest: &[u8]) -> Stepped {
        let mut stepped = Stepped::default();
        let mut answer = |client: &[u8], reply: &[u8]| {
            let (client, reply) = (client.to_vec(), reply.to_vec());
            stepped.outputs.push(Output::Client { client, reply });
        };
        if let Some(reply) = rest.strip_prefix(b"=") {
            for client in state.split(|byte| *byte == b' ') {
                answer(client, reply);
            }
            stepped.state =
                if self.mistake == Mistake::Forgetful { Vec::new() } else { rest.to_vec() };
        } else if let Some(reply) = state.strip_prefix(b"=") {
            answer(rest, reply);
            stepped.state = state.to_vec();
        } else if state.is_empty() {
            stepped.outputs.push(visit(path, key));
            stepped.state = rest.to_vec();
        } else {
            stepped.state = [state, b" ", rest].concat();
        }
        stepped
    }
}
