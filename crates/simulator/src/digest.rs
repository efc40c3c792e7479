//! A digest of all that happened: two runs of one seed must have the same.

use std::hash::{DefaultHasher, Hash, Hasher};

/// Not for comparison between versions of the simulator or of Rust.
#[derive(Clone, Debug)]
pub struct Digest(DefaultHasher);

impl Default for Digest {
    fn default() -> Self {
        // Without the random keys of hash tables.
        Self(DefaultHasher::new())
    }
}

impl Digest {
    pub fn add(&mut self, part: impl Hash) {
        part.hash(&mut self.0);
    }

    pub fn value(&self) -> u64 {
        self.0.finish()
    }
}
