//! The format, byte by byte: what was written once stays readable.

use std::fmt::Write;

use anabranch_log::testing::MemoryFiles;
use anabranch_log::{Log, LogError};
use expect_test::expect;

use crate::workload::small;

const NAME: &str = "000000000001.segment";

/// The lines of 16 bytes that are not all zeros.
fn dump(bytes: &[u8]) -> String {
    let mut text = String::new();
    for (index, line) in bytes.chunks(16).enumerate() {
        if line.iter().any(|byte| *byte != 0) {
            write!(text, "{:04x} ", index * 16).unwrap();
            for byte in line {
                write!(text, " {byte:02x}").unwrap();
            }
            text.push('\n');
        }
    }
    text
}

/// The bytes that [`dump`] shows, of a file with `length` of them.
fn undump(text: &str, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    for line in text.lines() {
        let mut words = line.split_whitespace();
        let Some(offset) = words.next() else { continue };
        let offset = usize::from_str_radix(offset, 16).unwrap();
        for (index, word) in words.enumerate() {
            bytes[offset + index] = u8::from_str_radix(word, 16).unwrap();
        }
    }
    bytes
}

#[test]
fn the_format_does_not_change() {
    let files = MemoryFiles::new(1);
    let mut log = Log::create(files.shared(), 41, small()).unwrap();
    log.append(42, &[&b"first"[..], b"", b"third"]).unwrap();
    log.append(45, &[b"fourth"]).unwrap();
    drop(log);
    let golden = expect![[r#"
        0000  41 4e 41 42 52 4c 4f 47 01 00 00 00 00 00 00 00
        0010  01 00 00 00 00 00 00 00 c1 5c 02 89 ec 2d 0a 91
        0020  2a 00 00 00 00 00 00 00 00 10 00 00 00 00 00 00
        0030  67 ec 8e 65 a1 8d eb be 86 32 79 52 ab 34 e6 81
        0200  41 4e 41 42 52 4c 4f 47 01 00 00 00 00 00 00 00
        0210  01 00 00 00 00 00 00 00 c1 5c 02 89 ec 2d 0a 91
        0220  2a 00 00 00 00 00 00 00 00 10 00 00 00 00 00 00
        0230  67 ec 8e 65 a1 8d eb be 86 32 79 52 ab 34 e6 81
        0400  52 45 43 53 03 00 00 00 16 00 00 00 00 00 00 00
        0410  2a 00 00 00 00 00 00 00 41 77 03 9b a7 49 78 06
        0420  13 ab fc a6 25 38 a6 89 05 00 00 00 66 69 72 73
        0430  74 00 00 00 00 05 00 00 00 74 68 69 72 64 00 00
        0440  52 45 43 53 01 00 00 00 0a 00 00 00 00 00 00 00
        0450  2d 00 00 00 00 00 00 00 3b 6c 05 e4 14 96 83 00
        0460  fe 85 cc 4c 7d 33 b1 f3 06 00 00 00 66 6f 75 72
        0470  74 68 00 00 00 00 00 00 4d 41 52 4b 00 00 00 00
        0480  00 00 00 00 00 00 00 00 2e 00 00 00 00 00 00 00
        0490  00 00 00 00 00 00 00 00 dc dc ca fb 12 78 a2 43
    "#]];
    golden.assert_eq(&dump(&files.bytes(NAME)));

    // Read from the text above, which no change of the code changes along with it.
    let files = MemoryFiles::new(2);
    files.put(NAME, undump(golden.data(), 4096));
    let mut recovery = Log::open(files.shared(), 42, small()).unwrap();
    let mut read = Vec::new();
    while let Some(record) = recovery.next_record().unwrap() {
        read.push((record.sequence, record.bytes.to_vec()));
    }
    assert_eq!(read, [(43, vec![]), (44, b"third".to_vec()), (45, b"fourth".to_vec())]);
    assert_eq!(recovery.finish().unwrap().next_sequence(), 46);
}

#[test]
fn a_newer_format_is_refused_by_its_number() {
    let files = MemoryFiles::new(1);
    drop(Log::create(files.shared(), 0, small()).unwrap());
    let mut bytes = files.bytes(NAME);
    for copy in [0, 512] {
        bytes[copy + 8] = 2;
        let checksum = xxhash_rust::xxh3::xxh3_64(&bytes[copy..copy + 56]);
        bytes[copy + 56..copy + 64].copy_from_slice(&checksum.to_le_bytes());
    }
    files.put(NAME, bytes);
    let error = Log::open(files.shared(), 0, small()).err().unwrap();
    assert!(matches!(error, LogError::NewerFormat { found: 2, supported: 1, .. }), "{error}");
    assert!(error.to_string().contains("upgrade Anabranch"), "{error}");
}

#[test]
fn messages_name_the_file_the_place_and_the_way_out() {
    let files = MemoryFiles::new(1);
    let mut log = Log::create(files.shared(), 0, small()).unwrap();
    log.append(1, &[[7; 100]]).unwrap();
    log.append(2, &[[8; 100]]).unwrap();
    drop(log);
    let mut bytes = files.bytes(NAME);
    bytes[1100] ^= 1;
    files.put(NAME, bytes);
    let mut recovery = Log::open(files.shared(), 0, small()).unwrap();
    let message = recovery.next_record().unwrap_err().to_string();
    assert_eq!(
        message,
        "the log is damaged: log/000000000001.segment, offset 1024, record 1: the checksum of a \
         frame does not match, though more follows at offset 1168; restore the data folder from a \
         backup, or let `anabranch repair` say what can be kept"
    );
}
