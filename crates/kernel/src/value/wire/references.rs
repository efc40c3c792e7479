//! Gives references in a message other keys, token by token, so that whatever containers share stays
//! shared.

use super::{DecodeError, FORMAT_VERSION, Reader, Token, Writer};

/// The message of the new key of an entity, from its class and the message of its key; `None` if it
/// keeps its key.
pub type NewKey<'k> = dyn Fn(&str, &[u8]) -> Option<Vec<u8>> + 'k;

/// `message` with new keys in its references; `None` if all keep theirs.
///
/// # Errors
/// The bytes are no message.
pub fn rewrite_references(
    message: &[u8],
    new_key: &NewKey<'_>,
) -> Result<Option<Vec<u8>>, DecodeError> {
    let mut reader = Reader::new(message)?;
    let mut rewriter = Rewriter { message, new_key, writer: Writer::new(), changed: false };
    rewriter.values(&mut reader, 1)?;
    reader.finish()?;
    Ok(rewriter.changed.then(|| rewriter.writer.finish()))
}

struct Rewriter<'m> {
    message: &'m [u8],
    new_key: &'m NewKey<'m>,
    writer: Writer,
    changed: bool,
}

impl<'m> Rewriter<'m> {
    fn values(&mut self, reader: &mut Reader<'m>, count: usize) -> Result<(), DecodeError> {
        (0..count).try_for_each(|_| self.value(reader))
    }

    fn named_values(&mut self, reader: &mut Reader<'m>, count: usize) -> Result<(), DecodeError> {
        for _ in 0..count {
            self.writer.name(reader.name()?);
            self.value(reader)?;
        }
        Ok(())
    }

    fn value(&mut self, reader: &mut Reader<'m>) -> Result<(), DecodeError> {
        let writer = &mut self.writer;
        match reader.token()? {
            Token::None => writer.none(),
            Token::Bool(value) => writer.bool(value),
            Token::Int(value) => writer.int(value),
            Token::BigInt(value) => writer.big_int(&value),
            Token::Float(value) => writer.float(value),
            Token::Str(text) => writer.str(text),
            Token::SurrogateStr(bytes) => writer.surrogate_str(bytes),
            Token::Bytes(bytes) => writer.bytes(bytes),
            Token::List(count) => {
                writer.list(count);
                self.values(reader, count)?;
            }
            Token::Tuple(count) => {
                writer.tuple(count);
                self.values(reader, count)?;
            }
            Token::Dict(count) => {
                writer.dict(count);
                for _ in 0..count {
                    self.values(reader, 2)?;
                }
            }
            Token::Set(count) => {
                writer.set(count);
                self.values(reader, count)?;
            }
            Token::FrozenSet(count) => {
                writer.frozen_set(count);
                self.values(reader, count)?;
            }
            Token::Date(date) => writer.date(date),
            Token::Time(time) => writer.time(&time),
            Token::DateTime(date, time) => writer.date_time(date, &time),
            Token::TimeDelta(delta) => writer.time_delta(delta),
            Token::Decimal(text) => writer.decimal(text),
            Token::Uuid(bytes) => writer.uuid(bytes),
            Token::EnumMember { class, member } => writer.enum_member(class, member),
            Token::Record { class, count } => {
                writer.record(class, count);
                self.named_values(reader, count)?;
            }
            Token::Reference { class } => self.reference(reader, class)?,
            Token::Exception { class, args, attributes } => {
                writer.exception(class, args, attributes);
                self.values(reader, args)?;
                self.named_values(reader, attributes)?;
            }
            Token::Opaque(pickle) => writer.opaque(pickle),
            Token::Shared(number) => writer.shared(number),
        }
        Ok(())
    }

    fn reference(&mut self, reader: &mut Reader<'m>, class: &str) -> Result<(), DecodeError> {
        let start = self.message.len() - reader.remaining();
        // Keys have no numbered containers and no references inside.
        skip_key(reader)?;
        let end = self.message.len() - reader.remaining();
        let mut key = Vec::with_capacity(end - start + 1);
        key.push(FORMAT_VERSION);
        key.extend_from_slice(&self.message[start..end]);
        self.writer.reference(class);
        match (self.new_key)(class, &key) {
            Some(new) => {
                self.changed = true;
                self.writer.embedded(&new);
            }
            None => self.writer.embedded(&key),
        }
        Ok(())
    }
}

pub(crate) fn skip_key(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    const INVALID: DecodeError = DecodeError::Invalid("the key of a reference cannot be a key");
    let parts = match reader.token()? {
        Token::Tuple(count) => count,
        Token::Str(_)
        | Token::SurrogateStr(_)
        | Token::Int(_)
        | Token::BigInt(_)
        | Token::Bytes(_)
        | Token::Uuid(_) => 0,
        _ => return Err(INVALID),
    };
    for _ in 0..parts {
        match reader.token()? {
            Token::Str(_)
            | Token::SurrogateStr(_)
            | Token::Int(_)
            | Token::BigInt(_)
            | Token::Bytes(_)
            | Token::Uuid(_) => {}
            _ => return Err(INVALID),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Value;
    use crate::value::Reference;
    use crate::value::wire::{decode, encode};

    fn reference(class: &str, key: &str) -> Value {
        let key = Box::new(Value::Str(key.to_owned()));
        Value::Reference(Reference { class: class.to_owned(), key })
    }

    fn upper(class: &str, key: &[u8]) -> Option<Vec<u8>> {
        match (class, decode(key).unwrap()) {
            ("Item", Value::Str(text)) => Some(encode(&Value::Str(text.to_uppercase()))),
            _ => None,
        }
    }

    #[test]
    fn references_get_new_keys_wherever_they_are() {
        let value = |item: &str| {
            Value::List(vec![
                reference("Item", item),
                reference("User", "pen"),
                Value::Dict(vec![(reference("Item", item), Value::Int(1))]),
                Value::Record {
                    class: "shop:Line".to_owned(),
                    fields: vec![("item".to_owned(), reference("Item", item))],
                },
                Value::Tuple(vec![Value::Str("pen".to_owned()), Value::Opaque(vec![1])]),
            ])
        };
        let rewritten = rewrite_references(&encode(&value("pen")), &upper).unwrap().unwrap();
        assert_eq!(decode(&rewritten).unwrap(), value("PEN"));
    }

    #[test]
    fn a_message_without_such_references_stays() {
        assert_eq!(rewrite_references(&encode(&reference("User", "x")), &upper), Ok(None));
    }

    #[test]
    fn shared_containers_stay_shared() {
        let mut writer = Writer::new();
        writer.list(3);
        let inner = writer.list(1);
        writer.reference("Item");
        writer.embedded(&encode(&Value::Str("a".to_owned())));
        writer.shared(inner);
        writer.shared(0);
        let message = writer.finish();
        let rewritten = rewrite_references(&message, &upper).unwrap().unwrap();
        let expected: Vec<u8> =
            message.iter().map(|byte| if *byte == b'a' { b'A' } else { *byte }).collect();
        assert_eq!(rewritten, expected);
    }
}
