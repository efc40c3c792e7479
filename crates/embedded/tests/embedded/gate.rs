//! A place in the code of a test's store or disk where it waits for the test.

use std::sync::Mutex;
use std::sync::mpsc::{self, Receiver, Sender};

use crate::client::TIMEOUT;

/// Open until a test closes it.
#[derive(Default)]
pub(crate) struct Gate(Mutex<Option<Closed>>);

struct Closed {
    entered: Sender<()>,
    outcomes: Receiver<Result<(), String>>,
}

/// The test's side of a gate that is closed. Dropped, it leaves the gate open.
pub(crate) struct GateKeeper {
    entered: Receiver<()>,
    outcomes: Sender<Result<(), String>>,
}

impl Gate {
    /// From now on whoever comes to the gate waits for the keeper.
    pub(crate) fn close(&self) -> GateKeeper {
        let (entered_sender, entered) = mpsc::channel();
        let (outcomes, outcomes_receiver) = mpsc::channel();
        *self.0.lock().unwrap() =
            Some(Closed { entered: entered_sender, outcomes: outcomes_receiver });
        GateKeeper { entered, outcomes }
    }

    /// Says that it was entered, then waits for how it should end.
    pub(crate) fn pass(&self) -> Result<(), String> {
        let closed = self.0.lock().unwrap();
        let Some(Closed { entered, outcomes }) = &*closed else { return Ok(()) };
        // Nobody may be there any more.
        let _ = entered.send(());
        outcomes.recv_timeout(TIMEOUT).unwrap_or(Ok(()))
    }
}

impl GateKeeper {
    /// Waits until somebody waits at the gate.
    pub(crate) fn wait_entered(&self) {
        self.entered.recv_timeout(TIMEOUT).expect("nobody comes to the gate");
    }

    /// Lets one pass.
    pub(crate) fn release(&self, outcome: Result<(), &str>) {
        self.outcomes.send(outcome.map_err(str::to_owned)).unwrap();
    }
}
