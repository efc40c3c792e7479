//! A store in memory that a test holds up and lets fail.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};

use anabranch_embedded::store::{Change, Store, StoreError, Table};

use crate::client::TIMEOUT;

/// What the store was told to do, in order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Action {
    /// A batch with so many changes of states and replies.
    Write {
        states: usize,
        replies: usize,
    },
    Persist,
}

#[derive(Default)]
pub(crate) struct MemoryStore {
    content: Mutex<Content>,
    gate: Option<Mutex<Gate>>,
}

#[derive(Default)]
struct Content {
    tables: HashMap<(Table, Vec<u8>), Vec<u8>>,
    actions: Vec<Action>,
    read_failure: Option<StoreError>,
    write_failure: Option<StoreError>,
}

/// Inside `persist`: says that it was entered, then waits for how it should end.
struct Gate {
    entered: Sender<()>,
    outcomes: Receiver<Result<(), StoreError>>,
}

/// The test's side of a [`Gate`].
pub(crate) struct GateKeeper {
    entered: Receiver<()>,
    outcomes: Sender<Result<(), StoreError>>,
}

impl GateKeeper {
    /// Waits until the committer is inside `persist`.
    pub(crate) fn wait_entered(&self) {
        self.entered.recv_timeout(TIMEOUT).expect("the committer does not persist");
    }

    /// Lets one `persist` end.
    pub(crate) fn release(&self, outcome: Result<(), StoreError>) {
        self.outcomes.send(outcome).unwrap();
    }
}

impl MemoryStore {
    /// A store where `persist` waits for the gate keeper, until that is dropped.
    pub(crate) fn gated() -> (Self, GateKeeper) {
        let (entered_sender, entered) = mpsc::channel();
        let (outcomes, outcomes_receiver) = mpsc::channel();
        let gate = Gate { entered: entered_sender, outcomes: outcomes_receiver };
        let store = Self { gate: Some(Mutex::new(gate)), ..Self::default() };
        (store, GateKeeper { entered, outcomes })
    }

    pub(crate) fn actions(&self) -> Vec<Action> {
        self.content.lock().unwrap().actions.clone()
    }

    pub(crate) fn fail_reads(&self, problem: &str) {
        self.content.lock().unwrap().read_failure = Some(StoreError(problem.to_owned()));
    }

    pub(crate) fn fail_writes(&self, problem: &str) {
        self.content.lock().unwrap().write_failure = Some(StoreError(problem.to_owned()));
    }
}

impl Store for MemoryStore {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let content = self.content.lock().unwrap();
        match &content.read_failure {
            Some(error) => Err(error.clone()),
            None => Ok(content.tables.get(&(table, key.to_vec())).cloned()),
        }
    }

    fn write(&self, batch: Vec<Change>) -> Result<(), StoreError> {
        let mut content = self.content.lock().unwrap();
        if let Some(error) = &content.write_failure {
            return Err(error.clone());
        }
        let count = |table| batch.iter().filter(|change| change.table == table).count();
        let action = Action::Write { states: count(Table::States), replies: count(Table::Replies) };
        content.actions.push(action);
        let changes = batch.len();
        let mut names = std::collections::HashSet::new();
        for Change { table, key, value } in batch {
            names.insert((table, key.clone()));
            match value {
                Some(value) => content.tables.insert((table, key), value),
                None => content.tables.remove(&(table, key)),
            };
        }
        assert_eq!(names.len(), changes, "a key occurs twice in a batch");
        Ok(())
    }

    fn persist(&self) -> Result<(), StoreError> {
        self.content.lock().unwrap().actions.push(Action::Persist);
        let Some(gate) = &self.gate else {
            return Ok(());
        };
        let gate = gate.lock().unwrap();
        // Nobody may be there any more.
        let _ = gate.entered.send(());
        gate.outcomes.recv_timeout(TIMEOUT).unwrap_or(Ok(()))
    }
}
