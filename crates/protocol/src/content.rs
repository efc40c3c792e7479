//! What requests and responses carry: arguments, keys and results.

use rmp::encode::write_ext_meta;
use rmpv::Value;

use crate::MESSAGE_EXTENSION;

/// Arguments, a key or a result, in one of two forms.
#[derive(Clone, PartialEq, Debug)]
pub enum Content<'a> {
    /// A value message of the kernel.
    Message(&'a [u8]),
    /// MessagePack's own types, in the forms of the HTTP interface's JSON.
    Natural(Value),
}

impl Content<'_> {
    pub(crate) fn write(&self, stream: &mut Vec<u8>) {
        match self {
            Content::Message(message) => {
                let length = u32::try_from(message.len());
                let length = length.expect("this is a bug in Anabranch: a message beyond 4 GiB");
                write_ext_meta(stream, length, MESSAGE_EXTENSION).expect("a Vec takes all");
                stream.extend_from_slice(message);
            }
            Content::Natural(value) => {
                rmpv::encode::write_value(stream, value).expect("a Vec takes all");
            }
        }
    }
}
