//! The reply of a request with an idempotency key, as bytes: in the log, in memory, and as a value
//! of the store.
//!
//! The [`RECORD_VERSION`] byte, the sequence number and the time of the request (by which old
//! replies are told from new ones), the fingerprint of what was asked, and the reply: a kind byte
//! and its content. The result is the rest of the record; see `fields.rs` for all else.
//!
//! Only final answers are stored: results and exceptions of the application. A request that was
//! refused, interrupted or met a fault of ours may be tried again.

use anabranch_kernel::{Failure, Raised, Reply};

use crate::fields::{Fields, write_bytes};

/// First byte of every record. What has another one is refused.
const RECORD_VERSION: u8 = 1;

const KIND_RESULT: u8 = 0;
const KIND_RAISED: u8 = 1;

/// A stored reply.
#[derive(PartialEq, Debug)]
pub(crate) struct StoredReply {
    pub(crate) sequence: u64,
    /// In nanoseconds since the start of 1970.
    pub(crate) time: i64,
    pub(crate) fingerprint: [u8; 16],
    pub(crate) reply: Reply,
}

/// The record of `reply`; `None` if it is not final.
pub(crate) fn encode_reply(
    sequence: u64,
    time: i64,
    fingerprint: &[u8; 16],
    reply: &Reply,
) -> Option<Vec<u8>> {
    let mut record = vec![RECORD_VERSION];
    record.extend_from_slice(&sequence.to_le_bytes());
    record.extend_from_slice(&time.to_le_bytes());
    record.extend_from_slice(fingerprint);
    match reply {
        Ok(result) => {
            record.push(KIND_RESULT);
            record.extend_from_slice(result);
        }
        Err(Failure::Raised(raised)) => {
            record.push(KIND_RAISED);
            write_bytes(&mut record, &raised.exception);
            write_bytes(&mut record, raised.class.as_bytes());
            write_bytes(&mut record, raised.message.as_bytes());
            record.push(u8::from(raised.http_status.is_some()));
            record.extend_from_slice(&raised.http_status.unwrap_or(0).to_le_bytes());
            write_bytes(&mut record, raised.traceback.as_bytes());
        }
        Err(
            Failure::Interrupted
            | Failure::IdempotencyConflict
            | Failure::Overloaded
            | Failure::Unavailable(_)
            | Failure::Bug(_),
        ) => return None,
    }
    Some(record)
}

/// The reply in `record`.
pub(crate) fn decode_reply(record: &[u8]) -> Result<StoredReply, String> {
    let mut fields = Fields::new(record);
    match fields.byte() {
        Some(RECORD_VERSION) => {}
        Some(version) => {
            return Err(format!(
                "a stored reply has record version {version}, this version of Anabranch knows \
                 {RECORD_VERSION}"
            ));
        }
        None => return Err("a stored reply is empty".to_owned()),
    }
    read_reply(fields).ok_or_else(|| "a stored reply is not readable".to_owned())
}

fn read_reply(mut fields: Fields<'_>) -> Option<StoredReply> {
    let sequence = u64::from_le_bytes(fields.array()?);
    let time = i64::from_le_bytes(fields.array()?);
    let fingerprint = fields.array()?;
    let reply = match fields.byte()? {
        KIND_RESULT => Ok(fields.rest().to_vec()),
        KIND_RAISED => {
            let exception = fields.bytes()?.to_vec();
            let class = fields.text()?.to_owned();
            let message = fields.text()?.to_owned();
            let has_status = fields.byte()? != 0;
            let status = u16::from_le_bytes(fields.array()?);
            let http_status = has_status.then_some(status);
            let traceback = fields.text()?.to_owned();
            if !fields.is_empty() {
                return None;
            }
            Err(Failure::Raised(Raised { exception, class, message, http_status, traceback }))
        }
        _ => return None,
    };
    Some(StoredReply { sequence, time, fingerprint, reply })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raised(http_status: Option<u16>) -> Reply {
        Err(Failure::Raised(Raised {
            exception: vec![1, 2, 3],
            class: "shop:OutOfStock".to_owned(),
            message: "kein Stück mehr".to_owned(),
            http_status,
            traceback: "Traceback\n".to_owned(),
        }))
    }

    #[test]
    fn final_replies_come_back() {
        let fingerprint = *b"0123456789abcdef";
        for reply in [Ok(vec![1, 7, 7]), Ok(vec![]), raised(None), raised(Some(418))] {
            let record = encode_reply(42, -7, &fingerprint, &reply).unwrap();
            let stored = StoredReply { sequence: 42, time: -7, fingerprint, reply };
            assert_eq!(decode_reply(&record), Ok(stored));
        }
    }

    #[test]
    fn what_may_be_tried_again_is_not_stored() {
        for failure in [
            Failure::Interrupted,
            Failure::IdempotencyConflict,
            Failure::Overloaded,
            Failure::Unavailable("no disk".to_owned()),
            Failure::Bug("ours".to_owned()),
        ] {
            assert_eq!(encode_reply(1, 1, &[0; 16], &Err(failure)), None);
        }
    }

    #[test]
    fn a_record_that_was_cut_or_prolonged_is_refused() {
        let record = encode_reply(42, -7, &[7; 16], &raised(Some(418))).unwrap();
        for length in 0..record.len() {
            assert!(decode_reply(&record[..length]).is_err(), "cut to {length} bytes");
        }
        let longer = [&record[..], &[0]].concat();
        assert!(decode_reply(&longer).is_err());
    }

    #[test]
    fn an_unknown_record_version_is_refused() {
        let mut record = encode_reply(42, -7, &[7; 16], &Ok(vec![])).unwrap();
        record[0] = 2;
        assert!(decode_reply(&record).unwrap_err().contains("record version 2"));
    }
}
