//! The wire form of values, which comes from the network.

#![no_main]

use anabranch_fuzz::check_value_wire;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| check_value_wire(input));
