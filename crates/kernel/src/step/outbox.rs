//! What a step sends.

use anabranch_ir::Program;

use super::Output;
use super::address::Address;
use super::event::Event;
use super::wire::{self, Fingerprint};
use crate::Reply;

/// What a step sends, in order.
pub(crate) struct Outbox<'p> {
    program: &'p Program,
    fingerprint: Fingerprint,
    outputs: Vec<Output>,
}

impl<'p> Outbox<'p> {
    pub(crate) fn new(program: &'p Program, fingerprint: Fingerprint) -> Self {
        Self { program, fingerprint, outputs: Vec::new() }
    }

    pub(crate) fn send(&mut self, to: &Address, event: &Event) {
        let key = to.to_key(self.program);
        self.outputs.push(Output::Key { key, event: wire::encode(self.fingerprint, event) });
    }

    pub(crate) fn reply(&mut self, client: &[u8], reply: &Reply) {
        let reply = wire::encode(self.fingerprint, reply);
        self.outputs.push(Output::Client { client: client.to_vec(), reply });
    }

    pub(crate) fn into_outputs(self) -> Vec<Output> {
        self.outputs
    }
}
