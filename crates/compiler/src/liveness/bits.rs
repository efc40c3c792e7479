//! Sets of small numbers.

/// How many numbers a word has room for.
const WORD: usize = u64::BITS as usize;

/// A set of numbers below a limit. Most functions have few variables, so the first word needs no
/// memory of its own.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Bits {
    first: u64,
    rest: Vec<u64>,
}

impl Bits {
    /// No number, with room for those below `limit`.
    pub(super) fn empty(limit: usize) -> Self {
        Self { first: 0, rest: vec![0; limit.div_ceil(WORD).saturating_sub(1)] }
    }

    fn word(&mut self, number: usize) -> &mut u64 {
        match number / WORD {
            0 => &mut self.first,
            index => &mut self.rest[index - 1],
        }
    }

    pub(super) fn contains(&self, number: usize) -> bool {
        let word = match number / WORD {
            0 => self.first,
            index => self.rest[index - 1],
        };
        word & (1 << (number % WORD)) != 0
    }

    pub(super) fn insert(&mut self, number: usize) {
        *self.word(number) |= 1 << (number % WORD);
    }

    pub(super) fn remove(&mut self, number: usize) {
        *self.word(number) &= !(1 << (number % WORD));
    }

    /// Adds all numbers of `other`; whether any was new.
    pub(super) fn extend(&mut self, other: &Bits) -> bool {
        let mut added = other.first & !self.first;
        self.first |= other.first;
        for (word, other) in self.rest.iter_mut().zip(&other.rest) {
            added |= other & !*word;
            *word |= other;
        }
        added != 0
    }

    /// Removes what is not in `other`; whether that was anything.
    pub(super) fn retain(&mut self, other: &Bits) -> bool {
        let mut removed = self.first & !other.first;
        self.first &= other.first;
        for (word, other) in self.rest.iter_mut().zip(&other.rest) {
            removed |= *word & !other;
            *word &= other;
        }
        removed != 0
    }

    /// The numbers, the smallest first.
    pub(super) fn iter(&self) -> impl Iterator<Item = usize> {
        let words = [self.first].into_iter().chain(self.rest.iter().copied());
        words.enumerate().flat_map(|(index, word)| {
            let mut rest = word;
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
        assert!(set.extend(&bits(&[1])));
        assert!(!set.extend(&bits(&[0, 1])));
        set.remove(0);
        assert_eq!(set, bits(&[1, 64]));
    }
}
