//! The one source of chance of a simulation: all of it follows from a seed.

/// SplitMix64: small, fast, and the same everywhere.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

impl Random {
    /// The numbers of `seed` for one purpose: what is drawn for one never changes the others.
    pub fn new(seed: u64, purpose: &str) -> Self {
        let mut random = Self { state: seed };
        let mut state = random.number();
        for byte in purpose.bytes() {
            random.state = state ^ u64::from(byte);
            state = random.number();
        }
        Self { state }
    }

    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// One of the numbers below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        assert!(end > 0, "there is nothing to choose from");
        // The high half of a product: its bias is far below what a simulation could show.
        ((u128::from(self.number()) * end as u128) >> 64) as usize
    }

    /// One of the numbers from `first` to `last`.
    pub fn between(&mut self, first: usize, last: usize) -> usize {
        assert!(first <= last);
        first + self.below(last - first + 1)
    }

    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// Whether something happens that happens `parts` times in 10,000.
    pub fn happens(&mut self, parts: u32) -> bool {
        self.below(10_000) < parts as usize
    }

    pub fn bytes32(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_exact_mut(8) {
            chunk.copy_from_slice(&self.number().to_le_bytes());
        }
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_follow_from_seed_and_purpose() {
        let draw = |seed, purpose| Random::new(seed, purpose).number();
        assert_eq!(draw(1, "network"), draw(1, "network"));
        assert_ne!(draw(1, "network"), draw(2, "network"));
        assert_ne!(draw(1, "network"), draw(1, "clients"));
    }

    #[test]
    fn draws_are_in_range_and_reach_all_of_it() {
        let mut random = Random::new(7, "test");
        let mut seen = [false; 6];
        for _ in 0..1_000 {
            seen[random.between(0, 5)] = true;
        }
        assert_eq!(seen, [true; 6]);
        let often = (0..10_000).filter(|_| random.happens(2_500)).count();
        assert!((2_200..2_800).contains(&often), "{often}");
    }
}
