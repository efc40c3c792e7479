//! Which entities a workload touches: uniform, or few of them often.
//!
//! The zipfian numbers are made as in "Quickly Generating Billion-Record Synthetic Databases" (Gray
//! et al., SIGMOD 1994), which YCSB uses too: rank `r` comes with a probability in proportion to
//! `1 / (r + 1)^exponent`. Ranks are then spread over all numbers by a fixed permutation, so that
//! the hot ones are not neighbours.

use crate::random::Random;

/// How often each of a number of entities is chosen.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Distribution {
    Uniform,
    /// With this exponent: above 0, below 1.
    Zipf(f64),
}

/// Chooses numbers below a count.
#[derive(Clone, Debug)]
pub struct Keys {
    count: u64,
    distribution: Distribution,
    zipf: Option<Zipf>,
}

/// What the choice of a rank needs; see [`Keys::zipf_parameters`].
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Zipf {
    /// Sum of `1 / rank^exponent` over all ranks from 1.
    pub zeta: f64,
    /// Below it, of the sum, lie the first two ranks.
    pub second: f64,
    pub eta: f64,
    pub alpha: f64,
}

impl Zipf {
    fn new(count: u64, exponent: f64) -> Self {
        assert!(exponent > 0.0 && exponent < 1.0, "an exponent lies between 0 and 1");
        let zeta: f64 = (1..=count).map(|rank| (rank as f64).powf(-exponent)).sum();
        let second = 1.0 + 0.5_f64.powf(exponent);
        let eta = (1.0 - (2.0 / count as f64).powf(1.0 - exponent)) / (1.0 - second / zeta);
        Self { zeta, second, eta, alpha: 1.0 / (1.0 - exponent) }
    }

    fn rank(&self, count: u64, random: &mut Random) -> u64 {
        let fraction = random.fraction();
        let part = fraction * self.zeta;
        if part < 1.0 {
            return 0;
        }
        if part < self.second {
            return 1;
        }
        let rank = count as f64 * (self.eta * fraction - self.eta + 1.0).powf(self.alpha);
        (rank as u64).min(count - 1)
    }
}

/// A prime beyond every count in use, so that multiplying by it is a permutation.
pub const SPREAD: u64 = 2_654_435_761;

impl Keys {
    /// Numbers below `count`, which is at least 2.
    pub fn new(count: u64, distribution: Distribution) -> Self {
        assert!((2..SPREAD).contains(&count), "a count between 2 and {SPREAD}");
        let zipf = match distribution {
            Distribution::Uniform => None,
            Distribution::Zipf(exponent) => Some(Zipf::new(count, exponent)),
        };
        Self { count, distribution, zipf }
    }

    pub fn distribution(&self) -> Distribution {
        self.distribution
    }

    pub fn count(&self) -> u64 {
        self.count
    }

    /// For those who choose elsewhere, in the same way; `None` if uniform.
    pub fn zipf_parameters(&self) -> Option<Zipf> {
        self.zipf
    }

    pub fn choose(&self, random: &mut Random) -> u64 {
        match &self.zipf {
            None => random.below(self.count),
            Some(zipf) => {
                let rank = u128::from(zipf.rank(self.count, random));
                (rank * u128::from(SPREAD) % u128::from(self.count)) as u64
            }
        }
    }

    /// Two different numbers.
    pub fn choose_two(&self, random: &mut Random) -> (u64, u64) {
        let first = self.choose(random);
        loop {
            let second = self.choose(random);
            if second != first {
                return (first, second);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frequencies(keys: &Keys, choices: u64) -> Vec<f64> {
        let mut counts = vec![0_u64; keys.count() as usize];
        let mut random = Random::new(7);
        for _ in 0..choices {
            counts[keys.choose(&mut random) as usize] += 1;
        }
        counts.into_iter().map(|count| count as f64 / choices as f64).collect()
    }

    #[test]
    fn uniform_keys_come_equally_often() {
        let keys = Keys::new(50, Distribution::Uniform);
        for frequency in frequencies(&keys, 500_000) {
            assert!((frequency - 0.02).abs() < 0.001, "{frequency}");
        }
    }

    #[test]
    fn zipfian_keys_come_as_often_as_their_rank_says() {
        let (count, exponent) = (1_000_u64, 0.99);
        let keys = Keys::new(count, Distribution::Zipf(exponent));
        let found = frequencies(&keys, 1_000_000);
        let zeta: f64 = (1..=count).map(|rank| (rank as f64).powf(-exponent)).sum();
        let mut ranked: Vec<f64> =
            (0..count).map(|rank| found[(rank * SPREAD % count) as usize]).collect();
        for rank in [0, 1] {
            let expected = ((rank + 1) as f64).powf(-exponent) / zeta;
            assert!((ranked[rank] / expected - 1.0).abs() < 0.02, "rank {rank}");
        }
        // From the third rank on the method is an approximation.
        for (from, to) in [(2, 10), (10, 100), (100, 1000)] {
            let sum: f64 = ranked[from..to].iter().sum();
            let expected: f64 =
                (from..to).map(|rank| ((rank + 1) as f64).powf(-exponent) / zeta).sum();
            assert!((sum / expected - 1.0).abs() < 0.1, "{from}..{to}: {sum} {expected}");
        }
        ranked.sort_by(f64::total_cmp);
        assert!(ranked[0] > 0.0, "a key never came");
    }

    #[test]
    fn two_keys_differ() {
        let keys = Keys::new(2, Distribution::Zipf(0.99));
        let mut random = Random::new(1);
        for _ in 0..1_000 {
            let (first, second) = keys.choose_two(&mut random);
            assert_eq!(first + second, 1);
        }
    }
}
