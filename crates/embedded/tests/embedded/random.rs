//! Seeded randomness.

use std::env;

const SEED_VARIABLE: &str = "ANABRANCH_TEST_SEED";

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The same for every run, unless somebody chooses a seed.
    #[expect(clippy::print_stdout, reason = "whoever reads of a failure needs the seed")]
    pub(crate) fn seeded() -> Self {
        let seed = env::var(SEED_VARIABLE).map_or(20_240_607, |seed| seed.parse().unwrap());
        println!("seed {seed} (choose another one with {SEED_VARIABLE})");
        Self(seed)
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}
