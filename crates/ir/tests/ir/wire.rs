//! The wire form.

use anabranch_ir::hint::DEPTH_MAX;
use anabranch_ir::wire::{DecodeError, FORMAT_VERSION, decode, encode};
use anabranch_ir::{Hint, Program};
use expect_test::expect_file;

use crate::sample;

/// Guards the format. Do not write a file anew that has been released: raise the version, as the
/// documentation of the module `wire` says.
#[test]
fn the_format_is_that_of_the_golden_file() {
    let message = encode(&sample::program());
    let lines = message.chunks(32).map(|chunk| {
        let bytes: Vec<String> = chunk.iter().map(|byte| format!("{byte:02x}")).collect();
        bytes.join(" ") + "\n"
    });
    assert_eq!(FORMAT_VERSION, 5, "name the golden file after the version");
    expect_file!["../golden/wire_v5.hex"].assert_eq(&lines.collect::<String>());
}

#[test]
fn programs_come_back() {
    for program in [Program::default(), sample::program()] {
        assert_eq!(decode(&encode(&program)), Ok(program));
    }
}

#[test]
fn equal_programs_have_equal_fingerprints() {
    let mut program = sample::program();
    let fingerprint = program.fingerprint();
    assert_eq!(fingerprint, sample::program().fingerprint());
    program.modules[0].name.push('x');
    assert_ne!(fingerprint, program.fingerprint());
}

#[test]
fn other_versions_are_refused() {
    let mut message = encode(&Program::default());
    message[0] = FORMAT_VERSION + 1;
    assert_eq!(decode(&message), Err(DecodeError::Version(FORMAT_VERSION + 1)));
    assert_eq!(decode(&[]), Err(DecodeError::Truncated));
}

#[test]
fn a_message_ends_with_its_program() {
    let mut message = encode(&sample::program());
    for length in 0..message.len() {
        assert!(decode(&message[..length]).is_err(), "{length} bytes");
    }
    message.push(0);
    assert_eq!(decode(&message), Err(DecodeError::Trailing));
}

#[test]
fn lists_are_no_longer_than_the_message() {
    // As many modules as a varint can say, and none of them.
    let message = [FORMAT_VERSION, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert_eq!(decode(&message), Err(DecodeError::Truncated));
}

#[test]
fn a_number_has_one_form() {
    // No modules, said in two bytes.
    let message = [FORMAT_VERSION, 0x80, 0x00, 0, 0, 0, 0, 0];
    assert_eq!(decode(&message), Err(DecodeError::Number));
}

#[test]
fn hints_nest_as_deep_as_they_may() {
    let nested = |levels: usize| {
        let mut program = sample::program();
        let wrap = |hint, _| Hint::List(Box::new(hint));
        program.operators[0].attributes[0].hint = (1..levels).fold(Hint::Int, wrap);
        program
    };
    let deepest = nested(DEPTH_MAX);
    assert_eq!(decode(&encode(&deepest)), Ok(deepest.clone()));
    assert_eq!(deepest.to_string().parse(), Ok(deepest));
    assert_eq!(decode(&encode(&nested(DEPTH_MAX + 1))), Err(DecodeError::TooDeep));
    assert_eq!(nested(DEPTH_MAX).operators[0].attributes[0].hint.depth(), DEPTH_MAX);
}

/// Messages with one byte changed anywhere are read or refused, without a panic; what is read is
/// the message of the program that it gives.
#[test]
fn damaged_messages_are_read_or_refused() {
    let message = encode(&sample::program());
    let mut read = 0;
    for position in 0..message.len() {
        for change in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff] {
            let mut damaged = message.clone();
            damaged[position] ^= change;
            if let Ok(program) = decode(&damaged) {
                read += 1;
                assert_eq!(encode(&program), damaged);
            }
        }
    }
    assert!(read > 0, "some damage does not show");
}
