//! What both sides say first.

use rmp::encode::{write_array_len, write_nil, write_str, write_uint};

use crate::reader::{Malformed, Reader};
use crate::{NAME, PREFACE, frame};

/// The first frame of a client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ClientHello<'a> {
    pub version: u64,
    /// The bearer token.
    pub token: Option<&'a str>,
}

/// The first frame of a server that takes the client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ServerHello {
    pub version: u64,
}

impl<'a> ClientHello<'a> {
    /// Appends the preface and the frame to `stream`.
    pub fn write(&self, stream: &mut Vec<u8>) {
        stream.push(PREFACE);
        frame::append(stream, |content| {
            write_array_len(content, 3).expect("a Vec takes all");
            write_str(content, NAME).expect("a Vec takes all");
            write_uint(content, self.version).expect("a Vec takes all");
            match self.token {
                Some(token) => write_str(content, token).expect("a Vec takes all"),
                None => write_nil(content).expect("a Vec takes all"),
            }
        });
    }

    /// Reads the content of a frame.
    ///
    /// # Errors
    /// It is something else.
    pub fn read(content: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(content)?;
        read_name(&mut reader)?;
        let version = reader.unsigned("the version of the protocol")?;
        let token = reader.optional_text("a token or nil")?;
        // A later version may say more.
        Ok(Self { version, token })
    }
}

impl ServerHello {
    /// Appends the frame to `stream`.
    pub fn write(&self, stream: &mut Vec<u8>) {
        frame::append(stream, |content| {
            write_array_len(content, 2).expect("a Vec takes all");
            write_str(content, NAME).expect("a Vec takes all");
            write_uint(content, self.version).expect("a Vec takes all");
        });
    }

    /// Reads the content of a frame.
    ///
    /// # Errors
    /// It is something else, such as a response that says why the client is not taken.
    pub fn read(content: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(content)?;
        read_name(&mut reader)?;
        Ok(Self { version: reader.unsigned("the version of the protocol")? })
    }
}

fn read_name(reader: &mut Reader<'_>) -> Result<(), Malformed> {
    let expected = "\"anabranch\"";
    if reader.text(expected)? == NAME { Ok(()) } else { Err(Malformed { expected }) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::VERSION;
    use crate::frame::HEADER_BYTES;

    #[test]
    fn hellos_come_back() {
        for token in [None, Some("secret")] {
            let mut stream = Vec::new();
            let hello = ClientHello { version: VERSION, token };
            hello.write(&mut stream);
            assert_eq!(stream[0], PREFACE);
            assert_eq!(ClientHello::read(&stream[1 + HEADER_BYTES..]), Ok(hello));
        }
        let mut stream = Vec::new();
        let hello = ServerHello { version: VERSION };
        hello.write(&mut stream);
        assert_eq!(ServerHello::read(&stream[HEADER_BYTES..]), Ok(hello));
    }

    #[test]
    fn somebody_else_is_noticed() {
        assert!(ClientHello::read(b"GET / HTTP/1.1\r\n").is_err());
        assert!(ServerHello::read(&[0x93, 0x00, 0xcd, 0x01, 0x91, 0x80]).is_err());
        assert!(ClientHello::read(&[]).is_err());
    }
}
