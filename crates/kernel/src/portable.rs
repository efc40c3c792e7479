//! What an interpreter can do beside running segments, so that a call may be suspended in one process
//! and go on in another: the [`step`](crate::step) keeps nothing but bytes between two events.

use crate::value::wire::DecodeError;
use crate::{Arguments, EntityId, Interpreter, Raised};

/// An interpreter whose suspended calls can be written down.
pub trait PortableInterpreter: Interpreter {
    /// The message that [`Interpreter::decode_arguments`] reads.
    ///
    /// # Errors
    /// A `TypeError` for what has no encoding.
    fn encode_arguments(
        &mut self,
        arguments: &Arguments<Self::Value>,
    ) -> Result<Vec<u8>, Self::Value>;

    /// Writes down an entity together with the live variables of the calls that are suspended in it
    /// (`live` of [`Outcome::Suspend`](crate::Outcome)), in one message: an object that can be reached from both, or
    /// from two calls, stays one object. Nobody but [`PortableInterpreter::revive`] looks into it.
    ///
    /// # Errors
    /// A `TypeError` for what cannot be written down; it says which variable or attribute.
    fn suspend(
        &mut self,
        entity: &Self::Entity,
        live: &[&Self::Value],
    ) -> Result<Vec<u8>, Self::Value>;

    /// What [`PortableInterpreter::suspend`] wrote down of the entity of `id`.
    ///
    /// # Errors
    /// The bytes are not of this application.
    fn revive(
        &mut self,
        id: &EntityId,
        message: &[u8],
    ) -> Result<(Self::Entity, Vec<Self::Value>), DecodeError>;

    /// The exception that [`Interpreter::describe`] described where it left another entity's method,
    /// to be raised in the caller. When it is described again, the traceback shows both as one stack.
    ///
    /// # Errors
    /// The bytes are not an exception, or name a class that cannot be found.
    fn revive_exception(&mut self, raised: &Raised) -> Result<Self::Value, DecodeError> {
        self.decode(&raised.exception)
    }
}
