//! The text form of a program.

#![no_main]

use anabranch_fuzz::{check_ir_text, mutate_lines};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|input: &[u8]| check_ir_text(input));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    if seed.is_multiple_of(2) {
        return fuzzer_mutate(data, size, max_size);
    }
    mutate_lines(data, size, seed).unwrap_or_else(|| fuzzer_mutate(data, size, max_size))
});
