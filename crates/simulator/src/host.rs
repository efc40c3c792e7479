//! What is hosted, behind a trait: the kernel's step, or a toy in tests of the simulator itself.

use anabranch_kernel::PortableInterpreter;
use anabranch_kernel::step::{
    EventReport, KeyReport, Output, StepError, StepHost, Stepped, Submission,
};

/// Takes events. Each partition has a host of its own, and gets a new one after a crash.
pub trait Host {
    /// The first event of a root call.
    fn admit(&self, submission: &Submission) -> Output;

    /// Lets `key`, whose state is `state`, take `event`.
    ///
    /// # Errors
    /// The step cannot be taken.
    fn step(&mut self, key: &[u8], state: &[u8], event: &[u8]) -> Result<Stepped, StepError>;

    /// Looks into an event.
    ///
    /// # Errors
    /// The bytes are no event.
    fn event_report(&self, event: &[u8]) -> Result<EventReport, StepError>;

    /// Looks into the state of a key.
    ///
    /// # Errors
    /// The bytes are no state of this key.
    fn report(&self, key: &[u8], state: &[u8]) -> Result<KeyReport, StepError>;
}

impl<I: PortableInterpreter> Host for StepHost<I> {
    fn admit(&self, submission: &Submission) -> Output {
        StepHost::admit(self, submission)
    }

    fn step(&mut self, key: &[u8], state: &[u8], event: &[u8]) -> Result<Stepped, StepError> {
        StepHost::step(self, key, state, event)
    }

    fn event_report(&self, event: &[u8]) -> Result<EventReport, StepError> {
        StepHost::event_report(self, event)
    }

    fn report(&self, key: &[u8], state: &[u8]) -> Result<KeyReport, StepError> {
        StepHost::report(self, key, state)
    }
}
