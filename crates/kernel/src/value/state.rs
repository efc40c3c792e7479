//! The bytes of an entity's state, with the attributes apart.
//!
//! An engine can tell the attributes of a state from one another, compare them and store them one
//! by one without knowing what is in them. The first byte says which form a state has:
//!
//! | form | byte | what follows |
//! | --- | --- | --- |
//! | separate | `0x10` | the number of attributes; for each its name, the length of its value's message, the message |
//! | joined | `0x11` | one message: a dict from name to value |
//!
//! Numbers and lengths are LEB128 varints, a name is its length and its UTF-8 bytes, messages are
//! those of [`wire`], each with its own numbers for containers. Attributes are in the order in
//! which the object has them.
//!
//! The joined form is only for states in which a container can be reached from two attributes: one
//! message keeps it one container. An interpreter finds that out while it writes the separate form
//! and starts again with [`StateWriter::joined`].

#[cfg(test)]
mod tests;

use crate::value::Value;
use crate::value::wire::{self, DecodeError, NewKey, Reader, Writer, write_length};

const SEPARATE: u8 = 0x10;
const JOINED: u8 = 0x11;

/// Writes states, one after another, into the same buffer.
#[derive(Default, Debug)]
pub struct StateWriter {
    bytes: Vec<u8>,
}

impl StateWriter {
    pub fn new() -> Self {
        Self::default()
    }

    /// What was written since the last [`StateWriter::separate`] or [`StateWriter::joined`].
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Starts a state in the separate form; `count` attributes follow.
    pub fn separate(&mut self, count: usize) {
        self.bytes.clear();
        self.bytes.push(SEPARATE);
        write_length(&mut self.bytes, count);
    }

    /// An attribute; `write` writes its value. Gives the length of the value's message.
    ///
    /// # Errors
    /// Those of `write`; the state must then be started anew.
    pub fn attribute<E>(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Writer) -> Result<(), E>,
    ) -> Result<usize, E> {
        self.name(name);
        // Most values are short: room for a length of one byte, and more is made where needed.
        let length_at = self.bytes.len();
        self.bytes.push(0);
        let start = self.bytes.len();
        self.message(write)?;
        let length = self.bytes.len() - start;
        if length < 0x80 {
            self.bytes[length_at] = length as u8;
        } else {
            let mut prefix = Vec::with_capacity(10);
            write_length(&mut prefix, length);
            self.bytes.splice(length_at..start, prefix);
        }
        Ok(length)
    }

    /// An attribute whose value `message` holds already.
    pub fn attribute_message(&mut self, name: &str, message: &[u8]) {
        self.name(name);
        write_length(&mut self.bytes, message.len());
        self.bytes.extend_from_slice(message);
    }

    /// A state in the joined form; `write` writes a dict from name to value.
    ///
    /// # Errors
    /// Those of `write`; the state must then be started anew.
    pub fn joined<E>(&mut self, write: impl FnOnce(&mut Writer) -> Result<(), E>) -> Result<(), E> {
        self.bytes.clear();
        self.bytes.push(JOINED);
        self.message(write)
    }

    /// A state in the joined form whose dict `message` holds already.
    pub fn joined_message(&mut self, message: &[u8]) {
        self.bytes.clear();
        self.bytes.push(JOINED);
        self.bytes.extend_from_slice(message);
    }

    /// Lets go of a buffer that one huge state has made.
    pub fn shrink_to(&mut self, capacity: usize) {
        if self.bytes.capacity() > capacity {
            self.bytes = Vec::new();
        }
    }

    fn name(&mut self, name: &str) {
        write_length(&mut self.bytes, name.len());
        self.bytes.extend_from_slice(name.as_bytes());
    }

    fn message<E>(&mut self, write: impl FnOnce(&mut Writer) -> Result<(), E>) -> Result<(), E> {
        let mut writer = Writer::after(std::mem::take(&mut self.bytes));
        let written = write(&mut writer);
        self.bytes = writer.finish();
        written
    }
}

/// A state, taken apart as far as its form allows.
#[derive(Clone, Debug)]
pub enum StateView<'a> {
    Separate(Attributes<'a>),
    /// The message of a dict from name to value.
    Joined(&'a [u8]),
}

impl<'a> StateView<'a> {
    /// Looks at `state`.
    ///
    /// # Errors
    /// It has no form that is known here, or ends too early.
    pub fn new(state: &'a [u8]) -> Result<Self, DecodeError> {
        match state.split_first() {
            None => Err(DecodeError::Truncated),
            Some((&SEPARATE, rest)) => {
                let mut reader = Reader::of_parts(rest);
                let left = reader.length()?;
                if left == 0 && reader.remaining() > 0 {
                    return Err(DecodeError::Trailing);
                }
                Ok(StateView::Separate(Attributes { reader, left }))
            }
            Some((&JOINED, message)) => Ok(StateView::Joined(message)),
            Some((form, _)) => Err(DecodeError::StateForm(*form)),
        }
    }
}

/// The attributes of a state in the separate form, in order. Ends after the first error.
#[derive(Clone, Debug)]
pub struct Attributes<'a> {
    reader: Reader<'a>,
    left: usize,
}

/// An attribute of a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Attribute<'a> {
    pub name: &'a str,
    /// The message of its value.
    pub message: &'a [u8],
}

impl<'a> Attributes<'a> {
    /// How many bytes the rest of the state has.
    pub fn bytes(&self) -> usize {
        self.reader.remaining()
    }

    fn read(&mut self) -> Result<Attribute<'a>, DecodeError> {
        let attribute = Attribute { name: self.reader.name()?, message: self.reader.payload()? };
        if self.left == 0 && self.reader.remaining() > 0 {
            return Err(DecodeError::Trailing);
        }
        Ok(attribute)
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = Result<Attribute<'a>, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        let attribute = self.read();
        if attribute.is_err() {
            self.left = 0;
        }
        Some(attribute)
    }
}

/// How two states of an entity differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Difference {
    Same,
    /// The attributes are called the same, in the same order; those with these indices differ.
    Attributes(Vec<usize>),
    /// There is no telling by attribute.
    Everything,
}

/// How `after` differs from `before`.
pub fn difference(before: &[u8], after: &[u8]) -> Difference {
    if before == after {
        return Difference::Same;
    }
    let views = (StateView::new(before), StateView::new(after));
    let (Ok(StateView::Separate(before)), Ok(StateView::Separate(after))) = views else {
        return Difference::Everything;
    };
    if before.left != after.left {
        return Difference::Everything;
    }
    let mut different = Vec::new();
    for (index, pair) in before.zip(after).enumerate() {
        match pair {
            (Ok(before), Ok(after)) if before.name == after.name => {
                if before.message != after.message {
                    different.push(index);
                }
            }
            _ => return Difference::Everything,
        }
    }
    // Bytes that differ outside of all attributes: one of the two is damaged.
    if different.is_empty() { Difference::Everything } else { Difference::Attributes(different) }
}

/// `state` with new keys in its references; `None` if all keep theirs.
///
/// # Errors
/// The bytes are no state.
pub fn rewrite_references(
    state: &[u8],
    new_key: &NewKey<'_>,
) -> Result<Option<Vec<u8>>, DecodeError> {
    let attributes = match StateView::new(state)? {
        StateView::Separate(attributes) => attributes,
        StateView::Joined(message) => {
            let rewritten = wire::rewrite_references(message, new_key)?;
            return Ok(rewritten.map(|message| [&[JOINED], &message[..]].concat()));
        }
    };
    let mut writer = StateWriter::new();
    writer.separate(attributes.left);
    let mut changed = false;
    for attribute in attributes {
        let Attribute { name, message } = attribute?;
        let rewritten = wire::rewrite_references(message, new_key)?;
        changed |= rewritten.is_some();
        writer.attribute_message(name, rewritten.as_deref().unwrap_or(message));
    }
    Ok(changed.then_some(writer.bytes))
}

/// The state with these attributes.
pub fn encode<'a>(attributes: impl ExactSizeIterator<Item = (&'a str, &'a Value)>) -> Vec<u8> {
    let mut writer = StateWriter::new();
    writer.separate(attributes.len());
    for (name, value) in attributes {
        writer.attribute_message(name, &wire::encode(value));
    }
    writer.bytes
}

/// The attributes in `state`.
///
/// # Errors
/// The bytes are no state, or what [`wire::decode`] says about a value.
pub fn decode(state: &[u8]) -> Result<Vec<(String, Value)>, DecodeError> {
    match StateView::new(state)? {
        StateView::Separate(attributes) => {
            let decode = |attribute: Result<Attribute<'_>, DecodeError>| {
                let Attribute { name, message } = attribute?;
                Ok((name.to_owned(), wire::decode(message)?))
            };
            attributes.map(decode).collect()
        }
        StateView::Joined(message) => {
            let Value::Dict(pairs) = wire::decode(message)? else {
                return Err(DecodeError::Invalid("it does not hold the state of an entity"));
            };
            let named = |(name, value)| match name {
                Value::Str(name) => Ok((name, value)),
                _ => Err(DecodeError::Invalid("the name of an attribute is no string")),
            };
            pairs.into_iter().map(named).collect()
        }
    }
}
