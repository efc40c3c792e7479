//! Responses.

use rmp::encode::{write_array_len, write_uint};

use crate::reader::{Malformed, Reader};
use crate::{Content, frame};

/// The answer to a request.
#[derive(Clone, PartialEq, Debug)]
pub struct Response<'a> {
    /// The number of the request; 0 where there is none.
    pub id: u64,
    /// The status that HTTP would have.
    pub status: u16,
    /// What was asked for; from status 400 on the members of problem+json.
    pub body: Content<'a>,
}

impl<'a> Response<'a> {
    /// Appends the frame to `stream`.
    pub fn write(&self, stream: &mut Vec<u8>) {
        frame::append(stream, |content| {
            write_array_len(content, 3).expect("a Vec takes all");
            write_uint(content, self.id).expect("a Vec takes all");
            write_uint(content, self.status.into()).expect("a Vec takes all");
            self.body.write(content);
        });
    }

    /// Reads the content of a frame.
    ///
    /// # Errors
    /// It is no response.
    pub fn read(content: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(content)?;
        let id = reader.unsigned("the number of a request")?;
        let expected = "a status";
        let status = reader.unsigned(expected)?;
        let status = u16::try_from(status).map_err(|_| Malformed { expected })?;
        let body = reader.content("a body")?;
        reader.end()?;
        Ok(Self { id, status, body })
    }
}

#[cfg(test)]
mod tests {
    use rmpv::Value;

    use super::*;
    use crate::frame::HEADER_BYTES;

    #[test]
    fn responses_come_back() {
        for body in [Content::Message(b"abc"), Content::Natural(Value::Nil)] {
            let mut stream = Vec::new();
            let response = Response { id: 300, status: 503, body };
            response.write(&mut stream);
            assert_eq!(Response::read(&stream[HEADER_BYTES..]), Ok(response));
        }
    }
}
