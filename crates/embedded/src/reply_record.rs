//! The reply of a request with an idempotency key, as a key and a value of
//! [`Table::Replies`](crate::store::Table::Replies).
//!
//! Key: the [`KEY_PREFIX`] byte and the client's key. Value: the [`RECORD_VERSION`] byte, the
//! sequence number of the request (by which old replies can be told from new ones), the fingerprint
//! of what was asked, and the reply: a kind byte and its content. Numbers are little-endian; every
//! text or byte string but a result, which is the rest of the record, comes after its length as
//! `u32`.
//!
//! Only final answers are stored: results and exceptions of the application. A request that was
//! refused, interrupted or met a fault of ours may be tried again.

use anabranch_kernel::{Failure, Raised, Reply};

/// First byte of every record. What has another one is refused.
const RECORD_VERSION: u8 = 1;

/// Keeps room for an order of the replies in the same table.
const KEY_PREFIX: u8 = b'k';

const KIND_RESULT: u8 = 0;
const KIND_RAISED: u8 = 1;

/// A stored reply.
#[derive(PartialEq, Debug)]
pub(crate) struct StoredReply {
    pub(crate) sequence: u64,
    pub(crate) fingerprint: [u8; 16],
    pub(crate) reply: Reply,
}

/// The key in the store for the client's `key`.
pub(crate) fn reply_key(key: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 + key.len());
    bytes.push(KEY_PREFIX);
    bytes.extend_from_slice(key.as_bytes());
    bytes
}

/// The record of `reply`; `None` if it is not final.
pub(crate) fn encode_reply(
    sequence: u64,
    fingerprint: &[u8; 16],
    reply: &Reply,
) -> Option<Vec<u8>> {
    let mut record = vec![RECORD_VERSION];
    record.extend_from_slice(&sequence.to_le_bytes());
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

fn write_bytes(record: &mut Vec<u8>, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("this is a bug in Anabranch: a reply of 4 GiB");
    record.extend_from_slice(&length.to_le_bytes());
    record.extend_from_slice(bytes);
}

/// The reply in `record`.
pub(crate) fn decode_reply(record: &[u8]) -> Result<StoredReply, String> {
    let mut rest = record;
    match rest.split_off_first() {
        Some(&RECORD_VERSION) => {}
        Some(version) => {
            return Err(format!(
                "a stored reply has record version {version}, this version of Anabranch knows \
                 {RECORD_VERSION}"
            ));
        }
        None => return Err("a stored reply is empty".to_owned()),
    }
    read_reply(&mut rest).ok_or_else(|| "a stored reply is not readable".to_owned())
}

fn read_reply(rest: &mut &[u8]) -> Option<StoredReply> {
    let sequence = u64::from_le_bytes(read_array(rest)?);
    let fingerprint = read_array(rest)?;
    let reply = match *rest.split_off_first()? {
        KIND_RESULT => Ok(std::mem::take(rest).to_vec()),
        KIND_RAISED => {
            let exception = read_bytes(rest)?;
            let class = read_text(rest)?;
            let message = read_text(rest)?;
            let has_status = *rest.split_off_first()? != 0;
            let status = u16::from_le_bytes(read_array(rest)?);
            let http_status = has_status.then_some(status);
            let traceback = read_text(rest)?;
            let raised = Raised { exception, class, message, http_status, traceback };
            Err(Failure::Raised(raised))
        }
        _ => return None,
    };
    rest.is_empty().then_some(StoredReply { sequence, fingerprint, reply })
}

fn read_array<const LENGTH: usize>(rest: &mut &[u8]) -> Option<[u8; LENGTH]> {
    let (array, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*array)
}

fn read_bytes(rest: &mut &[u8]) -> Option<Vec<u8>> {
    let length = u32::from_le_bytes(read_array(rest)?);
    let (bytes, after) = rest.split_at_checked(length as usize)?;
    *rest = after;
    Some(bytes.to_vec())
}

fn read_text(rest: &mut &[u8]) -> Option<String> {
    String::from_utf8(read_bytes(rest)?).ok()
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
            let record = encode_reply(42, &fingerprint, &reply).unwrap();
            let stored = StoredReply { sequence: 42, fingerprint, reply };
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
            assert_eq!(encode_reply(1, &[0; 16], &Err(failure)), None);
        }
    }

    #[test]
    fn a_record_that_was_cut_or_prolonged_is_refused() {
        let record = encode_reply(42, &[7; 16], &raised(Some(418))).unwrap();
        for length in 0..record.len() {
            assert!(decode_reply(&record[..length]).is_err(), "cut to {length} bytes");
        }
        let longer = [&record[..], &[0]].concat();
        assert!(decode_reply(&longer).is_err());
    }

    #[test]
    fn an_unknown_record_version_is_refused() {
        let mut record = encode_reply(42, &[7; 16], &Ok(vec![])).unwrap();
        record[0] = 2;
        assert!(decode_reply(&record).unwrap_err().contains("record version 2"));
    }
}
