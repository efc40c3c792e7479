//! Sets of small numbers.

/// How many numbers a word has room for.
const WORD: usize = u64::BITS as usize;

/// A set of numbers below a limit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Bits {
    words: Vec<u64>,
}

impl Bits {
    /// No number, with room for those below `limit`.
    pub(super) fn empty(limit: usize) -> Self {
        Self { words: vec![0; limit.div_ceil(WORD)] }
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        self.words[number / WORD] & (1 << (number % WORD)) != 0
    }

    pub(super) fn insert(&mut self, number: usize) {
        self.words[number / WORD] |= 1 << (number % WORD);
    }

    pub(super) fn remove(&mut self, number: usize) {
        self.words[number / WORD] &= !(1 << (number % WORD));
    }

    /// Adds all numbers of `other`.
    pub(super) fn extend(&mut self, other: &Bits) {
        self.words.iter_mut().zip(&other.words).for_each(|(word, other)| *word |= other);
    }

    /// Removes what is not in `other`; whether that was anything.
    pub(super) fn retain(&mut self, other: &Bits) -> bool {
        let mut removed = 0;
        for (word, other) in self.words.iter_mut().zip(&other.words) {
            removed |= *word & !other;
            *word &= other;
        }
        removed != 0
    }

    /// The numbers, the smallest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        self.words.iter().enumerate().flat_map(|(index, word)| {
            let mut rest = *word;
            std::iter::from_fn(move || {
                let bit = rest.trailing_zeros() as usize;
                rest &= rest.checked_sub(1)?;
                Some(index * WORD + bit)
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(numbers: &[usize]) -> Bits {
        let mut bits = Bits::empty(200);
        numbers.iter().for_each(|number| bits.insert(*number));
        bits
    }

    #[test]
    fn sets_do_what_sets_do() {
        let mut set = bits(&[0, 63, 64, 199]);
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 63, 64, 199]);
        assert!(set.contains(64) && !set.contains(65));
        assert!(!set.retain(&bits(&[0, 5, 63, 64, 199])));
        assert!(set.retain(&bits(&[0, 64])));
        set.extend(&bits(&[1]));
        set.remove(0);
        assert_eq!(set, bits(&[1, 64]));
    }
}
