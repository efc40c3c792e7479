//! What random requests are like.

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::Kind;

/// What random requests are like.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many, beside those of the set-up.
    pub requests: usize,
    /// How many cells hold money and last.
    pub lasting: usize,
    /// How many cells hold money and may be deleted by scripts.
    pub doomed: usize,
    /// How many cells hold no money and may be deleted by root calls.
    pub moneyless: usize,
    /// How many names there are for cells that requests create.
    pub new_names: usize,
    pub skew: Skew,
    pub weights: Weights,
    /// How many of a hundred requests have an idempotency key.
    pub named_percent: u32,
    /// How many cells a request may use that uses several, its own among them.
    pub cells_max: usize,
    /// How many operations a script may have, with those inside it; a few more where there would be
    /// none that uses another cell.
    pub operations_max: usize,
}

/// How often each cell is used.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Skew {
    /// All of them equally often.
    Uniform,
    /// The cell of rank `r` in proportion to `1 / r^exponent`.
    Zipf { exponent: f64 },
    /// So many of a hundred times one of the first cells, else any.
    Hot { cells: usize, percent: u32 },
}

/// How often each kind of request comes, relative to the others.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Weights {
    pub single: u32,
    pub create: u32,
    pub delete: u32,
    pub transfer: u32,
    pub run: u32,
    pub look: u32,
    pub reshape: u32,
    pub wander: u32,
    pub chase: u32,
    pub lying_single: u32,
    pub lying_look: u32,
    pub short: u32,
    pub unplanned: u32,
}

impl Weights {
    pub(super) fn by_kind(&self) -> [(Kind, u32); 13] {
        [
            (Kind::Single, self.single),
            (Kind::Create, self.create),
            (Kind::Delete, self.delete),
            (Kind::Transfer, self.transfer),
            (Kind::Run, self.run),
            (Kind::Look, self.look),
            (Kind::Reshape, self.reshape),
            (Kind::Wander, self.wander),
            (Kind::Chase, self.chase),
            (Kind::LyingSingle, self.lying_single),
            (Kind::LyingLook, self.lying_look),
            (Kind::Short, self.short),
            (Kind::Unplanned, self.unplanned),
        ]
    }
}

impl Default for Weights {
    /// Two thirds of the requests use several cells.
    fn default() -> Self {
        Self {
            single: 28,
            create: 5,
            delete: 2,
            transfer: 14,
            run: 16,
            look: 10,
            reshape: 7,
            wander: 6,
            chase: 6,
            lying_single: 1,
            lying_look: 2,
            short: 2,
            unplanned: 1,
        }
    }
}

impl Options {
    /// So many requests of a kind that is the seed's own: few cells or many, used equally often or not.
    pub fn varied(seed: u64, requests: usize) -> Self {
        // Another stream than that of the requests.
        let mut random = Pcg64Mcg::seed_from_u64(!seed);
        let skew = match random.random_range(0..3) {
            0 => Skew::Uniform,
            1 => Skew::Zipf { exponent: random.random_range(0.5..1.5) },
            _ => Skew::Hot { cells: random.random_range(1..4), percent: 80 },
        };
        Self {
            requests,
            skew,
            lasting: random.random_range(2..=30),
            doomed: random.random_range(0..=6),
            moneyless: random.random_range(0..=6),
            new_names: random.random_range(0..=10),
            cells_max: random.random_range(2..=8),
            operations_max: random.random_range(8..=24),
            ..Self::default()
        }
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            requests: 120,
            lasting: 12,
            doomed: 3,
            moneyless: 3,
            new_names: 6,
            skew: Skew::Zipf { exponent: 0.9 },
            weights: Weights::default(),
            named_percent: 60,
            cells_max: 5,
            operations_max: 12,
        }
    }
}
