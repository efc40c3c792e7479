//! The key of a request: exactly one reply for it, however often it is sent.
//!
//! A request with an idempotency key goes through a key of its own, which starts its transaction the first time
//! and remembers the reply. So does a creation, since only its constructor tells which entity
//! it is about: it runs here, and the new entity is inserted by a transaction.

use serde::{Deserialize, Serialize};

use super::event::{Act, Asked, ReplyTo, RequestId, RootCall, Submit};
use super::outbox::Outbox;
use super::{Step, StepError};
use crate::value::state::StateWriter;
use crate::{EntityId, Failure, PortableInterpreter, Reply, TransactionContext};

/// The state of a request's key.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(crate) enum RequestKey {
    Pending {
        fingerprint: Option<[u8; 16]>,
        time_nanoseconds: i64,
        clients: Vec<serde_bytes::ByteBuf>,
    },
    Answered {
        fingerprint: [u8; 16],
        time_nanoseconds: i64,
        reply: Reply,
    },
}

impl RequestKey {
    /// What it waits for, in words.
    pub(crate) fn under_way(&self) -> Vec<String> {
        match self {
            RequestKey::Pending { .. } => vec!["a request is not answered".to_owned()],
            RequestKey::Answered { .. } => Vec::new(),
        }
    }

    fn fingerprint(&self) -> Option<[u8; 16]> {
        match self {
            RequestKey::Pending { fingerprint, .. } => *fingerprint,
            RequestKey::Answered { fingerprint, .. } => Some(*fingerprint),
        }
    }

    /// The state after `retention_nanoseconds` have passed since an answered request came in.
    pub(crate) fn expire(self, now_nanoseconds: i64, retention_nanoseconds: i64) -> Option<Self> {
        let is_old = match &self {
            RequestKey::Pending { .. } => false,
            RequestKey::Answered { time_nanoseconds, .. } => {
                now_nanoseconds.saturating_sub(*time_nanoseconds) >= retention_nanoseconds
            }
        };
        (!is_old).then_some(self)
    }

    /// The transaction has an outcome.
    pub(crate) fn answer(self, reply: Reply, outbox: &mut Outbox<'_>) -> Option<Self> {
        let RequestKey::Pending { fingerprint, time_nanoseconds, clients } = self else {
            panic!("this is a bug in Anabranch: a request is answered twice");
        };
        for client in clients {
            outbox.reply(&client, &reply);
        }
        fingerprint.map(|fingerprint| RequestKey::Answered { fingerprint, time_nanoseconds, reply })
    }
}

impl<I: PortableInterpreter> Step<'_, I> {
    /// A client sends the request `id`, whose key is in `state`.
    pub(crate) fn submit(
        &mut self,
        id: RequestId,
        state: Option<RequestKey>,
        submit: Submit,
    ) -> Result<Option<RequestKey>, StepError> {
        let Submit { asked, fingerprint, client, context } = submit;
        let forgets = self.has_flaw(super::Flaw::DuplicateApplied);
        let state =
            state.filter(|state| !(forgets && matches!(state, RequestKey::Answered { .. })));
        if let Some(mut state) = state {
            if state.fingerprint() != fingerprint {
                self.outbox.reply(&client, &Err(Failure::IdempotencyConflict));
                return Ok(Some(state));
            }
            match &mut state {
                RequestKey::Pending { clients, .. } => {
                    clients.push(serde_bytes::ByteBuf::from(client));
                }
                RequestKey::Answered { reply, .. } => self.outbox.reply(&client, reply),
            }
            return Ok(Some(state));
        }
        let time_nanoseconds = context.start_time_nanoseconds;
        let clients = vec![serde_bytes::ByteBuf::from(client)];
        let pending = RequestKey::Pending { fingerprint, time_nanoseconds, clients };
        let begun = match asked {
            Asked::Act { target, act } => Ok((target, act)),
            Asked::Create { operator, arguments } => self
                .construct(operator, &arguments, &context)
                .map(|(id, state)| (id, Act::Insert(state))),
        };
        Ok(match begun {
            Ok((target, act)) => {
                let reply_to = ReplyTo::Request;
                let (misses, in_sequence) = (0, false);
                let root = RootCall { reply_to, target, act, context, misses, in_sequence };
                super::admission::begin(self.program, id, root, &mut self.outbox);
                Some(pending)
            }
            Err(failure) => pending.answer(Err(failure), &mut self.outbox),
        })
    }

    /// Runs a constructor; gives the entity and its state.
    fn construct(
        &mut self,
        operator: anabranch_ir::OperatorId,
        arguments: &[u8],
        context: &TransactionContext,
    ) -> Result<(EntityId, Vec<u8>), Failure> {
        self.in_transaction(context, None, |interpreter| {
            let arguments =
                interpreter.decode_arguments(arguments).map_err(crate::transaction::unfit)?;
            let constructed =
                interpreter.construct(operator, arguments).and_then(|(id, mut entity)| {
                    let mut state = StateWriter::new();
                    interpreter.save(&mut entity, None, &mut state)?;
                    Ok((id, state.bytes().to_vec()))
                });
            constructed.map_err(|exception| Failure::Raised(interpreter.describe(&exception)))
        })
    }
}
