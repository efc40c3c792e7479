//! Sets of entity classes, and of their attributes and methods.
//!
//! What is done to something of unknown type may be done to an entity of many classes. Listed class by
//! class in every function, such sets would grow with the square of the application. So as soon as a
//! set has more than [`LISTED_MAX`] classes, or an attribute of so many, they stand for any class.
//! Which sets end that way does not depend on the order in which they are put together.

/// How many classes are worth listing.
pub(super) const LISTED_MAX: usize = 16;

/// A class, or all of them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Class {
    /// By index.
    One(u32),
    /// The only one of its key, in a set.
    Any,
}

/// For each key a set of entity classes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct ClassSets<Key>(Vec<(Key, Class)>);

/// Entity classes.
pub(super) type Classes = ClassSets<()>;

/// Attributes or methods, by their names.
pub(super) type Members = ClassSets<super::names::Name>;

impl<Key> Default for ClassSets<Key> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<Key: Copy + Ord> ClassSets<Key> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// A number that is larger whenever there is more in the sets.
    pub(super) fn weight(&self) -> usize {
        let weight = |class| if class == Class::Any { LISTED_MAX + 1 } else { 1 };
        self.0.iter().map(|(_, class)| weight(*class)).sum()
    }

    /// In order, [`Class::Any`] last.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, Class)> {
        self.0.iter().copied()
    }

    /// Whether `class` is in one of the sets.
    pub(super) fn has_class(&self, class: usize) -> bool {
        self.0.iter().any(|(_, found)| match found {
            Class::One(found) => *found as usize == class,
            Class::Any => true,
        })
    }

    pub(super) fn insert_any(&mut self, key: Key) {
        if !self.covers(key, Class::Any) {
            let start = self.0.partition_point(|(other, _)| *other < key);
            let end = self.0.partition_point(|(other, _)| *other <= key);
            self.0.splice(start..end, [(key, Class::Any)]);
        }
    }

    pub(super) fn insert(&mut self, key: Key, class: usize) {
        let class =
            Class::One(u32::try_from(class).expect("this is a bug in Anabranch: it is one"));
        if self.covers(key, class) {
            return;
        }
        let place = self.0.partition_point(|found| *found < (key, class));
        self.0.insert(place, (key, class));
        self.shorten();
    }

    /// Adds classes until there are too many to list.
    pub(super) fn insert_all(&mut self, key: Key, classes: impl IntoIterator<Item = usize>) {
        for class in classes {
            self.insert(key, class);
            if self.covers(key, Class::Any) {
                break;
            }
        }
    }

    pub(super) fn extend(&mut self, others: &Self) {
        if self.is_empty() {
            self.0.clone_from(&others.0);
        } else if others.0.iter().any(|(key, class)| !self.covers(*key, *class)) {
            self.0.extend(&others.0);
            self.0.sort_unstable();
            self.0.dedup();
            self.shorten();
        }
    }

    /// Whether the set of `key` has `class`.
    fn covers(&self, key: Key, class: Class) -> bool {
        let Err(place) = self.0.binary_search(&(key, class)) else { return true };
        // What stands for any class is the only one.
        self.0.get(place) == Some(&(key, Class::Any))
    }

    /// Keeps to the limit.
    fn shorten(&mut self) {
        let is_long = |run: &[(Key, Class)]| {
            run.len() > LISTED_MAX || (run.len() > 1 && run[run.len() - 1].1 == Class::Any)
        };
        if !self.0.chunk_by(|a, b| a.0 == b.0).any(is_long) {
            return;
        }
        let mut shortened = Vec::new();
        for run in self.0.chunk_by(|a, b| a.0 == b.0) {
            match is_long(run) {
                true => shortened.push((run[0].0, Class::Any)),
                false => shortened.extend_from_slice(run),
            }
        }
        self.0 = shortened;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(classes: &[u32]) -> Vec<(u8, Class)> {
        classes.iter().map(|class| (1, Class::One(*class))).collect()
    }

    #[test]
    fn classes_are_there_once_in_order() {
        let mut sets = ClassSets::default();
        [5, 3, 5].into_iter().for_each(|class| sets.insert(1, class));
        sets.extend(&ClassSets(listed(&[3, 4])));
        assert_eq!(sets.0, listed(&[3, 4, 5]));
        assert!(sets.has_class(4) && !sets.has_class(6));
    }

    #[test]
    fn more_than_are_worth_listing_are_any_class_of_that_key() {
        let [mut even, mut odd] = [ClassSets::default(), ClassSets::default()];
        even.insert_all(1, (0..LISTED_MAX).map(|class| 2 * class));
        assert_eq!(even.weight(), LISTED_MAX);
        odd.insert(0, 7);
        odd.insert(1, 1);
        let (mut one_way, mut other_way) = (even.clone(), odd.clone());
        one_way.extend(&odd);
        other_way.extend(&even);
        let expected = vec![(0, Class::One(7)), (1, Class::Any)];
        assert_eq!((&one_way.0, &other_way.0), (&expected, &expected));
        assert!(one_way.weight() > even.weight().max(odd.weight()));
        one_way.insert(1, 99);
        one_way.extend(&even);
        assert_eq!(one_way.0, expected);
        even.insert_any(1);
        assert_eq!(even.0, [(1, Class::Any)]);
        assert!(even.has_class(1_000));
    }
}
