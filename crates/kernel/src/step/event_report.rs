//! What can be said of an event by who watches a simulation.

use std::fmt::Write;

use super::event::{Act, Asked, AttemptId, CallOutcome, Event, LockSet, Locks, Start};
use crate::{Failure, Reply};

/// What can be said of an event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EventReport {
    pub kind: EventKind,
    /// The attempt that it belongs to, if to one.
    pub attempt: Option<String>,
    /// The rest, in words.
    pub details: String,
}

/// What an event is there for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EventKind {
    /// A request or its outcome at the key of an idempotency key.
    Request,
    /// A transaction starts at its only entity.
    Single,
    /// A transaction starts without locks.
    Reconnaissance,
    /// A transaction wants its place in the order.
    Sequence,
    /// The same, after it was executed with too few locks.
    SequenceAfterMiss,
    /// The same, to run alone.
    SequenceAlone,
    /// More for a transaction that runs alone, or its end.
    Alone,
    Lock,
    /// A call that waits for its lock.
    LockedCall,
    /// A call without a lock.
    UnlockedCall,
    Return,
    Commit,
    Discard,
}

impl EventReport {
    pub(super) fn new(event: &Event) -> Self {
        let (kind, attempt, details) = match event {
            Event::Submit(submit) => (EventKind::Request, None, asked(&submit.asked)),
            Event::Answer(reply) => (EventKind::Request, None, answer(reply)),
            Event::Expire { .. } => (EventKind::Request, None, "expire".to_owned()),
            Event::Start(start) => started(start),
            Event::Sequence(sequence) => {
                let kind = match &sequence.locks {
                    Locks::Alone(_) => EventKind::SequenceAlone,
                    _ if sequence.root.misses > 0 => EventKind::SequenceAfterMiss,
                    _ => EventKind::Sequence,
                };
                let details = format!("{}, {}", act(&sequence.root.act), locks(&sequence.locks));
                (kind, Some(&sequence.attempt), details)
            }
            Event::Extend { attempt, entity } => {
                (EventKind::Alone, Some(attempt), format!("needs {}", entity.key.escape_ascii()))
            }
            Event::Done(done) => (EventKind::Alone, Some(&done.attempt), "is over".to_owned()),
            Event::Lock(lock) => {
                let root = lock.root.as_ref().map(|(root, _)| act(&root.act)).unwrap_or_default();
                (EventKind::Lock, Some(&lock.attempt), format!("{:?} {root}", lock.mode))
            }
            Event::Call(call) => {
                let kind = match call.is_locked {
                    true => EventKind::LockedCall,
                    false => EventKind::UnlockedCall,
                };
                let details = format!("{}, {}", act(&call.act), locks(&call.locks));
                (kind, Some(&call.attempt), details)
            }
            Event::Return(returned) => {
                let outcome = match &returned.outcome {
                    CallOutcome::Value(_) => "a value".to_owned(),
                    CallOutcome::Exception(raised) => raised.class.clone(),
                    CallOutcome::Stop(stop) => format!("{stop:?}"),
                };
                let beyond = entities(&returned.beyond);
                let details = format!("to frame {}: {outcome}, beyond {beyond}", returned.frame);
                (EventKind::Return, Some(&returned.attempt), details)
            }
            Event::Finish(finish) => {
                let kind = if finish.is_committed { EventKind::Commit } else { EventKind::Discard };
                (kind, Some(&finish.attempt), String::new())
            }
        };
        Self { kind, attempt: attempt.map(AttemptId::to_string), details }
    }
}

fn started(start: &Start) -> (EventKind, Option<&AttemptId>, String) {
    let kind = match start.lock {
        Some(_) => EventKind::Single,
        None => EventKind::Reconnaissance,
    };
    (kind, None, format!("request {} {}", start.request.0.escape_ascii(), act(&start.root.act)))
}

fn asked(asked: &Asked) -> String {
    match asked {
        Asked::Create { .. } => "creates".to_owned(),
        Asked::Act { target, act: asked } => {
            format!("{} {}", target.key.escape_ascii(), act(asked))
        }
    }
}

fn answer(reply: &Reply) -> String {
    match reply {
        Ok(_) => "answer: a value".to_owned(),
        Err(Failure::Raised(raised)) => format!("answer: {}", raised.class),
        Err(failure) => format!("answer: {failure:?}"),
    }
}

fn act(act: &Act) -> String {
    match act {
        Act::Call { method, .. } => format!("calls {method}"),
        Act::Get { attribute } => format!("gets {attribute}"),
        Act::Set { attribute, .. } => format!("sets {attribute}"),
        Act::GetState => "gets the state".to_owned(),
        Act::Exists => "asks whether it exists".to_owned(),
        Act::Insert(_) => "inserts".to_owned(),
        Act::Delete => "deletes".to_owned(),
    }
}

fn locks(locks: &Locks) -> String {
    match locks {
        Locks::None => "no locks".to_owned(),
        Locks::Set(set) => format!("locks {}", entities(set)),
        Locks::Alone(set) => format!("alone with {}", entities(set)),
    }
}

fn entities(set: &LockSet) -> String {
    let mut text = String::from("{");
    for (id, mode) in set {
        write!(text, " {}:{mode:?}", id.key.escape_ascii()).expect("a String takes all");
    }
    text + " }"
}
