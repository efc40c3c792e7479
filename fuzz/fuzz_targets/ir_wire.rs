//! The wire form of a program.

#![no_main]

use anabranch_fuzz::check_ir_wire;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| check_ir_wire(input));
